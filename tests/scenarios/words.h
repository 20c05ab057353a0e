// Words of a scenario's lines. For scenario.cc and for hosts that know lines of their own.
#pragma once
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace ovs::tests {

inline std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

// The first word, taken off.
inline std::string_view word(std::string_view& rest) {
  rest = trim(rest);
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view first = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return first;
}

// What stands before `mark`, taken off together with it; all of it if there is none.
inline std::string_view until(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view before = trim(rest.substr(0, at));
  rest = at == std::string_view::npos ? std::string_view() : trim(rest.substr(at + mark.size()));
  return before;
}

inline std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace ovs::tests
