// hvemu host: the process that is one emulated host.
#pragma once
#include "daemon/run/program.h"

namespace ovs::hvemu {

// `argv[0]` is the program, what follows "host" follows it. The status to end with.
int run_host(daemon::Program& program, int argc, char** argv);

}  // namespace ovs::hvemu
