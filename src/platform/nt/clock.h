// The kernel's clocks. Any level.
#pragma once
#include "platform/api/clock.h"

namespace ovs::platform::nt {

class KernelClock final : public Clock {
 public:
  KernelClock();
  std::uint64_t now_ns() const override;
  std::uint64_t wall_ms() const override;

 private:
  std::uint64_t ticks_per_second_;
};

}  // namespace ovs::platform::nt
