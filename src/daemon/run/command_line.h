// Command lines as GNU getopt_long reads them (abbreviated long options, clustered letters,
// attached optional arguments, its error texts), but from a table, into variables, and without
// global state. Knows nothing of what options mean.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"

namespace ovs::daemon {

// What to tell the user; the program then ends with status 1.
struct UsageError {
  // getopt's own complaints begin with the program as it was called, ours with its name.
  enum class Speaker : bool { Program, Invocation };
  std::string text;
  Speaker speaker = Speaker::Program;
};

enum class OptionArgument : std::uint8_t { None, Required, Optional };

struct Option {
  using Apply = std::function<Result<void, UsageError>(std::string_view value, bool has_value)>;

  std::string name;  // without dashes; empty if there is only a letter
  char letter = 0;   // 0 if there is only a name
  OptionArgument argument = OptionArgument::None;
  Apply apply;
};

class CommandLine {
 public:
  enum class Order : bool { Permute, StopAtOperand };  // the latter is getopt's leading '+'

  CommandLine& add(Option option);
  CommandLine& flag(std::string name, char letter, bool& target);
  CommandLine& text(std::string name, char letter, std::string& target);
  // A positive number; `-T or --timeout` appears so in the complaint.
  CommandLine& positive(std::string name, char letter, unsigned& target);

  // Applies the options in the order they come; returns the operands. `arguments` without the
  // program's name.
  Result<std::vector<std::string>, UsageError> parse(std::span<const std::string> arguments,
                                                     Order order = Order::Permute) const;
  // All options, as `--option` for --print-options: name and what it takes.
  const std::vector<Option>& options() const { return options_; }

 private:
  struct Cursor;
  Result<void, UsageError> parse_long(Cursor& cursor, std::string_view word) const;
  Result<void, UsageError> parse_letters(Cursor& cursor, std::string_view letters) const;
  Result<const Option*, UsageError> find_long(std::string_view name) const;
  const Option* find_letter(char letter) const;

  std::vector<Option> options_;
};

}  // namespace ovs::daemon
