// Sets of kinds of actions, as switches tell which ones they know: each version numbers them
// differently.
#pragma once
#include <cstdint>
#include <string>

#include "openflow/core/version.h"

namespace ovs::openflow {

// Bits in the order in which texts name them.
using ActionSet = std::uint32_t;

// A version's bitmap, bit n being its action n; unknown bits are dropped.
ActionSet action_set_of(std::uint32_t bitmap, Version version);
std::uint32_t action_bitmap(ActionSet set, Version version);
// "output group set_field"; empty for none.
std::string format_action_set(ActionSet set);

}  // namespace ovs::openflow
