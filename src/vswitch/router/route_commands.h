// ovs/route/* and tnl/neigh/*: what people and tests do to a table of routes.
#pragma once
#include "daemon/control/unixctl.h"
#include "vswitch/router/route_table.h"

namespace ovs::vswitch {

// `table` outlives the server.
void add_route_commands(daemon::ControlServer& server, RouteTable& table);
// The same commands, all refused: for a daemon whose routes are the host's own.
void refuse_route_commands(daemon::ControlServer& server);

// "10.0.0.1/24", "fd00::1/64"; a prefix of full length if none is given.
struct TypedNetwork {
  IpAddress address;
  std::uint8_t prefix_length = 0;
};
std::optional<TypedNetwork> parse_network(std::string_view text);

}  // namespace ovs::vswitch
