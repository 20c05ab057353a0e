// A connection to a database server that keeps a replica: it monitors tables, commits
// transactions, holds a lock, and does all of it again after the connection broke. One object, one
// database. Everything happens on the loop's thread.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/jsonrpc_session.h"
#include "daemon/stream/stream.h"
#include "ovsdb/client/replica.h"
#include "ovsdb/client/transaction.h"

namespace ovs::ovsdb {

// A table to keep a copy of; no columns: all of them.
struct TableWish {
  std::string table;
  std::vector<std::string> columns;
};

struct ClientOptions {
  std::vector<std::string> remotes;  // "unix:/run/openvswitch/db.sock", "tcp:..."
  std::string database = "Open_vSwitch";
  std::vector<TableWish> tables;  // none: every table
  std::string lock;               // requested after each connect; empty: none
  bool retry = true;              // false: one attempt, then is_alive() is false
};

// A request that did not reach a result: the connection broke, or the server refused it.
struct ClientError {
  std::string text;
  bool is_disconnect = false;
};

class Client {
 public:
  struct Handlers {
    std::function<void()> on_change;  // the replica, or whether the lock is held, has changed
    std::function<void(std::string)> on_error;  // what cannot work: no such database, bad schema
    std::function<void()> on_disconnect;        // may be empty
  };
  using Reply = std::function<void(Result<Json, ClientError>)>;
  using Committed = std::function<void(ClientTransaction::Outcome)>;

  Client(daemon::Loop& loop, daemon::Network& network, daemon::Log& log, ClientOptions options,
         Handlers handlers);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The copy is complete and current. Before the first time there is no replica.
  bool is_synced() const { return is_synced_; }
  Replica& replica() { return *replica_; }
  bool has_replica() const { return replica_ != nullptr; }
  bool is_connected() const { return session_.is_connected(); }
  bool is_alive() const { return session_.is_alive(); }
  const daemon::IoError& last_error() const { return session_.last_error(); }
  bool has_lock() const { return has_lock_; }
  // The lock is somebody else's now.
  bool is_lock_contended() const { return is_lock_contended_; }

  // Any method; the reply, or why there is none.
  void request(std::string method, Json params, Reply reply);
  // Sends the transaction; `committed` runs once, with TryAgain if the connection broke.
  // `transaction` lives until then.
  void commit(ClientTransaction& transaction, Committed committed);

 private:
  enum class Monitoring : std::uint8_t { Since, Conditional, Plain };

  void on_connect();
  void on_message(daemon::JsonRpcMessage message);
  void on_disconnect();
  void on_notify(const daemon::JsonRpcMessage& message);
  void on_schema(Result<Json, ClientError> reply);
  void start_monitor(Monitoring how);
  void on_monitor(Monitoring how, Result<Json, ClientError> reply);
  Json monitor_requests(Monitoring how) const;
  bool check(const DbResult<void>& applied);
  void request_lock();

  daemon::LogModule log_;
  ClientOptions options_;
  Handlers handlers_;
  std::unique_ptr<Replica> replica_;
  std::map<std::int64_t, Reply> pending_;
  std::int64_t next_id_ = 0;
  bool is_synced_ = false, has_lock_ = false, is_lock_contended_ = false;
  std::string last_transaction_;
  daemon::JsonRpcSession session_;  // last: its handlers use the others
};

}  // namespace ovs::ovsdb
