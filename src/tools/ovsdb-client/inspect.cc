// The commands that look: schemas, tables, rows, backups.
#include <algorithm>
#include <cstdio>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/engine/log_file.h"
#include "tools/ovsdb-client/commands.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::tools {

using ovsdb::cat;
using ovsdb::Cell;
using ovsdb::ColumnSchema;
using ovsdb::Datum;
using ovsdb::OutputTable;
using ovsdb::Schema;
using ovsdb::TableSchema;

Outcome<Json> parse_argument(const std::string& text) {
  auto json = wire::parse_json(text);
  if (!json) return cat('"', text, "\": ", json.error().text);
  return std::move(*json);
}

void print_json(const Json& json) {
  std::puts(wire::json_text(json, wire::JsonStyle::Compact, wire::JsonOrder::Sorted).c_str());
}

void print_table(const OutputTable& table, const ovsdb::TableStyle& style) {
  static bool first = true;
  if (!first && style.format != ovsdb::TableFormat::Json) std::putchar('\n');
  first = false;
  std::fputs(table.text(style).c_str(), stdout);
}

Outcome<void> list_databases(Request& request) {
  OVS_TRY(const auto names, request.dialogue.databases());
  for (const std::string& name : names) std::puts(name.c_str());
  return kOk;
}

Outcome<void> get_schema(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  print_json(schema.to_json());
  return kOk;
}

Outcome<void> get_schema_version(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  std::puts(schema.version.c_str());
  return kOk;
}

Outcome<void> get_schema_checksum(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  std::puts(schema.cksum.c_str());
  return kOk;
}

Outcome<void> list_tables(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  OutputTable out;
  out.headings = {"Table"};
  for (const TableSchema& table : schema.tables) {
    out.rows.emplace_back().emplace_back(table.name);
  }
  print_table(out, request.settings.style);
  return kOk;
}

Outcome<void> list_columns(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  const bool all = request.arguments.empty();
  OutputTable out;
  if (all) out.headings.emplace_back("Table");
  out.headings.emplace_back("Column");
  out.headings.emplace_back("Type");
  for (const TableSchema& table : schema.tables) {
    if (!all && table.name != request.arguments[0]) continue;
    for (const ColumnSchema& column : table.columns) {
      auto& row = out.rows.emplace_back();
      if (all) row.emplace_back(table.name);
      row.emplace_back(column.name);
      row.emplace_back(wire::json_text(column.type.to_json(), wire::JsonStyle::Compact,
                                       wire::JsonOrder::Sorted));
    }
  }
  print_table(out, request.settings.style);
  return kOk;
}

namespace {

using Columns = std::vector<const ColumnSchema*>;

Json select_of(const TableSchema& table, const Columns& columns) {
  JsonArray names;
  for (const ColumnSchema* column : columns) names.push_back(column->name);
  return Json::object("op", "select", "table", table.name, "where", Json::empty_array(), "columns",
                      Json(std::move(names)));
}

// The rows of a result of "select", as datums of the columns.
Outcome<std::vector<std::vector<Datum>>> rows_of(const Json& result, const TableSchema& table,
                                                 const Columns& columns) {
  const Json* rows = result.find("rows");
  if (rows == nullptr || !rows->is_array()) {
    return cat(table.name, " table reply is not an object with a \"rows\" member array: ",
               wire::json_text(result));
  }
  std::vector<std::vector<Datum>> out;
  for (const Json& row : rows->elements()) {
    auto& cells = out.emplace_back();
    for (const ColumnSchema* column : columns) {
      const Json* json = row.find(column->name);
      if (json == nullptr) {
        return cat("row in table ", table.name, " response lacks ", column->name, " column");
      }
      auto datum = ovsdb::datum_from_json(column->type.unconstrained(), *json, nullptr);
      if (!datum) return datum.error().to_text();
      cells.push_back(std::move(*datum));
    }
  }
  return out;
}

// By what people read first; UUIDs, which are random, only break ties.
void sort_rows(std::vector<std::vector<Datum>>& rows, const Columns& columns) {
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) {
    for (const bool uuids : {false, true}) {
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if ((columns[i]->type.key.type == ovsdb::AtomType::Uuid) != uuids) continue;
        const int order = Datum::compare(a[i], b[i]);
        if (order != 0) return order < 0;
      }
    }
    return false;
  });
}

