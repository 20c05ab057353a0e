// netdev-dummy/*: what tests do to devices that exist only in memory.
#pragma once
#include "tools/ovs-vswitchd/datapaths.h"

namespace ovs::vswitchd {

// `datapaths` outlives the server.
void add_dummy_commands(daemon::ControlServer& server, Datapaths& datapaths);

}  // namespace ovs::vswitchd
