// The dpctl commands: what people ask of datapaths directly. Served as "dpctl/..." by a daemon; the
// table is the same for a tool of its own. Speaks to datapaths through Dpif alone.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/api/clock.h"
#include "vswitch/dpif/dpif.h"

namespace ovs::daemon {
class ControlServer;
}

namespace ovs::vswitch {

// The text of a command's answer, or of its refusal.
using DpctlReply = Result<std::string, DpifError>;

class Dpctl {
 public:
  using Datapaths = std::function<std::vector<Dpif*>()>;

  // `datapaths` tells those that exist now.
  Dpctl(Datapaths datapaths, const platform::Clock& clock);

  // `arguments` without the command's name.
  DpctlReply run(std::string_view command, const std::vector<std::string>& arguments);
  // Adds each as "dpctl/COMMAND". This outlives the server.
  void add_commands(daemon::ControlServer& server);

 private:
  struct Command;
  struct Arguments;
  static const Command kCommands[];

  DpctlReply list_commands(Arguments& arguments);
  DpctlReply dump_dps(Arguments& arguments);
  DpctlReply show(Arguments& arguments);
  DpctlReply dump_flows(Arguments& arguments);
  DpctlReply add_flow(Arguments& arguments);
  DpctlReply mod_flow(Arguments& arguments);
  DpctlReply find_flow(Arguments& arguments);
  DpctlReply del_flow(Arguments& arguments);
  DpctlReply del_flows(Arguments& arguments);
  DpctlReply add_if(Arguments& arguments);
  DpctlReply del_if(Arguments& arguments);
  DpctlReply parse_actions(Arguments& arguments);

  DpctlReply put_flow(Arguments& arguments, FlowPutMode mode);
  DpctlReply show_one(Dpif& dpif, bool with_stats);
  // The datapath that the first argument names, taken off; the only one, if it names none.
  DpifResult<Dpif*> take_datapath(Arguments& arguments, std::size_t others);

  Datapaths datapaths_;
  const platform::Clock& clock_;
};

}  // namespace ovs::vswitch
