// RCU under stress: readers check that what they see is alive while writers replace it.
#include "platform/api/rcu.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

#include "platform/api/memory.h"

namespace ovs {
namespace {

struct Cell : RcuObject {
  static constexpr std::uint64_t kAlive = 0x616c697665, kDead = 0x64656164;
  explicit Cell(std::uint64_t version) : value(version) {}
  ~Cell() { mark.store(kDead, Order::Relaxed); }
  Atomic<std::uint64_t> mark{kAlive};
  std::uint64_t value;
};

struct Shared {
  RcuPtr<Cell> cell{*try_make<Cell>(0u)};
  Atomic<bool> stop{false};
  Atomic<std::uint64_t> bad{0};
  Atomic<std::uint64_t> reads{0};

  void look(std::uint64_t& newest) {
    const RcuReader reader;
    const Cell* seen = cell.read(reader);
    const bool alive = seen->mark.load(Order::Relaxed) == Cell::kAlive;
    if (!alive || seen->value < newest) bad.fetch_add(1, Order::Relaxed);
    newest = seen->value;
    reads.fetch_add(1, Order::Relaxed);
  }
};

void poll_like_a_port(Shared& shared) {
  const RcuOnline online;
  std::uint64_t newest = 0;
  while (!shared.stop.load(Order::Acquire)) {
    for (int i = 0; i < 32; ++i) shared.look(newest);
    rcu_quiescent();
    if (newest % 7 == 0) {
      const RcuOffline blocking;
      std::this_thread::yield();
    }
  }
}

void read_now_and_then(Shared& shared) {
  std::uint64_t newest = 0;
  while (!shared.stop.load(Order::Acquire)) {
    shared.look(newest);
    std::this_thread::yield();
  }
}

TEST_CASE("RCU: no reader ever sees a destroyed object, nor an older one than before") {
  constexpr std::uint64_t kVersions = 3000;
  Shared shared;
  Reclaimer reclaimer;
  std::vector<std::thread> threads;
  threads.emplace_back([&] { poll_like_a_port(shared); });
  threads.emplace_back([&] { poll_like_a_port(shared); });
  threads.emplace_back([&] { read_now_and_then(shared); });
  while (shared.reads.load(Order::Relaxed) == 0) std::this_thread::yield();
  std::size_t destroyed = 0;
  for (std::uint64_t version = 1; version <= kVersions; ++version) {
    reclaimer.take(shared.cell.publish(*try_make<Cell>(version)));
    if (version % 100 == 0) synchronize(Passive::here());
    destroyed += reclaimer.poll(Passive::here());
  }
  CHECK(destroyed > 0);
  reclaimer.drain(Passive::here());
  CHECK(reclaimer.pending() == 0);
  shared.stop.store(true, Order::Release);
  for (std::thread& thread : threads) thread.join();
  CHECK(shared.bad.load(Order::Relaxed) == 0);
}

TEST_CASE("RCU: threads that came and went hold nothing up") {
  for (int i = 0; i < 50; ++i) std::thread([] { const RcuReader reader; }).join();
  synchronize(Passive::here());
  const GracePeriod period = rcu_start_grace_period();
  CHECK(rcu_is_over(period));
}

TEST_CASE("RCU: an online thread that is never quiescent holds a grace period up") {
  Atomic<int> step{0};
  std::thread thread([&] {
    const RcuOnline online;
    step.store(1, Order::Release);
    while (step.load(Order::Acquire) != 2) std::this_thread::yield();
    rcu_quiescent();
    step.store(3, Order::Release);
    while (step.load(Order::Acquire) != 4) std::this_thread::yield();
  });
  while (step.load(Order::Acquire) != 1) std::this_thread::yield();
  const GracePeriod period = rcu_start_grace_period();
  CHECK(!rcu_is_over(period));
  step.store(2, Order::Release);
  while (step.load(Order::Acquire) != 3) std::this_thread::yield();
  CHECK(rcu_is_over(period));
  step.store(4, Order::Release);
  thread.join();
}

}  // namespace
}  // namespace ovs
