// The failing allocator, and through it try_make, pools and RCU under a test's control.
#include <doctest/doctest.h>

#include <memory>
#include <thread>

#include "platform/api/memory.h"
#include "platform/api/pool.h"
#include "platform/api/rcu.h"
#include "platform/fake/failing_allocator.h"
#include "platform/fake/rcu.h"
#include "platform/fake/virtual_clock.h"

namespace ovs {
namespace {

using platform::FailingAllocator;

struct Part {
  static constexpr MemoryTag kTag = memory_tag("part");
  int value = 7;
};

struct Whole {
  Whole(Owned<Part> first, OwnedArray<Part> rest) noexcept
      : part(std::move(first)), parts(std::move(rest)) {}
  static Result<Owned<Whole>> create() {
    OVS_TRY(auto first, try_make<Part>());
    OVS_TRY(auto rest, try_make_array<Part>(3));
    return try_make<Whole>(std::move(first), std::move(rest));
  }
  Owned<Part> part;
  OwnedArray<Part> parts;
};

Result<void> make_and_drop() {
  OVS_TRY(const auto whole, Whole::create());
  CHECK(whole->parts[2].value == 7);
  return kOk;
}

TEST_CASE("FailingAllocator: visits every point of failure, and nothing leaks at any of them") {
  int failures = 0;
  for (int nth = 0;; ++nth) {
    FailingAllocator memory{nth};
    const Result<void> done = make_and_drop();
    CHECK(memory.live() == 0);
    CHECK(memory.has_failed() != done.ok());
    if (done) break;
    CHECK(done.error() == Error::NoMemory);
    ++failures;
  }
  CHECK(failures == 3);
}

TEST_CASE("FailingAllocator: counts what lives, and serves only its own thread") {
  FailingAllocator memory{0};
  std::thread([] { CHECK(try_make<Part>().ok()); }).join();
  CHECK(memory.count() == 0);
  CHECK(try_make<Part>().error() == Error::NoMemory);
  auto part = try_make<Part>();
  CHECK(memory.live() == 1);
  std::thread([&] { part = Error::Closed; }).join();
  CHECK(memory.live() == 0);
}

TEST_CASE("FailingAllocator: a block may outlive it") {
  Owned<Part> part;
  {
    FailingAllocator memory;
    part = *try_make<Part>();
  }
  CHECK(part->value == 7);
}

TEST_CASE("try_make_array: refuses a size that does not fit, and makes nothing of nothing") {
  CHECK(try_make_array<Part>(~std::size_t{0}).error() == Error::Range);
  CHECK(try_make_array<Part>(0)->empty());
}

TEST_CASE("Pool: gives what it was filled with, then null") {
  auto pool = Pool<Part>::create(2);
  REQUIRE(pool.ok());
  FailingAllocator memory;
  Part* first = pool->take();
  Part* second = pool->take();
  CHECK(first != second);
  CHECK(pool->take() == nullptr);
  pool->give_back(first);
  CHECK(pool->take() == first);
  pool->give_back(first);
  pool->give_back(second);
  CHECK(pool->free_count() == 2);
  CHECK(memory.count() == 0);
}

struct Published : RcuObject {
  explicit Published(int number) : value(number) { ++alive; }
  ~Published() { --alive; }
  static inline int alive = 0;
  int value;
};

TEST_CASE("RcuPtr: what it replaces lives until the clock of grace periods is advanced") {
  {
    RcuPtr<Published> pointer;
    Reclaimer reclaimer;
    reclaimer.take(pointer.publish(*try_make<Published>(1)));
    reclaimer.take(pointer.publish(*try_make<Published>(2)));
    CHECK(pointer.read(RcuReader())->value == 2);
    CHECK(reclaimer.poll(Passive::here()) == 0);
    CHECK(reclaimer.poll(Passive::here()) == 0);
    CHECK(Published::alive == 2);
    platform::advance_rcu();
    CHECK(reclaimer.poll(Passive::here()) == 1);
    CHECK(reclaimer.pending() == 0);
  }
  CHECK(Published::alive == 0);
}

TEST_CASE(
    "Reclaimer: a reader that began before keeps the object alive, one that began later does not") {
  RcuPtr<Published> pointer(*try_make<Published>(1));
  Reclaimer reclaimer;
  auto before = std::make_unique<RcuReader>();
  reclaimer.take(pointer.publish(*try_make<Published>(2)));
  const GracePeriod period = rcu_start_grace_period();
  platform::advance_rcu();
  CHECK(!rcu_is_over(period));
  before.reset();
  {
    const RcuReader after;
    CHECK(rcu_is_over(period));
    CHECK(pointer.read(after)->value == 2);
  }
  reclaimer.drain(Passive::here());
}

TEST_CASE("Reclaimer: drain() destroys what destructors retire, too") {
  struct Outer : RcuObject {
    Outer(Reclaimer& to, Owned<Published> object) : reclaimer(to), inner(std::move(object)) {}
    ~Outer() { reclaimer.take(Retired<Published>(std::move(inner))); }
    Reclaimer& reclaimer;
    Owned<Published> inner;
  };
  Reclaimer reclaimer;
  reclaimer.take(Retired<Outer>(*try_make<Outer>(reclaimer, *try_make<Published>(1))));
  reclaimer.drain(Passive::here());
  CHECK(reclaimer.pending() == 0);
  CHECK(Published::alive == 0);
}

TEST_CASE("Retired: may be waited for, and then belongs to the caller") {
  RcuPtr<Published> pointer(*try_make<Published>(1));
  Owned<Published> old = pointer.publish(nullptr).wait(Passive::here());
  CHECK(old->value == 1);
}

// Misuse that does not compile.
template <class P>
concept ReadableWithoutReader = requires(P pointer) {
  pointer.read();
};
template <class P>
concept WritableByReaders = requires(P pointer, const RcuReader& reader) {
  pointer.read(reader)->value = 1;
};
static_assert(!ReadableWithoutReader<RcuPtr<Published>> && !WritableByReaders<RcuPtr<Published>>);
static_assert(!std::is_copy_constructible_v<Retired<Published>>);
static_assert(!std::is_default_constructible_v<Passive>);
static_assert(!std::is_copy_constructible_v<RcuReader> && !std::is_move_constructible_v<RcuReader>);
template <class T>
concept Reclaimable = requires(Reclaimer reclaimer, Retired<T> retired) {
  reclaimer.take(std::move(retired));
};
static_assert(Reclaimable<Published> && !Reclaimable<Part>);

TEST_CASE("VirtualClock: moves when told, both clocks together") {
  platform::VirtualClock clock;
  const std::uint64_t ms = clock.now_ms();
  const std::uint64_t wall = clock.wall_ms();
  clock.advance_ms(1500);
  CHECK(clock.now_ms() == ms + 1500);
  CHECK(clock.wall_ms() == wall + 1500);
}

}  // namespace
}  // namespace ovs
