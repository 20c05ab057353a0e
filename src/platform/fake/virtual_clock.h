// Time that moves when told. Both clocks move together; threads may read while one moves it.
#pragma once
#include "base/core/atomic.h"
#include "platform/api/clock.h"

namespace ovs::platform {

class VirtualClock final : public Clock {
 public:
  static constexpr std::uint64_t kStartNs = 1'000'000'000;          // one second after "boot"
  static constexpr std::uint64_t kStartWallMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

  std::uint64_t now_ns() const override { return now_ns_.load(Order::Acquire); }
  std::uint64_t wall_ms() const override {
    return kStartWallMs + (now_ns() - kStartNs) / 1'000'000;
  }

  void advance_ns(std::uint64_t by) { now_ns_.fetch_add(by, Order::AcquireRelease); }
  void advance_ms(std::uint64_t by) { advance_ns(by * 1'000'000); }

 private:
  Atomic<std::uint64_t> now_ns_{kStartNs};
};

}  // namespace ovs::platform
