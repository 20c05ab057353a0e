#include "openflow/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/match/quoted_text.h"

namespace ovs::openflow {
namespace {

constexpr std::string_view kSeparators = ", \t\r\n";
constexpr std::string_view kKeyEnds = ":=(, \t\r\n";

// How far a value goes: to a separator outside of parentheses.
std::size_t value_size(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t quoted = flow::quoted_size(text, i); quoted != 0) i += quoted - 1;
    const char c = text[i];
    if (c == '(') ++depth;
    if (c == ')' && --depth < 0) return i;
    if (depth == 0 && kSeparators.find(c) != std::string_view::npos) return i;
  }
  return text.size();
}

// Behind an opening parenthesis: up to the one that closes it, or to the end.
std::size_t inside_size(std::string_view text) {
  int depth = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (const std::size_t quoted = flow::quoted_size(text, i); quoted != 0) i += quoted - 1;
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i;
  }
  return text.size();
}

}  // namespace

std::optional<Word> Words::next() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kSeparators), rest_.size()));
  if (rest_.empty()) return std::nullopt;
  const std::string_view start = rest_;
  Word word;
  word.key = rest_.substr(0, std::min(flow::find_unquoted(rest_, kKeyEnds), rest_.size()));
  rest_.remove_prefix(word.key.size());
  const char delimiter = rest_.empty() ? ' ' : rest_.front();
  if (delimiter == ':' || delimiter == '=') {
    rest_.remove_prefix(1);
    word.has_value = true;
    word.value = rest_.substr(0, value_size(rest_));
    rest_.remove_prefix(word.value.size());
  } else if (delimiter == '(') {
    rest_.remove_prefix(1);
    word.has_value = true;
    word.value = rest_.substr(0, inside_size(rest_));
    rest_.remove_prefix(std::min(word.value.size() + 1, rest_.size()));
    word.tail = rest_.substr(0, value_size(rest_));
    rest_.remove_prefix(word.tail.size());
  }
  word.whole = start.substr(0, start.size() - rest_.size());
  if (word.whole.empty()) rest_.remove_prefix(1);  // a stray closing parenthesis
  return word;
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<std::uint64_t, flow::TextError> parse_limited(std::string_view text, std::uint64_t most,
                                                     std::string_view name) {
  const std::optional<std::uint64_t> value = parse_unsigned(text);
  if (!value || *value > most) return text_error(fmt::format("invalid {} \"{}\"", name, text));
  return *value;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kSpace), text.size()));
  const std::size_t last = text.find_last_not_of(kSpace);
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

flow::TextError text_error(std::string message) {
  return flow::TextError{std::move(message)};
}

}  // namespace ovs::openflow
