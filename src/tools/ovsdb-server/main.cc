// ovsdb-server: serves databases from files to clients. The server is ovsdb/protocol; here are its
// command line and the decision when files are compacted.
#include <cstdio>

#include "daemon/run/tls_options.h"
#include "daemon/run/watch.h"
#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"
#include "platform/posix/process/child.h"
#include "platform/posix/threads/worker.h"
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
                          ptcp:PORT[:IP], pssl:PORT[:IP], punix:FILE, tcp:HOST:PORT,
                          ssl:HOST:PORT, unix:FILE or db:DB,TABLE,COLUMN
  --no-dbs                do not open any database at start
  --config-file=FILE      take remotes and databases from FILE, in JSON
A DATABASE relay:NAME:SOURCE is no file but passes on database NAME of the server at SOURCE.

Replication options:
  --sync-from=SERVER      sync databases from SERVER
  --sync-exclude-tables=DB:TABLE,...
                          do not replicate TABLE of DB
  --active                with --sync-from, start in active mode

TLS options (a file, or db:DB,TABLE,COLUMN that holds its name):
  -p, --private-key=FILE  file with private key
  -c, --certificate=FILE  file with certificate for private key
  -C, --ca-cert=FILE      file with peer CA certificate
  --bootstrap-ca-cert=FILE  the same, to be made from the first peer's if absent
  --peer-ca-cert=FILE     certificates that peers are shown beside ours
  --ssl-protocols=PROTOS, --ssl-ciphers=LIST, --ssl-ciphersuites=LIST

Other options:
  --unixctl=SOCKET        override default control socket name
  --run=COMMAND           serve until COMMAND of the shell ends
  --disable-file-column-diff  write whole columns to files, not differences
  -h, --help              display this help message
  -V, --version           display version information
)";

struct Arguments {
  std::vector<std::string> remotes;
  std::string sync_from, sync_excluded;
  bool is_active = false;
  bool no_databases = false;
  bool whole_columns = false;
  std::string config_file;
  std::string command;
  daemon::TlsSettings tls;
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
  daemon::add_tls_options(program.options(), arguments.tls);
  program.options().text("sync-from", 0, arguments.sync_from);
  program.options().text("sync-exclude-tables", 0, arguments.sync_excluded);
  program.options().flag("active", 0, arguments.is_active);
  program.options().text("config-file", 0, arguments.config_file);
  program.options().text("run", 0, arguments.command);
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

// The command of --run: the server ends when it does.
class Companion {
 public:
  // The status to end with is 0 or 1.
  int run(daemon::Program& program, const std::string& command) {
    auto child = platform::ChildProcess::start(command);
    if (!child.ok()) return program.fail(command + ": process failed to start");
    const daemon::Watch watch(program.loop(), child->wait_handle(), [&] { program.exit(); });
    const int status = program.run();
    const std::string failure = child->failure();
    if (failure.empty()) return status;
    return program.fail(ovsdb::cat(command, ": child exited, ", failure));
  }
};

int serve(daemon::Program& program, const platform::Clock& clock, const Arguments& arguments,
          tools::ConfigStore& store) {
  platform::ThreadWorker file_worker(clock), query_worker(clock);
  ovsdb::Server server({program.loop(), program.network(), program.log(), program.clock(),
                        program.files(), file_worker, query_worker});
  if (arguments.whole_columns) server.record_form = ovsdb::RecordForm::WholeColumns;
  tools::Configurator configurator(program, server, store, arguments.tls);
  if (!configurator.load()) return program.fail("server configuration failed");
  tools::add_server_commands(program, server, configurator);
  Compactor compactor(program, server);
  program.ready();
  return arguments.command.empty() ? program.run() : Companion().run(program, arguments.command);
}

// What the command line says; a sentence if it contradicts itself.
Result<tools::ServerConfig, std::string> config_of(const daemon::Program& program,
                                                   const Arguments& arguments,
                                                   const std::vector<std::string>& operands) {
  tools::ServerConfig config;
  for (const std::string& remote : arguments.remotes) config.remotes[remote];
  for (const std::string& operand : operands) tools::add_operand(config, operand);
  // Paths are of the directory we start in, which a daemon leaves.
  if (operands.empty() && !arguments.no_databases) {
    tools::add_operand(config, program.directories().database + "/conf.db");
  }
  if (auto excluded = ovsdb::parse_excluded(arguments.sync_excluded, ""); !excluded.ok()) {
    return excluded.error();
  }
  config.sync_from = arguments.sync_from;
  config.sync_excluded = arguments.sync_excluded;
  config.sync_is_backup = !arguments.is_active;
  return config;
}

Result<tools::ConfigStore, std::string> open_store(daemon::Program& program,
                                                   const Arguments& arguments,
                                                   const std::vector<std::string>& operands) {
  if (arguments.config_file.empty()) {
    OVS_TRY(const tools::ServerConfig config, config_of(program, arguments, operands));
    return tools::ConfigStore::of_command_line(program, config);
  }
  if (!arguments.sync_from.empty() || !arguments.sync_excluded.empty() || arguments.is_active) {
    return std::string(
        "--config-file is mutually exclusive with --sync-from, --sync-exclude-tables and --active");
  }
  if (!arguments.remotes.empty()) {
    return std::string("--config-file is mutually exclusive with --remote");
  }
  if (!operands.empty()) return std::string("Databases should be specified in a config file");
  return tools::ConfigStore::of_file(program, arguments.config_file);
}

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  Arguments arguments;
  add_options(program, arguments);
  const auto operands = program.parse(argc, argv, kUsage);
  if (!operands.ok()) return operands.error();
  auto store = open_store(program, arguments, *operands);
  if (!store.ok()) return program.fail(store.error());
  if (auto started = program.start(); !started.ok()) return program.fail(started.error().text);
  return serve(program, system.parts().clock, arguments, *store);
}
