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

void add_unsupported(daemon::ControlServer& control) {
  struct Unsupported {
    const char* name;
    const char* usage;
    unsigned min_arguments, max_arguments;
  };
  static constexpr Unsupported kUnsupported[] = {
      {"ovsdb-server/set-active-ovsdb-server", "", 1, 1},
      {"ovsdb-server/get-active-ovsdb-server", "", 0, 0},
      {"ovsdb-server/connect-active-ovsdb-server", "", 0, 0},
      {"ovsdb-server/disconnect-active-ovsdb-server", "", 0, 0},
      {"ovsdb-server/set-active-ovsdb-server-probe-interval", "", 1, 1},
      {"ovsdb-server/set-relay-source-probe-interval", "", 1, 1},
      {"ovsdb-server/set-sync-exclude-tables", "", 0, 1},
      {"ovsdb-server/get-sync-exclude-tables", "", 0, 0},
      {"ovsdb-server/tlog-set", "DB:TABLE on|off", 2, 2},
      {"ovsdb-server/tlog-list", "", 0, 0},
      {"ovsdb-server/reload", "", 0, 0},
  };
  for (const Unsupported& each : kUnsupported) {
    control.add(each.name, each.usage, each.min_arguments, each.max_arguments,
                [name = std::string(each.name)](ControlCall call) {
                  call.reply_error(name + ": not supported yet");
                });
  }
}

void add_database_commands(daemon::ControlServer& control, ovsdb::Server& server) {
  control.add("ovsdb-server/compact", "", 0, 1, [&server](ControlCall call) {
    auto later = std::make_shared<ControlCall>(std::move(call));
    server.compact(later->argument(1), [later](const std::string& errors) {
      errors.empty() ? later->reply("") : later->reply_error(errors);
    });
  });
  control.add("ovsdb-server/add-db", "DB", 1, 1,
              [&server](ControlCall call) { answer(call, server.add_database(call.argument(1))); });
  control.add("ovsdb-server/remove-db", "DB", 1, 1, [&server](ControlCall call) {
    answer(call, server.remove_database(call.argument(1)));
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

void add_remote_commands(daemon::ControlServer& control, ovsdb::Server& server) {
  control.add("ovsdb-server/add-remote", "REMOTE", 1, 1,
              [&server](ControlCall call) { answer(call, server.add_remote(call.argument(1))); });
  control.add("ovsdb-server/remove-remote", "REMOTE", 1, 1, [&server](ControlCall call) {
    if (server.remove_remote(call.argument(1))) return call.reply("");
    call.reply_error("no such remote");
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
  control.add("ovsdb-server/sync-status", "", 0, 0, [&server](ControlCall call) {
    std::string out;
    for (const auto& [name, db] : server.databases()) {
      if (name[0] == '_') continue;
      out += ovsdb::cat("database: ", name, "\nstate: active\n\n");
    }
    call.reply(out);
  });
}

}  // namespace

void add_server_commands(daemon::Program& program, ovsdb::Server& server) {
  add_database_commands(program.control(), server);
  add_remote_commands(program.control(), server);
  add_unsupported(program.control());
  program.add_memory_report([&server](daemon::MemoryUse& use) {
    use["sessions"] += server.session_count();
    server.report_memory(use);
  });
}

}  // namespace ovs::tools
