// ovsdb-server: serves databases from files to clients. The server is ovsdb/protocol; here are its
// command line and the decision when files are compacted.
#include <cstdio>

#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"
#include "platform/posix/worker.h"
#include "tools/common/system.h"
#include "tools/ovsdb-server/commands.h"

namespace {

using namespace ovs;

constexpr std::string_view kUsage =
    R"(ovsdb-server: Open vSwitch database server
usage: ovsdb-server [OPTIONS] [DATABASE...]
where each DATABASE is a database file in ovsdb format.
The default DATABASE, if none is given, is conf.db in the database directory.

JSON-RPC options (may be specified any number of times):
  --remote=REMOTE         connect or listen to REMOTE:
                          ptcp:PORT[:IP], punix:FILE, tcp:HOST:PORT, unix:FILE
                          or db:DB,TABLE,COLUMN
  --no-dbs                do not open any database at start

Other options:
  --unixctl=SOCKET        override default control socket name
  --disable-file-column-diff  write whole columns to files, not differences
  -h, --help              display this help message
  -V, --version           display version information
)";

struct Arguments {
  std::vector<std::string> remotes;
  bool no_databases = false;
  bool whole_columns = false;
  std::vector<std::string> unsupported;  // options that were given and are not there yet
  std::string ignored;
};

using Applied = Result<void, daemon::UsageError>;

void add_options(daemon::Program& program, Arguments& arguments) {
  program.add_log_options();
  program.add_daemon_options();
  program.options().add({"remote", 0, daemon::OptionArgument::Required,
                         [&arguments](std::string_view value, bool) -> Applied {
                           arguments.remotes.emplace_back(value);
                           return kOk;
                         }});
  program.options().flag("no-dbs", 0, arguments.no_databases);
  program.options().flag("disable-file-column-diff", 0, arguments.whole_columns);
  // Keys may be named before anything uses TLS; a pssl: or ssl: remote is refused when it is met.
  for (const char* name : {"private-key", "certificate", "ca-cert", "bootstrap-ca-cert",
                           "peer-ca-cert", "ssl-protocols", "ssl-ciphers", "ssl-ciphersuites"}) {
    program.options().text(name, 0, arguments.ignored);
  }
  for (const char* name : {"sync-from", "sync-exclude-tables", "config-file", "run"}) {
    program.options().add({name, 0, daemon::OptionArgument::Required,
                           [&arguments, name](std::string_view, bool) -> Applied {
                             arguments.unsupported.emplace_back(name);
                             return kOk;
                           }});
  }
  program.options().add({"active", 0, daemon::OptionArgument::None,
                         [](std::string_view, bool) -> Applied { return kOk; }});
  program.options().add({"disable-file-no-data-conversion", 0, daemon::OptionArgument::None,
                         [](std::string_view, bool) -> Applied { return kOk; }});
}

// Looks now and then whether files have grown so much that they are worth rewriting.
class Compactor {
 public:
  static constexpr std::uint64_t kCheckMs = 60 * 1000;

  Compactor(daemon::Program& program, ovsdb::Server& server)
      : server_(server), timer_(program.loop(), [this] { check(); }) {
    timer_.set_after(kCheckMs);
  }

 private:
  void check() {
    for (const auto& [name, db] : server_.databases()) {
      if (db->storage().is_worth_compacting(server_.now_ms())) compact(name);
    }
    timer_.set_after(kCheckMs);
  }
  void compact(const std::string& name) {
    server_.compact(name, [](const std::string&) {});  // the log has said what failed
  }

  ovsdb::Server& server_;
  daemon::Timer timer_;
};

int serve(daemon::Program& program, const platform::Clock& clock, const Arguments& arguments,
          const std::vector<std::string>& files) {
  platform::ThreadWorker file_worker(clock), query_worker(clock);
  ovsdb::Server server({program.loop(), program.network(), program.log(), program.clock(),
                        program.files(), file_worker, query_worker});
  if (arguments.whole_columns) server.record_form = ovsdb::RecordForm::WholeColumns;
  for (const std::string& file : files) {
    if (file.starts_with("relay:")) return program.fail(file + ": relays are not supported yet");
    if (auto added = server.add_database(file); !added.ok()) return program.fail(added.error());
  }
  std::string errors;
  for (const std::string& remote : arguments.remotes) {
    if (auto added = server.add_remote(remote); !added.ok()) errors = added.error();
  }
  if (!errors.empty()) return program.fail(errors);
  tools::add_server_commands(program, server);
  Compactor compactor(program, server);
  program.ready();
  return program.run();
}

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  Arguments arguments;
  add_options(program, arguments);
  auto operands = program.parse(argc, argv, kUsage);
  if (!operands.ok()) return operands.error();
  if (!arguments.unsupported.empty()) {
    return program.fail("--" + arguments.unsupported[0] + ": not supported yet");
  }
  // Paths are of the directory we start in, which a daemon leaves.
  if (operands->empty() && !arguments.no_databases) {
    operands->push_back(program.directories().database + "/conf.db");
  }
  if (auto started = program.start(); !started.ok()) return program.fail(started.error().text);
  return serve(program, system.parts().clock, arguments, *operands);
}
