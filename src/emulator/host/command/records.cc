#include "emulator/host/command/records.h"

#include <algorithm>

#include "wire/json/write.h"

namespace ovs::emulator {

using wire::Json;

namespace {

// What a terminal shows of UTF-8, one column a character.
std::size_t width_of(std::string_view text) {
  return std::size_t(std::count_if(text.begin(), text.end(),
                                   [](char c) { return (std::uint8_t(c) & 0xc0) != 0x80; }));
}

const Json* find(const Record& record, std::string_view name) {
  for (const auto& [key, value] : record) {
    if (key == name) return &value;
  }
  return nullptr;
}

struct Column {
  std::string_view name;
  bool is_number = false;
  std::size_t width = 0;
  std::vector<std::string> cells;
};

Column make_column(std::string_view name, const std::vector<Record>& records) {
  Column column{name, false, width_of(name), {}};
  for (const Record& record : records) {
    const Json* value = find(record, name);
    column.cells.push_back(value == nullptr ? "" : cell_text(*value));
    column.width = std::max(column.width, width_of(column.cells.back()));
    if (value != nullptr && value->is_number()) column.is_number = true;
  }
  return column;
}

void append_cell(std::string& line, const Column& column, std::string_view text) {
  const std::string blanks(column.width - width_of(text), ' ');
  if (!line.empty()) line += ' ';
  line += column.is_number ? blanks + std::string(text) : std::string(text) + blanks;
}

void append_line(std::string& text, std::string line) {
  line.erase(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

std::string table(const std::vector<Column>& columns, std::size_t rows) {
  std::string text, names, rules;
  for (const Column& column : columns) {
    append_cell(names, column, column.name);
    append_cell(rules, column, std::string(width_of(column.name), '-'));
  }
  append_line(text, std::move(names));
  append_line(text, std::move(rules));
  for (std::size_t row = 0; row < rows; ++row) {
    std::string line;
    for (const Column& column : columns) append_cell(line, column, column.cells[row]);
    append_line(text, std::move(line));
  }
  return text;
}

std::string list(const std::vector<Record>& records) {
  std::string text;
  for (const Record& record : records) {
    std::size_t width = 0;
    for (const auto& [name, value] : record) width = std::max(width, name.size());
    if (!text.empty()) text += '\n';
    for (const auto& [name, value] : record) {
      append_line(text, std::string(name) + std::string(width - name.size(), ' ') + " : " +
                            cell_text(value));
    }
  }
  return text;
}

}  // namespace

std::string cell_text(const Json& value) {
  switch (value.kind()) {
    case Json::Kind::Null: return "";
    case Json::Kind::Boolean: return value.boolean() ? "True" : "False";
    case Json::Kind::String: return std::string(value.string());
    case Json::Kind::Array: {
      std::string text;
      for (const Json& element : value.elements()) {
        text += (text.empty() ? "" : ", ") + cell_text(element);
      }
      return "{" + text + "}";
    }
    case Json::Kind::Integer:
    case Json::Kind::Real:
    case Json::Kind::Object: return wire::json_text(value);
  }
  return "";
}

std::string Answer::text() const {
  if (!drawing.empty()) return drawing;
  if (records.empty()) return "";
  if (layout == Layout::List) return list(records);
  std::vector<std::string_view> names = columns;
  if (names.empty()) {
    for (const auto& [name, value] : records.front()) names.push_back(name);
  }
  std::vector<Column> made;
  for (const std::string_view name : names) made.push_back(make_column(name, records));
  return table(made, records.size());
}

Json Answer::json() const {
  wire::JsonArray array;
  for (const Record& record : records) {
    wire::JsonObject object;
    for (const auto& [name, value] : record) object.append(name, value.clone());
    array.emplace_back(std::move(object));
  }
  return Json(std::move(array));
}

}  // namespace ovs::emulator
