// The system's clock, processes and files as every program's main has them. The one place where
// tools choose a backend.
#pragma once
#include "daemon/run/program.h"
#include "platform/posix/clock.h"
#include "platform/posix/files.h"
#include "platform/posix/process/process.h"

namespace ovs::tools {

// Lives in main; Program and all that it makes refer to it.
class System {
 public:
  daemon::Program::System parts() { return {clock_, process_, files_}; }

 private:
  platform::SystemClock clock_;
  platform::SystemProcess process_;
  platform::SystemFiles files_;
};

}  // namespace ovs::tools
