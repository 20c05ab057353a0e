#include "ovsdb/client/client.h"

#include <algorithm>

namespace ovs::ovsdb {

using daemon::JsonRpcMessage;

namespace {

constexpr const char* kMonitorName = "monitor";
constexpr const char* kNoTransaction = "00000000-0000-0000-0000-000000000000";

const char* method_name(bool since, bool conditional) {
  return since ? "monitor_cond_since" : conditional ? "monitor_cond" : "monitor";
}

// An error body as text: a string, or an object with "error" and "details".
std::string error_text(const Json& body) {
  if (body.is_string()) return std::string(body.string());
  const Json* error = body.find("error");
  const Json* details = body.find("details");
  std::string text(error != nullptr && error->is_string() ? error->string() : "unknown error");
  if (details != nullptr && details->is_string()) text += ": " + std::string(details->string());
  return text;
}

daemon::JsonRpcSession::Options session_options(const ClientOptions& options) {
  daemon::JsonRpcSession::Options session;
  session.remotes = options.remotes;
  session.retry = options.retry;
  return session;
}

}  // namespace

Client::Client(daemon::Loop& loop, daemon::Network& network, daemon::Log& log,
               ClientOptions options, Handlers handlers)
    : log_(log.module("ovsdb_idl")),
      options_(std::move(options)),
      handlers_(std::move(handlers)),
      session_(loop, network, log, session_options(options_),
               {.on_connect = [this] { on_connect(); },
                .on_message = [this](JsonRpcMessage message) { on_message(std::move(message)); },
                .on_disconnect = [this](const daemon::IoError&) { on_disconnect(); }}) {}

Client::~Client() = default;

void Client::request(std::string method, Json params, Reply reply) {
  const std::int64_t id = next_id_++;
  if (!session_.send(JsonRpcMessage::request(std::move(method), std::move(params), id))) {
    reply(ClientError{"not connected", true});
    return;
  }
  pending_.emplace(id, std::move(reply));
}

void Client::commit(ClientTransaction& transaction, Committed committed) {
  request("transact", transaction.operations(),
          [&transaction, committed = std::move(committed)](Result<Json, ClientError> reply) {
            using Kind = ClientTransaction::Outcome::Kind;
            if (reply) {
              committed(transaction.finish(*reply));
            } else if (reply.error().is_disconnect) {
              committed({Kind::TryAgain, "", 0});
            } else {
              committed({Kind::Failed, reply.error().text, 0});
            }
          });
}

void Client::on_connect() {
  JsonArray params;
  params.push_back(Json(options_.database));
  request("get_schema", Json(std::move(params)),
          [this](Result<Json, ClientError> reply) { on_schema(std::move(reply)); });
}

void Client::on_disconnect() {
  is_synced_ = false;
  has_lock_ = is_lock_contended_ = false;
  auto pending = std::exchange(pending_, {});
  for (auto& [id, reply] : pending) reply(ClientError{"connection closed", true});
  if (handlers_.on_disconnect) handlers_.on_disconnect();
}

void Client::on_schema(Result<Json, ClientError> reply) {
  if (!reply) {
    if (!reply.error().is_disconnect) handlers_.on_error(reply.error().text);
    return;
  }
  auto schema = Schema::parse(*reply);
  if (!schema) {
    handlers_.on_error(schema.error().to_text());
    return;
  }
  if (replica_ == nullptr || !(replica_->schema() == *schema)) {
    replica_ = std::make_unique<Replica>(std::move(schema).value());
    last_transaction_ = kNoTransaction;
  }
  if (!options_.lock.empty()) request_lock();
  start_monitor(Monitoring::Since);
}

void Client::request_lock() {
  JsonArray params;
  params.push_back(Json(options_.lock));
  request("lock", Json(std::move(params)), [this](Result<Json, ClientError> reply) {
    if (!reply) return;
    const Json* locked = reply->find("locked");
    has_lock_ = locked != nullptr && locked->is_boolean() && locked->boolean();
    is_lock_contended_ = !has_lock_;
    if (is_synced_) handlers_.on_change();
  });
}

Json Client::monitor_requests(Monitoring how) const {
  JsonObject tables;
  auto add = [&](const TableSchema& table, const std::vector<std::string>& wanted) {
    JsonArray columns;
    for (std::uint32_t i = kFirstColumn; i < table.columns.size(); ++i) {
      const std::string& name = table.columns[i].name;
      const bool is_wanted =
          wanted.empty() || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
      if (is_wanted) columns.push_back(Json(name));
    }
    Json request = Json::object("columns", Json(std::move(columns)));
    tables.set(table.name,
               how == Monitoring::Plain ? std::move(request) : Json::array(std::move(request)));
  };
  if (options_.tables.empty()) {
    for (const TableSchema& table : replica_->schema().tables) add(table, {});
  }
  for (const TableWish& wish : options_.tables) {
    const TableSchema* table = replica_->schema().find(wish.table);
    if (table != nullptr) add(*table, wish.columns);
  }
  return Json(std::move(tables));
}

void Client::start_monitor(Monitoring how) {
  JsonArray params;
  params.push_back(Json(options_.database));
  params.push_back(Json(kMonitorName));
  params.push_back(monitor_requests(how));
  if (how == Monitoring::Since) params.push_back(Json(last_transaction_));
  request(method_name(how == Monitoring::Since, how == Monitoring::Conditional),
          Json(std::move(params)),
          [this, how](Result<Json, ClientError> reply) { on_monitor(how, std::move(reply)); });
}

void Client::on_monitor(Monitoring how, Result<Json, ClientError> reply) {
  if (!reply) {
    if (reply.error().is_disconnect) return;
    const bool is_unknown = reply.error().text.find("unknown method") != std::string::npos;
    if (!is_unknown || how == Monitoring::Plain) {
      handlers_.on_error(reply.error().text);
      return;
    }
    start_monitor(how == Monitoring::Since ? Monitoring::Conditional : Monitoring::Plain);
    return;
  }
  const Json* updates = &*reply;
  bool is_continued = false;
  if (how == Monitoring::Since) {
    const bool is_triple = reply->is_array() && reply->elements().size() == 3 &&
                           reply->elements()[0].is_boolean() && reply->elements()[1].is_string();
    if (!is_triple) {
      handlers_.on_error("malformed reply to monitor_cond_since");
      return;
    }
    is_continued = reply->elements()[0].boolean();
    last_transaction_ = reply->elements()[1].string();
    updates = &reply->elements()[2];
  }
  if (!is_continued) replica_->clear();
  const bool is_plain = how == Monitoring::Plain;
  if (!check(is_plain ? replica_->apply_update(*updates) : replica_->apply_update2(*updates))) {
    return;
  }
  is_synced_ = true;
  handlers_.on_change();
}

// A copy that went wrong is made anew, over a new connection.
bool Client::check(const DbResult<void>& applied) {
  if (applied) return true;
  log_.warn("{}: {}", session_.name(), applied.error().to_text());
  last_transaction_ = kNoTransaction;
  session_.force_reconnect();
  return false;
}

void Client::on_message(JsonRpcMessage message) {
  if (message.kind == JsonRpcMessage::Kind::Notify) {
    on_notify(message);
    return;
  }
  if (message.kind == JsonRpcMessage::Kind::Request || !message.id.is_integer()) return;
  const auto found = pending_.find(message.id.integer());
  if (found == pending_.end()) return;
  const Reply reply = std::move(found->second);
  pending_.erase(found);
  if (message.kind == JsonRpcMessage::Kind::Error) {
    reply(ClientError{error_text(message.body), false});
  } else {
    reply(std::move(message.body));
  }
}

void Client::on_notify(const JsonRpcMessage& message) {
  const JsonArray* params = message.body.is_array() ? &message.body.elements() : nullptr;
  if (params == nullptr || params->empty()) return;
  const bool is_named = params->front().is_string(options_.lock);
  if (message.method == "locked" && is_named) {
    has_lock_ = true;
    is_lock_contended_ = false;
  } else if (message.method == "stolen" && is_named) {
    has_lock_ = false;
    is_lock_contended_ = true;
  } else if (message.method == "update3" && params->size() == 3 && (*params)[1].is_string()) {
    if (!is_synced_ || !check(replica_->apply_update2((*params)[2]))) return;
    last_transaction_ = (*params)[1].string();
  } else if (message.method == "update2" && params->size() == 2) {
    if (!is_synced_ || !check(replica_->apply_update2((*params)[1]))) return;
  } else if (message.method == "update" && params->size() == 2) {
    if (!is_synced_ || !check(replica_->apply_update((*params)[1]))) return;
  } else {
    return;
  }
  if (is_synced_) handlers_.on_change();
}

}  // namespace ovs::ovsdb
