// Why a datapath dropped packets, by name: an attribute of the DATAPATH family beyond Linux's, in
// the answer to a GET that has it, empty. Nobody who does not ask is told.
#pragma once
#include "wire/netlink/families.h"

namespace ovs::wire {

// A nest: an attribute for each cause, of types from 1, in an order that stays: a number of eight
// bytes, how many packets, and behind it the cause's name.
inline constexpr DatapathAttr kDatapathDrops{0x100};

}  // namespace ovs::wire
