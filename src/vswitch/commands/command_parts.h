// What the switches' commands share.
#pragma once
#include <string>
#include <vector>

#include "daemon/control/unixctl.h"
#include "vswitch/dpif/flow_text.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {

Ofproto::Impl* find_bridge(Switches::Impl& switches, std::string_view name);
std::vector<Ofproto::Impl*> bridges_of(Switches::Impl& switches);  // by name

inline constexpr unsigned kMaxTraceArguments = 10;
void trace_command(Switches::Impl& switches, daemon::ControlCall& call);
// dpif/*-dp-features, ofproto/list-tunnels, qos/*, bond/*; `switches` outlives the server.
void add_feature_commands(daemon::ControlServer& server, Switches::Impl& switches);

}  // namespace ovs::vswitch
