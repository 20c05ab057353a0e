// The commands that change, or wait for change.
#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/engine/storage.h"
#include "tools/ovsdb-client/commands.h"
#include "wire/json/write.h"

namespace ovs::tools {

using ovsdb::cat;
using ovsdb::Schema;

Outcome<void> send_change_aware(Request& request) {
  const ChangeAware wanted = request.settings.change_aware;
  if (wanted == ChangeAware::No) return kOk;
  auto done = request.dialogue.ask("set_db_change_aware", Json::array(true));
  if (done.ok() || wanted == ChangeAware::IfPossible) return kOk;
  return cat(request.dialogue.server(), ": set_db_change_aware failed (", done.error(), ')');
}

namespace {

Outcome<Json> run_transaction(Request& request, Json transaction) {
  const bool named = transaction.is_array() && !transaction.elements().empty() &&
                     transaction.elements()[0].is_string();
  if (!named) return std::string("not a valid OVSDB query");
  if (request.settings.change_aware == ChangeAware::Yes) {
    OVS_TRY(send_change_aware(request));
  }
  request.dialogue.program().ready();
  return request.dialogue.ask("transact", std::move(transaction));
}

Outcome<void> check_results(const Json& results) {
  if (!results.is_array()) return std::string("result is not array");
  for (const Json& result : results.elements()) {
    if (!result.is_object()) return std::string("result array element is not object");
    if (result.find("error") == nullptr) continue;
    return cat("server returned error reply: ",
               wire::json_text(result, wire::JsonStyle::Compact, wire::JsonOrder::Sorted));
  }
  return kOk;
}

Outcome<Schema> schema_from_file(Request& request) {
  auto schema =
      ovsdb::read_schema_file(request.dialogue.program().files(), request.arguments.back());
  if (!schema) return schema.error().to_text();
  return std::move(*schema);
}

}  // namespace

Outcome<void> transact(Request& request) {
  OVS_TRY(Json transaction, parse_argument(request.arguments.back()));
  OVS_TRY(const Json results, run_transaction(request, std::move(transaction)));
  print_json(results);
  return kOk;
}

// A transaction that is always aborted, without the trace of that.
Outcome<void> query(Request& request) {
  OVS_TRY(Json transaction, parse_argument(request.arguments.back()));
  if (!transaction.is_array()) return std::string("not a valid OVSDB query");
  transaction.elements().push_back(Json::object("op", "abort"));
  const std::size_t abort_index = transaction.elements().size() - 2;
  OVS_TRY(Json results, run_transaction(request, std::move(transaction)));
  if (results.is_array() && results.elements().size() == abort_index + 1) {
    const Json* error = results.elements().back().find("error");
    if (error != nullptr && error->is_string("aborted")) results.elements().pop_back();
  }
  print_json(results);
  return kOk;
}

Outcome<void> convert(Request& request) {
  OVS_TRY(const Schema schema, schema_from_file(request));
  OVS_TRY(send_change_aware(request));
  OVS_TRY(request.dialogue.ask("convert", Json::array(schema.name, schema.to_json())));
  return kOk;
}

Outcome<void> needs_conversion(Request& request) {
  OVS_TRY(const Schema schema, schema_from_file(request));
  OVS_TRY(const Schema served, request.dialogue.schema(schema.name));
  std::puts(schema == served ? "no" : "yes");
  return kOk;
}

namespace {

// "row01234567_...": a name for a row that was a UUID.
std::string row_name(const ovsdb::Uuid& uuid) {
  std::string name = "row" + uuid.text();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

Json named_atom(const ovsdb::Atom& atom, const ovsdb::BaseType& base) {
  if (!base.is_reference()) return ovsdb::atom_to_json(atom);
  return Json::array("named-uuid", row_name(atom.uuid()));
}

Json named_datum(const ovsdb::Datum& datum, const ovsdb::ColumnType& type) {
  JsonArray elements;
  for (std::size_t i = 0; i < datum.count(); ++i) {
    Json key = named_atom(datum.key(i), type.key);
    elements.push_back(type.is_map()
                           ? Json::array(std::move(key), named_atom(datum.value(i), type.value))
                           : std::move(key));
  }
  return Json::array(type.is_map() ? "map" : "set", Json(std::move(elements)));
}

Json insert_of(const ovsdb::TableSchema& table, const ovsdb::Row& row) {
  JsonObject columns;
  for (std::uint32_t i = ovsdb::kFirstColumn; i < table.columns.size(); ++i) {
    const ovsdb::ColumnSchema& column = table.columns[i];
    if (!column.is_persistent || column.type.is_default(row[i])) continue;
    columns.append(column.name, named_datum(row[i], column.type));
  }
  return Json::object("op", "insert", "table", table.name, "uuid-name", row_name(row.uuid()), "row",
                      Json(std::move(columns)));
}

std::string difference(const Schema& backup, const Schema& served) {
  if (backup.version == served.version) {
    return cat("backup schema and database schema are both version ", backup.version,
               " but still differ");
  }
  return cat("backup schema has version \"", backup.version,
             "\" but database schema has version \"", served.version, '"');
}

}  // namespace

Outcome<void> restore(Request& request) {
  daemon::Program& program = request.dialogue.program();
  ovsdb::UuidSource uuids;
  std::string warning;
  auto storage =
      ovsdb::Storage::open(program.files(), uuids, "/dev/stdin", ovsdb::LogMode::Read, warning);
  if (!storage) return storage.error().to_text();
  const ovsdb::Database& backup = storage->database();
  OVS_TRY(const Schema served, request.dialogue.schema(request.database));
  if (!(backup.schema() == served) && !request.settings.force) {
    return cat(difference(backup.schema(), served),
               " (use --force to override differences, or \"ovsdb-client convert\" to change the "
               "schema)");
  }
  JsonArray operations;
  operations.push_back(backup.schema().name);
  for (const ovsdb::Table& table : backup.tables()) {
    operations.push_back(
        Json::object("op", "delete", "table", table.schema().name, "where", Json::empty_array()));
    table.for_each(
        [&](const ovsdb::Row& row) { operations.push_back(insert_of(table.schema(), row)); });
  }
  OVS_TRY(const Json results, request.dialogue.ask("transact", Json(std::move(operations))));
  return check_results(results);
}

Outcome<void> wait_for(Request& request) {
  const std::string& database = request.arguments[request.arguments.size() - 2];
  const std::string& state = request.arguments.back();
  JsonArray columns, rows;
  if (state == "connected") {
    columns.push_back("connected");
    rows.push_back(Json::object("connected", true));
  } else if (state == "added") {
    rows.push_back(Json::empty_object());
  } else if (state != "removed") {
    return cat(state, ": unknown state");
  }
  OVS_TRY(request.dialogue.ask("set_db_change_aware", Json::array(true)));
  Json wait = Json::object("op", "wait", "table", "Database", "where",
                           Json::array(Json::array("name", "==", database)), "columns",
                           Json(std::move(columns)), "until", "==", "rows", Json(std::move(rows)));
  OVS_TRY(const Json results,
          request.dialogue.ask("transact", Json::array("_Server", std::move(wait))));
  return check_results(results);
}

}  // namespace ovs::tools
