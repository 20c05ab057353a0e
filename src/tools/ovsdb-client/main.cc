// ovsdb-client: options, the choice of server and database, and the table of commands.
#include <algorithm>
#include <charconv>
#include <cstdio>

#include "daemon/run/tls_options.h"
#include "ovsdb/data/cat.h"
#include "tools/common/system.h"
#include "tools/ovsdb-client/commands.h"

namespace {

using namespace ovs;
using namespace ovs::tools;
using ovsdb::cat;

constexpr std::string_view kUsage = R"(ovsdb-client: Open vSwitch database JSON-RPC client
usage: ovsdb-client [OPTIONS] COMMAND [ARG...]

Valid commands are:
  list-dbs [SERVER]
  get-schema [SERVER] [DATABASE]
  get-schema-version [SERVER] [DATABASE]
  get-schema-cksum [SERVER] [DATABASE]
  list-tables [SERVER] [DATABASE]
  list-columns [SERVER] [DATABASE] [TABLE]
  transact [SERVER] TRANSACTION
  query [SERVER] TRANSACTION
  monitor [SERVER] [DATABASE] TABLE [COLUMN,...]...
  monitor [SERVER] [DATABASE] ALL
  monitor-cond [SERVER] [DATABASE] CONDITION TABLE [COLUMN,...]...
  monitor-cond-since [SERVER] [DATABASE] [LASTID] CONDITION TABLE [COLUMN,...]...
  wait [SERVER] DATABASE added|connected|removed
  convert [SERVER] SCHEMA
  needs-conversion [SERVER] SCHEMA
  dump [SERVER] [DATABASE] [TABLE [COLUMN]...]
  backup [SERVER] [DATABASE] > DB
  restore [SERVER] [DATABASE] < DB
  lock|steal|unlock [SERVER] LOCK

The default SERVER is unix:db.sock in the run directory.
The default DATABASE is Open_vSwitch.

Output formatting options:
  -f, --format=FORMAT         table, list, html, csv or json
  -d, --data=FORMAT           string, bare or json
      --no-headings           omit table heading row
      --pretty                pretty-print JSON in output
      --bare                  equivalent to "--format=list --data=bare --no-headings"
      --timestamp             timestamp "monitor" output

Other options:
  -t, --timeout=SECS          wait at most SECS seconds
      --db-change-aware, --no-db-change-aware
      --force                 restore although schemas differ
  -h, --help                  display this help message
  -V, --version               display version information
)";

enum class Needs : unsigned char { Nothing, Server, Database };

struct Command {
  std::string_view name;
  Needs needs;
  std::size_t min_arguments, max_arguments;
  CommandFunction run;
  bool stays;  // may detach once it serves
};

constexpr Command kCommands[] = {
    {"list-dbs", Needs::Server, 0, 0, list_databases, false},
    {"get-schema", Needs::Database, 0, 0, get_schema, false},
    {"get-schema-version", Needs::Database, 0, 0, get_schema_version, false},
    {"get-schema-cksum", Needs::Database, 0, 0, get_schema_checksum, false},
    {"list-tables", Needs::Database, 0, 0, list_tables, false},
    {"list-columns", Needs::Database, 0, 1, list_columns, false},
    {"transact", Needs::Nothing, 1, 2, transact, true},
    {"query", Needs::Nothing, 1, 2, query, true},
    {"monitor", Needs::Database, 1, SIZE_MAX, monitor, true},
    {"monitor-cond", Needs::Database, 2, 3, monitor_cond, true},
    {"monitor-cond-since", Needs::Database, 2, 4, monitor_cond_since, true},
    {"wait", Needs::Nothing, 2, 3, wait_for, false},
    {"convert", Needs::Nothing, 1, 2, convert, false},
    {"needs-conversion", Needs::Nothing, 1, 2, needs_conversion, false},
    {"dump", Needs::Database, 0, SIZE_MAX, dump, false},
    {"backup", Needs::Database, 0, 0, backup, false},
    {"restore", Needs::Database, 0, 0, restore, false},
    {"lock", Needs::Server, 1, 1, lock, true},
    {"steal", Needs::Server, 1, 1, steal, true},
    {"unlock", Needs::Server, 1, 1, unlock, true},
};

using Applied = Result<void, daemon::UsageError>;

void add_style_options(daemon::Program& program, ClientSettings& settings) {
  ovsdb::TableStyle& style = settings.style;
  program.options().add({"format", 'f', daemon::OptionArgument::Required,
                         [&style](std::string_view value, bool) -> Applied {
                           const auto format = ovsdb::parse_table_format(value);
                           if (!format) {
                             return daemon::UsageError{cat("unknown output format \"", value, '"')};
                           }
                           style.format = *format;
                           return kOk;
                         }});
  program.options().add({"data", 'd', daemon::OptionArgument::Required,
                         [&style](std::string_view value, bool) -> Applied {
                           const auto format = ovsdb::parse_cell_format(value);
                           if (!format) {
                             return daemon::UsageError{cat("unknown data format \"", value, '"')};
                           }
                           style.cells = *format;
                           return kOk;
                         }});
  program.options().add(
      {"no-headings", 0, daemon::OptionArgument::None, [&style](std::string_view, bool) -> Applied {
         style.with_headings = false;
         return kOk;
       }});
  program.options().flag("pretty", 0, style.is_pretty);
  program.options().add(
      {"bare", 0, daemon::OptionArgument::None, [&style](std::string_view, bool) -> Applied {
         style.format = ovsdb::TableFormat::List;
         style.cells = ovsdb::CellFormat::Bare;
         style.with_headings = false;
         return kOk;
       }});
  program.options().add({"max-column-width", 0, daemon::OptionArgument::Required,
                         [&style](std::string_view value, bool) -> Applied {
                           std::from_chars(value.data(), value.data() + value.size(),
                                           style.max_width);
                           return kOk;
                         }});
}

