// See vswitch.h.
#include "ovsdb/schema/vswitch.h"

#include <algorithm>

#include "base/core/assert.h"
#include "ovsdb/schema/vswitch_table.h"
#include "wire/json/write.h"

namespace ovs::ovsdb::vswitch {
namespace {

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    words.push_back(text.substr(0, space));
    text.remove_prefix(std::min(space + 1, text.size()));
  }
  return words;
}

BaseType make_base(const BaseSpec& spec) {
  BaseType base = BaseType::of(spec.type);
  base.min_integer = spec.low;
  base.max_integer = spec.high;
  base.ref_table = spec.refers;
  base.ref_type = spec.strength;
  if (spec.allowed.empty()) return base;
  DatumBuilder allowed(spec.type);
  for (const std::string_view word : words_of(spec.allowed)) allowed.add(Atom(word));
  allowed.sort_unique();
  base.allowed = allowed.build();
  return base;
}

Json column_json(const ColumnSpec& spec) {
  ColumnSchema column;
  column.type = {make_base(spec.type.key), make_base(spec.type.value), spec.type.min,
                 spec.type.max};
  column.is_mutable = (spec.flags & kImmutable) == 0;
  column.is_persistent = (spec.flags & kEphemeral) == 0;
  return column.to_json();
}

Json table_json(const TableSpec& spec) {
  JsonObject columns;
  for (const ColumnSpec& column : kColumns) {
    if (column.table == spec.name) columns.append(column.name, column_json(column));
  }
  JsonObject table;
  table.append("columns", std::move(columns));
  if (spec.is_root) table.append("isRoot", true);
  if (spec.max_rows != UINT32_MAX) table.append("maxRows", spec.max_rows);
  if (spec.index.empty()) return Json(std::move(table));
  JsonArray index;
  for (const std::string_view word : words_of(spec.index)) index.push_back(word);
  table.append("indexes", Json::array(Json(std::move(index))));
  return Json(std::move(table));
}

Json schema_json() {
  JsonObject tables;
  for (const TableSpec& table : kTables) tables.append(table.name, table_json(table));
  return Json::object("name", kDatabaseName, "version", kSchemaVersion, "cksum", kSchemaChecksum,
                      "tables", Json(std::move(tables)));
}

}  // namespace

Schema make_schema() {
  auto schema = Schema::parse(schema_json());
  OVS_ASSERT(schema.ok());
  return std::move(*schema);
}

std::string schema_file_text() {
  return wire::json_text(schema_json(), wire::JsonStyle::Pretty) + "\n";
}

}  // namespace ovs::ovsdb::vswitch
