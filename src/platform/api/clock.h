// Time, as something a program is given: never asked of the operating system directly, so that
// tests can stop and warp it.
#pragma once
#include <cstdint>

namespace ovs::platform {

class Clock {
 public:
  // Since an arbitrary start; never goes back. May be called at any IRQL.
  virtual std::uint64_t now_ns() const = 0;
  virtual std::uint64_t now_ms() const { return now_ns() / 1'000'000; }
  // Since 1970-01-01 UTC; may jump. For people and logs, never for timeouts.
  virtual std::uint64_t wall_ms() const = 0;

 protected:
  ~Clock() = default;
};

}  // namespace ovs::platform
