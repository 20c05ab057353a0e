// See schema.h.
#include "ovsdb/schema/schema.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/member_parser.h"

namespace ovs::ovsdb {
namespace {

using P = MemberParser;

template <class Named>
const Named* find_sorted(const Named* begin, const Named* end, std::string_view name) {
  const Named* at = std::lower_bound(
      begin, end, name, [](const Named& each, std::string_view key) { return each.name < key; });
  return at != end && at->name == name ? at : nullptr;
}

ColumnSchema implicit_column(std::string_view name, bool persistent, std::uint32_t index) {
  ColumnSchema column;
  column.name = name;
  column.type = ColumnType::scalar(AtomType::Uuid);
  column.is_mutable = false;
  column.is_persistent = persistent;
  column.index = index;
  return column;
}

DbResult<void> check_name(const Json& json, std::string_view name) {
  if (!name.empty() && name[0] == '_') {
    return DbError::syntax(json, "names beginning with \"_\" are reserved");
  }
  if (!is_id(name)) return DbError::syntax(json, "name must be a valid id");
  return kOk;
}

DbResult<void> parse_table_columns(const Json& json, const Json& columns, TableSchema& table) {
  table.columns.push_back(implicit_column("_uuid", true, kUuidColumn));
  table.columns.push_back(implicit_column("_version", false, kVersionColumn));
  const JsonObject& members = columns.members();
  for (const std::uint32_t at : members.sorted()) {
    const JsonObject::Member& member = members.begin()[at];
    OVS_TRY(check_name(json, member.name));
    OVS_TRY(ColumnSchema column, ColumnSchema::parse(member.value, member.name));
    column.index = static_cast<std::uint32_t>(table.columns.size());
    table.columns.push_back(std::move(column));
  }
  return kOk;
}

DbResult<void> parse_index(const Json& json, const Json& index, TableSchema& table) {
  OVS_TRY(ColumnSet columns, table.parse_columns(&index));
  if (columns.empty()) return DbError::syntax(json, "index must have at least one column");
  for (const std::uint32_t column : columns) {
    if (table.columns[column].is_persistent) continue;
    return DbError::syntax(json, cat("ephemeral columns (such as ", table.columns[column].name,
                                     ") may not be indexed"));
  }
  table.indexes.push_back(std::move(columns));
  return kOk;
}

DbResult<void> check_references(const Schema& schema, const ColumnSchema& column,
                                const BaseType& base, std::string_view which) {
  if (!base.is_reference() || schema.find(base.ref_table) != nullptr) return kOk;
  return DbError::syntax(
      cat("column ", column.name, ' ', which, " refers to undefined table ", base.ref_table));
}

bool refers_to_nonroot(const Schema& schema, const BaseType& base) {
  return base.is_strong() && !schema.find(base.ref_table)->is_root;
}

// Garbage collection trusts what the log says is referenced, so strong references to rows that may
// be collected are kept.
DbResult<void> settle_references(Schema& schema) {
  for (TableSchema& table : schema.tables) {
    for (ColumnSchema& column : table.columns) {
      OVS_TRY(check_references(schema, column, column.type.key, "key"));
      OVS_TRY(check_references(schema, column, column.type.value, "value"));
      if (refers_to_nonroot(schema, column.type.key) ||
          refers_to_nonroot(schema, column.type.value)) {
        column.is_persistent = true;
      }
    }
  }
  return kOk;
}

}  // namespace

bool is_schema_version(std::string_view text) {
  int parts = 1;
  bool digit = false;
  for (const char c : text) {
    if (c == '.' && digit) {
      ++parts;
      digit = false;
    } else if (c >= '0' && c <= '9') {
      digit = true;
    } else {
      return false;
    }
  }
  return digit && parts == 3;
}

DbResult<ColumnSchema> ColumnSchema::parse(const Json& json, std::string_view name) {
  ColumnSchema column;
  column.name = name;
  P parser(json, cat("schema for column ", name));
  const Json* is_mutable = parser.member("mutable", P::kBoolean | P::kOptional);
  const Json* ephemeral = parser.member("ephemeral", P::kBoolean | P::kOptional);
  const Json* type = parser.member("type", P::kString | P::kObject);
  if (DbError error = parser.finish()) return error;
  OVS_TRY(column.type, ColumnType::parse(*type));
  column.is_mutable = is_mutable == nullptr || is_mutable->boolean();
  // When a row that is weakly referenced goes, the reference must be able to change.
  if (column.type.key.is_weak() || column.type.value.is_weak()) column.is_mutable = true;
  column.is_persistent = ephemeral == nullptr || !ephemeral->boolean();
  return column;
}

Json ColumnSchema::to_json() const {
  JsonObject object;
  if (!is_mutable) object.append("mutable", false);
  if (!is_persistent) object.append("ephemeral", true);
  object.append("type", type.to_json());
  return Json(std::move(object));
}

DbResult<TableSchema> TableSchema::parse(const Json& json, std::string_view name) {
  TableSchema table;
  table.name = name;
  P parser(json, cat("table schema for table ", name));
  const Json* columns = parser.member("columns", P::kObject);
  const Json* is_mutable = parser.member("mutable", P::kBoolean | P::kOptional);
  const Json* max_rows = parser.member("maxRows", P::kInteger | P::kOptional);
  const Json* is_root = parser.member("isRoot", P::kBoolean | P::kOptional);
  const Json* indexes = parser.member("indexes", P::kArray | P::kOptional);
  if (DbError error = parser.finish()) return error;
  if (max_rows != nullptr && max_rows->integer() <= 0) {
    return DbError::syntax(json, "maxRows must be at least 1");
  }
  if (max_rows != nullptr) {
    table.max_rows =
        static_cast<std::uint32_t>(std::min<std::int64_t>(max_rows->integer(), UINT32_MAX));
  }
  if (columns->members().empty()) {
    return DbError::syntax(json, "table must have at least one column");
  }
  table.is_mutable = is_mutable == nullptr || is_mutable->boolean();
  table.is_root = is_root != nullptr && is_root->boolean();
  OVS_TRY(parse_table_columns(json, *columns, table));
  if (indexes == nullptr) return table;
  for (const Json& each : indexes->elements()) OVS_TRY(parse_index(json, each, table));
  return table;
}

Json TableSchema::to_json(bool default_is_root) const {
  JsonObject object;
  if (!is_mutable) object.append("mutable", false);
  if (is_root != default_is_root) object.append("isRoot", is_root);
  JsonObject column_object;
  for (std::size_t i = kFirstColumn; i < columns.size(); ++i) {
    column_object.append(columns[i].name, columns[i].to_json());
  }
  object.append("columns", std::move(column_object));
  if (max_rows != UINT32_MAX) object.append("maxRows", max_rows);
  if (indexes.empty()) return Json(std::move(object));
  JsonArray index_array;
  for (const ColumnSet& each : indexes) {
    JsonArray names;
    for (const std::uint32_t column : each) names.push_back(columns[column].name);
    index_array.push_back(std::move(names));
  }
  object.append("indexes", std::move(index_array));
  return Json(std::move(object));
}

const ColumnSchema* TableSchema::find(std::string_view column) const {
  if (column == "_uuid") return &columns[kUuidColumn];
  if (column == "_version") return &columns[kVersionColumn];
  const ColumnSchema* first = columns.data();
  return find_sorted(first + kFirstColumn, first + columns.size(), column);
}

DbResult<ColumnSet> TableSchema::parse_columns(const Json* json) const {
  ColumnSet set;
  if (json == nullptr) {
    for (std::uint32_t i = 0; i < columns.size(); ++i) set.push_back(i);
    return set;
  }
  const auto wrong = [&] {
    return DbError::syntax(*json, "array of distinct column names expected");
  };
  if (!json->is_array()) return wrong();
  for (const Json& element : json->elements()) {
    if (!element.is_string()) return wrong();
    const ColumnSchema* column = find(element.string());
    if (column == nullptr) {
      return DbError::syntax(*json, cat(element.string(), " is not a valid column name"));
    }
    if (std::find(set.begin(), set.end(), column->index) != set.end()) return wrong();
    set.push_back(column->index);
  }
  return set;
}

DbResult<Schema> Schema::parse(const Json& json) {
  Schema schema;
  P parser(json, "database schema");
  const Json* name = parser.member("name", P::kId);
  const Json* version = parser.member("version", P::kString | P::kOptional);
  const Json* cksum = parser.member("cksum", P::kString | P::kOptional);
  const Json* tables = parser.member("tables", P::kObject);
  if (DbError error = parser.finish()) return error;
  if (version != nullptr && !is_schema_version(version->string())) {
    return DbError::syntax(json,
                           cat("schema version \"", version->string(), "\" not in format x.y.z"));
  }
  schema.name = name->string();
  if (version != nullptr) schema.version = version->string();
  if (cksum != nullptr) schema.cksum = cksum->string();
  for (const std::uint32_t at : tables->members().sorted()) {
    const JsonObject::Member& member = tables->members().begin()[at];
    OVS_TRY(check_name(json, member.name));
    OVS_TRY(TableSchema table, TableSchema::parse(member.value, member.name));
    table.index = static_cast<std::uint32_t>(schema.tables.size());
    schema.tables.push_back(std::move(table));
  }
  // Schemas from before garbage collection name no roots; there every table is one.
  const bool rooted = std::any_of(schema.tables.begin(), schema.tables.end(),
                                  [](const TableSchema& table) { return table.is_root; });
  for (TableSchema& table : schema.tables) table.is_root |= !rooted;
  OVS_TRY(settle_references(schema));
  return schema;
}

Json Schema::to_json() const {
  JsonObject object;
  object.append("name", name);
  if (!version.empty()) object.append("version", version);
  if (!cksum.empty()) object.append("cksum", cksum);
  const bool all_roots = std::all_of(tables.begin(), tables.end(),
                                     [](const TableSchema& table) { return table.is_root; });
  JsonObject table_object;
  for (const TableSchema& table : tables) table_object.append(table.name, table.to_json(all_roots));
  object.append("tables", std::move(table_object));
  return Json(std::move(object));
}

const TableSchema* Schema::find(std::string_view table) const {
  return find_sorted(tables.data(), tables.data() + tables.size(), table);
}

bool operator==(const Schema& a, const Schema& b) {
  return a.to_json() == b.to_json();
}

}  // namespace ovs::ovsdb
