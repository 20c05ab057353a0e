// What an ovsdb-server is to serve, as a configuration file says it: remotes, and databases with
// their service models.
#pragma once
#include <map>
#include <string>

#include "daemon/log/log.h"
#include "ovsdb/protocol/remote_options.h"
#include "ovsdb/protocol/table_updates.h"
#include "wire/json/json.h"

namespace ovs::tools {

enum class ServiceModel : std::uint8_t { Any, Standalone, Clustered, Relay, ActiveBackup };

struct DatabaseConfig {
  ServiceModel model = ServiceModel::Any;
  std::string source;  // of a relay or a backup: active methods, separated by commas
  ovsdb::RemoteOptions source_options;
  bool is_backup = false;
  ovsdb::TableNames excluded;  // tables that a backup does not copy

  friend bool operator==(const DatabaseConfig&, const DatabaseConfig&) = default;
};

struct ServerConfig {
  std::map<std::string, ovsdb::RemoteOptions> remotes;
  std::map<std::string, DatabaseConfig> databases;  // by file; a relay's by its name
  // What databases of no model become backups of, and all do by command.
  std::string sync_from, sync_excluded;
  bool sync_is_backup = false;
};

// What is wrong is logged as warnings. False: not to be used.
bool parse_config(const wire::Json& json, daemon::LogModule log, ServerConfig& out);
// What a file does not say, from config_json()'s result.
void parse_sync(const wire::Json& json, ServerConfig& out);
// The JSON that parses to the same.
wire::Json config_json(const ServerConfig& config);
// "relay:NAME:SOURCE" becomes a relay, anything else is a file.
void add_operand(ServerConfig& config, const std::string& operand);

}  // namespace ovs::tools
