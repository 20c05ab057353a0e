// Keeps a hosted database equal to the one of that name on another server: a backup's copy, which
// is in a file too, or a relay's, which begins without a schema and passes writers on. Belongs to
// the loop's thread.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "daemon/stream/jsonrpc_session.h"
#include "ovsdb/protocol/remote_options.h"
#include "ovsdb/protocol/table_updates.h"

namespace ovs::ovsdb {

class HostedDatabase;
class Server;

class Follower {
 public:
  enum class Kind : std::uint8_t { Backup, Relay };
  enum class State : std::uint8_t { Disconnected, Connecting, Following, Failed };
  struct Options {
    Kind kind = Kind::Backup;
    std::string source;  // active methods, separated by commas
    RemoteOptions remote;
    TableNames excluded;  // of a backup: tables that are not copied
  };

  Follower(Server& server, HostedDatabase& db, Options options);
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  const Options& options() const { return options_; }
  State state() const { return state_; }
  void set_probe_interval(std::uint64_t ms) { rpc_->set_probe_interval(ms); }
  // Passes a "transact" on; `done` gets the reply, or an error when the connection breaks. False if
  // there is none.
  using Done = std::function<void(daemon::JsonRpcMessage reply)>;
  bool forward(Json params, Done done);
  std::size_t forwarded_count() const { return forwarded_.size(); }

 private:
  using Message = daemon::JsonRpcMessage;
  using Step = void (Follower::*)(const Json& result);

  void on_connect();
  void begin();
  void begin_with(const Json&) { begin(); }
  void on_disconnect();
  void on_message(Message message);
  void on_reply(Message message);
  void on_update(const Json& params);
  void ask(const char* method, Json params, Step step);
  void fail(const DbError& error);
  void stop(const DbError& error);  // for good: trying again would not help

  void have_server_id(const Json& result);
  void have_databases(const Json& result);
  void ask_schema();
  void have_schema(const Json& result);
  DbResult<void> adopt(Schema schema);
  void ask_rows(const Schema& schema);
  void have_rows(const Json& result);
  DbResult<void> commit_updates(const Json& updates, bool whole);

  Server& server_;
  HostedDatabase& db_;
  const Options options_;
  State state_ = State::Disconnected;
  std::unique_ptr<daemon::JsonRpcSession> rpc_;
  std::unique_ptr<daemon::Timer> retry_;
  bool has_failed_ = false;  // on this connection
  std::uint64_t pause_ms_ = 0;
  std::int64_t next_id_ = 0;
  std::int64_t expected_id_ = -1;
  Step step_ = nullptr;  // what its reply leads to
  std::map<std::int64_t, Done> forwarded_;
};

// Whether rows of `from` fit into `to`: it has all its tables and columns, with their types. Logs
// what is missing.
bool can_follow(const Schema& to, const Schema& from, daemon::LogModule log);
// "DB:TABLE,..." as --sync-exclude-tables has it, for one database. The error is a sentence.
Result<TableNames, std::string> parse_excluded(std::string_view text, std::string_view database);

}  // namespace ovs::ovsdb
