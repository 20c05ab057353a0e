// See text_form.h.
#include "ovsdb/data/text_form.h"

#include <charconv>
#include <cstring>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

constexpr std::int64_t kMaxRange = 4096;  // integers that one "a-b" may stand for

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

void skip_spaces(std::string_view& text) {
  while (!text.empty() && is_space(text[0])) text.remove_prefix(1);
}

bool parse_integer(std::string_view text, std::int64_t& out) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return false;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
  return done.ec == std::errc() && done.ptr == text.data() + text.size();
}

// "first-last": the dash that separates is not the one that makes `first` negative.
bool parse_range(std::string_view text, std::int64_t& first, std::int64_t& last) {
  const std::size_t dash = text.find('-', 1);
  if (dash == text.npos) return false;
  return parse_integer(text.substr(0, dash), first) && parse_integer(text.substr(dash + 1), last);
}

TextResult<Atom> real_atom(std::string_view text) {
  double real = 0;
  std::string_view digits = text;
  if (!digits.empty() && digits[0] == '+') digits.remove_prefix(1);
  const auto done = std::from_chars(digits.data(), digits.data() + digits.size(), real);
  if (digits.empty() || done.ec != std::errc() || done.ptr != digits.data() + digits.size()) {
    return TextError{cat('"', text, "\" is not a valid real number")};
  }
  return Atom(real == 0 ? 0.0 : real);
}

TextResult<Atom> boolean_atom(std::string_view text) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (text == word) return Atom(true);
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (text == word) return Atom(false);
  }
  return TextError{cat('"', text, "\" is not a valid boolean (use \"true\" or \"false\")")};
}

TextResult<Atom> string_atom(std::string_view text, TextStore& store) {
  if (text.empty()) {
    return TextError{
        "An empty string is not valid as input; use \"\" to represent the empty string"};
  }
  if (text[0] != '"') {
    store.emplace_back(text);
    return Atom(std::string_view(store.back()));
  }
  if (text.size() < 2 || text.back() != '"') {
    return TextError{cat(text, ": missing quote at end of quoted string")};
  }
  auto json = wire::parse_json(cat('[', text, ']'));
  if (!json || json->elements().size() != 1) {
    const std::string why = json ? "unquoted text after quoted string" : json.error().text;
    const std::size_t colon = why.find(": ");
    return TextError{cat(text, ": ", colon == why.npos ? why : why.substr(colon + 2))};
  }
  store.emplace_back(json->elements()[0].string());
  return Atom(std::string_view(store.back()));
}

TextResult<Atom> uuid_atom(const BaseType& type, std::string_view text, Symbols* symbols) {
  if (!text.empty() && text[0] == '@' && symbols != nullptr) {
    Symbol& symbol = symbols->of(text);
    symbol.strong_ref |= type.is_strong();
    symbol.weak_ref |= type.is_weak();
    return Atom(symbol.uuid);
  }
  Uuid uuid;
  if (!Uuid::parse(text, uuid)) return TextError{cat('"', text, "\" is not a valid UUID")};
  return Atom(uuid);
}

TextResult<Atom> unchecked_atom(const BaseType& type, std::string_view text, Symbols* symbols,
                                TextStore& store) {
  switch (type.type) {
    case AtomType::Void: break;
    case AtomType::Integer: {
      std::int64_t integer = 0;
      if (parse_integer(text, integer)) return Atom(integer);
      return TextError{cat('"', text, "\" is not a valid integer or range")};
    }
    case AtomType::Real: return real_atom(text);
    case AtomType::Boolean: return boolean_atom(text);
    case AtomType::String: return string_atom(text, store);
    case AtomType::Uuid: return uuid_atom(type, text, symbols);
  }
  return TextError{"no value expected"};
}

// Adds first..last, each within the constraints.
TextResult<std::size_t> add_range(const ColumnType& type, std::string_view text, std::int64_t first,
                                  std::int64_t last, DatumBuilder& out) {
  if (last < first) {
    return TextError{cat('"', text, "\" is not a valid range. Range end cannot be before start.")};
  }
  for (const std::int64_t end : {first, last}) {
    if (auto checked = type.key.check(Atom(end)); !checked) {
      return TextError{checked.error().to_text()};
    }
  }
  if (static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) >= kMaxRange) {
    return TextError{cat("constraint violation: Range \"", first, "-", last,
                         "\" is too big. Maximum allowed size is ", kMaxRange, ".")};
  }
  for (std::int64_t i = first;; ++i) {
    if (auto checked = type.key.check(Atom(i)); !checked) {
      return TextError{checked.error().to_text()};
    }
    out.add(Atom(i));
    if (i == last) return std::size_t(last - first + 1);
  }
}

// One element off the front of `text`.
TextResult<std::size_t> add_element(const ColumnType& type, std::string_view& text,
                                    Symbols* symbols, TextStore& store, DatumBuilder& out) {
  const std::string_view start = text;
  OVS_TRY(std::string token, take_token(text));
  std::int64_t first = 0, last = 0;
  if (type.key.type == AtomType::Integer && !type.is_map() && parse_range(token, first, last)) {
    return add_range(type, token, first, last, out);
  }
  OVS_TRY(Atom key, parse_atom(type.key, token, symbols, store));
  if (!type.is_map()) {
    out.add(key);
    return std::size_t{1};
  }
  skip_spaces(text);
  if (text.empty() || text[0] != '=') {
    return TextError{cat(start, ": syntax error at \"",
                         text.empty() ? std::string() : std::string(1, text[0]),
                         "\" expecting \"=\"")};
  }
  text.remove_prefix(1);
  skip_spaces(text);
  OVS_TRY(std::string value_token, take_token(text));
  OVS_TRY(Atom value, parse_atom(type.value, value_token, symbols, store));
  out.add(key, value);
  return std::size_t{1};
}

