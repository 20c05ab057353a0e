// Stopping and warping: real time (or the moment of stopping) plus all that was warped.
#include "daemon/run/warp_clock.h"

#include <utility>

namespace ovs::daemon {

std::uint64_t WarpClock::now_ns() const {
  const std::uint64_t stopped_at_ns = stopped_at_ns_.load(std::memory_order_acquire);
  const std::uint64_t base_ns = stopped_at_ns == kRunning ? real_.now_ns() : stopped_at_ns;
  return base_ns + warped_ns_.load(std::memory_order_acquire);
}

void WarpClock::stop() {
  std::uint64_t expected = kRunning;
  stopped_at_ns_.compare_exchange_strong(expected, real_.now_ns());
  notify();
}

void WarpClock::warp(std::uint64_t ms) {
  warped_ns_.fetch_add(ms * 1'000'000, std::memory_order_acq_rel);
  notify();
}

void WarpClock::on_change(std::function<void()> listener) {
  const std::lock_guard lock(mutex_);
  listeners_.push_back(std::move(listener));
}

void WarpClock::notify() {
  const std::lock_guard lock(mutex_);
  for (const auto& listener : listeners_) listener();
}

}  // namespace ovs::daemon
