// A clock over another that can be stopped and moved forward, for time/stop and time/warp. Programs
// run on one even when nobody warps it. Wall time is never warped. Any thread may read it.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "platform/api/clock.h"

namespace ovs::daemon {

class WarpClock final : public platform::Clock {
 public:
  explicit WarpClock(const platform::Clock& real) : real_(real) {}

  std::uint64_t now_ns() const override;
  std::uint64_t wall_ms() const override { return real_.wall_ms(); }

  // Time stands still until warp() moves it. There is no way back but restarting.
  void stop();
  bool is_stopped() const { return stopped_at_ns_.load(std::memory_order_acquire) != kRunning; }
  void warp(std::uint64_t ms);

  // Called, on the caller's thread, after each stop() and warp(): whoever sleeps until a deadline
  // looks again.
  void on_change(std::function<void()> listener);

 private:
  static constexpr std::uint64_t kRunning = ~std::uint64_t{0};
  void notify();

  const platform::Clock& real_;
  std::atomic<std::uint64_t> stopped_at_ns_{kRunning};
  std::atomic<std::uint64_t> warped_ns_{0};
  std::mutex mutex_;
  std::vector<std::function<void()>> listeners_;
};

}  // namespace ovs::daemon
