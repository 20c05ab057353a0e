// A database as a server offers it: its storage, who monitors it, which requests wait for it to
// change.
#pragma once
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/log/log.h"
#include "ovsdb/engine/execute.h"
#include "ovsdb/engine/storage.h"
#include "ovsdb/protocol/follower.h"
#include "ovsdb/protocol/monitor.h"

namespace ovs::ovsdb {

// Told of each commit; in order, before the committer hears of it.
class CommitListener {
 public:
  virtual void on_commit(const RowChanges& changes, std::uint64_t generation) = 0;

 protected:
  ~CommitListener() = default;
};

class HostedDatabase {
 public:
  HostedDatabase(std::string file, Storage storage)
      : file_(std::move(file)), storage_(std::move(storage)) {}
  HostedDatabase(const HostedDatabase&) = delete;
  HostedDatabase& operator=(const HostedDatabase&) = delete;

  const std::string& name() const { return storage_.database().schema().name; }
  const std::string& file() const { return file_; }  // empty: in memory
  Storage& storage() { return storage_; }
  Database& database() { return storage_.database(); }
  const Database& database() const { return storage_.database(); }

  bool read_only = false;
  // Of a relay's database or a backup's: what keeps it equal to its source.
  std::unique_ptr<Follower> follower;
  bool is_relay() const { return follower && follower->options().kind == Follower::Kind::Relay; }
  // False for a relay that has not heard from its source yet.
  bool has_schema = true;
  bool is_connected() const {
    return !is_relay() || follower->state() == Follower::State::Following;
  }
  // Everything anew, in memory, without rows. Nobody monitors it.
  void reset(Schema schema) {
    storage_ = Storage::in_memory(std::make_shared<const Schema>(std::move(schema)));
    groups_.clear();
  }

  // Checks, writes and publishes.
  DbResult<void> commit(Transaction& transaction, std::uint64_t wall_ms, RecordForm form);

  void add_listener(CommitListener& listener) { listeners_.push_back(&listener); }
  void remove_listener(CommitListener& listener);
  std::shared_ptr<MonitorGroup> group(MonitorSpec spec);
  std::size_t listener_count() const { return listeners_.size(); }

 private:
  std::string file_;
  Storage storage_;
  std::vector<CommitListener*> listeners_;
  std::map<std::string, std::weak_ptr<MonitorGroup>> groups_;
};

}  // namespace ovs::ovsdb
