// See session.h: requests by name, locks, monitors. Transactions are in session_transact.cc.
#include "ovsdb/protocol/session.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/member_parser.h"
#include "ovsdb/protocol/server.h"
#include "ovsdb/protocol/session_monitor.h"

namespace ovs::ovsdb {

void Session::Monitor::on_commit(const RowChanges& changes, std::uint64_t generation) {
  if (awaits_initial_ || !held_.empty() || session_.rpc_->queued_bytes() > kSlowBytes)
    return hold(changes);
  if (auto message = group_->notification(db_.database(), changes, generation, id_text_)) {
    session_.rpc_->send_text(std::move(message));
  }
}

// Remembers each row as it was before the first change that the client was not told of.
void Session::Monitor::hold(const RowChanges& changes) {
  const auto& tables = group_->spec().tables;
  for (const RowChange& change : changes) {
    const bool watched = std::any_of(tables.begin(), tables.end(), [&](const MonitorTable& table) {
      return table.table == change.table;
    });
    if (!watched) continue;
    const Row& row = change.before ? *change.before : *change.after;
    held_.try_emplace(row.uuid(), Known{change.table, change.before});
  }
}

void Session::Monitor::flush() {
  if (held_.empty() || awaits_initial_) return;
  RowChanges changes;
  for (auto& [uuid, known] : held_) {
    RowRef now = db_.database().table(known.table).share(uuid);
    if (known.row.pointer() != now.pointer()) {
      changes.push_back({known.table, std::move(known.row), std::move(now)});
    }
  }
  held_.clear();
  send(update_text(db_.database(), group_->spec(), changes));
}

void Session::Monitor::send(std::string_view updates) {
  if (updates.empty()) return;
  session_.rpc_->send_text(std::make_shared<const std::string>(group_->wrap(id_text_, updates)));
}

Session::Session(Server& server, SessionOptions options)
    : server_(server), options_(std::move(options)) {
  server_.add_session(*this);
}

Session::~Session() {
  server_.remove_session(*this);
  reset();
}

daemon::JsonRpcSession::Handlers Session::handlers(std::function<void()> on_close) {
  return {.on_connect = nullptr,
          .on_message = [this](Message message) { on_message(std::move(message)); },
          .on_disconnect =
              [this, on_close](const daemon::IoError&) {
                reset();
                update_reading();  // of the next connection
                if (on_close) on_close();
              },
          .on_drained =
              [this] {
                flush_monitors();
                update_reading();
              }};
}

void Session::reset() {
  monitors_.clear();
  waiting_.clear();
  const auto locks = std::exchange(locks_, {});
  for (const auto& [name, stolen] : locks) {  // who was robbed waits in the queue too
    if (Session* next = server_.locks().unlock(*this, name)) next->notify_lock("locked", name);
  }
  db_change_aware_ = false;
  reading_long_ = false;
  self_ = std::make_shared<Session*>(this);  // replies to come are not for the next connection
}

void Session::disconnect() {
  reset();
  rpc_->force_reconnect();
}

void Session::send(Message message) {
  if (!rpc_ || !rpc_->is_connected()) return;
  flush_monitors();
  rpc_->send(message);
}

void Session::reply(const Message& request, Json result) {
  send(Message::reply(std::move(result), request.id.clone()));
}

void Session::refuse(const Message& request, const DbError& error) {
  send(Message::error(error.to_json(), request.id.clone()));
}

void Session::reply_text(const Json& id, std::string_view result_text) {
  if (!rpc_ || !rpc_->is_connected()) return;
  flush_monitors();
  rpc_->send_text(std::make_shared<const std::string>(
      cat("{\"id\":", wire::json_text(id), ",\"result\":", result_text, ",\"error\":null}")));
}

void Session::flush_monitors() {
  for (const auto& monitor : monitors_) monitor->flush();
}

// Replies wait for a client that does not read; then its requests wait too.
void Session::update_reading() {
  if (!rpc_) return;
  const bool wait = reading_long_ || rpc_->queued_bytes() > kMaxUnreadBytes;
  rpc_->set_reading(wait ? daemon::Stream::Reading::Paused : daemon::Stream::Reading::Active);
}

DbError Session::exhausted(std::string_view what, std::size_t most) {
  return DbError("resources exhausted", cat("a client may have ", most, ' ', what));
}

void Session::on_message(Message message) {
  switch (message.kind) {
    case Message::Kind::Request: on_request(message); return update_reading();
    case Message::Kind::Notify:
      if (message.method == "cancel") cancel(message);
      return;
    case Message::Kind::Reply:
    case Message::Kind::Error: break;
  }
  server_.log().warn("{}: received unexpected {} message", rpc_->name(),
                     message.kind == Message::Kind::Reply ? "reply" : "error");
  rpc_->force_reconnect();
}

void Session::on_request(Message& request) {
  const std::string& method = request.method;
  if (method == "transact") return transact(request);
  if (method == "convert") return convert(request);
  if (method == "monitor") return monitor(request, MonitorVersion::Plain);
  const bool conditional = server_.has_conditional_monitors();
  if (conditional && method == "monitor_cond") {
    return monitor(request, MonitorVersion::Conditional);
  }
  if (conditional && method == "monitor_cond_since") {
    return monitor(request, MonitorVersion::Since);
  }
  if (method == "monitor_cond_change") return monitor_cond_change(request);
  if (method == "monitor_cancel") return monitor_cancel(request);
  if (method == "get_schema") return get_schema(request);
  if (method == "list_dbs") return list_databases(request);
  if (method == "get_server_id") return reply(request, Json(server_.id().text()));
  if (method == "lock") return lock(request, Locks::Mode::Wait);
  if (method == "steal") return lock(request, Locks::Mode::Steal);
  if (method == "unlock") return unlock(request);
  if (method == "set_db_change_aware") return set_db_change_aware(request);
  send(Message::error(Json("unknown method"), request.id.clone()));
}

HostedDatabase* Session::find_database(const Message& request) {
  const Json& params = request.body;
  if (!params.is_array() || params.elements().empty() || !params.elements()[0].is_string()) {
    refuse(request, DbError::syntax(
                        params, cat(request.method, " request params must begin with <db-name>")));
    return nullptr;
  }
  const std::string_view name = params.elements()[0].string();
  HostedDatabase* db = server_.find(name);
  if (db == nullptr) {
    refuse(request, DbError::syntax(
                        params, cat(request.method, " request specifies unknown database ", name),
                        "unknown database"));
  } else if (!db->has_schema) {
    refuse(request, DbError::syntax(params,
                                    cat(request.method, " request specifies database ", name,
                                        " which is not yet available: its source was not reached"),
                                    "database not available"));
    return nullptr;
  }
  return db;
}

void Session::list_databases(const Message& request) {
  JsonArray names;
  for (const auto& [name, db] : server_.databases()) names.push_back(name);
  reply(request, Json(std::move(names)));
}

void Session::get_schema(const Message& request) {
  if (HostedDatabase* db = find_database(request)) {
    reply(request, db->database().schema().to_json());
  }
}

void Session::set_db_change_aware(const Message& request) {
  const Json& params = request.body;
  if (!params.is_array() || params.elements().size() != 1 || !params.elements()[0].is_boolean()) {
    return refuse(request, DbError::syntax(
                               params, cat(request.method, ": true or false parameter expected")));
  }
  db_change_aware_ = params.elements()[0].boolean();
  reply(request, Json::empty_object());
}

// The name in a lock request; null if the request was refused.
const Json* Session::lock_name(const Message& request) {
  if (options_.read_only) {
    send(Message::error(Json("lock and unlock methods not allowed, DB server is read only."),
                        request.id.clone()));
    return nullptr;
  }
  const Json& params = request.body;
  if (params.is_array() && params.elements().size() == 1 && params.elements()[0].is_string() &&
      is_id(params.elements()[0].string())) {
    return &params.elements()[0];
  }
  refuse(request, DbError::syntax(params, cat(request.method, " request params must be <id>")));
  return nullptr;
}

void Session::lock(const Message& request, Locks::Mode mode) {
  const Json* name = lock_name(request);
  if (name == nullptr) return;
  if (locks_.contains(name->string())) {
    return refuse(request, DbError::syntax(request.body, cat("must issue \"unlock\" before new \"",
                                                             request.method, '"')));
  }
  if (locks_.size() >= kMaxLocks) return refuse(request, exhausted("locks", kMaxLocks));
  locks_.emplace(std::string(name->string()), false);
  Session* victim = server_.locks().lock(*this, name->string(), mode);
  if (victim != nullptr) {
    const auto lost = victim->locks_.find(name->string());
    if (lost != victim->locks_.end()) lost->second = true;
    victim->notify_lock("stolen", name->string());
  }
  reply(request, Json::object("locked", server_.locks().owns(*this, name->string())));
}

void Session::unlock(const Message& request) {
  const Json* name = lock_name(request);
  if (name == nullptr) return;
  const auto at = locks_.find(name->string());
  if (at == locks_.end()) {
    return refuse(request,
                  DbError::syntax(request.body, cat(request.method,
                                                    ": \"unlock\" without \"lock\" or \"steal\"")));
  }
  locks_.erase(at);
  if (Session* next = server_.locks().unlock(*this, name->string())) {
    next->notify_lock("locked", name->string());
  }
  reply(request, Json::empty_object());
}

void Session::notify_lock(std::string_view method, std::string_view lock) {
  send(Message::notify(std::string(method), Json::array(lock)));
}

std::string Session::locks_text(bool held) const {
  std::string out;
  for (const auto& [name, stolen] : locks_) {
    if (server_.locks().owns(*this, name) != held || (!held && stolen)) continue;
    if (!out.empty()) out += ' ';
    out += name;
  }
  return out;
}

Session::Monitor* Session::find_monitor(const Json& id) {
  for (const auto& monitor : monitors_) {
    if (monitor->id() == id) return monitor.get();
  }
  return nullptr;
}

namespace {

DbResult<void> check_last_id(const Json& last_id) {
  Uuid uuid;
  if (!last_id.is_string()) return DbError::syntax(last_id, "last-txn-id must be string");
  if (Uuid::parse(last_id.string(), uuid)) return kOk;
  return DbError::syntax(last_id, "last-txn-id must be UUID format.");
}

}  // namespace

void Session::monitor(const Message& request, MonitorVersion version) {
  HostedDatabase* db = find_database(request);
  if (db == nullptr) return;
  const JsonArray& params = request.body.elements();
  const std::size_t wanted = version == MonitorVersion::Since ? 4 : 3;
  if (params.size() < 3 || (version != MonitorVersion::Plain && params.size() != wanted)) {
    return refuse(request, DbError::syntax(request.body, "invalid parameters"));
  }
  if (find_monitor(params[1]) != nullptr) {
    return refuse(request, DbError::syntax(params[1], "duplicate monitor ID"));
  }
  if (monitors_.size() >= kMaxMonitors) return refuse(request, exhausted("monitors", kMaxMonitors));
  auto spec = MonitorSpec::parse(db->database(), version, params[2]);
  if (!spec) return refuse(request, spec.error());
  if (version == MonitorVersion::Since) {
    if (auto checked = check_last_id(params[3]); !checked) return refuse(request, checked.error());
  }
  auto group = db->group(std::move(*spec));
  monitors_.push_back(std::make_unique<Monitor>(*this, *db, params[1].clone(), std::move(group)));
  show_initial(*monitors_.back(), request.id.clone(), version);
}

void Session::show_initial(Monitor& monitor, Json id, MonitorVersion version) {
  const auto make = [group = monitor.share_group(), version](const Database& db) {
    std::string rows = initial_text(db, group->spec());
    if (version != MonitorVersion::Since) return rows;
    // Without a history there is nothing to begin from: all rows, and no transaction to name.
    return cat("[false,\"", Uuid().text(), "\",", rows, ']');
  };
  const Database& db = monitor.db().database();
  if (initial_count(db, monitor.group().spec()) <= kLongReadRows) return reply_text(id, make(db));
  monitor.await_initial();
  auto snapshot = std::make_shared<const Database>(db.snapshot());
  reply_later(
      std::move(id), [make, snapshot] { return make(*snapshot); },
      [this, raw = &monitor] {
        // Nothing else was read from this client, but its monitors may have gone with a database.
        for (const auto& each : monitors_) {
          if (each.get() == raw) return raw->initial_sent();
        }
      });
}

void Session::monitor_cond_change(const Message& request) {
  const Json& body = request.body;
  if (!body.is_array() || body.elements().size() != 3) {
    return refuse(request, DbError::syntax(body, "invalid parameters"));
  }
  const JsonArray& params = body.elements();
  Monitor* monitor = find_monitor(params[0]);
  if (monitor == nullptr) {
    return refuse(request, DbError::syntax(params[0], "unknown monitor session"));
  }
  if (!(params[0] == params[1]) && find_monitor(params[1]) != nullptr) {
    return refuse(request, DbError::syntax(params[1], "duplicate monitor ID"));
  }
  HostedDatabase& db = monitor->db();
  auto spec = monitor->group().spec().with_conditions(db.database(), params[2]);
  if (!spec) return refuse(request, spec.error());
  monitor->flush();
  const std::string updates = condition_change_text(db.database(), monitor->group().spec(), *spec);
  monitor->change(params[1].clone(), db.group(std::move(*spec)));
  monitor->send(updates);
  reply(request, Json::empty_object());
}

void Session::monitor_cancel(const Message& request) {
  const Json& params = request.body;
  if (!params.is_array() || params.elements().size() != 1) {
    return send(Message::error(Json("invalid parameters"), request.id.clone()));
  }
  Monitor* monitor = find_monitor(params.elements()[0]);
  if (monitor == nullptr) {
    return send(Message::error(Json("unknown monitor"), request.id.clone()));
  }
  std::erase_if(monitors_, [&](const auto& each) { return each.get() == monitor; });
  reply(request, Json::empty_object());
}

void Session::forget(HostedDatabase& db) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto next = std::next(at);
    if (at->db == &db) {
      if (db_change_aware_) send(Message::error(Json("canceled"), std::move(at->id)));
      waiting_.erase(at);
    }
    at = next;
  }
  for (auto at = monitors_.begin(); at != monitors_.end();) {
    const auto next = std::next(at);
    if (&(*at)->db() == &db) {
      Json id = (*at)->id().clone();
      (*at)->flush();
      monitors_.erase(at);
      if (db_change_aware_) {
        send(Message::notify("monitor_canceled", Json::array(std::move(id))));
      }
    }
    at = next;
  }
}

}  // namespace ovs::ovsdb
