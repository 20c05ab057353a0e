#include "flow/field/item_text.h"

namespace ovs::flow {
namespace {

bool is_separator(char c) {
  return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The end of the item that begins `text`: the first separator outside brackets and quotes. npos if
// brackets do not match.
std::size_t item_end(std::string_view text) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (depth == 0 && is_separator(c)) return i;
    if (c == '(' || c == '{') ++depth;
    if ((c == ')' || c == '}') && --depth < 0) return std::string_view::npos;
  }
  return depth == 0 && !quoted ? text.size() : std::string_view::npos;
}

}  // namespace

bool ItemScanner::next(TextItem& item) {
  while (!rest_.empty() && is_separator(rest_.front())) rest_.remove_prefix(1);
  if (rest_.empty()) return false;
  const std::size_t end = item_end(rest_);
  if (end == std::string_view::npos) {
    failed_ = true;
    return false;
  }
  item = TextItem{};
  item.all = rest_.substr(0, end);
  rest_.remove_prefix(end);
  const std::size_t mark = item.all.find_first_of("(=");
  item.name = item.all.substr(0, mark);
  if (mark == std::string_view::npos) return true;
  item.has_value = item.all[mark] == '=';
  item.has_brackets = !item.has_value;
  item.arguments = item.all.substr(mark + 1);
  if (!item.has_brackets) return true;
  failed_ = item.arguments.empty() || item.arguments.back() != ')';
  if (failed_) return false;
  item.arguments.remove_suffix(1);
  return true;
}

}  // namespace ovs::flow
