// ovs-vsctl: runs the commands of its command line as one transaction on the database, and waits
// until ovs-vswitchd has done what they ask.
#include <cstdio>
#include <memory>

#include "daemon/stream/system_network.h"
#include "ovsdb/client/client.h"
#include "tools/common/system.h"
#include "tools/common/timeout.h"
#include "tools/ovs-vsctl/command_line.h"

namespace ovs::vsctl {
namespace {

using ovsdb::CellFormat;
using ovsdb::TableFormat;
using ovsdb::TableStyle;

constexpr int kSetupFailed = 65;  // an interface came to be with an error

struct Options {
  std::string database;
  bool no_wait = false, dry_run = false, oneline = false, retry = false;
  TableStyle style;
  CommandOptions leading;
  unsigned timeout_seconds = 0;
  bool list_commands = false, list_options = false, no_syslog = false;
  tools::Timeout environment_timeout;
};

std::string usage() {
  std::string text =
      "ovs-vsctl: configures Open vSwitch through its database\n"
      "usage: ovs-vsctl [OPTION]... COMMAND [ARGUMENT]... [-- COMMAND [ARGUMENT]...]...\n\n"
      "Commands:\n";
  for (const Command* command : all_commands()) {
    text += fmt::format("  {} {}\n", command->name, command->usage);
  }
  return text +
         "\nOptions:\n"
         "  --db=METHOD           the database server (default: unix:RUNDIR/db.sock)\n"
         "  --no-wait             do not wait for ovs-vswitchd\n"
         "  --retry               try again when the server cannot be reached\n"
         "  -t, --timeout=SECS    wait at most SECS seconds\n"
         "  --dry-run             change nothing\n"
         "  --oneline             one line of output for each command\n"
         "  -f, --format=FORMAT   list, table, csv, html or json\n"
         "  -d, --data=FORMAT     string, bare or json\n"
         "  --bare                the same as --format=list --data=bare --no-headings\n"
         "  --no-headings         without headings\n"
         "  --pretty              with --format=json: indented\n"
         "  -v, --verbose[=SPEC]  log levels\n"
         "  -h, --help            this text\n"
         "  -V, --version         the version\n";
}

// One invocation, from the first contact with the server to the last line of output.
class Session {
 public:
  Session(daemon::Program& program, const Options& options, std::vector<Context> commands,
          std::string comment)
      : program_(program),
        options_(options),
        commands_(std::move(commands)),
        comment_(std::move(comment)),
        tables_(options.style),
        loop_(program.clock()),
        network_(loop_, program.log(), program.directories().run),
        alarm_(loop_, [this] { end(tools::Timeout::expire(program_)); }) {}

  int run() {
    if (const auto ms = timeout_ms()) alarm_.set_after(*ms);
    ovsdb::ClientOptions client;
    client.remotes = {options_.database};
    client.retry = options_.retry;
    client.tables = needed_tables(commands_);
    client_ = std::make_unique<ovsdb::Client>(
        loop_, network_, program_.log(), client,
        ovsdb::Client::Handlers{.on_change = [this] { on_change(); },
                                .on_error = [this](std::string text) { end(fail_with(text)); },
                                .on_disconnect = [this] { on_disconnect(); }});
    loop_.run();
    return status_;
  }

 private:
  enum class Stage : std::uint8_t { Running, Committing, WaitingForDaemon, Over };

  Maybe<std::uint64_t> timeout_ms() const {
    if (options_.timeout_seconds != 0) return std::uint64_t{options_.timeout_seconds} * 1000;
    return options_.environment_timeout.milliseconds();
  }

  int fail_with(std::string_view text) { return program_.fail(text); }
  void end(int status) {
    if (stage_ == Stage::Over) return;
    stage_ = Stage::Over;
    status_ = status;
    loop_.stop();
  }

  void on_disconnect() {
    if (client_ == nullptr || client_->is_alive() || stage_ == Stage::Over) return;
    end(fail_with(fmt::format("{}: database connection failed ({})", options_.database,
                              client_->last_error().text())));
  }

  void on_change() {
    if (stage_ == Stage::Running) attempt();
    if (stage_ == Stage::WaitingForDaemon) check_daemon();
  }

