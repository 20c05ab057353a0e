// See log_record.h.
#include "ovsdb/engine/log_record.h"

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

// Text of {"<table>":{"<uuid>":{...}|null,...},...}: rows of one table must come together.
class RecordWriter {
 public:
  explicit RecordWriter(const Database& database) : database_(database) {}

  void add(const RowChange& change, RecordForm form) {
    const TableSchema& schema = database_.table(change.table).schema();
    if (!change.after) {
      begin_row(change);
      out_ += "null";
      return;
    }
    const std::size_t before = out_.size();
    const bool had_table = in_table_ && table_ == change.table;
    begin_row(change);
    const bool any = add_columns(schema, change, form);
    if (any || !change.before) return;
    out_.resize(before);  // only ephemeral columns changed
    if (!had_table) in_table_ = had_other_;
    if (!had_table) table_ = other_;
  }

  std::string finish(std::string_view comment, std::uint64_t wall_ms, RecordForm form) {
    if (out_.empty()) return out_;
    if (in_table_) out_ += '}';
    std::string record = "{";
    if (form == RecordForm::ColumnDiffs) record += "\"_is_diff\":true,";
    record += out_;
    record += ",\"_date\":";
    wire::append_json_integer(record, static_cast<std::int64_t>(wall_ms));
    if (!comment.empty()) {
      record += ",\"_comment\":";
      wire::append_json_string(record, comment);
    }
    record += '}';
    return record;
  }

 private:
  void begin_row(const RowChange& change) {
    if (in_table_ && table_ == change.table) {
      out_ += ',';
    } else {
      had_other_ = in_table_;
      other_ = table_;
      if (in_table_) out_ += "},";
      wire::append_json_string(out_, database_.table(change.table).schema().name);
      out_ += ":{";
      in_table_ = true;
      table_ = change.table;
    }
    const Uuid& uuid = change.after ? change.after->uuid() : change.before->uuid();
    char text[Uuid::kTextSize];
    uuid.write(text);
    out_ += '"';
    out_.append(text, sizeof text);
    out_ += "\":";
  }

  bool add_columns(const TableSchema& schema, const RowChange& change, RecordForm form) {
    bool any = false;
    out_ += '{';
    for (std::uint32_t i = kFirstColumn; i < schema.columns.size(); ++i) {
      const ColumnSchema& column = schema.columns[i];
      const Datum& datum = (*change.after)[i];
      if (!column.is_persistent) continue;
      if (change.before ? (*change.before)[i] == datum : column.type.is_default(datum)) continue;
      if (any) out_ += ',';
      any = true;
      wire::append_json_string(out_, column.name);
      out_ += ':';
      if (change.before && form == RecordForm::ColumnDiffs) {
        append_datum_json(out_, datum_diff((*change.before)[i], datum, column.type.diff_of()));
      } else {
        append_datum_json(out_, datum);
      }
    }
    out_ += '}';
    return any;
  }

  const Database& database_;
  std::string out_;
  bool in_table_ = false, had_other_ = false;
  std::uint32_t table_ = 0, other_ = 0;
};

DbResult<void> replay_row(Transaction& transaction, const TableSchema& schema, const Uuid& uuid,
                          const Json& json, RecordForm form, Unknown unknown) {
  const Row* present = transaction.find(schema.index, uuid);
  if (json.is_null()) {
    if (present == nullptr) {
      return DbError::syntax(cat("transaction deletes row ", uuid.text(), " that does not exist"));
    }
    transaction.erase(schema.index, uuid);
    return kOk;
  }
  if (present == nullptr) {
    if (!transaction.may_insert(schema.index, uuid)) {
      return DbError::syntax(cat("transaction inserts row ", uuid.text(), " that it deletes"));
    }
    return set_columns(transaction.insert(schema.index, uuid), schema, json,
                       RecordForm::WholeColumns, unknown);
  }
  return set_columns(transaction.modify(schema.index, uuid), schema, json, form, unknown);
}

bool is_metadata(const JsonObject::Member& member) {
  return (member.name == "_date" && member.value.is_integer()) ||
         (member.name == "_is_diff" && member.value.is_boolean()) || member.name == "_comment";
}

}  // namespace

std::string transaction_record(const Database& database, const RowChanges& changes,
                               std::string_view comment, std::uint64_t wall_ms, RecordForm form) {
  RecordWriter writer(database);
  for (const Table& table : database.tables()) {
    for (const RowChange& change : changes) {
      if (change.table == table.schema().index) writer.add(change, form);
    }
  }
  return writer.finish(comment, wall_ms, form);
}

std::string whole_record(const Database& database, std::string_view comment,
                         std::uint64_t wall_ms) {
  RecordWriter writer(database);
  for (const Table& table : database.tables()) {
    table.for_each([&](const Row& row) {
      writer.add({table.schema().index, RowRef(), table.share(row.uuid())},
                 RecordForm::WholeColumns);
    });
  }
  return writer.finish(comment, wall_ms, RecordForm::WholeColumns);
}

DbResult<void> set_columns(Row& row, const TableSchema& schema, const Json& json, RecordForm form,
                           Unknown unknown) {
  if (!json.is_object()) return DbError::syntax(json, "row must be JSON object");
  for (const JsonObject::Member& member : json.members()) {
    const ColumnSchema* column = schema.find(member.name);
    if (column == nullptr) {
      if (unknown == Unknown::Ignore) continue;
      return DbError::syntax(json, cat("No column ", member.name, " in table ", schema.name, "."),
                             "unknown column");
    }
    if (column->index < kFirstColumn) continue;
    ColumnType type = column->type;
    if (form == RecordForm::ColumnDiffs) {
      type.min = 0;
      type.max = kUnlimited;
    }
    OVS_TRY(Datum datum, datum_from_json(type, member.value, nullptr));
    if (form == RecordForm::ColumnDiffs) {
      datum = datum_apply_diff(row[column->index], datum, column->type.diff_of());
    }
    row[column->index] = std::move(datum);
  }
  return kOk;
}

DbResult<void> replay_record(Transaction& transaction, const Json& record, Unknown unknown) {
  if (!record.is_object()) return DbError::syntax(record, "object expected");
  const Json* is_diff = record.find("_is_diff");
  const RecordForm form = is_diff != nullptr && is_diff->is_boolean() && is_diff->boolean()
                              ? RecordForm::ColumnDiffs
                              : RecordForm::WholeColumns;
  const Schema& schema = transaction.database().schema();
  for (const JsonObject::Member& table : record.members()) {
    const TableSchema* found = schema.find(table.name);
    if (found == nullptr) {
      if (is_metadata(table) || unknown == Unknown::Ignore) continue;
      return DbError::syntax(record, cat("No table named ", table.name, "."), "unknown table");
    }
    if (!table.value.is_object()) return DbError::syntax(table.value, "object expected");
    for (const JsonObject::Member& row : table.value.members()) {
      Uuid uuid;
      if (!Uuid::parse(row.name, uuid)) {
        return DbError::syntax(table.value, cat('"', row.name, "\" is not a valid UUID"));
      }
      OVS_TRY(replay_row(transaction, *found, uuid, row.value, form, unknown));
    }
  }
  return kOk;
}

}  // namespace ovs::ovsdb
