// ovs-vswitchd: keeps OpenFlow switches as the database says. Everything that works is in the
// libraries; here they are put together.
#include <fmt/format.h>

#include "ovsdb/client/client.h"
#include "tools/common/system.h"
#include "tools/ovs-vswitchd/commanded_datapaths.h"
#include "tools/ovs-vswitchd/datapaths.h"
#include "tools/ovs-vswitchd/drop_counters.h"
#include "tools/ovs-vswitchd/dummy_commands.h"
#include "vswitch/bridge/bridges.h"
#include "vswitch/commands/commands.h"
#include "vswitch/router/route_commands.h"

namespace ovs::vswitchd {
namespace {

constexpr std::string_view kUsage =
    R"(ovs-vswitchd: the Open vSwitch daemon
usage: ovs-vswitchd [OPTION]... [DATABASE]
where DATABASE is the method to reach the database server by
(default: unix:RUNDIR/db.sock).

Options:
  --enable-dummy[=override|system]  devices and datapaths for tests
  --disable-system           no datapath of the operating system
  --disable-system-route     no routes of the operating system
  --detach                   run in the background
  --no-chdir                 stay in this directory when detaching
  --monitor                  start again after a crash
  --pidfile[=FILE]           write the process id (default: RUNDIR/ovs-vswitchd.pid)
  --overwrite-pidfile        even if another process holds it
  --unixctl=SOCKET           the control socket
  --log-file[=FILE]          log to a file
  -v, --verbose[=SPEC]       log levels
  -h, --help                 this text
  -V, --version              the version
)";

struct Options {
  Dummies dummies = Dummies::None;
  bool disable_system = false, disable_system_route = false, mlockall = false;
};

const std::vector<std::string> kInterfaceTypes = {
    "dummy", "dummy-internal", "geneve", "gre", "internal", "patch", "system", "tap", "vxlan"};

class Daemon {
 public:
  Daemon(daemon::Program& program, const Options& options, const std::string& database)
      : program_(program),
        datapaths_(program, options.dummies,
                   !options.disable_system_route && options.dummies == Dummies::None),
        switches_({program.loop(), program.log(), program.network(), program.directories().run,
                   std::string(daemon::kOpenVSwitchVersion)}),
        client_(program.loop(), program.network(), program.log(), client_options(database),
                {.on_change = [this] { on_change(); },
                 .on_error = [this](const std::string& text) { log_.err("{}", text); },
                 .on_disconnect = {}}),
        bridges_({program.loop(), program.log(), client_, switches_,
                  [this](const std::string& type) { return open_datapath(type); },
                  std::string(daemon::kOpenVSwitchVersion), std::uint32_t(program.process().id()),
                  program.directories().run, datapaths_.types(), kInterfaceTypes,
                  [this] { program_.ready(); },
                  options.dummies == Dummies::Override ? vswitch::TunnelTypes::Devices
                                                       : vswitch::TunnelTypes::Tunnels,
                  [this](const std::string& device, const DummyLinks::Options& given) {
                    datapaths_.configure_device(device, given);
                  }}),
        commanded_(datapaths_, switches_),
        drops_(program.coverage(), commanded_),
        dpctl_({commanded_, program.clock(), program.name()}),
        log_(program.log().module("ovs_vswitchd")) {
    daemon::ControlServer& control = program.control();
    add_switch_commands(switches_, control);
    dpctl_.add_commands(control);
    if (datapaths_.has_dummies()) {
      program.enable_time_commands();
      add_dummy_commands(control, datapaths_);
      vswitch::add_route_commands(control, datapaths_.routes());
    } else {
      vswitch::refuse_route_commands(control);
    }
    control.add("exit", "[--cleanup]", 0, 1, [this](daemon::ControlCall call) {
      if (call.argument(1) == "--cleanup") bridges_.remove_all();
      call.reply("");
      program_.exit();
    });
  }

  ~Daemon() { datapaths_.stop_feeds(); }

 private:
  static ovsdb::ClientOptions client_options(const std::string& database) {
    ovsdb::ClientOptions options;
    options.remotes = {database};
    options.lock = "ovs_vswitchd";
    return options;
  }

  void on_change() {
    bridges_.on_change();
    datapaths_.ports_changed();
  }

  vswitch::DpifResult<std::unique_ptr<vswitch::Dpif>> open_datapath(const std::string& type) {
    return datapaths_.open(type, [this] {
      bridges_.retry();
      datapaths_.ports_changed();
    });
  }

  daemon::Program& program_;
  Datapaths datapaths_;  // first: the switches' dpifs refer to it
  vswitch::Switches switches_;
  ovsdb::Client client_;
  vswitch::Bridges bridges_;
  CommandedDatapaths commanded_;
  DropCounters drops_;
  vswitch::Dpctl dpctl_;
  daemon::LogModule log_;
};

void add_options(daemon::Program& program, Options& options) {
  program.add_log_options();
  program.add_daemon_options();
  daemon::CommandLine& line = program.options();
  line.add({"enable-dummy", 0, daemon::OptionArgument::Optional,
            [&options](std::string_view value, bool) -> Result<void, daemon::UsageError> {
              options.dummies = value == "override" ? Dummies::Override
                                : value == "system" ? Dummies::System
                                                    : Dummies::Dummy;
              return kOk;
            }});
  line.flag("disable-system", 0, options.disable_system);
  line.flag("disable-system-route", 0, options.disable_system_route);
  line.flag("mlockall", 0, options.mlockall);
}

int run(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  Options options;
  add_options(program, options);
  const auto operands = program.parse(argc, argv, kUsage);
  if (!operands) return operands.error();
  if (operands->size() > 1) {
    return program.fail("at most one non-option argument accepted; use --help for usage");
  }
  if (const auto started = program.start(); !started) return program.fail(started.error().text);
  const std::string database =
      operands->empty() ? "unix:" + program.directories().run + "/db.sock" : operands->front();
  Daemon daemon(program, options, database);
  return program.run();
}

}  // namespace
}  // namespace ovs::vswitchd

int main(int argc, char** argv) {
  return ovs::vswitchd::run(argc, argv);
}
