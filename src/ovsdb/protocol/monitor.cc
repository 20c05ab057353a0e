// See monitor.h.
#include "ovsdb/protocol/monitor.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/data/member_parser.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

using P = MemberParser;
constexpr std::string_view kNoTransaction = "00000000-0000-0000-0000-000000000000";

DbResult<std::uint8_t> parse_select(const Json* json, const TableSchema& table) {
  if (json == nullptr) return std::uint8_t{kAll};
  std::uint8_t select = 0;
  P parser(*json, cat("table ", table.name, " select"));
  const auto flag = [&](std::string_view name, MonitorSelect bit) {
    const Json* value = parser.member(name, P::kBoolean | P::kOptional);
    if (value == nullptr || value->boolean()) select |= bit;
  };
  flag("initial", kInitial);
  flag("insert", kInsert);
  flag("delete", kDelete);
  flag("modify", kModify);
  if (DbError error = parser.finish()) return error;
  return select;
}

DbResult<void> add_column(MonitorTable& out, const ColumnSchema& column, std::uint8_t select,
                          const Json* columns) {
  for (const MonitorColumn& each : out.columns) {
    if (each.column != column.index) continue;
    std::string what = cat("column ", column.name, " mentioned more than once");
    return columns ? DbError::syntax(*columns, std::move(what)) : DbError::syntax(std::move(what));
  }
  out.columns.push_back({column.index, select});
  return kOk;
}

DbResult<void> parse_request(MonitorTable& out, const TableSchema& table, MonitorVersion version,
                             const Json& json) {
  P parser(json, cat("table ", table.name));
  const Json* where = nullptr;
  if (version != MonitorVersion::Plain) where = parser.member("where", P::kArray | P::kOptional);
  const Json* columns = parser.member("columns", P::kArray | P::kOptional);
  const Json* select_json = parser.member("select", P::kObject | P::kOptional);
  if (DbError error = parser.finish()) return error;
  OVS_TRY(const std::uint8_t select, parse_select(select_json, table));
  out.select |= select;
  if (columns == nullptr) {
    for (const ColumnSchema& column : table.columns) {
      if (column.index == kUuidColumn) continue;
      OVS_TRY(add_column(out, column, select, nullptr));
    }
  } else {
    for (const Json& name : columns->elements()) {
      if (!name.is_string()) return DbError::syntax(*columns, "array of column names expected");
      const ColumnSchema* column = table.find(name.string());
      if (column == nullptr) {
        return DbError::syntax(*columns, cat(name.string(), " is not a valid column name"));
      }
      OVS_TRY(add_column(out, *column, select, columns));
    }
  }
  if (where != nullptr) {
    OVS_TRY(out.condition, Condition::parse(table, *where, nullptr));
  }
  return kOk;
}

const Json& nth_request(const Json& requests, std::size_t index) {
  return requests.is_array() ? requests.elements()[index] : requests;
}
std::size_t request_count(const Json& requests) {
  return requests.is_array() ? requests.elements().size() : 1;
}

// Writes {"table":{"uuid":...}} as rows come, table after table.
class UpdateWriter {
 public:
  UpdateWriter(const Database& db, const MonitorSpec& spec) : db_(db), spec_(spec) {}

  void begin(const MonitorTable& table) {
    table_ = &table;
    schema_ = &db_.table(table.table).schema();
    in_table_ = false;
  }
  void end() {
    if (in_table_) out_ += '}';
  }
  std::string finish() {
    if (!out_.empty()) out_ += '}';
    return std::move(out_);
  }

  // What `conditions` let through; null where the row does not match.
  void step(RowStep row, MonitorSelect absent_before = kInsert) {
    if (row.before == nullptr && row.after == nullptr) return;
    const MonitorSelect kind = row.before == nullptr  ? absent_before
                               : row.after == nullptr ? kDelete
                                                      : kModify;
    if ((table_->select & kind) == 0) return;
    if (kind == kModify && !any_changed(row)) return;
    begin_row(row.after != nullptr ? row.after->uuid() : row.before->uuid());
    if (spec_.version == MonitorVersion::Plain) {
      plain(row, kind);
    } else {
      difference(row, kind);
    }
  }

 private:
  static bool changed(RowStep row, std::uint32_t column) {
    if (column == kVersionColumn) return !(row.before->version() == row.after->version());
    return column != kUuidColumn && !((*row.before)[column] == (*row.after)[column]);
  }
  bool any_changed(RowStep row) const {
    return std::any_of(table_->columns.begin(), table_->columns.end(),
                       [&](const MonitorColumn& each) { return changed(row, each.column); });
  }

