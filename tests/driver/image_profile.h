// The counters of an openvswitch.sys that was built to count which lines it runs: written where
// llvm-profdata finds them. Called by switch_rig.cc when a driver has been unloaded.
#pragma once
#include "emulator/host/loader/driver_image.h"

namespace ovs::tests {

// To $OVS_PROFILE_DIR/PID.profraw, with those of the drivers that this process had before. Does
// nothing without that variable, or where the image counts nothing.
void keep_profile(const emulator::DriverImage& image);

}  // namespace ovs::tests
