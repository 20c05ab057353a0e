// See follower.h. One request after the other: who are you, what have you, its schema, its rows;
// then updates.
#include "ovsdb/protocol/follower.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"

namespace ovs::ovsdb {
namespace {

constexpr std::uint64_t kRetryMs = 1000;  // where only time can help
// Where the source has not got the database yet: the first pause, doubled up to kRetryMs.
constexpr std::uint64_t kNotYetMs = 10;
constexpr std::size_t kMaxForwarded = 1000;

// The pieces between any of `separators`.
std::vector<std::string> split(std::string_view text, std::string_view separators) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

Follower::Follower(Server& server, HostedDatabase& db, Options options)
    : server_(server), db_(db), options_(std::move(options)) {
  const auto& environment = server_.environment();
  daemon::JsonRpcSession::Options rpc;
  rpc.remotes = split(options_.source, ",");
  rpc.probe_interval_ms = options_.remote.probe_interval_ms;
  rpc.max_backoff_ms = options_.remote.max_backoff_ms;
  rpc.dscp = options_.remote.dscp;
  rpc_ = std::make_unique<daemon::JsonRpcSession>(
      environment.loop, environment.network, environment.log, std::move(rpc),
      daemon::JsonRpcSession::Handlers{
          .on_connect = [this] { on_connect(); },
          .on_message = [this](Message message) { on_message(std::move(message)); },
          .on_disconnect = [this](const daemon::IoError&) { on_disconnect(); }});
  retry_ = std::make_unique<daemon::Timer>(environment.loop, [this] {
    // What was monitored ends with the connection.
    if (has_failed_) return rpc_->force_reconnect();
    if (rpc_->is_connected()) begin();
  });
}

Follower::~Follower() = default;

void Follower::on_connect() {
  has_failed_ = false;
  pause_ms_ = kNotYetMs;
  ask("set_db_change_aware", Json::array(true), &Follower::begin_with);
}

void Follower::begin() {
  state_ = State::Connecting;
  if (options_.kind == Kind::Relay) return ask_schema();
  ask("get_server_id", Json::empty_array(), &Follower::have_server_id);
}

void Follower::on_disconnect() {
  if (state_ != State::Failed) state_ = State::Disconnected;
  expected_id_ = -1;
  retry_->cancel();
  for (auto& [id, done] : std::exchange(forwarded_, {})) {
    done(Message::error(Json("canceled"), Json(id)));
  }
  server_.source_changed(db_);
}

void Follower::ask(const char* method, Json params, Step step) {
  expected_id_ = next_id_++;
  step_ = step;
  rpc_->send(Message::request(method, std::move(params), Json(expected_id_)));
}

void Follower::on_message(Message message) {
  switch (message.kind) {
    case Message::Kind::Notify:
      if (message.method == "monitor_canceled") return begin();  // the database is a new one
      if (message.method == "update3" && state_ == State::Following) on_update(message.body);
      return;
    case Message::Kind::Reply:
    case Message::Kind::Error: return on_reply(std::move(message));
    case Message::Kind::Request: return;
  }
}

void Follower::on_reply(Message message) {
  if (!message.id.is_integer()) return;
  const std::int64_t id = message.id.integer();
  if (auto done = forwarded_.extract(id)) return done.mapped()(std::move(message));
  if (id != expected_id_) return;
  expected_id_ = -1;
  if (message.kind == Message::Kind::Error) {
    state_ = State::Connecting;
    retry_->set_after(pause_ms_);
    pause_ms_ = std::min(2 * pause_ms_, kRetryMs);
    return;
  }
  (this->*step_)(message.body);
}

void Follower::fail(const DbError& error) {
  server_.log().warn("{}: {}", db_.name(), error.to_text());
  state_ = State::Connecting;
  has_failed_ = true;
  retry_->set_after(kRetryMs);
}

void Follower::stop(const DbError& error) {
  server_.log().warn("{}: {}", db_.name(), error.to_text());
  state_ = State::Failed;
  server_.source_failed(db_);
}

void Follower::have_server_id(const Json& result) {
  Uuid id;
  if (!result.is_string() || !Uuid::parse(result.string(), id)) {
    return stop(DbError("get_server_id failed", "Server ID is not valid UUID"));
  }
  if (id == server_.id()) {
    return stop(DbError("Server ID check failed", "Self replicating is not allowed"));
  }
  ask("list_dbs", Json::empty_array(), &Follower::have_databases);
}

void Follower::have_databases(const Json& result) {
  if (!result.is_array()) return fail(DbError("list_dbs failed", "response is not array"));
  const bool found = std::any_of(result.elements().begin(), result.elements().end(),
                                 [&](const Json& each) { return each.is_string(db_.name()); });
  if (!found) return fail(DbError("list_dbs failed", "database name is not in the list"));
  ask_schema();
}

void Follower::ask_schema() {
  ask("get_schema", Json::array(db_.name()), &Follower::have_schema);
}

void Follower::have_schema(const Json& result) {
  auto schema = Schema::parse(result);
  if (!schema) return fail(schema.error());
  if (schema->name != db_.name()) {
    return fail(DbError::general(cat("unexpected schema ", schema->name)));
  }
  if (options_.kind == Kind::Relay) {
    Schema copy = *schema;
    if (auto adopted = adopt(std::move(copy)); !adopted) return fail(adopted.error());
    return ask_rows(*schema);
  }
  const Schema& own = db_.database().schema();
  if (!(own == *schema)) {
    server_.log().info(
        "{}: Schema version mismatch, checking if {} can still be replicated or not.", own.name,
        own.name);
    if (!can_follow(own, *schema, server_.log())) {
      server_.log().info("{} cannot be replicated.", own.name);
      return stop(DbError::general("the schemas do not match"));
    }
    server_.log().info("{} can be replicated.", own.name);
  }
  ask_rows(*schema);
}

DbResult<void> Follower::adopt(Schema schema) {
  const Schema& own = db_.database().schema();
  if (db_.has_schema && own == schema) return kOk;
  return server_.replace_schema(db_, std::move(schema));
}

// All columns of all tables that the source has.
void Follower::ask_rows(const Schema& schema) {
  JsonObject tables;
  for (const TableSchema& table : schema.tables) {
    if (options_.excluded.contains(table.name)) continue;
    JsonArray columns;
    for (const ColumnSchema& column : table.columns) {
      if (column.index >= kFirstColumn) columns.push_back(column.name);
    }
    tables.append(table.name, Json::array(Json::object("columns", std::move(columns))));
  }
  ask("monitor_cond_since",
      Json::array(db_.name(), Json::array("monid", db_.name()), std::move(tables), Uuid().text()),
      &Follower::have_rows);
}

void Follower::have_rows(const Json& result) {
  if (!result.is_array() || result.elements().size() != 3) {
    return fail(DbError::syntax(result, "monitor_cond_since reply of three elements expected"));
  }
  if (options_.kind == Kind::Backup) {
    server_.log().info("{}: Monitor reply received. Resetting the database.", db_.name());
  }
  if (auto done = commit_updates(result.elements()[2], true); !done) return fail(done.error());
  state_ = State::Following;
  server_.source_changed(db_);
}

void Follower::on_update(const Json& params) {
  if (!params.is_array() || params.elements().size() != 3) {
    return fail(DbError::syntax(params, "update3 of three parameters expected"));
  }
  if (auto done = commit_updates(params.elements()[2], false); !done) {
    fail(done.error());
  }
}

DbResult<void> Follower::commit_updates(const Json& updates, bool whole) {
  Transaction transaction(db_.database(), server_.uuids());
  OVS_TRY(whole ? replace_rows(transaction, updates, options_.excluded)
                : apply_updates(transaction, updates));
  return server_.commit(db_, transaction);
}

bool Follower::forward(Json params, Done done) {
  if (state_ != State::Following || forwarded_.size() >= kMaxForwarded) return false;
  const std::int64_t id = next_id_++;
  rpc_->send(Message::request("transact", std::move(params), Json(id)));
  forwarded_.emplace(id, std::move(done));
  return true;
}

bool can_follow(const Schema& to, const Schema& from, daemon::LogModule log) {
  bool fits = true;
  for (const TableSchema& table : from.tables) {
    const TableSchema* own = to.find(table.name);
    if (own == nullptr) {
      log.info("Table {} not present in the local db schema", table.name);
      fits = false;
      continue;
    }
    for (const ColumnSchema& column : table.columns) {
      const ColumnSchema* found = own->find(column.name);
      if (found != nullptr && found->type == column.type) continue;
      log.info("Column {} {} db schema table {}.", column.name,
               found == nullptr ? "not present in the local" : "mismatch in local", table.name);
      fits = false;
    }
  }
  return fits;
}

Result<TableNames, std::string> parse_excluded(std::string_view text, std::string_view database) {
  TableNames out;
  for (const std::string& name : split(text, " ,")) {
    const std::size_t colon = name.find(':');
    if (colon == 0 || colon == name.npos || colon + 1 == name.size()) {
      return cat("Can't parse excluded table: ", name);
    }
    if (name.substr(0, colon) == database) out.insert(name.substr(colon + 1));
  }
  return out;
}

}  // namespace ovs::ovsdb
