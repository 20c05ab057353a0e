// The shape that flows, actions and their arguments share: keys with values, separated by commas or
// white space. `key`, `key=value`, `key:value`, `key(value)` and `key(value)tail`; commas inside
// parentheses belong to the value, and so does all that a name in quotes holds.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "flow/match/match_text.h"

namespace ovs::openflow {

struct Word {
  std::string_view key;
  std::string_view value;  // inside the parentheses if there are any
  std::string_view tail;   // what follows them: "->NXM_NX_REG0[0]"
  std::string_view whole;  // key, delimiter and value as they stand
  bool has_value = false;
};

// Takes words off the front of a text.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}
  std::optional<Word> next();
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Decimal, or hexadecimal after 0x; nothing if that is not all, or the number is too large.
std::optional<std::uint64_t> parse_unsigned(std::string_view text);
// The same up to `most`; the error is "invalid NAME "TEXT"".
Result<std::uint64_t, flow::TextError> parse_limited(std::string_view text, std::uint64_t most,
                                                     std::string_view name);
std::string_view trimmed(std::string_view text);
flow::TextError text_error(std::string message);

}  // namespace ovs::openflow
