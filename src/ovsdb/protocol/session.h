// One client of a server: answers its requests, sends it what it monitors. Lives as long as its
// JSON-RPC session.
#pragma once
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "daemon/run/loop.h"
#include "daemon/stream/jsonrpc_session.h"
#include "ovsdb/protocol/hosted_database.h"
#include "ovsdb/protocol/locks.h"

namespace ovs::ovsdb {

class Server;

struct SessionOptions {
  bool read_only = false;
  std::string role;
};

class Session {
 public:
  // What one client may have at once; more is refused with "resources exhausted".
  static constexpr std::size_t kMaxWaiting = 1000, kMaxMonitors = 1000, kMaxLocks = 1000;
  // A client that has more than this unread is not read from until it has read it.
  static constexpr std::size_t kMaxUnreadBytes = 1024 * 1024;
  // What looks at more rows than this is read from a snapshot on another thread. Until it is
  // answered its client is not read from, so there is one at a time for each client.
  static constexpr std::size_t kLongReadRows = 5000;

  Session(Server& server, SessionOptions options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // What the JSON-RPC session is to call.
  daemon::JsonRpcSession::Handlers handlers(std::function<void()> on_close);
  void attach(std::unique_ptr<daemon::JsonRpcSession> rpc) { rpc_ = std::move(rpc); }
  daemon::JsonRpcSession& rpc() { return *rpc_; }

  bool is_db_change_aware() const { return db_change_aware_; }
  // Ends what it has and drops the connection.
  void disconnect();
  // Before a database goes: its monitors and waiting requests end.
  void forget(HostedDatabase& db);
  // Runs the requests that wait for this database again.
  void retry(HostedDatabase& db);
  void notify_lock(std::string_view method, std::string_view lock);
  std::string locks_text(bool held) const;  // for status: names, separated by blanks
  std::size_t waiting_count() const { return waiting_.size(); }
  std::size_t monitor_count() const { return monitors_.size(); }

 private:
  class Monitor;
  struct Waiting {  // a "transact" that waits
    HostedDatabase* db;
    Json id, params;
    std::uint64_t since_ms;
    std::unique_ptr<daemon::Timer> timer;
  };
  using Message = daemon::JsonRpcMessage;

  void on_message(Message message);
  void on_request(Message& request);
  void update_reading();
  void reset();  // the connection has gone
  void send(Message message);
  void reply(const Message& request, Json result);
  void refuse(const Message& request, const DbError& error);
  static DbError exhausted(std::string_view what, std::size_t most);
  void reply_text(const Json& id, std::string_view result_text);

  HostedDatabase* find_database(const Message& request);
  void transact(Message& request);
  void forward(HostedDatabase& db, Message& request);
  bool run(Waiting& waiting);  // true when it is answered
  void select_long(HostedDatabase& db, Json id, Json params);
  void show_initial(Monitor& monitor, Json id, MonitorVersion version);
  // Makes a text on another thread, then replies with it, `then` being called right after.
  void reply_later(Json id, std::function<std::string()> make, std::function<void()> then);
  void reply_when_durable(HostedDatabase& db, Json id, JsonArray results);
  void convert(const Message& request);
  void monitor(const Message& request, MonitorVersion version);
  void monitor_cond_change(const Message& request);
  void monitor_cancel(const Message& request);
  void lock(const Message& request, Locks::Mode mode);
  void unlock(const Message& request);
  const Json* lock_name(const Message& request);
  void cancel(const Message& notification);
  void list_databases(const Message& request);
  void get_schema(const Message& request);
  void set_db_change_aware(const Message& request);
  Monitor* find_monitor(const Json& id);
  void flush_monitors();

  Server& server_;
  const SessionOptions options_;
  std::unique_ptr<daemon::JsonRpcSession> rpc_;
  std::shared_ptr<Session*> self_ = std::make_shared<Session*>(this);  // for what outlives a turn
  bool db_change_aware_ = false;
  bool reading_long_ = false;
  std::list<Waiting> waiting_;
  std::list<std::unique_ptr<Monitor>> monitors_;
  std::map<std::string, bool, std::less<>> locks_;  // asked for; true: was stolen
};

}  // namespace ovs::ovsdb
