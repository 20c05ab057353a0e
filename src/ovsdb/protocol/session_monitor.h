// One monitor of one session. While the client is slow its changes are folded: a row is remembered
// as the client knows it, so what is pending is never more than the database.
#pragma once
#include <unordered_map>

#include "ovsdb/protocol/session.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {

class Session::Monitor final : public CommitListener {
 public:
  // A client that has more than this unread is slow.
  static constexpr std::size_t kSlowBytes = 64 * 1024;

  Monitor(Session& session, HostedDatabase& db, Json id, std::shared_ptr<MonitorGroup> group)
      : session_(session), db_(db), id_(std::move(id)), group_(std::move(group)) {
    id_text_ = wire::json_text(id_);
    db_.add_listener(*this);
  }
  ~Monitor() { db_.remove_listener(*this); }

  const Json& id() const { return id_; }
  HostedDatabase& db() { return db_; }
  const MonitorGroup& group() const { return *group_; }
  std::shared_ptr<const MonitorGroup> share_group() const { return group_; }
  void change(Json id, std::shared_ptr<MonitorGroup> group) {
    id_ = std::move(id);
    id_text_ = wire::json_text(id_);
    group_ = std::move(group);
  }

  void on_commit(const RowChanges& changes, std::uint64_t generation) override;
  // Until the rows as they are now have been sent, changes are held back.
  void await_initial() { awaits_initial_ = true; }
  void initial_sent() {
    awaits_initial_ = false;
    flush();
  }
  // Sends what was held back.
  void flush();
  void send(std::string_view updates);

 private:
  void hold(const RowChanges& changes);

  Session& session_;
  HostedDatabase& db_;
  Json id_;
  std::string id_text_;
  std::shared_ptr<MonitorGroup> group_;
  struct Known {
    std::uint32_t table;
    RowRef row;  // as the client knows it
  };
  std::unordered_map<Uuid, Known, UuidHash> held_;
  bool awaits_initial_ = false;
};

}  // namespace ovs::ovsdb
