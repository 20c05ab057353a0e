// The control commands of ovsdb-server.
#pragma once
#include <string>

#include "daemon/run/program.h"
#include "ovsdb/protocol/server.h"

namespace ovs::tools {

void add_server_commands(daemon::Program& program, ovsdb::Server& server);

}  // namespace ovs::tools
