// Guarded values under contention, and what the rank check refuses.
#include "platform/api/lock.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

#include "platform/api/rcu.h"
#include "platform/posix/clock.h"
#include "tests/support/panics.h"

namespace ovs {
namespace {

TEST_CASE("Guarded: no increment is lost") {
  Guarded<long, LockRank::Leaf> spin{0L};
  SleepGuarded<long, LockRank::Ports> sleep{0L};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int step = 0; step < 20000; ++step) {
        spin.with([](long& value) { ++value; });
        sleep.with(Passive::here(), [](long& value) { ++value; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(spin.with([](long& value) { return value; }) == 80000);
  CHECK(sleep.with(Passive::here(), [](long& value) { return value; }) == 80000);
}

TEST_CASE("Guarded: gives out values, never references") {
  Guarded<std::string, LockRank::Leaf> text{"abc"};
  const auto first = [](std::string& value) -> std::string& { return value; };
  static_assert(std::is_same_v<decltype(text.with(first)), std::string>);
  CHECK(text.with(first) == "abc");
}

TEST_CASE("LockRank: increasing order passes, equal and decreasing order panic") {
  Guarded<int, LockRank::Ports> ports{0};
  Guarded<int, LockRank::Ports> more_ports{0};
  Guarded<int, LockRank::Leaf> leaf{0};
  CHECK(!panics([&] { ports.with([&](int&) { leaf.with([](int&) {}); }); }));
  CHECK(panics([&] { leaf.with([&](int&) { ports.with([](int&) {}); }); }));
  CHECK(panics([&] { ports.with([&](int&) { more_ports.with([](int&) {}); }); }));
}

TEST_CASE("Passive: cannot be had under a spin lock or an RcuReader") {
  Guarded<int, LockRank::Ports> ports{0};
  CHECK(!panics([&] { (void)Passive::here(); }));
  CHECK(panics([&] { ports.with([&](int&) { (void)Passive::here(); }); }));
  CHECK(panics([] {
    const RcuReader reader;
    (void)Passive::here();
  }));
}

TEST_CASE("Mutex: an old Passive does not help under an RcuReader") {
  SleepGuarded<int, LockRank::Ports> ports{0};
  CHECK(panics([&] {
    const Passive passive = Passive::here();
    const RcuReader reader;
    ports.with(passive, [](int&) {});
  }));
}

template <class G>
concept SleepsWithoutPassive = requires(G guarded) {
  guarded.with([](int&) {});
};
static_assert(!SleepsWithoutPassive<SleepGuarded<int, LockRank::Ports>>);
static_assert(SleepsWithoutPassive<Guarded<int, LockRank::Ports>>);

TEST_CASE("SystemClock: never goes back") {
  const platform::SystemClock clock;
  const std::uint64_t before = clock.now_ns();
  CHECK(clock.now_ns() >= before);
  CHECK(clock.wall_ms() > 1'600'000'000'000);
}

}  // namespace
}  // namespace ovs
