// getopt_long's rules over a table of Options.
#include "daemon/run/command_line.h"

#include <fmt/format.h>

#include <charconv>

namespace ovs::daemon {
namespace {

UsageError complaint(std::string text) {
  return UsageError{std::move(text), UsageError::Speaker::Invocation};
}

}  // namespace

struct CommandLine::Cursor {
  std::span<const std::string> rest;  // after the word being looked at

  bool take(std::string_view& value) {
    if (rest.empty()) return false;
    value = rest.front();
    rest = rest.subspan(1);
    return true;
  }
};

CommandLine& CommandLine::add(Option option) {
  options_.push_back(std::move(option));
  return *this;
}

CommandLine& CommandLine::flag(std::string name, char letter, bool& target) {
  return add({std::move(name), letter, OptionArgument::None,
              [&target](std::string_view, bool) -> Result<void, UsageError> {
                target = true;
                return kOk;
              }});
}

CommandLine& CommandLine::text(std::string name, char letter, std::string& target) {
  return add({std::move(name), letter, OptionArgument::Required,
              [&target](std::string_view value, bool) -> Result<void, UsageError> {
                target = value;
                return kOk;
              }});
}

CommandLine& CommandLine::positive(std::string name, char letter, unsigned& target) {
  std::string shown = letter == 0 ? "--" + name : fmt::format("-{} or --{}", letter, name);
  return add({std::move(name), letter, OptionArgument::Required,
              [&target, shown](std::string_view value, bool) -> Result<void, UsageError> {
                unsigned number = 0;
                const char* end = value.data() + value.size();
                const auto [stop, error] = std::from_chars(value.data(), end, number);
                if (error != std::errc() || stop != end || number == 0) {
                  return UsageError{fmt::format("value {} on {} is invalid", value, shown)};
                }
                target = number;
                return kOk;
              }});
}

Result<std::vector<std::string>, UsageError> CommandLine::parse(
    std::span<const std::string> arguments, Order order) const {
  std::vector<std::string> operands;
  Cursor cursor{arguments};
  std::string_view word;
  while (cursor.take(word)) {
    if (word == "--") break;
    const bool is_option = word.size() > 1 && word[0] == '-';
    if (!is_option) {
      operands.emplace_back(word);
      if (order == Order::StopAtOperand) break;
    } else if (word[1] == '-') {
      OVS_TRY(parse_long(cursor, word.substr(2)));
    } else {
      OVS_TRY(parse_letters(cursor, word.substr(1)));
    }
  }
  operands.insert(operands.end(), cursor.rest.begin(), cursor.rest.end());
  return operands;
}

Result<const Option*, UsageError> CommandLine::find_long(std::string_view name) const {
  std::vector<const Option*> candidates;
  for (const Option& option : options_) {
    if (option.name == name) return &option;
    if (!option.name.empty() && option.name.starts_with(name)) candidates.push_back(&option);
  }
  if (candidates.size() == 1) return candidates[0];
  if (candidates.empty()) return complaint(fmt::format("unrecognized option '--{}'", name));
  std::string text = fmt::format("option '--{}' is ambiguous; possibilities:", name);
  for (const Option* candidate : candidates) text += " '--" + candidate->name + "'";
  return complaint(std::move(text));
}

const Option* CommandLine::find_letter(char letter) const {
  for (const Option& option : options_) {
    if (option.letter == letter) return &option;
  }
  return nullptr;
}

Result<void, UsageError> CommandLine::parse_long(Cursor& cursor, std::string_view word) const {
  const std::size_t equals = word.find('=');
  bool has_value = equals != word.npos;
  std::string_view value = has_value ? word.substr(equals + 1) : "";
  const Result<const Option*, UsageError> found = find_long(word.substr(0, equals));
  if (!found.ok()) {
    // getopt repeats an unknown option with its value.
    if (found.error().text.starts_with("unrecognized")) {
      return complaint(fmt::format("unrecognized option '--{}'", word));
    }
    return found.error();
  }
  const Option& option = **found;
  if (option.argument == OptionArgument::None && has_value) {
    return complaint(fmt::format("option '--{}' doesn't allow an argument", option.name));
  }
  if (option.argument == OptionArgument::Required && !has_value) {
    if (!cursor.take(value)) {
      return complaint(fmt::format("option '--{}' requires an argument", option.name));
    }
    has_value = true;
  }
  return option.apply(value, has_value);
}

Result<void, UsageError> CommandLine::parse_letters(Cursor& cursor,
                                                    std::string_view letters) const {
  while (!letters.empty()) {
    const char letter = letters.front();
    letters.remove_prefix(1);
    const Option* option = find_letter(letter);
    if (option == nullptr) return complaint(fmt::format("invalid option -- '{}'", letter));
    if (option->argument == OptionArgument::None) {
      OVS_TRY(option->apply("", false));
      continue;
    }
    std::string_view value = letters;
    bool has_value = !letters.empty();
    if (option->argument == OptionArgument::Required && !has_value) {
      has_value = cursor.take(value);
      if (!has_value) {
        return complaint(fmt::format("option requires an argument -- '{}'", letter));
      }
    }
    return option->apply(value, has_value);
  }
  return kOk;
}

}  // namespace ovs::daemon
