// Json to text. Compact text has no blanks; pretty text is indented by two, as OVSDB's tools print
// it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "wire/json/json.h"

namespace ovs::wire {

enum class JsonStyle : std::uint8_t { Compact, Pretty };
enum class JsonOrder : std::uint8_t { AsAdded, Sorted };  // of the members of objects

std::string json_text(const Json& value, JsonStyle style = JsonStyle::Compact,
                      JsonOrder order = JsonOrder::AsAdded);
void append_json(std::string& out, const Json& value, JsonStyle style = JsonStyle::Compact,
                 JsonOrder order = JsonOrder::AsAdded);
// Pieces for writers that make text without a Json: a quoted string, numbers.
void append_json_string(std::string& out, std::string_view text);
void append_json_integer(std::string& out, std::int64_t value);
void append_json_real(std::string& out, double value);  // as %.15g

}  // namespace ovs::wire
