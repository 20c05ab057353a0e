#include "tools/ovs-vsctl/command_line.h"

#include <algorithm>

namespace ovs::vsctl {
namespace {

// The options of one command, from its row: "--may-exist,--columns=".
std::vector<CommandOption> options_of(const Command& command) {
  std::vector<CommandOption> options;
  std::string_view rest = command.options;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string_view name = rest.substr(2, end - 2);
    const bool takes_value = name.back() == '=';
    if (takes_value) name.remove_suffix(1);
    options.push_back({std::string(name), takes_value});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return options;
}

CommandResult<void> add_option(CommandOptions& options, std::string_view word) {
  const std::size_t equals = word.find('=');
  const std::string name(word.substr(0, equals));
  const std::string value(equals == std::string_view::npos ? "" : word.substr(equals + 1));
  if (!options.emplace(name, value).second) {
    return fail("'{}' option specified multiple times", name);
  }
  return kOk;
}

CommandResult<void> check_options(const Context& context) {
  const std::vector<CommandOption> known = options_of(*context.command);
  for (const auto& [name, value] : context.options) {
    const auto found = std::find_if(
        known.begin(), known.end(),
        [&wanted = name](const CommandOption& option) { return "--" + option.name == wanted; });
    if (found == known.end()) {
      return fail("'{}' command has no '{}' option", context.command->name, name);
    }
    if (found->takes_value && value.empty()) {
      return fail("missing argument to '{}' option on '{}' command", name, context.command->name);
    }
    if (!found->takes_value && !value.empty()) {
      return fail("'{}' option on '{}' does not accept an argument", name, context.command->name);
    }
  }
  return kOk;
}

CommandResult<Context> parse_command(std::span<const std::string> words, CommandOptions options) {
  Context context;
  context.options = std::move(options);
  std::size_t next = 0;
  while (next < words.size() && words[next].size() > 1 && words[next][0] == '-') {
    OVS_TRY(add_option(context.options, words[next++]));
  }
  if (next == words.size()) return fail("missing command name (use --help for help)");
  context.command = find_command(words[next]);
  if (context.command == nullptr) {
    return fail("unknown command '{}'; use --help for help", words[next]);
  }
  context.arguments.assign(words.begin() + std::ptrdiff_t(next), words.end());
  OVS_TRY(check_options(context));
  const std::size_t count = context.arguments.size() - 1;
  const Command& command = *context.command;
  if (count < command.min_arguments) {
    return fail("'{}' command requires at least {} arguments", command.name, command.min_arguments);
  }
  if (count > command.max_arguments) {
    // What looks like an option of the next command may be one: say so.
    for (std::size_t i = 1; i < context.arguments.size(); ++i) {
      if (context.arguments[i].rfind("-", 0) != 0) continue;
      return fail(
          "'{}' command takes at most {} arguments (note that options must precede command "
          "names and follow a \"--\" argument)",
          command.name, command.max_arguments);
    }
    return fail("'{}' command takes at most {} arguments", command.name, command.max_arguments);
  }
  return context;
}

// "NAME", "[NAME]", "NAME..." or "[NAME]..."; brackets within say what may be left out.
std::string completion_argument(std::string_view word) {
  const bool is_many = word.size() > 3 && word.substr(word.size() - 3) == "...";
  if (is_many) word.remove_suffix(3);
  std::ptrdiff_t depth = 0;
  std::size_t close = 0;  // of the bracket that the word begins with
  for (std::size_t i = 0; i < word.size() && word[0] == '['; ++i) {
    depth += word[i] == '[' ? 1 : word[i] == ']' ? -1 : 0;
    close = i;
    if (depth == 0) break;
  }
  const bool is_optional = word[0] == '[' && close + 1 == word.size();
  if (is_optional) word = word.substr(1, word.size() - 2);
  std::string text(1, is_many ? (is_optional ? '*' : '+') : is_optional ? '?' : '!');
  for (const char c : word) {
    if (c != ']') text += c == '[' ? '?' : c;
  }
  return text;
}

}  // namespace

std::vector<ovsdb::TableWish> needed_tables(std::span<const Context> commands) {
  auto is_in = [](std::span<const Command> table, const Command* command) {
    return command >= table.data() && command < table.data() + table.size();
  };
  for (const Context& context : commands) {
    const bool is_about_names =
        is_in(bridge_commands(), context.command) || is_in(port_commands(), context.command);
    if (!is_about_names || std::string_view(context.command->name) == "emer-reset") return {};
  }
  return {{"Open_vSwitch", {"bridges", "cur_cfg", "next_cfg"}},
          {"Bridge", {"name", "ports", "external_ids"}},
          {"Port", {"name", "interfaces", "fake_bridge", "tag", "external_ids"}},
          {"Interface", {"name", "ofport", "error"}}};
}

std::string completion_line(const Command& command) {
  std::string text;
  for (const CommandOption& option : options_of(command)) {
    text += fmt::format("[--{}{}] ", option.name, option.takes_value ? "=" : "");
  }
  text += fmt::format(",{},", command.name);
  std::string_view rest = command.usage;
  for (bool is_first = true; !rest.empty(); is_first = false) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (!is_first) text += ' ';
    text += completion_argument(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

std::vector<const Command*> all_commands() {
  std::vector<const Command*> commands;
  for (const auto table :
       {bridge_commands(), port_commands(), controller_commands(), database_commands(),
        show_commands(), datapath_commands(), service_commands()}) {
    for (const Command& command : table) commands.push_back(&command);
  }
  return commands;
}

const Command* find_command(std::string_view name) {
  for (const Command* command : all_commands()) {
    if (name == command->name) return command;
  }
  return nullptr;
}

std::vector<CommandOption> all_command_options() {
  std::vector<CommandOption> all;
  for (const Command* command : all_commands()) {
    for (CommandOption& option : options_of(*command)) {
      const bool is_known = std::any_of(all.begin(), all.end(), [&](const CommandOption& known) {
        return known.name == option.name;
      });
      if (!is_known) all.push_back(std::move(option));
    }
  }
  return all;
}

CommandResult<std::vector<Context>> parse_commands(const std::vector<std::string>& words,
                                                   const CommandOptions& leading) {
  std::vector<Context> commands;
  CommandOptions options = leading;
  const std::span<const std::string> all(words);
  for (std::size_t begin = 0; begin < words.size();) {
    std::size_t end = begin;
    while (end < words.size() && words[end] != "--") ++end;
    if (end > begin) {
      OVS_TRY(Context context, parse_command(all.subspan(begin, end - begin), std::move(options)));
      commands.push_back(std::move(context));
      options.clear();
    }
    begin = end + 1;
  }
  if (commands.empty()) return fail("missing command name (use --help for help)");
  return commands;
}

std::string quoted_words(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) {
    if (!text.empty()) text += ' ';
    const bool is_plain = !word.empty() && word.find_first_of(" \t\n\"'\\") == std::string::npos;
    if (is_plain) {
      text += word;
      continue;
    }
    text += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

}  // namespace ovs::vsctl
