// Names in the database that must not be followed: whoever may write there should not thereby
// overwrite files of the host, or take a datapath's own ports.
#pragma once
#include <string>
#include <string_view>

namespace ovs::vswitch {

// Why a controller's target is not followed; empty if it is. A socket to listen on is in the run
// directory and begins with the bridge's name; a socket to connect to is in the run directory.
std::string refused_controller(std::string_view target, std::string_view bridge,
                               std::string_view run_directory);
// "ovs-netdev", "vxlan_sys_4789": datapaths' names and those of their tunnel ports.
bool is_reserved_port_name(std::string_view name);

}  // namespace ovs::vswitch
