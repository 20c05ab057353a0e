#include "ovsdb/client/replica.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"

namespace ovs::ovsdb {

ReplicaRow::ReplicaRow(const ReplicaTable& table, const Uuid& uuid) : table_(table), uuid_(uuid) {
  columns_.reserve(table.schema().columns.size());
  for (const ColumnSchema& column : table.schema().columns) {
    columns_.push_back(column.type.default_datum());
  }
  columns_[kUuidColumn] = Datum::scalar(uuid);
}

const Datum& ReplicaRow::operator[](std::string_view column) const {
  static const Datum kNothing;
  const ColumnSchema* schema = table_.schema().find(column);
  return schema == nullptr ? kNothing : columns_[schema->index];
}

const ReplicaRow* ReplicaTable::find(const Uuid& uuid) const {
  const auto at = rows_.find(uuid);
  return at == rows_.end() ? nullptr : at->second.get();
}

std::vector<const ReplicaRow*> ReplicaTable::rows() const {
  std::vector<const ReplicaRow*> rows;
  rows.reserve(rows_.size());
  for (const auto& [uuid, row] : rows_) rows.push_back(row.get());
  std::sort(rows.begin(), rows.end(),
            [](const ReplicaRow* a, const ReplicaRow* b) { return a->uuid() < b->uuid(); });
  return rows;
}

Replica::Replica(Schema schema) : schema_(std::move(schema)) {
  for (const TableSchema& table : schema_.tables) {
    tables_.push_back(std::make_unique<ReplicaTable>(table));
  }
}

const ReplicaTable* Replica::find(std::string_view table) const {
  const TableSchema* schema = schema_.find(table);
  return schema == nullptr ? nullptr : tables_[schema->index].get();
}

const ReplicaRow* Replica::find(std::string_view table, const Uuid& uuid) const {
  const ReplicaTable* found = find(table);
  return found == nullptr ? nullptr : found->find(uuid);
}

void Replica::note(ReplicaChange::Kind kind, const ReplicaTable& table, const Uuid& uuid) {
  changes_.push_back({kind, table.schema().index, uuid});
}

ReplicaRow& Replica::insert(ReplicaTable& table, const Uuid& uuid) {
  auto& slot = table.rows_[uuid];
  slot = std::make_unique<ReplicaRow>(table, uuid);
  note(ReplicaChange::Kind::Inserted, table, uuid);
  return *slot;
}

void Replica::erase(ReplicaTable& table, const Uuid& uuid) {
  if (table.rows_.erase(uuid) != 0) note(ReplicaChange::Kind::Deleted, table, uuid);
}

void Replica::clear() {
  for (auto& table : tables_) {
    for (const ReplicaRow* row : table->rows()) erase(*table, Uuid(row->uuid()));
  }
}

DbResult<void> Replica::put_columns(ReplicaRow& row, const Json& columns) {
  if (!columns.is_object()) return DbError::syntax(columns, "row is not an object");
  for (const auto& [name, value] : columns.members()) {
    const ColumnSchema* column = row.table().schema().find(name);
    if (column == nullptr) continue;  // a newer server's
    OVS_TRY(row.columns_[column->index],
            datum_from_json(column->type.unconstrained(), value, nullptr));
  }
  return kOk;
}

DbResult<void> Replica::apply_diff(ReplicaRow& row, const Json& columns) {
  if (!columns.is_object()) return DbError::syntax(columns, "row is not an object");
  for (const auto& [name, value] : columns.members()) {
    const ColumnSchema* column = row.table().schema().find(name);
    if (column == nullptr) continue;
    OVS_TRY(const Datum diff, datum_from_json(column->type.unconstrained(), value, nullptr));
    Datum& now = row.columns_[column->index];
    now = datum_apply_diff(now, diff, column->type.diff_of());
  }
  return kOk;
}

DbResult<void> Replica::apply_row(ReplicaTable& table, const Uuid& uuid, const Json& update) {
  const Json* after = update.find("new");
  if (after == nullptr || after->is_null()) {
    erase(table, uuid);
    return kOk;
  }
  const auto at = table.rows_.find(uuid);
  if (at == table.rows_.end()) return put_columns(insert(table, uuid), *after);
  note(ReplicaChange::Kind::Modified, table, uuid);
  return put_columns(*at->second, *after);
}

DbResult<void> Replica::apply_row2(ReplicaTable& table, const Uuid& uuid, const Json& update) {
  const auto at = table.rows_.find(uuid);
  for (const char* kind : {"initial", "insert"}) {
    const Json* columns = update.find(kind);
    if (columns == nullptr) continue;
    if (at != table.rows_.end()) erase(table, uuid);
    return put_columns(insert(table, uuid), *columns);
  }
  if (at == table.rows_.end()) {
    return DbError::general(cat("update of row ", uuid.text(), " of table ", table.schema().name,
                                ", which is unknown"));
  }
  if (const Json* diff = update.find("modify"); diff != nullptr) {
    note(ReplicaChange::Kind::Modified, table, uuid);
    return apply_diff(*at->second, *diff);
  }
  if (update.find("delete") == nullptr) return DbError::syntax(update, "row update of no kind");
  erase(table, uuid);
  return kOk;
}

template <class Apply>
DbResult<void> Replica::for_each_row(const Json& updates, Apply apply) {
  if (!updates.is_object()) return DbError::syntax(updates, "<table-updates> is not an object");
  for (const auto& [table_name, rows] : updates.members()) {
    const TableSchema* schema = schema_.find(table_name);
    if (schema == nullptr || !rows.is_object()) {
      return DbError::syntax(rows, cat("update of table ", table_name));
    }
    for (const auto& [uuid_text, update] : rows.members()) {
      Uuid uuid;
      if (!Uuid::parse(uuid_text, uuid)) return DbError::syntax(update, "bad row UUID");
      OVS_TRY(apply(*tables_[schema->index], uuid, update));
    }
  }
  return kOk;
}

DbResult<void> Replica::apply_update(const Json& updates) {
  return for_each_row(updates, [this](ReplicaTable& table, const Uuid& uuid, const Json& update) {
    return apply_row(table, uuid, update);
  });
}

DbResult<void> Replica::apply_update2(const Json& updates) {
  return for_each_row(updates, [this](ReplicaTable& table, const Uuid& uuid, const Json& update) {
    return apply_row2(table, uuid, update);
  });
}

}  // namespace ovs::ovsdb
