// A copy of some tables of a database, kept current by a monitor's updates. Rows are read by column
// name; what changed is told row by row. Knows no connection: client.h feeds it.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ovsdb/data/datum.h"
#include "ovsdb/data/error.h"
#include "ovsdb/schema/schema.h"

namespace ovs::ovsdb {

class ReplicaTable;

// A row of the copy. Its address stays while it lives.
class ReplicaRow {
 public:
  ReplicaRow(const ReplicaTable& table, const Uuid& uuid);

  const Uuid& uuid() const { return uuid_; }
  const ReplicaTable& table() const { return table_; }
  // An empty datum if the schema has no such column, or it is not monitored.
  const Datum& operator[](std::string_view column) const;
  const Datum& at(std::uint32_t column) const { return columns_[column]; }

 private:
  friend class Replica;
  const ReplicaTable& table_;
  Uuid uuid_;
  std::vector<Datum> columns_;  // by the schema's index
};

class ReplicaTable {
 public:
  explicit ReplicaTable(const TableSchema& schema) : schema_(schema) {}

  const TableSchema& schema() const { return schema_; }
  const ReplicaRow* find(const Uuid& uuid) const;
  std::size_t count() const { return rows_.size(); }
  // In the order of their UUIDs, so that what people see does not change by itself.
  std::vector<const ReplicaRow*> rows() const;

 private:
  friend class Replica;
  const TableSchema& schema_;
  std::unordered_map<Uuid, std::unique_ptr<ReplicaRow>, UuidHash> rows_;
};

struct ReplicaChange {
  enum class Kind : std::uint8_t { Inserted, Modified, Deleted };
  Kind kind = Kind::Inserted;
  std::uint32_t table = 0;  // index in the schema
  Uuid uuid;
};

class Replica {
 public:
  explicit Replica(Schema schema);

  const Schema& schema() const { return schema_; }
  // Null if the schema has none of that name.
  const ReplicaTable* find(std::string_view table) const;
  const ReplicaTable& table(std::uint32_t index) const { return *tables_[index]; }
  // The row that a reference of a column points at; null if it is not there.
  const ReplicaRow* find(std::string_view table, const Uuid& uuid) const;

  // The <table-updates> of monitor (old and new rows), and the <table-updates2> of monitor_cond.
  // An update that contradicts the copy is refused; the copy is then no longer to be trusted.
  DbResult<void> apply_update(const Json& updates);
  DbResult<void> apply_update2(const Json& updates);
  // Every row goes: as deletions.
  void clear();

  // What has happened since the last call, in order; a row may appear several times.
  std::vector<ReplicaChange> take_changes() { return std::exchange(changes_, {}); }

 private:
  DbResult<void> apply_row(ReplicaTable& table, const Uuid& uuid, const Json& update);
  DbResult<void> apply_row2(ReplicaTable& table, const Uuid& uuid, const Json& update);
  DbResult<void> put_columns(ReplicaRow& row, const Json& columns);
  DbResult<void> apply_diff(ReplicaRow& row, const Json& columns);
  ReplicaRow& insert(ReplicaTable& table, const Uuid& uuid);
  void erase(ReplicaTable& table, const Uuid& uuid);
  void note(ReplicaChange::Kind kind, const ReplicaTable& table, const Uuid& uuid);
  template <class Apply>
  DbResult<void> for_each_row(const Json& updates, Apply apply);

  Schema schema_;
  std::vector<std::unique_ptr<ReplicaTable>> tables_;  // by the schema's index
  std::vector<ReplicaChange> changes_;
};

}  // namespace ovs::ovsdb
