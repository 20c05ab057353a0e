// The dpctl commands: what people ask of datapaths directly. One table serves the tool ovs-dpctl
// and the daemon's "dpctl/..."; the commands are in dpctl_ports.cc, dpctl_flows.cc and
// dpctl_normalize.cc. Speaks to datapaths through Dpif alone.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/api/clock.h"
#include "vswitch/dpif/dpif.h"

namespace ovs::daemon {
class ControlServer;
}

namespace ovs::vswitch {

// The datapaths that a program can reach.
class DpctlDatapaths {
 public:
  // "TYPE@NAME", those that exist now.
  virtual DpifResult<std::vector<std::string>> names() = 0;
  // Valid until the command is over. NotFound: no such datapath.
  virtual DpifResult<Dpif*> open(const std::string& type, const std::string& name) = 0;
  // With its own port, number 0. Exists.
  virtual DpifResult<Dpif*> create(const std::string& type, const std::string& name) = 0;
  virtual DpifResult<void> destroy(const std::string& type, const std::string& name) = 0;
  // Gives the datapath the host's routes, addresses and neighbours. What was done, for people.
  virtual DpifResult<std::string> sync_routes(Dpif& dpif) = 0;

 protected:
  ~DpctlDatapaths() = default;
};

struct DpctlOptions {
  bool statistics = false;  // -s
  bool clear = false, may_create = false, read_only = false;
  unsigned verbosity = 0;  // -m, each time
  // --names, --no-names; neither: names where the output is verbose.
  enum class Names : std::uint8_t { ByVerbosity, On, Off } names = Names::ByVerbosity;

  bool shows_names() const {
    return names == Names::On || (names == Names::ByVerbosity && verbosity > 0);
  }
};

struct DpctlReply {
  std::string output, errors;  // errors: whole lines, each with the program's name before it
  bool failed = false;
};

struct DpctlCommand;

class Dpctl {
 public:
  // Who asks: a tool, whose own options come from its command line, or a daemon's client.
  enum class Asker : bool { Tool, ControlClient };
  struct Environment {
    DpctlDatapaths& datapaths;
    const platform::Clock& clock;
    std::string program;  // before every error
    Asker asker = Asker::ControlClient;
  };
  explicit Dpctl(Environment environment);

  // `arguments` without the command's name; options among them belong to a ControlClient.
  DpctlReply run(std::string_view command, const std::vector<std::string>& arguments,
                 DpctlOptions options = {});
  // Adds each as "dpctl/COMMAND". This outlives the server.
  void add_commands(daemon::ControlServer& server);

 private:
  Environment environment_;
};

}  // namespace ovs::vswitch
