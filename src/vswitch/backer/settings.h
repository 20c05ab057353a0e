// What the bridge tells all datapaths about their megaflows.
#pragma once
#include <cstdint>

namespace ovs::vswitch {

struct BackerSettings {
  std::uint32_t flow_limit = 200'000;
  std::uint64_t max_idle_ms = 10'000;
  std::uint64_t max_revalidator_ms = 500;
};

}  // namespace ovs::vswitch
