#include "ovsdb/client/transaction.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"

namespace ovs::ovsdb {
namespace {

// A name for a row not inserted yet, which must be an id.
std::string symbol_of(const Uuid& row) {
  std::string name = "row" + row.text();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace

ClientTransaction::ClientTransaction(const Replica& replica, UuidSource& uuids)
    : replica_(replica), uuids_(uuids) {}

Uuid ClientTransaction::insert(const TableSchema& table, const Uuid& row) {
  inserted_[row] = table.index;
  RowEdit& edit = edits_[table.index][row];
  for (std::uint32_t i = kFirstColumn; i < table.columns.size(); ++i) {
    // The zero UUID that a mandatory reference begins with refers to nothing: it begins empty.
    const ColumnType& type = table.columns[i].type;
    const bool is_reference = type.key.type == AtomType::Uuid;
    edit.columns[i] =
        is_reference ? Datum::empty(type.key.type, type.value.type) : type.default_datum();
  }
  return row;
}

Uuid ClientTransaction::insert_as(const TableSchema& table, const Uuid& uuid) {
  chosen_.insert(uuid);
  return insert(table, uuid);
}

void ClientTransaction::erase(const TableSchema& table, const Uuid& row) {
  if (inserted_.erase(row) != 0) {
    edits_[table.index].erase(row);
    return;
  }
  edits_[table.index][row].is_deleted = true;
}

const ClientTransaction::RowEdit* ClientTransaction::edit_of(const TableSchema& table,
                                                             const Uuid& row) const {
  const auto edits = edits_.find(table.index);
  if (edits == edits_.end()) return nullptr;
  const auto edit = edits->second.find(row);
  return edit == edits->second.end() ? nullptr : &edit->second;
}

bool ClientTransaction::exists(const TableSchema& table, const Uuid& row) const {
  if (was_inserted(row)) return true;
  const RowEdit* edit = edit_of(table, row);
  if (edit != nullptr && edit->is_deleted) return false;
  return replica_.table(table.index).find(row) != nullptr;
}

std::vector<Uuid> ClientTransaction::rows(const TableSchema& table) const {
  std::vector<Uuid> rows;
  for (const ReplicaRow* row : replica_.table(table.index).rows()) {
    if (exists(table, row->uuid())) rows.push_back(row->uuid());
  }
  for (const auto& [row, its_table] : inserted_) {
    if (its_table == table.index) rows.push_back(row);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

const Datum& ClientTransaction::read(const TableSchema& table, const Uuid& row,
                                     std::uint32_t column) const {
  const RowEdit* edit = edit_of(table, row);
  if (edit != nullptr) {
    const auto written = edit->columns.find(column);
    if (written != edit->columns.end()) return written->second;
  }
  static const Datum kNothing;
  const ReplicaRow* there = replica_.table(table.index).find(row);
  return there == nullptr ? kNothing : there->at(column);
}

const Datum& ClientTransaction::read(const TableSchema& table, const Uuid& row,
                                     std::string_view column) const {
  static const Datum kNothing;
  const ColumnSchema* schema = table.find(column);
  return schema == nullptr ? kNothing : read(table, row, schema->index);
}

void ClientTransaction::write(const TableSchema& table, const Uuid& row, std::uint32_t column,
                              Datum value) {
  edits_[table.index][row].columns[column] = std::move(value);
}

void ClientTransaction::write(const TableSchema& table, const Uuid& row, std::string_view column,
                              Datum value) {
  const ColumnSchema* schema = table.find(column);
  if (schema != nullptr) write(table, row, schema->index, std::move(value));
}

void ClientTransaction::verify(const TableSchema& table, const Uuid& row, std::uint32_t column) {
  if (!was_inserted(row)) edits_[table.index][row].verified.insert(column);
}

void ClientTransaction::increment(const TableSchema& table, const Uuid& row,
                                  std::string_view column) {
  increment_ = {&table, row, std::string(column), 0};
}

void ClientTransaction::comment(std::string_view text) {
  if (!comment_.empty()) comment_ += "\n";
  comment_ += text;
}

bool ClientTransaction::is_empty() const {
  if (!inserted_.empty() || increment_.table != nullptr) return false;
  for (const auto& [table, rows] : edits_) {
    for (const auto& [row, edit] : rows) {
      if (edit.is_deleted) return false;
      const ReplicaRow* there = replica_.table(table).find(row);
      for (const auto& [column, value] : edit.columns) {
        if (there == nullptr || !(there->at(column) == value)) return false;
      }
    }
  }
  return true;
}

Json ClientTransaction::row_reference(const Uuid& row) const {
  const bool is_named = was_inserted(row) && chosen_.count(row) == 0;
  if (is_named) return Json::array("named-uuid", symbol_of(row));
  return uuid_to_json(row);
}

Json ClientTransaction::condition(const Uuid& row) const {
  JsonArray clauses;
  clauses.push_back(Json::array("_uuid", "==", row_reference(row)));
  return Json(std::move(clauses));
}

// As datum_to_json, but rows of this transaction go by their names.
Json ClientTransaction::datum_json(const Datum& datum) const {
  auto atom_json = [this](const Atom& atom) {
    if (atom.type() == AtomType::Uuid) return row_reference(atom.uuid());
    return atom_to_json(atom);
  };
  if (!datum.is_map() && datum.count() == 1) return atom_json(datum.key(0));
  JsonArray elements;
  for (std::size_t i = 0; i < datum.count(); ++i) {
    if (datum.is_map()) {
      elements.push_back(Json::array(atom_json(datum.key(i)), atom_json(datum.value(i))));
    } else {
      elements.push_back(atom_json(datum.key(i)));
    }
  }
  return Json::array(datum.is_map() ? "map" : "set", Json(std::move(elements)));
}

void ClientTransaction::put_waits(JsonArray& operations) const {
  for (const auto& [table, rows] : edits_) {
    const TableSchema& schema = replica_.table(table).schema();
    for (const auto& [row, edit] : rows) {
      const ReplicaRow* there = replica_.table(table).find(row);
      if (edit.verified.empty() || there == nullptr) continue;
      JsonArray columns;
      JsonObject expected;
      for (const std::uint32_t column : edit.verified) {
        columns.push_back(Json(schema.columns[column].name));
        expected.set(schema.columns[column].name, datum_to_json(there->at(column)));
      }
      JsonArray expected_rows;
      expected_rows.push_back(Json(std::move(expected)));
      operations.push_back(Json::object("op", "wait", "table", schema.name, "timeout", 0, "where",
                                        condition(row), "columns", Json(std::move(columns)),
                                        "until", "==", "rows", Json(std::move(expected_rows))));
    }
  }
}

void ClientTransaction::put_edit(JsonArray& operations, const TableSchema& table, const Uuid& row,
                                 const RowEdit& edit) {
  if (edit.is_deleted) {
    operations.push_back(
        Json::object("op", "delete", "table", table.name, "where", condition(row)));
    return;
  }
  const bool is_new = was_inserted(row);
  const ReplicaRow* there = replica_.table(table.index).find(row);
  JsonObject columns;
  for (const auto& [column, value] : edit.columns) {
    const ColumnSchema& schema = table.columns[column];
    if (is_new ? schema.type.is_default(value) : there != nullptr && there->at(column) == value) {
      continue;
    }
    columns.set(schema.name, datum_json(value));
  }
  if (is_new) {
    insert_results_[row] = operations.size() - 1;  // the database's name is in front
    const bool is_chosen = chosen_.count(row) != 0;
    operations.push_back(
        Json::object("op", "insert", "table", table.name, is_chosen ? "uuid" : "uuid-name",
                     is_chosen ? row.text() : symbol_of(row), "row", Json(std::move(columns))));
  } else if (!columns.empty()) {
    operations.push_back(Json::object("op", "update", "table", table.name, "where", condition(row),
                                      "row", Json(std::move(columns))));
  }
}

void ClientTransaction::put_increment(JsonArray& operations) {
  if (increment_.table == nullptr) return;
  JsonArray mutations, columns;
  mutations.push_back(Json::array(increment_.column, "+=", 1));
  columns.push_back(Json(increment_.column));
  operations.push_back(Json::object("op", "mutate", "table", increment_.table->name, "where",
                                    condition(increment_.row), "mutations",
                                    Json(std::move(mutations))));
  increment_.result = operations.size() - 1;
  operations.push_back(Json::object("op", "select", "table", increment_.table->name, "where",
                                    condition(increment_.row), "columns",
                                    Json(std::move(columns))));
}

Json ClientTransaction::operations() {
  JsonArray operations;
  operations.push_back(Json(replica_.schema().name));
  if (!lock_.empty()) operations.push_back(Json::object("op", "assert", "lock", lock_));
  put_waits(operations);
  for (const auto& [table, rows] : edits_) {
    for (const auto& [row, edit] : rows) {
      put_edit(operations, replica_.table(table).schema(), row, edit);
    }
  }
  put_increment(operations);
  if (!comment_.empty()) operations.push_back(Json::object("op", "comment", "comment", comment_));
  return Json(std::move(operations));
}

ClientTransaction::Outcome ClientTransaction::finish(const Json& reply) {
  using Kind = Outcome::Kind;
  if (!reply.is_array()) return {Kind::Failed, "reply to transact is not an array", 0};
  const JsonArray& results = reply.elements();
  for (const Json& result : results) {
    const Json* error = result.find("error");
    if (error == nullptr || !error->is_string()) continue;
    if (error->is_string("timed out")) return {Kind::TryAgain, "", 0};
    if (error->is_string("not owner")) return {Kind::NotLocked, "", 0};
    const Json* details = result.find("details");
    std::string text(error->string());
    if (details != nullptr && details->is_string()) text += cat(": ", details->string());
    return {Kind::Failed, std::move(text), 0};
  }
  Outcome outcome;
  for (const auto& [row, index] : insert_results_) {
    const Json* uuid = index < results.size() ? results[index].find("uuid") : nullptr;
    const auto parsed = uuid == nullptr ? uuid_from_json(Json()) : uuid_from_json(*uuid);
    if (!parsed) return {Kind::Failed, "insert was answered without a UUID", 0};
    committed_[row] = *parsed;
  }
  if (increment_.table != nullptr && increment_.result < results.size()) {
    const Json* rows = results[increment_.result].find("rows");
    const bool has_row = rows != nullptr && rows->is_array() && !rows->elements().empty();
    const Json* value = has_row ? rows->elements()[0].find(increment_.column) : nullptr;
    if (value == nullptr || !value->is_integer()) {
      return {Kind::Failed, "select was answered without the column", 0};
    }
    outcome.incremented = value->integer();
  }
  return outcome;
}

Uuid ClientTransaction::committed_uuid(const Uuid& row) const {
  const auto found = committed_.find(row);
  return found == committed_.end() ? row : found->second;
}

}  // namespace ovs::ovsdb
