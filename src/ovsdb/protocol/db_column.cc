// See db_column.h.
#include "ovsdb/protocol/db_column.h"

#include <charconv>

#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"

namespace ovs::ovsdb {
namespace {

// The next piece of "a,b,c"; empty if there is none.
std::string_view take(std::string_view& text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::string_view piece = text.substr(0, comma);
  text.remove_prefix(std::min(comma + 1, text.size()));
  return piece;
}

// A column of that name and atom type with a value; null otherwise.
const Datum* value_of(const TableSchema& table, const Row& row, std::string_view name,
                      AtomType type) {
  const ColumnSchema* column = table.find(name);
  if (column == nullptr || column->type.is_map() || column->type.key.type != type) return nullptr;
  const Datum& datum = row[column->index];
  return datum.count() == 1 ? &datum : nullptr;
}

std::uint8_t dscp_of(const TableSchema& table, const Row& row) {
  const ColumnSchema* column = table.find("other_config");
  if (column == nullptr || !column->type.is_map()) return daemon::kDefaultDscp;
  const std::string_view text = row[column->index].text_of("dscp");
  unsigned dscp = daemon::kDefaultDscp;
  std::from_chars(text.data(), text.data() + text.size(), dscp);
  return dscp <= 63 ? static_cast<std::uint8_t>(dscp) : daemon::kDefaultDscp;
}

void add_row(std::map<std::string, RemoteOptions>& out, const TableSchema& table, const Row& row) {
  const Datum* target = value_of(table, row, "target", AtomType::String);
  if (target == nullptr) return;
  RemoteOptions options;
  if (const Datum* backoff = value_of(table, row, "max_backoff", AtomType::Integer)) {
    options.max_backoff_ms = static_cast<std::uint64_t>(backoff->key(0).integer());
  }
  if (const Datum* probe = value_of(table, row, "inactivity_probe", AtomType::Integer)) {
    options.probe_interval_ms = static_cast<std::uint64_t>(probe->key(0).integer());
  }
  if (const Datum* read_only = value_of(table, row, "read_only", AtomType::Boolean)) {
    options.read_only = read_only->key(0).boolean();
  }
  if (const Datum* role = value_of(table, row, "role", AtomType::String)) {
    options.role = role->key(0).string();
  }
  options.dscp = dscp_of(table, row);
  out.emplace(std::string(target->key(0).string()), std::move(options));
}

}  // namespace

Result<DbColumn, std::string> find_db_column(Server& server, const std::string& name) {
  std::string_view rest = std::string_view(name).substr(std::min<std::size_t>(3, name.size()));
  const std::string_view db_name = take(rest);
  const std::string_view table_name = take(rest);
  const std::string_view column_name = take(rest);
  const auto wrong = [&](const auto&... pieces) { return cat('"', name, "\": ", pieces...); };
  if (db_name.empty() || table_name.empty() || column_name.empty()) return wrong("invalid syntax");
  HostedDatabase* db = server.find(db_name);
  if (db == nullptr) return wrong("no database named ", db_name);
  const TableSchema* table = db->database().schema().find(table_name);
  if (table == nullptr) return wrong("no table named ", table_name);
  const ColumnSchema* column = table->find(column_name);
  if (column == nullptr) {
    return wrong("table \"", table_name, "\" has no column \"", column_name, '"');
  }
  return DbColumn{db, table, column};
}

std::map<std::string, RemoteOptions> remotes_of(const DbColumn& place) {
  std::map<std::string, RemoteOptions> out;
  const ColumnType& type = place.column->type;
  if (type.is_map() || place.column->index < kFirstColumn) return out;
  const TableSchema* target = place.db->database().target(type.key);
  place.db->database().table(place.table->index).for_each([&](const Row& row) {
    const Datum& datum = row[place.column->index];
    for (std::size_t i = 0; i < datum.count(); ++i) {
      if (type.key.type == AtomType::String) {
        out.emplace(std::string(datum.key(i).string()), RemoteOptions());
      } else if (target != nullptr) {
        const Row* manager = place.db->database().table(target->index).find(datum.key(i).uuid());
        if (manager != nullptr) add_row(out, *target, *manager);
      }
    }
  });
  return out;
}

std::string text_of(const DbColumn& place) {
  std::string out;
  if (place.column->index < kFirstColumn) return out;
  place.db->database().table(place.table->index).for_each([&](const Row& row) {
    const Datum& datum = row[place.column->index];
    if (out.empty() && datum.count() > 0 && datum.key_type() == AtomType::String) {
      out = datum.key(0).string();
    }
  });
  return out;
}

std::vector<Uuid> remote_rows(const DbColumn& place, const TableSchema*& table) {
  std::vector<Uuid> out;
  table = place.db->database().target(place.column->type.key);
  if (table == nullptr || place.column->type.is_map()) return out;
  place.db->database().table(place.table->index).for_each([&](const Row& row) {
    const Datum& datum = row[place.column->index];
    for (std::size_t i = 0; i < datum.count(); ++i) out.push_back(datum.key(i).uuid());
  });
  return out;
}

}  // namespace ovs::ovsdb
