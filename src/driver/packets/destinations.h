// Destinations of a list, committed by the switch's functions.
#pragma once
#include "driver/extension/switch_module.h"
#include "driver/packets/frame.h"

namespace ovs::driver {

// The list has a forwarding context and no destination yet; there is at least one target, each
// connected. False: something had run out, and the list has none still.
bool commit_destinations(const SwitchModule& module, PNET_BUFFER_LIST list,
                         Span<const Target> targets);

}  // namespace ovs::driver
