// The commands of ovsdb-client, each given a connected Dialogue, a database where it needs one, and
// its arguments.
#pragma once
#include "ovsdb/client/output_table.h"
#include "tools/ovsdb-client/dialogue.h"

namespace ovs::tools {

enum class ChangeAware : unsigned char { IfPossible, Yes, No };

struct ClientSettings {
  ovsdb::TableStyle style{ovsdb::TableFormat::Table};
  ChangeAware change_aware = ChangeAware::IfPossible;
  bool timestamp = false;
  bool force = false;
};

struct Request {
  Dialogue& dialogue;
  const ClientSettings& settings;
  std::string database;
  std::vector<std::string> arguments;
};

using CommandFunction = Outcome<void> (*)(Request&);

// inspect.cc
Outcome<void> list_databases(Request& request);
Outcome<void> get_schema(Request& request);
Outcome<void> get_schema_version(Request& request);
Outcome<void> get_schema_checksum(Request& request);
Outcome<void> list_tables(Request& request);
Outcome<void> list_columns(Request& request);
Outcome<void> dump(Request& request);
Outcome<void> backup(Request& request);
// change.cc
Outcome<void> transact(Request& request);
Outcome<void> query(Request& request);
Outcome<void> convert(Request& request);
Outcome<void> needs_conversion(Request& request);
Outcome<void> restore(Request& request);
Outcome<void> wait_for(Request& request);
// monitor.cc
Outcome<void> monitor(Request& request);
Outcome<void> monitor_cond(Request& request);
Outcome<void> monitor_cond_since(Request& request);
Outcome<void> lock(Request& request);
Outcome<void> steal(Request& request);
Outcome<void> unlock(Request& request);

Outcome<Json> parse_argument(const std::string& text);
void print_json(const Json& json);
// The second and later tables come after an empty line.
void print_table(const ovsdb::OutputTable& table, const ovsdb::TableStyle& style);
Outcome<void> send_change_aware(Request& request);

}  // namespace ovs::tools
