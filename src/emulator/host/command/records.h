// What a command answers: objects with properties, printed as PowerShell prints objects (a table,
// or a list of one property a line), or as JSON. Knows no command.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/json/json.h"

namespace ovs::emulator {

using Record = std::vector<std::pair<std::string_view, wire::Json>>;

enum class Layout : std::uint8_t { Table, List };

struct Answer {
  Layout layout = Layout::Table;
  std::vector<std::string_view> columns;  // of the table; empty: every property of the first
  std::vector<Record> records;
  std::string drawing;  // in place of a table, where a picture says more

  std::string text() const;
  wire::Json json() const;  // an array of objects, with all properties
};

// A cell: True, {a, b}, nothing for null.
std::string cell_text(const wire::Json& value);

}  // namespace ovs::emulator
