// The control commands of ovsdb-server.
#pragma once
#include <string>

#include "daemon/run/program.h"
#include "tools/ovsdb-server/configurator.h"

namespace ovs::tools {

void add_server_commands(daemon::Program& program, ovsdb::Server& server,
                         Configurator& configurator);

}  // namespace ovs::tools
