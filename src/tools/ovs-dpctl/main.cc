// ovs-dpctl: asks and tells the datapaths of a device, without a daemon. The commands are
// vswitch/dpif's; ends with 1 if anything of what was asked failed.
#include <cstdio>
#include <cstdlib>

#include "tools/common/system.h"
#include "tools/common/timeout.h"
#include "tools/ovs-dpctl/device_datapaths.h"

namespace {

using namespace ovs;
using vswitch::DpctlOptions;

constexpr std::string_view kUsage =
    R"(ovs-dpctl: Open vSwitch datapath management utility
usage: ovs-dpctl [OPTION]... COMMAND [ARGUMENT]...

The device is the socket that the environment's OVS_DEVICE names. DP is a
datapath's name; where it stands in brackets it may be left out if there is
only one.

Datapaths and ports:
  add-dp DP [IFACE]...       make a datapath, with these ports
  del-dp DP                  remove a datapath
  add-if DP IFACE...         add ports: NAME[,type=TYPE][,port_no=N][,dst_port=N]
  set-if DP IFACE...         check or change ports
  del-if DP IFACE...         remove ports, by name or number
  dump-dps                   the names of all datapaths
  show [DP]...               datapaths, their counters and ports
  sync-routes [DP]           give a datapath this host's routes, addresses and
                             neighbours, for its tunnels

Flows:
  dump-flows [DP] [filter=MATCH] [type=TYPE]
                             the flows, with counters
  add-flow [DP] FLOW ACTIONS
  mod-flow [DP] FLOW ACTIONS
  del-flow [DP] FLOW
  get-flow [DP] ufid:UFID
  add-flows [DP] FILE        a flow and its actions a line, perhaps with add,
  mod-flows [DP] FILE        modify or delete before it
  del-flows [DP] [FILE]      those of the file, or all

Texts:
  parse-actions ACTIONS      as the datapath shows them
  normalize-actions FLOW ACTIONS
                             by the headers that each output sees

list-commands names those that are not supported yet as well.

Options:
  -s, --statistics           counters of ports with show, of the flow before a
                             change with mod-flow and del-flow
  -m, --more                 UFIDs, masks and ports' names with dump-flows
      --names, --no-names    ports by name, or by number
      --may-create           mod-flow makes the flow if there is none
      --clear                mod-flow begins its counters again
      --read-only            refuse commands that change anything
  -t, --timeout=SECS         give up after SECS seconds
  -v, --verbose[=SPEC]       log levels
  -h, --help                 this text
  -V, --version              the version
)";

void add_options(daemon::Program& program, DpctlOptions& options, tools::Timeout& timeout) {
  using Names = DpctlOptions::Names;
  program.add_log_options();
  timeout.add_option(program, 't');
  daemon::CommandLine& line = program.options();
  line.flag("statistics", 's', options.statistics);
  line.flag("clear", 0, options.clear);
  line.flag("may-create", 0, options.may_create);
  line.flag("read-only", 0, options.read_only);
  auto add = [&line](const char* name, char letter, std::function<void()> apply) {
    line.add(
        {name, letter, daemon::OptionArgument::None,
         [apply = std::move(apply)](std::string_view, bool) -> Result<void, daemon::UsageError> {
           apply();
           return kOk;
         }});
  };
  add("more", 'm', [&options] { ++options.verbosity; });
  add("names", 0, [&options] { options.names = Names::On; });
  add("no-names", 0, [&options] { options.names = Names::Off; });
}

daemon::SocketDeviceTimes times_of(const tools::Timeout& timeout) {
  daemon::SocketDeviceTimes times;
  if (const auto limit = timeout.milliseconds()) {
    times.open_ms = times.control_ms = std::uint32_t(*limit);
  }
  return times;
}

int run(daemon::Program& program, const std::vector<std::string>& operands,
        const DpctlOptions& options, const tools::Timeout& timeout) {
  const char* const path = std::getenv("OVS_DEVICE");
  daemon::Loop loop(program.clock());
  tools::dpctl::DeviceDatapaths datapaths(path == nullptr ? "" : path, times_of(timeout), loop,
                                          program.log());
  vswitch::Dpctl dpctl({datapaths, program.clock(), program.name(), vswitch::Dpctl::Asker::Tool});
  const auto reply = dpctl.run(operands[0], {operands.begin() + 1, operands.end()}, options);
  std::fwrite(reply.output.data(), 1, reply.output.size(), stdout);
  std::fflush(stdout);
  std::fwrite(reply.errors.data(), 1, reply.errors.size(), stderr);
  return reply.failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  DpctlOptions options;
  tools::Timeout timeout;
  add_options(program, options, timeout);
  const auto operands = program.parse(argc, argv, kUsage);
  if (!operands.ok()) return operands.error();
  if (operands->empty()) return program.fail("missing command name; use --help for help");
  if ((*operands)[0] == "help") {
    std::fwrite(kUsage.data(), 1, kUsage.size(), stdout);
    return 0;
  }
  return run(program, *operands, options, timeout);
}
