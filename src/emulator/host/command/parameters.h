// The parameters of a command in the manner of PowerShell's cmdlets: by name or by position,
// `--switch-name X`, `-SwitchName X` and `-SwitchName:X` alike, abbreviated where only one name
// fits. Knows no command. Called by the commands of the emulated host, and by its clients for their
// help.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/maybe.h"
#include "base/core/result.h"

namespace ovs::emulator {

// What a person did wrong, or why it cannot be done: words for them.
struct CommandError {
  std::string text;
};

enum class ParameterKind : std::uint8_t { Text, Number, Boolean };
enum class Need : bool { Optional, Required };

inline constexpr int kNamedOnly = -1;

struct Parameter {
  std::string_view name;   // "switch-name"
  std::string_view value;  // what stands for it in help: "SWITCH"; nothing for a Boolean
  ParameterKind kind = ParameterKind::Text;
  int position = kNamedOnly;  // among the words that follow no name, when names have taken theirs
  Need need = Need::Optional;
  std::string_view help;
};

// What a command takes from a pipe where its words leave it open.
enum class PipeInput : std::uint8_t { Nothing, Adapters };

struct CommandSpec {
  std::string_view name;  // "new-vmswitch"
  std::string_view summary;
  std::vector<Parameter> parameters;
  PipeInput pipe = PipeInput::Nothing;
};

class Arguments {
 public:
  bool has(std::string_view name) const { return values_.count(name) != 0; }
  // Empty where the parameter was not given.
  const std::string& text(std::string_view name) const;
  std::uint64_t number(std::string_view name) const;  // 0 where it was not given
  bool flag(std::string_view name, bool otherwise = false) const;

 private:
  friend class ArgumentParser;
  std::map<std::string, std::string, std::less<>> values_;
};

// Errors name the parameter.
Result<Arguments, CommandError> parse_arguments(const CommandSpec& command,
                                                std::span<const std::string> words);

// The elements of "VM1,VM2"; none may be empty.
std::vector<std::string> comma_list(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

std::string usage_of(const CommandSpec& command);  // one line, as list-commands shows it
std::string help_of(const CommandSpec& command, std::string_view program);

}  // namespace ovs::emulator
