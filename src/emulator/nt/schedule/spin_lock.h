// Spin locks and events, for those functions of the kernel that are made of them.
#pragma once
#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

// The level before.
KIRQL acquire_spin_lock(PKSPIN_LOCK lock);
void release_spin_lock(PKSPIN_LOCK lock, KIRQL level);

}  // namespace ovs::emulator
