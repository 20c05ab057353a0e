// Bytes written as pairs of hexadecimal digits, into whatever container the caller has.
#pragma once
#include <cstdint>

#include "base/core/result.h"
#include "base/text/text.h"

namespace ovs {

// Whether white space may stand before a byte and behind the last.
enum class Blanks : bool { Refuse, Skip };

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
constexpr int hex_digit(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// Error::Malformed when the text is anything else. `Container` has push_back.
template <class Container>
Result<Container> parse_hex(Text text, Blanks blanks) {
  Container bytes;
  std::size_t at = 0;
  while (true) {
    while (blanks == Blanks::Skip && at < text.size() && is_blank(text[at])) ++at;
    if (at == text.size()) return bytes;
    const int high = hex_digit(text[at]);
    const int low = at + 1 < text.size() ? hex_digit(text[at + 1]) : -1;
    if (high < 0 || low < 0) return Error::Malformed;
    bytes.push_back(std::uint8_t(high << 4 | low));
    at += 2;
  }
}

}  // namespace ovs
