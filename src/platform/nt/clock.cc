#include "platform/nt/clock.h"

#include <ntddk.h>

namespace ovs::platform::nt {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kMsFrom1601To1970 = 11'644'473'600'000;
constexpr std::uint64_t k100nsPerMs = 10'000;

}  // namespace

KernelClock::KernelClock() {
  LARGE_INTEGER frequency;
  KeQueryPerformanceCounter(&frequency);
  ticks_per_second_ = std::uint64_t(frequency.QuadPart);
}

std::uint64_t KernelClock::now_ns() const {
  const auto ticks = std::uint64_t(KeQueryPerformanceCounter(nullptr).QuadPart);
  const std::uint64_t rest = ticks % ticks_per_second_;  // below 2^34: no overflow
  return ticks / ticks_per_second_ * kNsPerSecond + rest * kNsPerSecond / ticks_per_second_;
}

std::uint64_t KernelClock::wall_ms() const {
  LARGE_INTEGER now;
  KeQuerySystemTimePrecise(&now);
  return std::uint64_t(now.QuadPart) / k100nsPerMs - kMsFrom1601To1970;
}

}  // namespace ovs::platform::nt
