// Counts what is inside: calls under way and lists that are out. Closed, it lets nothing more in,
// and whoever leaves last is told. Any level; waits for nobody.
#pragma once
#include "base/core/assert.h"
#include "base/core/atomic.h"

namespace ovs::driver {

class Gate {
 public:
  // Closed from the start.
  Gate() = default;
  Gate(const Gate&) = delete;

  // Nothing is inside.
  void open() { state_.store(0, Order::Release); }
  // True: nothing is inside; else leave() will say so, once.
  bool close() { return state_.fetch_or(kClosed, Order::AcquireRelease) == 0; }
  // False: it is closed.
  bool enter(std::uint64_t count = 1) {
    std::uint64_t state = state_.load(Order::Relaxed);
    while ((state & kClosed) == 0) {
      if (state_.compare_exchange(state, state + count, Order::Acquire)) return true;
    }
    return false;
  }
  // True: it is closed, and this was the last. The gate may be gone when others are told.
  [[nodiscard]] bool leave(std::uint64_t count = 1) {
    const std::uint64_t before = state_.fetch_sub(count, Order::AcquireRelease);
    OVS_ASSERT((before & ~kClosed) >= count);
    return before == (kClosed | count);
  }

 private:
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 63;
  Atomic<std::uint64_t> state_{kClosed};
};

}  // namespace ovs::driver
