// See commands.h.
#include "tools/ovsdb-server/commands.h"

#include "ovsdb/data/cat.h"

namespace ovs::tools {
namespace {

using daemon::ControlCall;
using Outcome = Result<void, std::string>;

void answer(ControlCall& call, const Outcome& outcome) {
  if (outcome.ok()) {
    call.reply("");
  } else {
    call.reply_error(outcome.error());
  }
}

std::string lines(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += name + "\n";
  return out;
}

std::string storage_status(ovsdb::Server& server, const std::string& name, bool& known) {
  ovsdb::HostedDatabase* db = server.find(name);
  known = db != nullptr && name[0] != '_';
  if (!known || db->storage().is_trusted()) return "status: ok";
  return "status: an fsync failed; commits are refused until the file has been rewritten";
}

// A command that changes what is served; the user's configuration file, if there is one, is to be
// changed instead.
void add_change(daemon::ControlServer& control, const char* name, const char* usage,
                unsigned min_arguments, unsigned max_arguments, Configurator& configurator,
                std::function<void(ControlCall&)> run) {
  control.add(name, usage, min_arguments, max_arguments,
              [&configurator, run = std::move(run)](ControlCall call) {
                const std::string refusal = configurator.refusal();
                if (!refusal.empty()) return call.reply_error(refusal);
                run(call);
              });
}

void add_unsupported(daemon::ControlServer& control) {
  struct Unsupported {
    const char* name;
    const char* usage;
    unsigned min_arguments, max_arguments;
  };
  static constexpr Unsupported kUnsupported[] = {
      {"ovsdb-server/tlog-set", "DB:TABLE on|off", 2, 2},
      {"ovsdb-server/tlog-list", "", 0, 0},
  };
  for (const Unsupported& each : kUnsupported) {
    control.add(each.name, each.usage, each.min_arguments, each.max_arguments,
                [name = std::string(each.name)](ControlCall call) {
                  call.reply_error(name + ": not supported yet");
                });
  }
}

void add_replication_commands(daemon::ControlServer& control, Configurator& configurator) {
  const auto change = [&](const char* name, unsigned min_arguments, unsigned max_arguments,
                          std::function<void(ControlCall&)> run) {
    add_change(control, name, "", min_arguments, max_arguments, configurator, std::move(run));
  };
  change("ovsdb-server/set-active-ovsdb-server", 1, 1, [&configurator](ControlCall& call) {
    configurator.set_sync_from(call.argument(1));
    call.reply("");
  });
  change("ovsdb-server/connect-active-ovsdb-server", 0, 0, [&configurator](ControlCall& call) {
    const Outcome done = configurator.connect();
    call.reply(done.ok() ? "" : done.error());
  });
  change("ovsdb-server/disconnect-active-ovsdb-server", 0, 0, [&configurator](ControlCall& call) {
    configurator.disconnect();
    call.reply("");
  });
  change("ovsdb-server/set-sync-exclude-tables", 0, 1, [&configurator](ControlCall& call) {
    answer(call, configurator.set_sync_excluded(call.argument(1)));
  });
  change("ovsdb-server/set-active-ovsdb-server-probe-interval", 1, 1,
         [&configurator](ControlCall& call) {
           answer(call,
                  configurator.set_probe_interval(ServiceModel::ActiveBackup, call.argument(1)));
         });
  change("ovsdb-server/set-relay-source-probe-interval", 1, 1, [&configurator](ControlCall& call) {
    answer(call, configurator.set_probe_interval(ServiceModel::Relay, call.argument(1)));
  });
  control.add("ovsdb-server/get-active-ovsdb-server", "", 0, 0, [&configurator](ControlCall call) {
    const std::string& source = configurator.config().sync_from;
    call.reply(source.empty() ? "" : source + "\n");
  });
  control.add("ovsdb-server/get-sync-exclude-tables", "", 0, 0, [&configurator](ControlCall call) {
    const std::string& tables = configurator.config().sync_excluded;
    call.reply(tables.empty() ? "" : tables + "\n");
  });
  control.add("ovsdb-server/sync-status", "", 0, 0,
              [&configurator](ControlCall call) { call.reply(configurator.sync_status()); });
}

void add_database_commands(daemon::ControlServer& control, ovsdb::Server& server,
                           Configurator& configurator) {
  control.add("ovsdb-server/compact", "", 0, 1, [&server](ControlCall call) {
    auto later = std::make_shared<ControlCall>(std::move(call));
    server.compact(later->argument(1), [later](const std::string& errors) {
      errors.empty() ? later->reply("") : later->reply_error(errors);
    });
  });
  add_change(control, "ovsdb-server/add-db", "DB", 1, 1, configurator,
             [&configurator](ControlCall& call) {
               answer(call, configurator.add_database(call.argument(1)));
             });
  add_change(control, "ovsdb-server/remove-db", "DB", 1, 1, configurator,
             [&configurator](ControlCall& call) {
               answer(call, configurator.remove_database(call.argument(1)));
             });
  control.add("ovsdb-server/reload", "", 0, 0, [&configurator](ControlCall call) {
    if (configurator.refusal().empty()) {
      return call.reply_error("Configuration file was not specified on command line");
    }
    if (configurator.load()) return call.reply("");
    call.reply_error("Configuration failed.  See the log file for details.");
  });
  control.add("ovsdb-server/list-dbs", "", 0, 0, [&server](ControlCall call) {
    std::vector<std::string> names;
    for (const auto& [name, db] : server.databases()) names.push_back(name);
    call.reply(lines(names));
  });
  control.add("ovsdb-server/get-db-storage-status", "DB", 1, 1, [&server](ControlCall call) {
    bool known = false;
    const std::string status = storage_status(server, call.argument(1), known);
    if (known) return call.reply(status);
    call.reply_error("Failed to find the database.");
  });
  control.add("ovsdb/file/column-diff-enable", "", 0, 0, [&server](ControlCall call) {
    server.record_form = ovsdb::RecordForm::ColumnDiffs;
    call.reply("");
  });
  control.add("ovsdb-server/memory-trim-on-compaction", "on|off", 1, 1, [](ControlCall call) {
    // Nothing to trim: memory that is not used goes back to the allocator at once.
    const std::string& mode = call.argument(1);
    if (mode == "on" || mode == "off") return call.reply("");
    call.reply_error("invalid argument");
  });
}

void add_remote_commands(daemon::ControlServer& control, ovsdb::Server& server,
                         Configurator& configurator) {
  add_change(control, "ovsdb-server/add-remote", "REMOTE", 1, 1, configurator,
             [&configurator](ControlCall& call) {
               answer(call, configurator.add_remote(call.argument(1)));
             });
  add_change(control, "ovsdb-server/remove-remote", "REMOTE", 1, 1, configurator,
             [&configurator](ControlCall& call) {
               answer(call, configurator.remove_remote(call.argument(1)));
             });
  control.add("ovsdb-server/list-remotes", "", 0, 0,
              [&server](ControlCall call) { call.reply(lines(server.remotes())); });
  control.add("ovsdb-server/reconnect", "", 0, 0, [&server](ControlCall call) {
    server.reconnect("user ran ovsdb-server/reconnect");
    call.reply("");
  });
  control.add("ovsdb-server/disable-monitor-cond", "", 0, 0, [&server](ControlCall call) {
    server.disable_conditional_monitors();
    server.reconnect("user ran ovsdb-server/disable-monitor-cond");
    call.reply("");
  });
}

}  // namespace

void add_server_commands(daemon::Program& program, ovsdb::Server& server,
                         Configurator& configurator) {
  add_database_commands(program.control(), server, configurator);
  add_remote_commands(program.control(), server, configurator);
  add_replication_commands(program.control(), configurator);
  add_unsupported(program.control());
  program.add_memory_report([&server](daemon::MemoryUse& use) {
    use["sessions"] += server.session_count();
    server.report_memory(use);
  });
}

}  // namespace ovs::tools
