// The commands that every daemon has: version, exit, vlog/*, coverage/*, memory/show; and for tests
// time/*.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "daemon/control/unixctl.h"
#include "daemon/log/log.h"
#include "daemon/run/coverage.h"
#include "daemon/run/loop.h"
#include "daemon/run/warp_clock.h"

namespace ovs::daemon {

// What memory/show reports: quantities by name.
using MemoryUse = std::map<std::string, std::uint64_t>;

struct CommonCommands {
  Log& log;
  Coverage& coverage;
  std::string version;
  std::function<void()> exit;                     // after the reply was queued
  std::function<void(MemoryUse&)> report_memory;  // may be empty
};

// Everything named by `commands` must outlive the server.
void add_common_commands(ControlServer& server, CommonCommands commands);

// time/stop and time/warp, for programs that were told to use dummy devices.
void add_time_commands(ControlServer& server, WarpClock& clock, Loop& loop);

}  // namespace ovs::daemon
