// An OVSDB server: databases, remotes, sessions, locks, and the _Server database that describes
// them. Everything belongs to the loop's thread.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/stream.h"
#include "ovsdb/protocol/background.h"
#include "ovsdb/protocol/hosted_database.h"
#include "ovsdb/protocol/locks.h"
#include "ovsdb/protocol/remote.h"
#include "ovsdb/protocol/session.h"
#include "platform/api/clock.h"
#include "platform/api/file.h"

namespace ovs::ovsdb {

class Server {
 public:
  struct Environment {
    daemon::Loop& loop;
    daemon::Network& network;
    daemon::Log& log;
    const platform::Clock& clock;
    platform::Files& files;
    // One writes files, the other reads snapshots for clients.
    platform::Worker& file_worker;
    platform::Worker& query_worker;
    Maybe<std::uint64_t> uuid_seed = kNone;  // for tests that are to run the same twice
  };
  explicit Server(Environment environment);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The error is a sentence for people.
  Result<void, std::string> add_database(const std::string& file);
  Result<void, std::string> remove_database(std::string_view name);
  // A database in memory that follows another server's.
  Result<void, std::string> add_relay(const std::string& name, Follower::Options options);
  // The database follows another server's and refuses writers; without options it is its own again.
  void set_backup(HostedDatabase& db, std::optional<Follower::Options> options);
  HostedDatabase* find(std::string_view name);
  const std::map<std::string, std::unique_ptr<HostedDatabase>, std::less<>>& databases() const {
    return databases_;
  }
  // All databases, or one; `done` is called, perhaps at once, when it has ended, with a sentence
  // about what failed or nothing.
  using Compacted = std::function<void(const std::string& errors)>;
  void compact(std::string_view name, Compacted done);

  // Methods, or db:DB,TABLE,COLUMN for those that a column names.
  Result<void, std::string> add_remote(const std::string& remote,
                                       RemoteOptions options = RemoteOptions());
  bool remove_remote(const std::string& remote);
  std::vector<std::string> remotes() const;
  // Drops all connections; those who can will come again.
  void reconnect(std::string_view why);

  // Drops those who do not follow changes of databases; `last` (may be null) once its reply has
  // left.
  void disconnect_unaware(const std::string& why, Session* last);

  // Makes the server look like one from before monitor_cond, for tests of clients.
  void disable_conditional_monitors() { conditional_monitors_ = false; }
  bool has_conditional_monitors() const { return conditional_monitors_; }

  // For followers.
  void source_changed(HostedDatabase& db);
  void source_failed(HostedDatabase& db);
  DbResult<void> replace_schema(HostedDatabase& db, Schema schema);

  // For sessions.
  const Environment& environment() const { return environment_; }
  daemon::LogModule log() const { return log_; }
  UuidSource& uuids() { return uuids_; }
  Locks& locks() { return locks_; }
  const Uuid& id() const { return id_; }
  std::uint64_t now_ms() const { return environment_.clock.now_ms(); }
  DbResult<void> commit(HostedDatabase& db, Transaction& transaction);
  // After something changed: waiting requests are tried, remotes looked at again, outside of
  // whatever runs now.
  void touch(HostedDatabase& db);
  DbResult<void> convert(HostedDatabase& db, Schema schema, Session& requester);
  void add_session(Session& session) { sessions_.push_back(&session); }
  void remove_session(Session& session) { std::erase(sessions_, &session); }
  Background& queries() { return queries_; }
  // Adds quantities for memory/show: cells, monitors, atoms.
  void report_memory(std::map<std::string, std::uint64_t>& use) const;
  std::size_t session_count() const { return sessions_.size(); }
  // Calls `done` once all that was written so far is on stable storage, or with the error that kept
  // it from there; writers of one turn share one sync.
  using Durable = std::function<void(const DbError&)>;
  void when_durable(HostedDatabase& db, Durable done);
  RecordForm record_form = RecordForm::ColumnDiffs;
  // Called, from the loop, after databases have changed, before remotes are looked at.
  std::function<void()> on_change;
  // Told, from the loop, of a database that cannot follow its source, whatever the time.
  std::function<void(HostedDatabase&)> on_source_failed;

 private:
  void describe_databases();
  void describe(const HostedDatabase& db, const TableSchema& table, Row& row) const;
  void run_touched();
  void sync_all();
  DbError sync(HostedDatabase& db);
  void recover();
  void watch_trust(HostedDatabase& db);  // recovers it later if its file is not trusted
  void begin_compaction(HostedDatabase& db, std::string_view comment,
                        std::function<void(const DbError&)> done);
  void abandon_compaction(HostedDatabase& db);
  void update_remotes();
  void update_status();

  Environment environment_;
  daemon::LogModule log_;
  UuidSource uuids_;
  Uuid id_;
  Locks locks_;
  std::map<std::string, std::unique_ptr<HostedDatabase>, std::less<>> databases_;
  std::vector<Session*> sessions_;
  std::map<std::string, RemoteOptions> configured_;         // remotes as they were given
  std::map<std::string, std::unique_ptr<Remote>> remotes_;  // by method
  std::vector<HostedDatabase*> touched_;
  bool touch_posted_ = false;
  bool conditional_monitors_ = true;
  std::vector<std::pair<HostedDatabase*, Durable>> unsynced_;
  struct Compaction;
  std::map<HostedDatabase*, std::shared_ptr<Compaction>> compactions_;
  Background rewrites_, queries_;
  std::unique_ptr<daemon::Timer> status_timer_;
  std::unique_ptr<daemon::Timer> recovery_timer_;  // set while a database's file is not trusted
};

}  // namespace ovs::ovsdb
