// See configurator.h.
#include "tools/ovsdb-server/configurator.h"

#include <charconv>

#include "daemon/run/tls_options.h"
#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/db_column.h"

namespace ovs::tools {
namespace {

using ovsdb::cat;
using ovsdb::Follower;
using ovsdb::HostedDatabase;

Follower::Options source_of(const DatabaseConfig& database) {
  const auto kind =
      database.model == ServiceModel::Relay ? Follower::Kind::Relay : Follower::Kind::Backup;
  return {kind, database.source, database.source_options, database.excluded};
}

}  // namespace

HostedDatabase* Configurator::find(const std::string& name) {
  for (const auto& [each, db] : server_.databases()) {
    if (db->is_relay() ? each == name : !db->file().empty() && db->file() == name) return db.get();
  }
  return nullptr;
}

bool Configurator::load() {
  ServerConfig wanted;
  if (!store_.load(wanted)) {
    if (store_.is_users_file()) {
      server_.log().warn("failed to load configuration from {}", store_.path());
    }
    return false;
  }
  config_.sync_from = wanted.sync_from;
  config_.sync_excluded = wanted.sync_excluded;
  config_.sync_is_backup = wanted.sync_is_backup;
  bool good = apply_databases(wanted);
  if (!good) server_.log().warn("failed to configure databases");
  update_tls();
  if (!apply_remotes(wanted)) good = false;
  store_.save(config_);
  return good;
}

bool Configurator::apply_databases(const ServerConfig& wanted) {
  for (auto at = config_.databases.begin(); at != config_.databases.end();) {
    const auto next = wanted.databases.find(at->first);
    const bool stays = next != wanted.databases.end() && next->second.model == at->second.model;
    HostedDatabase* db = find(at->first);
    if (!stays && db != nullptr) (void)server_.remove_database(std::string(db->name()));
    at = stays ? std::next(at) : config_.databases.erase(at);
  }
  bool good = true;
  for (const auto& [name, database] : wanted.databases) {
    const auto present = config_.databases.find(name);
    HostedDatabase* db = find(name);
    if (present != config_.databases.end() && db != nullptr) {
      if (!(present->second == database)) follow(*db, present->second = database);
      continue;
    }
    DatabaseConfig opened = database;
    if (auto done = open(name, opened); !done.ok()) {
      server_.log().warn("failed to open database '{}': {}", name, done.error());
      good = false;
      continue;
    }
    config_.databases[name] = std::move(opened);
  }
  return good;
}

bool Configurator::apply_remotes(const ServerConfig& wanted) {
  for (const std::string& remote : server_.remotes()) {
    if (!wanted.remotes.contains(remote)) (void)server_.remove_remote(remote);
  }
  bool good = true;
  config_.remotes = wanted.remotes;
  for (const auto& [remote, options] : wanted.remotes) {
    auto added = server_.add_remote(remote, options);
    if (added.ok()) continue;
    server_.log().warn("failed to configure remotes: {}", added.error());
    good = false;
  }
  return good;
}

// A better reason than that a file could not be opened.
std::string Configurator::wrong_model(const std::string& file, ServiceModel model) {
  auto log = ovsdb::LogFile::open(program_.files(), file, ovsdb::LogMode::Read, true);
  if (!log) return "";
  const bool is_clustered = (*log)->magic() == ovsdb::LogFile::kClustered;
  if (is_clustered && model != ServiceModel::Any && model != ServiceModel::Clustered) {
    return cat("ovsdb error: ", file, ": database is clustered and not standalone");
  }
  if (!is_clustered && model == ServiceModel::Clustered) {
    return cat("ovsdb error: ", file, ": database is standalone and not clustered");
  }
  if (is_clustered) return cat(file, ": clustered databases are not supported yet");
  return "";
}

Configurator::Outcome Configurator::open(const std::string& name, DatabaseConfig& database) {
  if (database.model == ServiceModel::Relay) return server_.add_relay(name, source_of(database));
  if (database.model == ServiceModel::Clustered) {
    const std::string wrong = wrong_model(name, database.model);
    if (!wrong.empty()) return wrong;
  }
  auto added = server_.add_database(name);
  if (!added.ok()) {
    const std::string wrong = wrong_model(name, database.model);
    return wrong.empty() ? added.error() : wrong;
  }
  HostedDatabase& db = *find(name);
  if (database.model == ServiceModel::Any && !config_.sync_from.empty()) {
    become_backup(db, database);
    database.is_backup = config_.sync_is_backup;
  }
  follow(db, database);
  return kOk;
}

// What a database of no model becomes: one that sync_from may be copied to.
void Configurator::become_backup(HostedDatabase& db, DatabaseConfig& database) {
  database.model = ServiceModel::ActiveBackup;
  database.source = config_.sync_from;
  auto excluded = ovsdb::parse_excluded(config_.sync_excluded, db.name());
  if (excluded.ok()) database.excluded = std::move(*excluded);
}

void Configurator::follow(HostedDatabase& db, const DatabaseConfig& database) {
  if (database.model != ServiceModel::ActiveBackup) return;
  if (database.is_backup) return server_.set_backup(db, source_of(database));
  if (db.follower) server_.set_backup(db, std::nullopt);
}

std::string Configurator::refusal() const {
  if (!store_.is_users_file()) return "";
  return cat("Update the ", store_.path(), " and use ovsdb-server/reload instead");
}

Configurator::Outcome Configurator::add_database(const std::string& operand) {
  ServerConfig one;
  add_operand(one, operand);
  auto& [name, database] = *one.databases.begin();
  OVS_TRY(open(name, database));
  config_.databases[name] = std::move(database);
  store_.save(config_);
  return kOk;
}

Configurator::Outcome Configurator::remove_database(const std::string& name) {
  HostedDatabase* db = server_.find(name);
  const std::string key = db == nullptr || db->is_relay() ? name : db->file();
  OVS_TRY(server_.remove_database(name));
  config_.databases.erase(key);
  store_.save(config_);
  return kOk;
}

Configurator::Outcome Configurator::add_remote(const std::string& remote) {
  OVS_TRY(server_.add_remote(remote));
  config_.remotes[remote];
  store_.save(config_);
  return kOk;
}

Configurator::Outcome Configurator::remove_remote(const std::string& remote) {
  if (!server_.remove_remote(remote)) return std::string("no such remote");
  config_.remotes.erase(remote);
  store_.save(config_);
  return kOk;
}

void Configurator::set_sync_from(const std::string& source) {
  config_.sync_from = source;
  for (auto& [name, database] : config_.databases) {
    if (database.model == ServiceModel::ActiveBackup) database.source = source;
  }
  refollow();
}

Configurator::Outcome Configurator::set_sync_excluded(const std::string& tables) {
  if (auto parsed = ovsdb::parse_excluded(tables, ""); !parsed.ok()) return parsed.error();
  config_.sync_excluded = tables;
  for (auto& [name, database] : config_.databases) {
    HostedDatabase* db = find(name);
    if (database.model != ServiceModel::ActiveBackup || db == nullptr) continue;
    database.excluded = *ovsdb::parse_excluded(tables, db->name());
  }
  refollow();
  return kOk;
}

Configurator::Outcome Configurator::set_probe_interval(ServiceModel model, const std::string& ms) {
  std::uint64_t interval = 0;
  const auto end = ms.data() + ms.size();
  const auto done = std::from_chars(ms.data(), end, interval);
  if (done.ec != std::errc() || done.ptr != end) {
    return std::string("Invalid probe interval, integer value expected");
  }
  for (auto& [name, database] : config_.databases) {
    if (database.model != model) continue;
    database.source_options.probe_interval_ms = interval;
    if (HostedDatabase* db = find(name); db != nullptr && db->follower) {
      db->follower->set_probe_interval(interval);
    }
  }
  store_.save(config_);
  return kOk;
}

// Backups begin again, from the source that they now have.
void Configurator::refollow() {
  for (auto& [name, database] : config_.databases) {
    HostedDatabase* db = find(name);
    if (db != nullptr) follow(*db, database);
  }
  store_.save(config_);
}

Configurator::Outcome Configurator::connect() {
  if (config_.sync_from.empty()) {
    return std::string("Unable to connect: active server is not specified.\n");
  }
  for (auto& [name, database] : config_.databases) {
    HostedDatabase* db = find(name);
    if (db == nullptr) continue;
    if (database.model == ServiceModel::Any || database.model == ServiceModel::Standalone) {
      become_backup(*db, database);
    }
    if (database.model != ServiceModel::ActiveBackup || database.is_backup) continue;
    database.is_backup = true;
    follow(*db, database);
  }
  store_.save(config_);
  return kOk;
}

void Configurator::disconnect() {
  for (auto& [name, database] : config_.databases) {
    if (database.model == ServiceModel::ActiveBackup) database.is_backup = false;
  }
  refollow();
}

// A database whose source cannot be followed is its own again; without a file, which has a source
// for each, all are.
void Configurator::give_up(HostedDatabase& db) {
  if (!store_.is_users_file()) return disconnect();
  const auto at = config_.databases.find(db.file());
  if (at == config_.databases.end()) return;
  at->second.is_backup = false;
  follow(db, at->second);
}

void Configurator::update_tls() {
  daemon::TlsSettings now = tls_;
  for (std::string* text : {&now.private_key, &now.certificate, &now.ca_cert, &now.peer_ca_cert,
                            &now.protocols, &now.ciphers, &now.ciphersuites}) {
    if (!text->starts_with("db:")) continue;
    const auto place = ovsdb::find_db_column(server_, *text);
    *text = place.ok() ? ovsdb::text_of(*place) : std::string();
  }
  if (now == applied_tls_) return;
  applied_tls_ = now;
  daemon::apply_tls(program_.network(), now);
}

std::string Configurator::follower_status(HostedDatabase& db, const DatabaseConfig& database) {
  switch (db.follower->state()) {
    case Follower::State::Disconnected: return cat("not connected to ", database.source);
    case Follower::State::Connecting: return cat("connecting: ", database.source);
    case Follower::State::Failed: return cat("Replication to (", database.source, ") failed");
    case Follower::State::Following: break;
  }
  std::string out = cat("replicating: ", database.source, '\n');
  for (const std::string& table : database.excluded) {
    out += cat(table == *database.excluded.begin() ? "exclude: " : ",", db.name(), ':', table);
  }
  return out;
}

std::string Configurator::sync_status() {
  std::string out;
  for (const auto& [name, db] : server_.databases()) {
    const auto at = config_.databases.find(db->file());
    if (at == config_.databases.end() || at->second.model != ServiceModel::ActiveBackup) continue;
    if (!out.empty()) out += '\n';
    out += cat("database: ", name, "\nstate: ", at->second.is_backup ? "backup" : "active", '\n');
    if (db->follower) out += follower_status(*db, at->second);
  }
  return out.empty() ? "state: active\n" : out;
}

}  // namespace ovs::tools
