#include "flow/match/quoted_text.h"

#include <algorithm>

namespace ovs::flow {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_plain(char c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

}  // namespace

std::string quoted_name(std::string_view name) {
  const bool starts_plain = !name.empty() && is_letter(name.front());
  if (starts_plain && std::all_of(name.begin(), name.end(), is_plain)) return std::string(name);
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

std::string unquoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '\\' && i + 2 < text.size()) ++i;
    name += text[i];
  }
  return name;
}

std::size_t quoted_size(std::string_view text, std::size_t at) {
  constexpr std::string_view kBefore = ",(=: \t\r\n";
  if (text[at] != '"') return 0;
  if (at != 0 && kBefore.find(text[at - 1]) == std::string_view::npos) return 0;
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1 - at;
    if (text[i] == '\\') ++i;
  }
  return 0;
}

std::size_t find_unquoted(std::string_view text, std::string_view chars) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t size = quoted_size(text, i); size != 0) {
      i += size - 1;
    } else if (chars.find(text[i]) != std::string_view::npos) {
      return i;
    }
  }
  return std::string_view::npos;
}

}  // namespace ovs::flow
