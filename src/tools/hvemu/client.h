// hvemu COMMAND: one command for an emulated host that runs, asked over its control socket.
#pragma once
#include <string>
#include <vector>

#include "daemon/run/program.h"

namespace ovs::hvemu {

// The host's control socket in its folder.
std::string control_path(const std::string& folder);
// Where nothing is said: the environment's HVEMU_DIR.
std::string default_folder();

// `words`: the command and what follows it. The status to end with.
int run_client(daemon::Program& program, const std::vector<std::string>& words);

}  // namespace ovs::hvemu
