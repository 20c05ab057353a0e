// The machine's clocks.
#pragma once
#include "platform/api/clock.h"

namespace ovs::platform {

class SystemClock final : public Clock {
 public:
  std::uint64_t now_ns() const override;
  std::uint64_t wall_ms() const override;
};

}  // namespace ovs::platform
