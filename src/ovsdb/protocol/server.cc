// See server.h: databases, commits, durability. Remotes are in server_remotes.cc.
#include "ovsdb/protocol/server.h"

#include <algorithm>

#include "base/core/assert.h"
#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server_schema.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
Server::Server(Environment environment)
    : environment_(environment),
      log_(environment.log.module("ovsdb_server")),
      uuids_(environment.uuid_seed ? UuidSource(*environment.uuid_seed) : UuidSource()),
      id_(uuids_.next()),
      rewrites_(environment.loop, environment.file_worker),
      queries_(environment.loop, environment.query_worker) {
  auto schema = std::make_shared<const Schema>(server_schema());
  auto db = std::make_unique<HostedDatabase>("", Storage::in_memory(std::move(schema)));
  db->read_only = false;
  databases_.emplace(db->name(), std::move(db));
  describe_databases();
  status_timer_ = std::make_unique<daemon::Timer>(environment_.loop, [this] { update_status(); });
  recovery_timer_ = std::make_unique<daemon::Timer>(environment_.loop, [this] { recover(); });
}

Server::~Server() {
  while (!compactions_.empty()) abandon_compaction(*compactions_.begin()->first);
  remotes_.clear();  // their sessions refer to databases
}

HostedDatabase* Server::find(std::string_view name) {
  const auto at = databases_.find(name);
  return at == databases_.end() ? nullptr : at->second.get();
}

Result<void, std::string> Server::add_database(const std::string& file) {
  const auto info = environment_.files.info(file);
  for (const auto& [name, db] : databases_) {
    if (!info.ok() || db->file().empty()) continue;
    const auto other = environment_.files.info(db->file());
    if (other.ok() && other->device == info->device && other->id == info->id) {
      return cat("ovsdb error: ", file, ": already open");
    }
  }
  std::string warning;
  auto storage = Storage::open(environment_.files, uuids_, file, LogMode::ReadWrite, warning);
  if (!storage) return storage.error().to_text();
  if (!warning.empty()) log_.err("{}", warning);
  auto db = std::make_unique<HostedDatabase>(file, std::move(*storage));
  const std::string name = db->name();
  if (name[0] == '_') {
    return cat("ovsdb error: ", name, ": names beginning with \"_\" are reserved");
  }
  if (databases_.contains(name)) return cat("ovsdb error: ", name, ": duplicate database name");
  HostedDatabase& added = *db;
  databases_.emplace(name, std::move(db));
  disconnect_unaware(cat("adding ", name, " database"), nullptr);
  describe_databases();
  touch(added);
  return kOk;
}

Result<void, std::string> Server::remove_database(std::string_view name) {
  const auto at = databases_.find(name);
  if (at == databases_.end()) return std::string("Failed to find the database.");
  if (name.starts_with('_')) return std::string("Cannot remove reserved database.");
  abandon_compaction(*at->second);
  sync_all();  // who waits for that is told before the database goes
  const std::vector<Session*> sessions = sessions_;
  for (Session* session : sessions) session->forget(*at->second);
  std::erase(touched_, at->second.get());
  const std::string comment = cat("removing ", name, " database by user request");
  disconnect_unaware(comment, nullptr);
  const auto removed = std::move(at->second);
  databases_.erase(at);
  describe_databases();
  update_remotes();
  return kOk;
}

DbResult<void> Server::commit(HostedDatabase& db, Transaction& transaction) {
  OVS_TRY(db.commit(transaction, environment_.clock.wall_ms(), record_form));
  if (!transaction.is_empty()) touch(db);
  return kOk;
}

void Server::touch(HostedDatabase& db) {
  if (std::find(touched_.begin(), touched_.end(), &db) == touched_.end()) touched_.push_back(&db);
  if (touch_posted_) return;
  touch_posted_ = true;
  environment_.loop.post([this] { run_touched(); });
}

void Server::disconnect_unaware(const std::string& why, Session* last) {
  const std::vector<Session*> sessions = sessions_;
  for (Session* session : sessions) {
    if (session == last || session->is_db_change_aware()) continue;
    if (session->rpc().is_connected()) {
      log_.info("{}: disconnecting ({})", session->rpc().name(), why);
    }
    session->disconnect();
  }
  if (last == nullptr || last->is_db_change_aware()) return;
  // A reply that was queued leaves at the end of this turn.
  environment_.loop.post(
      [this, why] { environment_.loop.post([this, why] { disconnect_unaware(why, nullptr); }); });
}

void Server::run_touched() {
  touch_posted_ = false;
  const std::vector<HostedDatabase*> touched = std::exchange(touched_, {});
  for (HostedDatabase* db : touched) {
    const std::vector<Session*> sessions = sessions_;
    for (Session* session : sessions) {
      if (session->waiting_count() > 0) session->retry(*db);
    }
  }
  if (on_change) on_change();
  update_remotes();
}

void Server::when_durable(HostedDatabase& db, Durable done) {
  if (unsynced_.empty()) environment_.loop.post([this] { sync_all(); });
  unsynced_.emplace_back(&db, std::move(done));
}

void Server::sync_all() {
  const auto unsynced = std::exchange(unsynced_, {});
  std::map<HostedDatabase*, DbError> synced;
  for (const auto& [db, done] : unsynced) {
    if (!synced.contains(db)) synced.emplace(db, sync(*db));
  }
  for (const auto& [db, done] : unsynced) done(synced.find(db)->second);
}

DbError Server::sync(HostedDatabase& db) {
  const bool trusted = db.storage().is_trusted();
  auto synced = db.storage().sync();
  if (synced) return DbError();
  if (trusted) {
    log_.err("{}; commits to {} are refused until its file has been rewritten",
             synced.error().to_text(), db.name());
  }
  watch_trust(db);
  return std::move(synced).error();
}

DbResult<void> Server::convert(HostedDatabase& db, Schema schema, Session& requester) {
  OVS_TRY(Database converted,
          ovs::ovsdb::convert(db.database(), std::make_shared<Schema>(std::move(schema)), uuids_));
  const std::vector<Session*> sessions = sessions_;
  for (Session* session : sessions) session->forget(db);
  disconnect_unaware(cat("committed ", db.name(), " database schema conversion"), &requester);
  abandon_compaction(db);
  auto replaced = db.storage().replace(std::move(converted), "converted by ovsdb-server",
                                       environment_.clock.wall_ms());
  watch_trust(db);
  if (!replaced) return replaced;
  describe_databases();
  touch(db);
  return kOk;
}

void Server::report_memory(std::map<std::string, std::uint64_t>& use) const {
  for (const auto& [name, db] : databases_) {
    use["monitors"] += db->listener_count();
    for (const Table& table : db->database().tables()) {
      use["cells"] += table.count() * table.schema().columns.size();
    }
  }
}

void Server::reconnect(std::string_view why) {
  for (const auto& [method, remote] : remotes_) {
    for (const auto& session : remote->sessions()) {
      if (session->rpc().is_connected()) {
        log_.info("{}: disconnecting ({})", session->rpc().name(), why);
      }
    }
    remote->reconnect();
  }
}

}  // namespace ovs::ovsdb
