// See config.h.
#include "tools/ovsdb-server/config.h"

#include "ovsdb/data/cat.h"
#include "ovsdb/data/member_parser.h"

namespace ovs::tools {
namespace {

using ovsdb::cat;
using ovsdb::DbError;
using ovsdb::RemoteOptions;
using wire::Json;
using wire::JsonArray;
using wire::JsonObject;
using P = ovsdb::MemberParser;

struct ModelName {
  ServiceModel model;
  std::string_view name;
};
constexpr ModelName kModels[] = {
    {ServiceModel::Standalone, "standalone"},
    {ServiceModel::Clustered, "clustered"},
    {ServiceModel::Relay, "relay"},
    {ServiceModel::ActiveBackup, "active-backup"},
};

ServiceModel model_of(std::string_view name) {
  for (const ModelName& each : kModels) {
    if (each.name == name) return each.model;
  }
  return ServiceModel::Any;
}

enum class Direction : bool { Served, Source };

// Options of a remote, or of a source, which has no clients to restrict.
RemoteOptions parse_options(const Json& json, Direction direction, daemon::LogModule log) {
  RemoteOptions options;
  if (json.is_null()) return options;
  P parser(json, "JSON-RPC options");
  const Json* backoff = parser.member("max-backoff", P::kInteger | P::kOptional);
  const Json* probe = parser.member("inactivity-probe", P::kInteger | P::kOptional);
  const Json* dscp = parser.member("dscp", P::kInteger | P::kOptional);
  const Json* read_only = nullptr;
  const Json* role = nullptr;
  if (direction == Direction::Served) {
    read_only = parser.member("read-only", P::kBoolean | P::kOptional);
    role = parser.member("role", P::kString | P::kOptional);
  }
  if (DbError error = parser.finish()) log.warn("{}", error.to_text());
  if (backoff != nullptr && backoff->integer() > 0) {
    options.max_backoff_ms = static_cast<std::uint64_t>(backoff->integer());
  }
  if (probe != nullptr && probe->integer() >= 0) {
    options.probe_interval_ms = static_cast<std::uint64_t>(probe->integer());
  }
  if (dscp != nullptr && dscp->integer() >= 0 && dscp->integer() <= 63) {
    options.dscp = static_cast<std::uint8_t>(dscp->integer());
  }
  options.read_only = read_only != nullptr && read_only->boolean();
  if (role != nullptr) options.role = role->string();
  return options;
}

void parse_source(P& parser, unsigned optional, DatabaseConfig& out, daemon::LogModule log) {
  const Json* source = parser.member("source", P::kObject | optional);
  if (source == nullptr) return;
  if (source->members().count() != 1) return parser.fail("'source' should have one member");
  const JsonObject::Member& member = *source->members().begin();
  out.source = member.name;
  out.source_options = parse_options(member.value, Direction::Source, log);
}

void parse_excluded(P& parser, DatabaseConfig& out) {
  const Json* excluded = parser.member("exclude-tables", P::kArray | P::kOptional);
  if (excluded == nullptr) return;
  for (const Json& table : excluded->elements()) {
    if (!table.is_string()) return parser.fail("'exclude-tables' should be names of tables");
    out.excluded.emplace(table.string());
  }
}

DbError parse_database(const std::string& name, const Json& json, daemon::LogModule log,
                       DatabaseConfig& out) {
  if (json.is_null()) return DbError();
  P parser(json, cat("database ", name));
  if (const Json* model = parser.member("service-model", P::kString | P::kOptional)) {
    out.model = model_of(model->string());
    if (out.model == ServiceModel::Any) {
      log.warn("Unrecognized database service model: '{}'", model->string());
      parser.fail(cat('\'', model->string(), "' is not a valid service model"));
    }
  }
  if (out.model == ServiceModel::Relay) parse_source(parser, 0U, out, log);
  if (out.model == ServiceModel::ActiveBackup) {
    const Json* backup = parser.member("backup", P::kBoolean);
    out.is_backup = backup != nullptr && backup->boolean();
    parse_source(parser, out.is_backup ? 0U : unsigned{P::kOptional}, out, log);
    parse_excluded(parser, out);
  }
  return parser.finish();
}

bool parse_remotes(const Json* json, daemon::LogModule log, ServerConfig& out) {
  if (json == nullptr || json->is_null()) return true;
  if (!json->is_object()) {
    log.warn("config: 'remotes' is not a JSON object");
    return false;
  }
  for (const JsonObject::Member& member : json->members()) {
    if (!member.value.is_object() && !member.value.is_null()) {
      log.warn("{}: JSON-RPC options are not a JSON object or null", member.name);
      continue;
    }
    out.remotes[member.name] = parse_options(member.value, Direction::Served, log);
  }
  return true;
}

bool parse_databases(const Json* json, daemon::LogModule log, ServerConfig& out) {
  if (json == nullptr || json->is_null()) return true;
  if (!json->is_object()) {
    log.warn("config: 'databases' is not a JSON object or null");
    return false;
  }
  for (const JsonObject::Member& member : json->members()) {
    DatabaseConfig database;
    if (DbError error = parse_database(member.name, member.value, log, database)) {
      log.warn("{}", error.to_text());
      return false;
    }
    out.databases[member.name] = std::move(database);
  }
  return true;
}

Json options_json(const RemoteOptions& options, Direction direction) {
  JsonObject out;
  if (options.probe_interval_ms) out.append("inactivity-probe", *options.probe_interval_ms);
  out.append("max-backoff", options.max_backoff_ms);
  out.append("dscp", unsigned{options.dscp});
  if (direction == Direction::Source) return Json(std::move(out));
  out.append("read-only", options.read_only);
  if (!options.role.empty()) out.append("role", options.role);
  return Json(std::move(out));
}

Json database_json(const DatabaseConfig& database) {
  JsonObject out;
  for (const ModelName& each : kModels) {
    if (each.model == database.model) out.append("service-model", each.name);
  }
  const bool has_backup = database.model == ServiceModel::ActiveBackup;
  if (has_backup) out.append("backup", database.is_backup);
  if (!database.source.empty()) {
    out.append("source", Json::object(database.source,
                                      options_json(database.source_options, Direction::Source)));
  }
  if (has_backup && !database.excluded.empty()) {
    JsonArray tables;
    for (const std::string& table : database.excluded) tables.push_back(table);
    out.append("exclude-tables", std::move(tables));
  }
  return Json(std::move(out));
}

}  // namespace

bool parse_config(const Json& json, daemon::LogModule log, ServerConfig& out) {
  if (!json.is_object()) {
    log.warn("configuration in a file must be a JSON object");
    return false;
  }
  if (!parse_remotes(json.find("remotes"), log, out)) {
    log.warn("config: failed to parse 'remotes'");
    return false;
  }
  if (!parse_databases(json.find("databases"), log, out)) {
    log.warn("config: failed to parse 'databases'");
    return false;
  }
  return true;
}

void parse_sync(const Json& json, ServerConfig& out) {
  const auto text = [&](std::string_view name) {
    const Json* member = json.find(name);
    return member != nullptr && member->is_string() ? std::string(member->string()) : "";
  };
  const Json* is_backup = json.find("sync-is-backup");
  out.sync_from = text("sync-from");
  out.sync_excluded = text("sync-excluded");
  out.sync_is_backup = is_backup != nullptr && is_backup->is_boolean() && is_backup->boolean();
}

Json config_json(const ServerConfig& config) {
  JsonObject remotes, databases;
  for (const auto& [name, options] : config.remotes) {
    remotes.append(name, options_json(options, Direction::Served));
  }
  for (const auto& [name, database] : config.databases) {
    databases.append(name, database_json(database));
  }
  return Json::object("remotes", std::move(remotes), "databases", std::move(databases), "sync-from",
                      config.sync_from, "sync-excluded", config.sync_excluded, "sync-is-backup",
                      config.sync_is_backup);
}

void add_operand(ServerConfig& config, const std::string& operand) {
  constexpr std::string_view kRelay = "relay:";
  const std::size_t colon = operand.find(':', kRelay.size());
  if (!operand.starts_with(kRelay) || colon == operand.npos) {
    config.databases[operand];
    return;
  }
  DatabaseConfig& relay = config.databases[operand.substr(kRelay.size(), colon - kRelay.size())];
  relay.model = ServiceModel::Relay;
  relay.source = operand.substr(colon + 1);
}

}  // namespace ovs::tools