void add_other_options(daemon::Program& program, ClientSettings& settings, Timeout& timeout,
                       daemon::TlsSettings& tls) {
  program.add_log_options();
  program.add_daemon_options();
  timeout.add_option(program, 't');
  program.options().flag("timestamp", 0, settings.timestamp);
  program.options().flag("force", 0, settings.force);
  program.options().add({"db-change-aware", 0, daemon::OptionArgument::None,
                         [&settings](std::string_view, bool) -> Applied {
                           settings.change_aware = ChangeAware::Yes;
                           return kOk;
                         }});
  program.options().add({"no-db-change-aware", 0, daemon::OptionArgument::None,
                         [&settings](std::string_view, bool) -> Applied {
                           settings.change_aware = ChangeAware::No;
                           return kOk;
                         }});
  for (const char* name : {"leader-only", "no-leader-only"}) {
    program.options().add({name, 0, daemon::OptionArgument::None,
                           [](std::string_view, bool) -> Applied { return kOk; }});
  }
  daemon::add_tls_options(program.options(), tls);
}

// The database that is meant when none is named.
Outcome<void> default_database(const std::vector<std::string>& names, std::string& out) {
  if (std::find(names.begin(), names.end(), "Open_vSwitch") != names.end()) {
    out = "Open_vSwitch";
    return kOk;
  }
  std::size_t count = 0;
  for (const std::string& name : names) {
    if (name[0] == '_') continue;
    out = name;
    ++count;
  }
  if (count == 1) return kOk;
  return std::string("could not find a default database, please specify a database name");
}

bool looks_like_remote(const std::string& text) {
  return !text.empty() && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z') &&
         text.find(':') != text.npos;
}

Outcome<void> run_in(Dialogue& dialogue, daemon::Program& program, const Command& command,
                     const ClientSettings& settings, std::vector<std::string> arguments) {
  std::string remote = "unix:" + program.directories().run + "/db.sock";
  if (arguments.size() > command.min_arguments && looks_like_remote(arguments[0])) {
    remote = arguments[0];
    arguments.erase(arguments.begin());
  }
  OVS_TRY(dialogue.connect(remote, command.run == wait_for ? Retry::Yes : Retry::No));
  std::string database;
  if (command.needs == Needs::Database) {
    OVS_TRY(const auto names, dialogue.databases());
    const bool named = arguments.size() > command.min_arguments &&
                       std::find(names.begin(), names.end(), arguments[0]) != names.end();
    if (named) {
      database = arguments[0];
      arguments.erase(arguments.begin());
    } else {
      OVS_TRY(default_database(names, database));
    }
  }
  if (arguments.size() < command.min_arguments || arguments.size() > command.max_arguments) {
    return std::string("invalid syntax (use --help for help)");
  }
  Request request{dialogue, settings, std::move(database), std::move(arguments)};
  return command.run(request);
}

Outcome<void> run(daemon::Program& program, const Command& command, Timeout& timeout,
                  const ClientSettings& settings, const std::vector<std::string>& arguments) {
  constexpr std::uint64_t kRetryMs = 100;
  const std::uint64_t begun_ms = program.loop().now_ms();
  for (;;) {
    Dialogue dialogue(program, timeout);
    auto done = run_in(dialogue, program, command, settings, arguments);
    const auto limit = timeout.milliseconds();
    const bool late = limit && program.loop().now_ms() - begun_ms >= *limit;
    if (done.ok() || late || !dialogue.was_too_early()) return done;
    bool waited = false;
    program.loop().after_real_ms(kRetryMs, [&] { waited = true; });
    while (!waited) program.loop().run_once(1000);
  }
}

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  ClientSettings settings;
  Timeout timeout;
  daemon::TlsSettings tls;
  (void)program.log().set_levels("reconnect:warn");  // that it connects is no news
  add_style_options(program, settings);
  add_other_options(program, settings, timeout, tls);
  auto operands = program.parse(argc, argv, kUsage);
  if (!operands.ok()) return operands.error();
  if (operands->empty()) {
    return program.fail("missing command name; use --help for help");
  }
  const auto command =
      std::find_if(std::begin(kCommands), std::end(kCommands),
                   [&](const Command& each) { return each.name == operands->front(); });
  if (command == std::end(kCommands)) {
    return program.fail(cat("unknown command '", operands->front(), "'; use --help for help"));
  }
  program.keep_output();
  if (auto started = program.start(); !started.ok()) return program.fail(started.error().text);
  daemon::apply_tls(program.network(), tls);
  const auto done =
      run(program, *command, timeout, settings, {operands->begin() + 1, operands->end()});
  std::fflush(stdout);
  return done.ok() ? 0 : program.fail(done.error());
}