void append_bare(std::string& out, const Atom& atom) {
  if (atom.type() == AtomType::String) {
    out += atom.string();
  } else {
    out += atom_text(atom);
  }
}

}  // namespace

bool count_utf8(std::string_view text, std::size_t& characters) {
  characters = 0;
  for (std::size_t i = 0; i < text.size(); ++characters) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    if (length == 0 || length > text.size() - i) return false;
    unsigned code = length == 1 ? lead : lead & (0x7f >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if ((byte & 0xc0) != 0x80) return false;
      code = code << 6 | (byte & 0x3f);
    }
    if (length == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) return false;
    if (length == 4 && (code < 0x10000 || code > 0x10ffff)) return false;
    i += length;
  }
  return true;
}

bool needs_quotes(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return true;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.') return true;
  }
  Uuid uuid;
  return text == "true" || text == "false" || Uuid::parse(text, uuid);
}

std::string atom_text(const Atom& atom) {
  std::string out;
  if (atom.type() == AtomType::Uuid) return atom.uuid().text();
  if (atom.type() == AtomType::String && !needs_quotes(atom.string())) {
    return std::string(atom.string());
  }
  append_atom_json(out, atom);
  return out;
}

namespace {

std::string elements_text(const Datum& datum, bool bracketed) {
  const bool is_map = datum.is_map();
  std::string out;
  if (bracketed) out += is_map ? '{' : '[';
  for (std::size_t i = 0; i < datum.count(); ++i) {
    if (i > 0) out += ", ";
    out += atom_text(datum.key(i));
    if (is_map) out += cat('=', atom_text(datum.value(i)));
  }
  if (bracketed) out += is_map ? '}' : ']';
  return out;
}

}  // namespace

std::string datum_text(const Datum& datum) {
  return elements_text(datum, datum.is_map() || datum.count() != 1);
}

std::string datum_text(const Datum& datum, const ColumnType& type) {
  return elements_text(datum, datum.empty() || type.max > 1);
}

std::string datum_bare_text(const Datum& datum) {
  std::string out;
  for (std::size_t i = 0; i < datum.count(); ++i) {
    if (i > 0) out += ' ';
    append_bare(out, datum.key(i));
    if (!datum.is_map()) continue;
    out += '=';
    append_bare(out, datum.value(i));
  }
  return out;
}

bool is_token_delimiter(char c) {
  return c == '\0' || std::strchr(":=, []{}!<>", c) != nullptr;
}

TextResult<std::string> take_token(std::string_view& text) {
  std::string out;
  bool quoted = false;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '\\') {
      if (quoted) out += '\\';
      if (at + 1 == text.size()) {
        return TextError{cat(text, ": backslash at end of argument")};
      }
      out += text[at + 1];
      at += 2;
      continue;
    }
    if (!quoted && is_token_delimiter(c)) break;
    out += c;
    if (c == '"') quoted = !quoted;
    ++at;
  }
  if (quoted) return TextError{cat(text, ": quoted string extends past end of argument")};
  text.remove_prefix(at);
  return out;
}

TextResult<Atom> parse_atom(const BaseType& type, std::string_view text, Symbols* symbols,
                            TextStore& store) {
  OVS_TRY(Atom atom, unchecked_atom(type, text, symbols, store));
  if (auto checked = type.check(atom); !checked) return TextError{checked.error().to_text()};
  return atom;
}

TextResult<Datum> parse_datum(const ColumnType& type, std::string_view text, Symbols* symbols) {
  const bool is_map = type.is_map();
  const std::string_view whole = text;
  skip_spaces(text);
  if (text.empty()) {
    return TextError{is_map ? "use \"{}\" to specify the empty map"
                            : "use \"[]\" to specify the empty set"};
  }
  char closing = 0;
  if (text[0] == (is_map ? '{' : '[')) {
    closing = is_map ? '}' : ']';
    text.remove_prefix(1);
    skip_spaces(text);
  }
  TextStore store;
  DatumBuilder out(type.key.type, type.value.type);
  while (!text.empty() && text[0] != closing) {
    if (is_token_delimiter(text[0])) {
      return TextError{cat(whole, ": unexpected \"", text[0], "\" parsing ", type.english())};
    }
    OVS_TRY(add_element(type, text, symbols, store, out));
    skip_spaces(text);
    if (!text.empty() && text[0] == ',') {
      text.remove_prefix(1);
      skip_spaces(text);
    }
  }
  if (closing != 0) {
    if (text.empty()) return TextError{cat(whole, ": missing \"", closing, "\" at end of data")};
    text.remove_prefix(1);
    skip_spaces(text);
    if (!text.empty()) {
      return TextError{cat(whole, ": trailing garbage after \"", closing, "\"")};
    }
  }
  const std::string_view unit = is_map ? "pair(s)" : "value(s)";
  if (out.count() < type.min) {
    return TextError{cat(whole, ": ", out.count(), ' ', unit,
                         " specified but the minimum number is ", type.min)};
  }
  if (out.count() > type.max) {
    return TextError{cat(whole, ": ", out.count(), ' ', unit,
                         " specified but the maximum number is ", type.max)};
  }
  if (out.sort_unique() > 0) {
    return TextError{
        cat(whole, is_map ? ": map contains duplicate key" : ": set contains duplicate value")};
  }
  return out.build();
}

}  // namespace ovs::ovsdb
