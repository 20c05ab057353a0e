// The words of ovs-vsctl's command line as commands: "add-br br0 -- --may-exist add-port br0 p1".
#pragma once
#include <map>
#include <string>
#include <vector>

#include "ovsdb/client/client.h"
#include "tools/ovs-vsctl/context.h"

namespace ovs::vsctl {

using CommandOptions = std::map<std::string, std::string, std::less<>>;

// `leading` are the options of the first command that stood among the program's own.
CommandResult<std::vector<Context>> parse_commands(const std::vector<std::string>& words,
                                                   const CommandOptions& leading);

// Every option that some command has, once: its name without dashes, and whether it takes a value.
struct CommandOption {
  std::string name;
  bool takes_value = false;
};
std::vector<CommandOption> all_command_options();
std::vector<const Command*> all_commands();

// What must be known of the database to run the commands; empty: everything. A copy of all ports'
// statistics would cost more than most commands do.
std::vector<ovsdb::TableWish> needed_tables(std::span<const Context> commands);

// A command as shells' completion reads it: its options in brackets, its name, and its arguments,
// each behind ! (one), ? (one or none), + (one or more) or * (any number).
std::string completion_line(const Command& command);

// Words as a shell would have to be given them, for logs.
std::string quoted_words(std::span<const std::string> words);

}  // namespace ovs::vsctl