  void begin_row(const Uuid& uuid) {
    if (!in_table_) {
      out_ += out_.empty() ? '{' : ',';
      wire::append_json_string(out_, schema_->name);
      out_ += ":{";
      in_table_ = true;
    } else {
      out_ += ',';
    }
    char text[Uuid::kTextSize];
    uuid.write(text);
    out_ += '"';
    out_.append(text, sizeof text);
    out_ += "\":";
  }

  void column(bool& first, std::uint32_t index, const Datum& datum) {
    if (!first) out_ += ',';
    first = false;
    wire::append_json_string(out_, schema_->columns[index].name);
    out_ += ':';
    append_datum_json(out_, datum);
  }

  // {"old":{...},"new":{...}}
  void plain(RowStep row, MonitorSelect kind) {
    out_ += '{';
    if (kind == kDelete || kind == kModify) {
      out_ += "\"old\":{";
      bool first = true;
      for (const MonitorColumn& each : table_->columns) {
        if ((each.select & kind) == 0 || (kind == kModify && !changed(row, each.column))) continue;
        column(first, each.column, row.before->value(each.column));
      }
      out_ += kind == kModify ? "}," : "}";
    }
    if (kind != kDelete) {
      out_ += "\"new\":{";
      bool first = true;
      for (const MonitorColumn& each : table_->columns) {
        if ((each.select & kind) != 0) column(first, each.column, row.after->value(each.column));
      }
      out_ += '}';
    }
    out_ += '}';
  }

  // {"insert":{...}}, {"modify":{...}}, {"delete":null}
  void difference(RowStep row, MonitorSelect kind) {
    if (kind == kDelete) {
      out_ += "{\"delete\":null}";
      return;
    }
    out_ += kind == kInitial  ? "{\"initial\":{"
            : kind == kInsert ? "{\"insert\":{"
                              : "{\"modify\":{";
    bool first = true;
    for (const MonitorColumn& each : table_->columns) {
      if ((each.select & kind) == 0) continue;
      const ColumnType& type = schema_->columns[each.column].type;
      if (kind == kModify) {
        if (!changed(row, each.column)) continue;
        column(first, each.column,
               datum_diff(row.before->value(each.column), row.after->value(each.column),
                          type.diff_of()));
        continue;
      }
      const Datum datum = row.after->value(each.column);
      if (!type.is_default(datum)) column(first, each.column, datum);
    }
    out_ += "}}";
  }

  const Database& db_;
  const MonitorSpec& spec_;
  const MonitorTable* table_ = nullptr;
  const TableSchema* schema_ = nullptr;
  bool in_table_ = false;
  std::string out_;
};

const Row* if_matches(const Condition& condition, const Row* row) {
  return row != nullptr && condition.any_holds(*row) ? row : nullptr;
}

}  // namespace

DbResult<MonitorSpec> MonitorSpec::parse(const Database& db, MonitorVersion version,
                                         const Json& requests) {
  if (!requests.is_object()) return DbError::syntax(requests, "monitor-requests must be object");
  MonitorSpec spec;
  spec.version = version;
  for (const std::uint32_t at : requests.members().sorted()) {
    const JsonObject::Member& member = requests.members().begin()[at];
    const TableSchema* table = db.schema().find(member.name);
    if (table == nullptr) return DbError::syntax(cat("no table named ", member.name));
    MonitorTable out;
    out.table = table->index;
    for (std::size_t i = 0; i < request_count(member.value); ++i) {
      OVS_TRY(parse_request(out, *table, version, nth_request(member.value, i)));
    }
    spec.tables.push_back(std::move(out));
  }
  return spec;
}

