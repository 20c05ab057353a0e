// A database schema: tables, columns, indexes. Parsed from RFC 7047 JSON and printed to it. Says
// nothing about rows.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/data/error.h"
#include "ovsdb/data/type.h"

namespace ovs::ovsdb {

// Every table begins with these two, whatever its schema says.
inline constexpr std::uint32_t kUuidColumn = 0;
inline constexpr std::uint32_t kVersionColumn = 1;
inline constexpr std::uint32_t kFirstColumn = 2;

using ColumnSet = std::vector<std::uint32_t>;  // indices of distinct columns

struct ColumnSchema {
  std::string name;
  ColumnType type;
  bool is_mutable = true;
  bool is_persistent = true;
  std::uint32_t index = 0;

  static DbResult<ColumnSchema> parse(const Json& json, std::string_view name);
  Json to_json() const;
};

struct TableSchema {
  std::string name;
  bool is_mutable = true;
  bool is_root = false;
  std::uint32_t max_rows = UINT32_MAX;
  std::uint32_t index = 0;
  std::vector<ColumnSchema> columns;  // sorted by name after the first two
  std::vector<ColumnSet> indexes;

  static DbResult<TableSchema> parse(const Json& json, std::string_view name);
  Json to_json(bool default_is_root) const;
  const ColumnSchema* find(std::string_view column) const;
  // The columns that a JSON array names; null means all.
  DbResult<ColumnSet> parse_columns(const Json* json) const;
};

struct Schema {
  std::string name;
  std::string version;  // x.y.z, or empty in old schemas
  std::string cksum;
  std::vector<TableSchema> tables;  // sorted by name

  static DbResult<Schema> parse(const Json& json);
  Json to_json() const;
  const TableSchema* find(std::string_view table) const;
  friend bool operator==(const Schema& a, const Schema& b);
};

bool is_schema_version(std::string_view text);  // digits.digits.digits

}  // namespace ovs::ovsdb