  void attempt() {
    attempt_ = std::make_unique<Attempt>(client_->replica(), uuids_);
    attempt_->model.root();
    for (Context& command : commands_) {
      command.attempt = attempt_.get();
      command.style = options_.style;
      command.output.clear();
      command.table.reset();
      command.created.reset();
      const auto done = command.command->run(command);
      if (done && attempt_->must_wait) return;
      if (done) continue;
      if (!done.error().text.empty()) fail_with(done.error().text);
      end(done.error().status);
      return;
    }
    if (!check_symbols()) return;
    for (const std::string& text : attempt_->warnings) {
      program_.log().module("db_ctl_base").warn("{}", text);
    }
    commit();
  }

  bool check_symbols() {
    for (const auto& [name, symbol] : attempt_->symbols) {
      if (!symbol.created) {
        end(
            fail_with(fmt::format("row id \"{}\" is referenced but never created (e.g. with \"-- "
                                  "--id={} create ...\")",
                                  name, name)));
        return false;
      }
      if (symbol.strong_ref) continue;
      if (symbol.weak_ref) {
        program_.log().module("vsctl").warn(
            "row id \"{}\" was created but only a weak reference to it was inserted, so it will "
            "not actually appear in the database",
            name);
      } else {
        program_.log().module("vsctl").warn(
            "row id \"{}\" was created but no reference to it was inserted, so it will not "
            "actually appear in the database",
            name);
      }
    }
    return true;
  }

  void commit() {
    ClientTransaction& transaction = attempt_->transaction;
    if (options_.dry_run || transaction.is_empty()) {
      tell();
      end(0);
      return;
    }
    if (!options_.no_wait) {
      const TableSchema& root = *client_->replica().schema().find("Open_vSwitch");
      transaction.increment(root, attempt_->model.root(), "next_cfg");
    }
    transaction.comment(comment_);
    stage_ = Stage::Committing;
    client_->commit(transaction,
                    [this](ClientTransaction::Outcome outcome) { on_commit(outcome); });
  }

  void on_commit(const ClientTransaction::Outcome& outcome) {
    using Kind = ClientTransaction::Outcome::Kind;
    if (stage_ == Stage::Over) return;
    if (outcome.kind == Kind::TryAgain) {
      // The next update brings what has changed meanwhile; it may have come already.
      stage_ = Stage::Running;
      if (client_->is_synced()) loop_.post([this] { on_change(); });
      return;
    }
    if (outcome.kind != Kind::Success) {
      end(fail_with("transaction error: " + outcome.error));
      return;
    }
    tell();
    if (options_.no_wait) {
      end(0);
      return;
    }
    wanted_configuration_ = outcome.incremented;
    stage_ = Stage::WaitingForDaemon;
    check_daemon();
  }

  void check_daemon() {
    const ovsdb::ReplicaTable* table = client_->replica().find("Open_vSwitch");
    for (const ovsdb::ReplicaRow* row : table->rows()) {
      if (integer_in((*row)["cur_cfg"]).value_or(0) < wanted_configuration_) continue;
      end(check_interfaces());
      return;
    }
  }

  // Interfaces that this run made and that the daemon could not.
  int check_interfaces() {
    int status = 0;
    const ovsdb::ReplicaTable* table = client_->replica().find("Interface");
    for (const std::string& name : attempt_->new_interfaces) {
      for (const ovsdb::ReplicaRow* row : table->rows()) {
        if (text_in((*row)["name"]) != name) continue;
        if (integer_in((*row)["ofport"]).value_or(-1) != -1) continue;
        const std::string error = text_in((*row)["error"]);
        fmt::print(stderr,
                   "{}: Error detected while setting up '{}'{}{}.  See ovs-vswitchd log for "
                   "details.\n",
                   program_.name(), name, error.empty() ? "" : ": ", error);
        status = kSetupFailed;
      }
    }
    if (status != 0) {
      fmt::print(stderr, "{}: The default log directory is \"{}\".\n", program_.name(),
                 program_.directories().log);
    }
    return status;
  }

  void tell() {
    for (Context& command : commands_) {
      if (command.command->after_commit != nullptr) command.command->after_commit(command);
      if (command.table) {
        print(tables_.next(*command.table));
      } else if (options_.oneline) {
        print(one_line(command.output) + "\n");
      } else {
        print(command.output);
      }
    }
    std::fflush(stdout);
  }