DbResult<MonitorSpec> MonitorSpec::with_conditions(const Database& db, const Json& requests) const {
  if (!requests.is_object()) {
    return DbError::syntax("monitor-cond-change-requests must be object");
  }
  MonitorSpec spec = copy();
  for (const JsonObject::Member& member : requests.members()) {
    const TableSchema* table = db.schema().find(member.name);
    if (table == nullptr) return DbError::syntax(cat("no table named ", member.name));
    const auto at = std::find_if(spec.tables.begin(), spec.tables.end(),
                                 [&](const MonitorTable& t) { return t.table == table->index; });
    if (at == spec.tables.end()) {
      return DbError::syntax(cat("no table named ", member.name, " in monitor session"));
    }
    if (!member.value.is_array()) {
      return DbError::syntax(cat("table ", member.name, " no monitor-cond-change JSON array"));
    }
    for (const Json& request : member.value.elements()) {
      P parser(request, cat("table ", table->name));
      const Json* columns = parser.member("columns", P::kArray | P::kOptional);
      const Json* where = parser.member("where", P::kArray | P::kOptional);
      if (DbError error = parser.finish()) return error;
      if (columns != nullptr) return DbError::syntax(request, "changing columns is unsupported");
      at->condition = Condition();
      if (where == nullptr) continue;
      OVS_TRY(at->condition, Condition::parse(*table, *where, nullptr));
    }
  }
  return spec;
}

std::string MonitorSpec::key(const Database& db) const {
  std::string out = cat(static_cast<int>(version));
  for (const MonitorTable& table : tables) {
    out += cat(';', table.table, ',', static_cast<int>(table.select));
    for (const MonitorColumn& column : table.columns) {
      out += cat(',', column.column, ':', static_cast<int>(column.select));
    }
    for (const Clause& clause : table.condition.clauses()) {
      out += wire::json_text(clause.to_json(db.table(table.table).schema()));
    }
  }
  return out;
}

std::string initial_text(const Database& db, const MonitorSpec& spec) {
  UpdateWriter writer(db, spec);
  for (const MonitorTable& table : spec.tables) {
    writer.begin(table);
    if ((table.select & kInitial) != 0) {
      db.table(table.table).for_each([&](const Row& row) {
        writer.step({nullptr, if_matches(table.condition, &row)}, kInitial);
      });
    }
    writer.end();
  }
  std::string text = writer.finish();
  return text.empty() ? "{}" : text;
}

std::size_t initial_count(const Database& db, const MonitorSpec& spec) {
  std::size_t count = 0;
  for (const MonitorTable& table : spec.tables) {
    if ((table.select & kInitial) != 0) count += db.table(table.table).count();
  }
  return count;
}

std::string update_text(const Database& db, const MonitorSpec& spec, const RowChanges& changes) {
  UpdateWriter writer(db, spec);
  for (const MonitorTable& table : spec.tables) {
    writer.begin(table);
    for (const RowChange& change : changes) {
      if (change.table != table.table) continue;
      writer.step({if_matches(table.condition, change.before.pointer()),
                   if_matches(table.condition, change.after.pointer())});
    }
    writer.end();
  }
  return writer.finish();
}

std::string condition_change_text(const Database& db, const MonitorSpec& from,
                                  const MonitorSpec& to) {
  UpdateWriter writer(db, to);
  for (std::size_t i = 0; i < to.tables.size(); ++i) {
    const Condition& old_condition = from.tables[i].condition;
    const Condition& new_condition = to.tables[i].condition;
    if (old_condition.clauses() == new_condition.clauses()) continue;
    writer.begin(to.tables[i]);
    db.table(to.tables[i].table).for_each([&](const Row& row) {
      const Row* before = if_matches(old_condition, &row);
      const Row* after = if_matches(new_condition, &row);
      if (before != after) writer.step({before, after});
    });
    writer.end();
  }
  return writer.finish();
}

std::string MonitorGroup::wrap(std::string_view id_text, std::string_view updates) const {
  constexpr std::string_view kMethods[] = {"update", "update2", "update3"};
  std::string out = "{\"id\":null,\"method\":\"";
  out += kMethods[static_cast<std::size_t>(spec_.version)];
  out += "\",\"params\":[";
  out += id_text;
  if (spec_.version == MonitorVersion::Since) out += cat(",\"", kNoTransaction, '"');
  out += ',';
  out += updates;
  out += "]}";
  return out;
}

daemon::SharedBytes MonitorGroup::notification(const Database& db, const RowChanges& changes,
                                               std::uint64_t generation,
                                               const std::string& id_text) {
  if (generation_ != generation) {
    generation_ = generation;
    updates_ = update_text(db, spec_, changes);
    message_ = nullptr;
  }
  if (updates_.empty()) return nullptr;
  if (message_ == nullptr || id_text_ != id_text) {
    id_text_ = id_text;
    message_ = std::make_shared<const std::string>(wrap(id_text, updates_));
  }
  return message_;
}

}  // namespace ovs::ovsdb
