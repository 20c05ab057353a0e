// The commands of an emulated host on its control socket. Answers come as text, or as JSON where
// the client asked for it.
#pragma once
#include <list>
#include <string>

#include "daemon/control/unixctl.h"
#include "daemon/run/loop.h"
#include "emulator/host/command/command_thread.h"
#include "emulator/host/command/host_commands.h"

namespace ovs::emulator {

class HostControl {
 public:
  // All outlive it. Removes its commands when it goes.
  HostControl(Machine& machine, daemon::ControlServer& server, daemon::Loop& loop);
  ~HostControl();
  HostControl(const HostControl&) = delete;
  HostControl& operator=(const HostControl&) = delete;

 private:
  void take(const HostCommand& command, daemon::ControlCall call);

  Machine& machine_;
  daemon::ControlServer& server_;
  daemon::Loop& loop_;
  std::list<std::string> usages_;  // stay where they are: the server keeps pointers
  CommandThread thread_;
};

}  // namespace ovs::emulator
