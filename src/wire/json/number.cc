// See number.h.
#include "wire/json/number.h"

#include <charconv>
#include <cstdint>

namespace ovs::wire {
namespace {

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
// No digit string we hold can bring a larger exponent back into range.
constexpr long kMaxExponent = 99999;

// A number is digits x 10^exponent.
struct Decimal {
  bool negative = false;
  std::uint64_t significand = 0;  // of the first digits that fit
  bool exact = true;              // whether all digits did
  long exponent = 0;
  long digits = 0;  // significant ones, to tell overflow from underflow

  void add(char c, bool fraction) {
    const unsigned digit = static_cast<unsigned>(c - '0');
    if (digits > 0 || digit > 0) ++digits;
    if (exact && significand <= (UINT64_MAX - digit) / 10) {
      significand = significand * 10 + digit;
      exponent -= fraction;
      return;
    }
    // Trailing zeros only scale; they keep an integer exact. They may still be followed by other
    // digits.
    exact = exact && digit == 0 && dropped_only_zeros;
    dropped_only_zeros = exact;
    exponent += !fraction;
  }
  bool dropped_only_zeros = true;

  // Whether the value is an integer of 64 bits, and which.
  bool to_integer(std::int64_t& out) const {
    if (!exact) return false;
    std::uint64_t value = significand;
    long scale = exponent;
    while (scale < 0 && value % 10 == 0 && value != 0) {
      value /= 10;
      ++scale;
    }
    if (value == 0) {
      out = 0;
      return true;
    }
    if (scale < 0) return false;
    for (; scale > 0; --scale) {
      if (value > UINT64_MAX / 10) return false;
      value *= 10;
    }
    const std::uint64_t limit = std::uint64_t{1} << 63;
    if (value > limit - !negative) return false;
    out = static_cast<std::int64_t>(negative ? 0 - value : value);
    return true;
  }
};

// Reads `token` into `number`; null, or what is wrong with its syntax.
const char* scan(std::string_view token, Decimal& number) {
  std::size_t at = 0;
  const auto digit_at = [&] { return at < token.size() && is_digit(token[at]); };
  if (at < token.size() && token[at] == '-') {
    number.negative = true;
    ++at;
  }
  if (!digit_at()) return "'-' must be followed by digit";
  if (token[at] == '0' && at + 1 < token.size() && is_digit(token[at + 1])) {
    return "leading zeros not allowed";
  }
  for (; digit_at(); ++at) number.add(token[at], false);
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (!digit_at()) return "decimal point must be followed by digit";
    for (; digit_at(); ++at) number.add(token[at], true);
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    const bool minus = at < token.size() && token[at] == '-';
    if (at < token.size() && (token[at] == '-' || token[at] == '+')) ++at;
    if (!digit_at()) return "exponent must contain at least one digit";
    long exponent = 0;
    for (; digit_at(); ++at) {
      exponent = exponent * 10 + (token[at] - '0');
      if (exponent >= kMaxExponent) return "exponent outside valid range";
    }
    number.exponent += minus ? -exponent : exponent;
  }
  return at == token.size() ? nullptr : "syntax error in number";
}

}  // namespace

const char* parse_json_number(std::string_view token, Json& out) {
  Decimal number;
  if (const char* refusal = scan(token, number)) return refusal;
  std::int64_t integer = 0;
  if (number.to_integer(integer)) {
    out = Json(integer);
    return nullptr;
  }
  double real = 0;
  const auto done = std::from_chars(token.data(), token.data() + token.size(), real);
  if (done.ec == std::errc::result_out_of_range) {
    if (number.digits + number.exponent > 0) return "number outside valid range";
    out = Json(0);
    return nullptr;
  }
  out = real == 0 ? Json(0) : Json(real);
  return nullptr;
}

}  // namespace ovs::wire
