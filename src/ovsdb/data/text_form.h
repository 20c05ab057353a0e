// Atoms and datums as people type and read them with ovs-vsctl: br0, "a b", [1, 2], {key=value},
// 1-5, @name.
#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "ovsdb/data/datum.h"
#include "ovsdb/data/symbols.h"
#include "ovsdb/data/type.h"

namespace ovs::ovsdb {

struct TextError {
  std::string text;
};
template <class T>
using TextResult = Result<T, TextError>;

std::string atom_text(const Atom& atom);
// One element stands without brackets, unless `type` allows several.
std::string datum_text(const Datum& datum);
std::string datum_text(const Datum& datum, const ColumnType& type);
// Without brackets, braces and quotes: for --data=bare.
std::string datum_bare_text(const Datum& datum);
// Whether a string must be quoted to be read back as itself.
bool needs_quotes(std::string_view text);

// Keeps the strings that parsed atoms view.
using TextStore = std::deque<std::string>;

// Takes a token off the front of `text`: up to a delimiter that is neither quoted nor escaped.
TextResult<std::string> take_token(std::string_view& text);
bool is_token_delimiter(char c);
// One atom; `symbols` null: no @names.
TextResult<Atom> parse_atom(const BaseType& type, std::string_view text, Symbols* symbols,
                            TextStore& store);
// A scalar, a set with or without brackets, a map with or without braces. Integers may be ranges of
// up to 4096.
TextResult<Datum> parse_datum(const ColumnType& type, std::string_view text, Symbols* symbols);

bool count_utf8(std::string_view text, std::size_t& characters);  // false if not UTF-8

}  // namespace ovs::ovsdb
