// The number rules of OVSDB, apart from the parser because they are most of its subtlety.
#pragma once
#include <string_view>

#include "wire/json/json.h"

namespace ovs::wire {

constexpr bool is_number_byte(char c) {
  return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

// Reads one JSON number. What denotes an integer in 64 bits becomes one, decided on decimal digits
// and not through a double (9007199254740993.0 stays exact); the rest becomes a double. Returns
// null, or why not.
const char* parse_json_number(std::string_view token, Json& out);

}  // namespace ovs::wire
