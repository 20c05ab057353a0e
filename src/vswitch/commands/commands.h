// What ovs-appctl asks of the switches: fdb/*, ofproto/*, dpif/*, revalidator/*, upcall/*,
// bridge/dump-flows. The program adds them to its control server.
#pragma once
#include "daemon/control/unixctl.h"
#include "vswitch/ofproto/switches.h"

namespace ovs::vswitch {

// `switches` outlives the server.
void add_switch_commands(Switches& switches, daemon::ControlServer& server);

}  // namespace ovs::vswitch
