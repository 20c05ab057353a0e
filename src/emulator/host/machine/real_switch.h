// A SwitchDoor that is a VirtualSwitch. Nothing is decided here.
#pragma once
#include "emulator/host/machine/switch_door.h"

namespace ovs::emulator {

// Makes switches of this NDIS, which outlives them.
SwitchFactory real_switches(Ndis& ndis);

}  // namespace ovs::emulator
