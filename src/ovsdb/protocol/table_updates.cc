// See table_updates.h.
#include "ovsdb/protocol/table_updates.h"

#include <unordered_set>

#include "ovsdb/data/cat.h"
#include "ovsdb/engine/log_record.h"

namespace ovs::ovsdb {
namespace {

using Uuids = std::unordered_set<Uuid, UuidHash>;

void reset_columns(Row& row, const TableSchema& schema) {
  for (std::uint32_t i = kFirstColumn; i < row.column_count(); ++i) {
    row[i] = schema.columns[i].type.default_datum();
  }
}

DbResult<void> put_row(Transaction& transaction, const TableSchema& schema, const Uuid& uuid,
                       const Json& columns) {
  if (transaction.find(schema.index, uuid) != nullptr) {
    Row& row = transaction.modify(schema.index, uuid);
    reset_columns(row, schema);
    return set_columns(row, schema, columns, RecordForm::WholeColumns, Unknown::Refuse);
  }
  if (!transaction.may_insert(schema.index, uuid)) {
    return DbError("consistency violation", cat("row ", uuid.text(), " was deleted before"));
  }
  return set_columns(transaction.insert(schema.index, uuid), schema, columns,
                     RecordForm::WholeColumns, Unknown::Refuse);
}

DbResult<void> apply_row(Transaction& transaction, const TableSchema& schema, const Uuid& uuid,
                         const Json& update) {
  if (!update.is_object() || update.members().count() != 1) {
    return DbError::syntax(update, "<row-update2> must have one member");
  }
  const JsonObject::Member& member = *update.members().begin();
  if (member.name == "initial" || member.name == "insert") {
    return put_row(transaction, schema, uuid, member.value);
  }
  if (member.name != "modify" && member.name != "delete") {
    return DbError::syntax(update, "<row-update2> is of no known kind");
  }
  if (transaction.find(schema.index, uuid) == nullptr) {
    return DbError("consistency violation", cat("row ", uuid.text(), " does not exist"));
  }
  if (member.name == "modify") {
    return set_columns(transaction.modify(schema.index, uuid), schema, member.value,
                       RecordForm::ColumnDiffs, Unknown::Refuse);
  }
  transaction.erase(schema.index, uuid);
  return kOk;
}

DbResult<void> apply_table(Transaction& transaction, const TableSchema& schema, const Json& updates,
                           Uuids& seen) {
  if (!updates.is_object()) return DbError::syntax(updates, "<table-update2> is not object");
  for (const JsonObject::Member& row : updates.members()) {
    Uuid uuid;
    if (!Uuid::parse(row.name, uuid)) {
      return DbError::syntax(updates, "<table-update2> names must be UUIDs");
    }
    OVS_TRY(apply_row(transaction, schema, uuid, row.value));
    seen.insert(uuid);
  }
  return kOk;
}

DbResult<void> apply_all(Transaction& transaction, const Json& updates, Uuids& seen) {
  if (!updates.is_object()) return DbError::syntax(updates, "<table-updates2> is not object");
  for (const JsonObject::Member& table : updates.members()) {
    const TableSchema* schema = transaction.database().schema().find(table.name);
    if (schema == nullptr) return DbError("unknown table", cat("unknown table ", table.name));
    OVS_TRY(apply_table(transaction, *schema, table.value, seen));
  }
  return kOk;
}

}  // namespace

DbResult<void> apply_updates(Transaction& transaction, const Json& updates) {
  Uuids seen;
  return apply_all(transaction, updates, seen);
}

DbResult<void> replace_rows(Transaction& transaction, const Json& updates,
                            const TableNames& excluded) {
  Uuids seen;
  OVS_TRY(apply_all(transaction, updates, seen));
  for (const Table& table : transaction.database().tables()) {
    if (excluded.contains(table.schema().name)) continue;
    table.for_each([&](const Row& row) {
      if (!seen.contains(row.uuid())) transaction.erase(table.schema().index, row.uuid());
    });
  }
  return kOk;
}

}  // namespace ovs::ovsdb
