// The remotes of a Server: what was asked for, what columns ask for, and the state written back to
// them.
#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/db_column.h"
#include "ovsdb/protocol/server.h"

namespace ovs::ovsdb {
namespace {

constexpr std::uint64_t kStatusIntervalMs = 2500;

using Status = std::map<std::string, std::string>;

Status status_of(Remote& remote, std::uint64_t now_ms, bool& connected) {
  Status status;
  auto& sessions = remote.sessions();
  if (remote.bound_port() != 0) status["bound_port"] = cat(remote.bound_port());
  if (sessions.size() > 1) status["n_connections"] = cat(sessions.size());
  if (sessions.empty()) return status;
  Session& session = *sessions.back();
  const daemon::Reconnect& machine = session.rpc().reconnect();
  connected = session.rpc().is_connected();
  status["state"] = daemon::reconnect_state_name(machine.state());
  if (machine.last_connected_ms() != 0) {
    status["sec_since_connect"] = cat((now_ms - machine.last_connected_ms()) / 1000);
  }
  if (machine.last_disconnected_ms() != 0) {
    status["sec_since_disconnect"] = cat((now_ms - machine.last_disconnected_ms()) / 1000);
  }
  if (session.rpc().last_error().number != 0) {
    status["last_error"] = session.rpc().last_error().text();
  }
  if (const std::string held = session.locks_text(true); !held.empty()) {
    status["locks_held"] = held;
  }
  if (const std::string waiting = session.locks_text(false); !waiting.empty()) {
    status["locks_waiting"] = waiting;
  }
  return status;
}

Datum map_datum(const Status& status) {
  DatumBuilder builder(AtomType::String, AtomType::String);
  for (const auto& [key, value] : status) {
    builder.add(Atom(std::string_view(key)), Atom(std::string_view(value)));
  }
  builder.sort_unique();
  return builder.build();
}

}  // namespace

Result<void, std::string> Server::add_remote(const std::string& remote, RemoteOptions options) {
  if (remote.starts_with("db:")) {
    auto place = find_db_column(*this, remote);
    if (!place) return place.error();
    configured_[remote] = std::move(options);
    update_remotes();
    return kOk;
  }
  const auto present = configured_.find(remote);
  if (present != configured_.end() && present->second == options) return kOk;
  if (present != configured_.end()) remotes_.erase(remote);  // its options have changed
  if (!remotes_.contains(remote)) {
    auto opened = Remote::open(*this, remote, options);
    if (!opened) return opened.error();
    remotes_.emplace(remote, std::move(*opened));
  }
  configured_[remote] = std::move(options);
  return kOk;
}

bool Server::remove_remote(const std::string& remote) {
  if (configured_.erase(remote) == 0) return false;
  update_remotes();
  return true;
}

std::vector<std::string> Server::remotes() const {
  std::vector<std::string> names;
  for (const auto& [name, options] : configured_) names.push_back(name);
  return names;
}

void Server::update_remotes() {
  std::map<std::string, RemoteOptions> wanted;
  bool from_rows = false;
  for (const auto& [remote, options] : configured_) {
    if (!remote.starts_with("db:")) {
      wanted.emplace(remote, options);
      continue;
    }
    auto place = find_db_column(*this, remote);
    if (!place) continue;
    from_rows |= place->column->type.key.is_reference();
    wanted.merge(remotes_of(*place));
  }
  for (auto at = remotes_.begin(); at != remotes_.end();) {
    const auto next = std::next(at);
    const auto keep = wanted.find(at->first);
    if (keep == wanted.end() || !(keep->second == at->second->options())) remotes_.erase(at);
    at = next;
  }
  for (const auto& [method, options] : wanted) {
    if (remotes_.contains(method)) continue;
    auto opened = Remote::open(*this, method, options);
    if (opened) {
      remotes_.emplace(method, std::move(*opened));
    } else {
      log_.err("{}", opened.error());
    }
  }
  if (from_rows && status_timer_ && !status_timer_->is_set()) {
    status_timer_->set_after(0);
  }
}

// Writes what is_connected and status say of each remote that is a row.
void Server::update_status() {
  bool any = false;
  for (const auto& [name, options] : configured_) {
    if (!name.starts_with("db:")) continue;
    auto place = find_db_column(*this, name);
    if (!place) continue;
    const TableSchema* table = nullptr;
    const std::vector<Uuid> rows = remote_rows(*place, table);
    if (rows.empty()) continue;
    any = true;
    const ColumnSchema* target = table->find("target");
    const ColumnSchema* connected_column = table->find("is_connected");
    const ColumnSchema* status_column = table->find("status");
    if (target == nullptr) continue;
    Transaction transaction(place->db->database(), uuids_);
    for (const Uuid& uuid : rows) {
      const Row* row = transaction.find(table->index, uuid);
      if (row == nullptr || (*row)[target->index].count() != 1) continue;
      const auto remote = remotes_.find(std::string((*row)[target->index].key(0).string()));
      bool connected = false;
      Status status;
      if (remote != remotes_.end()) status = status_of(*remote->second, now_ms(), connected);
      Row& changed = transaction.modify(table->index, uuid);
      if (connected_column != nullptr) {
        changed[connected_column->index] = Datum::scalar(connected);
      }
      if (status_column != nullptr) changed[status_column->index] = map_datum(status);
    }
    if (auto done = commit(*place->db, transaction); !done) {
      log_.err("Failed to update remote status: {}", done.error().to_text());
    }
  }
  if (any) status_timer_->set_after(kStatusIntervalMs);
}

}  // namespace ovs::ovsdb
