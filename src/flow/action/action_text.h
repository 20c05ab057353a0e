// Datapath actions as text: "3,push_vlan(vid=5,pcp=0),set(tunnel(...)),userspace(pid=1,...)";
// "drop" for none. Hosted.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "flow/action/action.h"
#include "flow/match/port_names.h"

namespace ovs::flow {

std::string format_actions(const ActionList& actions, const PortNames* ports = nullptr);
// The netlink form; ActionList::parse takes it.
Result<std::vector<std::uint8_t>, TextError> parse_actions(std::string_view text,
                                                           const PortNames* ports = nullptr);

}  // namespace ovs::flow
