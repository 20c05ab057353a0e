// What a command of ovs-vsctl works with: the words of its command line, the transaction that all
// commands of one invocation share, and where its output goes. Known to every file of commands.
#pragma once
#include <fmt/format.h>

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/client/output_table.h"
#include "ovsdb/client/transaction.h"
#include "ovsdb/data/symbols.h"
#include "tools/ovs-vsctl/model.h"

namespace ovs::vsctl {

using ovsdb::Atom;
using ovsdb::AtomType;
using ovsdb::ClientTransaction;
using ovsdb::Datum;
using ovsdb::TableSchema;
using ovsdb::Uuid;

struct CommandError {
  std::string text;
  int status = 1;  // of the program
};
template <class T>
using CommandResult = Result<T, CommandError>;

template <class... Args>
CommandError fail(fmt::format_string<Args...> format, Args&&... args) {
  return CommandError{fmt::format(format, std::forward<Args>(args)...)};
}

// All commands of one invocation, run against one state of the database. Made anew for each try.
struct Attempt {
  Attempt(const ovsdb::Replica& replica, ovsdb::UuidSource& uuids)
      : transaction(replica, uuids), symbols(uuids), model(transaction) {}

  ClientTransaction transaction;
  ovsdb::Symbols symbols;  // "@name"
  Model model;
  std::vector<std::string> warnings;        // for the log
  bool must_wait = false;                   // wait-until is not satisfied yet
  std::vector<std::string> new_interfaces;  // whose errors are looked for after the commit
};

class Context;

struct Command {
  const char* name;
  unsigned min_arguments, max_arguments;
  const char* usage;
  const char* options;  // "--may-exist,--if-exists"; "--columns=" takes a value
  CommandResult<void> (*run)(Context&);
  // Completes the output once the rows have their UUIDs; may be null.
  void (*after_commit)(Context&) = nullptr;
};
inline constexpr unsigned kManyArguments = 1u << 20;

class Context {
 public:
  const Command* command = nullptr;
  std::vector<std::string> arguments;                       // the command's name first
  std::map<std::string, std::string, std::less<>> options;  // "--columns" and its value
  ovsdb::TableStyle style;
  Attempt* attempt = nullptr;

  std::string output;
  std::optional<ovsdb::OutputTable> table;
  std::optional<Uuid> created;  // by `create`

  bool has(std::string_view option) const { return options.count(option) != 0; }
  const std::string& argument(std::size_t index) const { return arguments[index]; }
  std::size_t count() const { return arguments.size(); }
  ClientTransaction& transaction() { return attempt->transaction; }
  const ovsdb::Schema& schema() { return attempt->transaction.replica().schema(); }
  Model& model() { return attempt->model; }
  // A table that this program cannot work without.
  const TableSchema& table_named(std::string_view name) { return *schema().find(name); }
};

// Each file's commands.
std::span<const Command> bridge_commands();
std::span<const Command> port_commands();
std::span<const Command> controller_commands();
std::span<const Command> database_commands();
std::span<const Command> show_commands();
std::span<const Command> datapath_commands();
std::span<const Command> service_commands();
const Command* find_command(std::string_view name);

}  // namespace ovs::vsctl