// Columns in the order of their names; _uuid sorts before letters.
Columns columns_to_dump(const TableSchema& table) {
  Columns columns;
  for (const ColumnSchema& column : table.columns) {
    if (column.index != ovsdb::kVersionColumn) columns.push_back(&column);
  }
  return columns;
}

Outcome<std::vector<std::pair<const TableSchema*, Columns>>> what_to_dump(
    const Schema& schema, const std::vector<std::string>& arguments) {
  std::vector<std::pair<const TableSchema*, Columns>> out;
  if (arguments.empty()) {
    for (const TableSchema& table : schema.tables) {
      out.emplace_back(&table, columns_to_dump(table));
    }
    return out;
  }
  const TableSchema* table = schema.find(arguments[0]);
  if (table == nullptr) return cat("No table \"", arguments[0], "\" found.");
  Columns columns;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const ColumnSchema* column = table->find(arguments[i]);
    if (column == nullptr) {
      return cat("Table \"", arguments[0], "\" has no column ", arguments[i], ".");
    }
    columns.push_back(column);
  }
  std::sort(columns.begin(), columns.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  out.emplace_back(table, arguments.size() > 1 ? columns : columns_to_dump(*table));
  return out;
}

}  // namespace

Outcome<void> dump(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  OVS_TRY(const auto wanted, what_to_dump(schema, request.arguments));
  JsonArray operations;
  operations.push_back(request.database);
  for (const auto& [table, columns] : wanted) operations.push_back(select_of(*table, columns));
  OVS_TRY(const Json reply, request.dialogue.ask("transact", Json(std::move(operations))));
  if (!reply.is_array() || reply.elements().size() != wanted.size()) {
    return cat("reply is not array of ", wanted.size(), " elements: ", wire::json_text(reply));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto& [table, columns] = wanted[i];
    OVS_TRY(auto rows, rows_of(reply.elements()[i], *table, columns));
    sort_rows(rows, columns);
    OutputTable out;
    out.caption = table->name + " table";
    for (const ColumnSchema* column : columns) out.headings.push_back(column->name);
    for (auto& row : rows) {
      auto& cells = out.rows.emplace_back();
      for (std::size_t k = 0; k < row.size(); ++k) {
        cells.emplace_back(std::move(row[k]), columns[k]->type);
      }
    }
    print_table(out, request.settings.style);
  }
  return kOk;
}

Outcome<void> backup(Request& request) {
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  JsonArray operations;
  operations.push_back(request.database);
  for (const TableSchema& table : schema.tables) {
    Columns columns;
    for (const ColumnSchema& column : table.columns) {
      if (column.is_persistent) columns.push_back(&column);
    }
    operations.push_back(select_of(table, columns));
  }
  OVS_TRY(Json reply, request.dialogue.ask("transact", Json(std::move(operations))));
  if (!reply.is_array() || reply.elements().size() != schema.tables.size()) {
    return cat("reply is not array of ", schema.tables.size(),
               " elements: ", wire::json_text(reply));
  }
  JsonObject record;
  for (std::size_t i = 0; i < schema.tables.size(); ++i) {
    Json* rows = reply.elements()[i].find("rows");
    if (rows == nullptr || !rows->is_array()) return std::string("reply lacks rows");
    JsonObject table;
    for (Json& row : rows->elements()) {
      if (!row.is_object()) return std::string("row is not an object");
      auto uuid = ovsdb::uuid_from_json(row.members().take("_uuid"));
      if (!uuid) return uuid.error().to_text();
      table.append(uuid->text(), std::move(row));
    }
    if (!table.empty()) record.append(schema.tables[i].name, std::move(table));
  }
  record.append("_date", request.dialogue.program().clock().wall_ms());
  record.append("_comment", "produced by \"ovsdb-client backup\"");
  const auto framed = [](const std::string& json) {
    return ovsdb::LogFile::record_text(ovsdb::LogFile::kStandalone, json);
  };
  const std::string text =
      framed(wire::json_text(schema.to_json())) + framed(wire::json_text(Json(std::move(record))));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kOk;
}

}  // namespace ovs::tools
