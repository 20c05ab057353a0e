// Makes a Server serve what a ServerConfig says, and keeps the two together when commands change
// either.
#pragma once
#include <string>

#include "ovsdb/protocol/server.h"
#include "tools/ovsdb-server/config_store.h"

namespace ovs::tools {

class Configurator {
 public:
  using Outcome = Result<void, std::string>;  // the error is a sentence for people

  // `tls` may name columns, as db:DB,TABLE,COLUMN, in place of files and lists.
  Configurator(daemon::Program& program, ovsdb::Server& server, ConfigStore& store,
               daemon::TlsSettings tls)
      : program_(program), server_(server), store_(store), tls_(std::move(tls)) {
    server_.on_change = [this] { update_tls(); };
    server_.on_source_failed = [this](ovsdb::HostedDatabase& db) { give_up(db); };
  }
  Configurator(const Configurator&) = delete;

  // Reads the configuration and makes it so. False: what is wrong has been logged, what is right
  // has been done.
  bool load();
  // Why commands may not change the configuration; empty: they may.
  std::string refusal() const;

  Outcome add_database(const std::string& operand);
  Outcome remove_database(const std::string& name);
  Outcome add_remote(const std::string& remote);
  Outcome remove_remote(const std::string& remote);

  const ServerConfig& config() const { return config_; }
  void set_sync_from(const std::string& source);
  Outcome set_sync_excluded(const std::string& tables);
  Outcome set_probe_interval(ServiceModel model, const std::string& ms);
  // All databases that may become backups of sync_from; or their own again.
  Outcome connect();
  void disconnect();
  std::string sync_status();

 private:
  bool apply_databases(const ServerConfig& wanted);
  bool apply_remotes(const ServerConfig& wanted);
  Outcome open(const std::string& name, DatabaseConfig& database);
  std::string wrong_model(const std::string& file, ServiceModel model);
  void follow(ovsdb::HostedDatabase& db, const DatabaseConfig& database);
  void become_backup(ovsdb::HostedDatabase& db, DatabaseConfig& database);
  ovsdb::HostedDatabase* find(const std::string& name);  // of a name in the configuration
  void refollow();
  void give_up(ovsdb::HostedDatabase& db);
  void update_tls();
  std::string follower_status(ovsdb::HostedDatabase& db, const DatabaseConfig& database);

  daemon::Program& program_;
  ovsdb::Server& server_;
  ConfigStore& store_;
  const daemon::TlsSettings tls_;
  daemon::TlsSettings applied_tls_;
  ServerConfig config_;
};

}  // namespace ovs::tools