  static void print(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

  static std::string one_line(std::string text) {
    if (!text.empty() && text.back() == '\n') text.pop_back();
    std::string line;
    for (const char c : text) {
      if (c == '\n') {
        line += "\\n";
      } else if (c == '\\') {
        line += "\\\\";
      } else {
        line += c;
      }
    }
    return line;
  }

  daemon::Program& program_;
  const Options& options_;
  std::vector<Context> commands_;
  std::string comment_;
  ovsdb::TableSequence tables_;
  daemon::Loop loop_;
  daemon::SystemNetwork network_;
  daemon::Timer alarm_;
  ovsdb::UuidSource uuids_;
  std::unique_ptr<Attempt> attempt_;
  std::unique_ptr<ovsdb::Client> client_;  // its handlers use the others
  Stage stage_ = Stage::Running;
  std::int64_t wanted_configuration_ = 0;
  int status_ = 0;
};

using Applied = Result<void, daemon::UsageError>;

void add_style_options(daemon::CommandLine& line, TableStyle& style) {
  line.add({"format", 'f', daemon::OptionArgument::Required,
            [&style](std::string_view value, bool) -> Applied {
              const auto format = ovsdb::parse_table_format(value);
              if (!format) {
                return daemon::UsageError{fmt::format("unknown output format \"{}\"", value)};
              }
              style.format = *format;
              return kOk;
            }});
  line.add({"data", 'd', daemon::OptionArgument::Required,
            [&style](std::string_view value, bool) -> Applied {
              const auto cells = ovsdb::parse_cell_format(value);
              if (!cells) {
                return daemon::UsageError{fmt::format("unknown data format \"{}\"", value)};
              }
              style.cells = *cells;
              return kOk;
            }});
  line.add({"bare", 0, daemon::OptionArgument::None, [&style](std::string_view, bool) -> Applied {
              style.format = TableFormat::List;
              style.cells = CellFormat::Bare;
              style.with_headings = false;
              return kOk;
            }});
  line.add(
      {"no-headings", 0, daemon::OptionArgument::None, [&style](std::string_view, bool) -> Applied {
         style.with_headings = false;
         return kOk;
       }});
  line.flag("pretty", 0, style.is_pretty);
}

// Options of the first command, which may stand among the program's own.
void add_command_options(daemon::CommandLine& line, CommandOptions& leading) {
  for (const CommandOption& option : all_command_options()) {
    line.add({option.name, 0,
              option.takes_value ? daemon::OptionArgument::Required : daemon::OptionArgument::None,
              [&leading, name = "--" + option.name](std::string_view value, bool) -> Applied {
                if (!leading.emplace(name, std::string(value)).second) {
                  return daemon::UsageError{
                      fmt::format("'{}' option specified multiple times", name)};
                }
                return kOk;
              }});
  }
}

void add_options(daemon::Program& program, Options& options) {
  program.add_log_options();
  daemon::CommandLine& line = program.options();
  line.text("db", 0, options.database);
  line.flag("no-wait", 0, options.no_wait);
  line.flag("no-syslog", 0, options.no_syslog);
  line.flag("dry-run", 0, options.dry_run);
  line.flag("oneline", 0, options.oneline);
  line.flag("retry", 0, options.retry);
  line.flag("commands", 0, options.list_commands);
  line.flag("options", 0, options.list_options);
  line.positive("timeout", 't', options.timeout_seconds);
  add_style_options(line, options.style);
  add_command_options(line, options.leading);
}

int list_commands() {
  for (const Command* command : all_commands()) fmt::print("{}\n", completion_line(*command));
  return 0;
}

int list_options(const daemon::CommandLine& line) {
  for (const daemon::Option& option : line.options()) {
    const bool takes_value = option.argument != daemon::OptionArgument::None;
    fmt::print("--{}{}\n", option.name, takes_value ? "=ARG" : "");
    if (option.letter != 0) fmt::print("-{}{}\n", option.letter, takes_value ? " ARG" : "");
  }
  return 0;
}

int run(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  Options options;
  options.database = "unix:" + program.directories().run + "/db.sock";
  // That it connects is no news to whoever runs it; -v may say otherwise.
  (void)program.log().set_levels("reconnect:warn");
  add_options(program, options);
  const auto operands =
      program.parse(argc, argv, usage(), daemon::CommandLine::Order::StopAtOperand);
  if (!operands) return operands.error();
  if (options.list_commands) return list_commands();
  if (options.list_options) return list_options(program.options());
  auto commands = parse_commands(*operands, options.leading);
  if (!commands) return program.fail(commands.error().text);
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::string comment = fmt::format("{}: {}", program.name(), quoted_words(words));
  return Session(program, options, std::move(commands).value(), std::move(comment)).run();
}

}  // namespace
}  // namespace ovs::vsctl

int main(int argc, char** argv) {
  return ovs::vsctl::run(argc, argv);
}
