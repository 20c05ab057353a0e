#include "platform/posix/clock.h"

#include <time.h>

namespace ovs::platform {
namespace {

std::uint64_t read_clock(clockid_t id) {
  timespec now = {};
  clock_gettime(id, &now);
  return std::uint64_t(now.tv_sec) * 1'000'000'000 + std::uint64_t(now.tv_nsec);
}

}  // namespace

std::uint64_t SystemClock::now_ns() const {
  return read_clock(CLOCK_MONOTONIC);
}
std::uint64_t SystemClock::wall_ms() const {
  return read_clock(CLOCK_REALTIME) / 1'000'000;
}

}  // namespace ovs::platform
