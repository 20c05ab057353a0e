// The requests of a session that change databases: transact with its waits, cancel, convert.
#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"
#include "ovsdb/protocol/session.h"
#include "ovsdb/protocol/session_monitor.h"

namespace ovs::ovsdb {

void Session::transact(Message& request) {
  HostedDatabase* db = find_database(request);
  if (db == nullptr) return;
  for (const Waiting& waiting : waiting_) {
    if (!(waiting.id == request.id)) continue;
    return refuse(request,
                  DbError::syntax(request.body, cat(request.method, ": duplicate request ID")));
  }
  if (rows_to_select(db->database(), request.body) > kLongReadRows) {
    return select_long(*db, std::move(request.id), std::move(request.body));
  }
  if (db->is_relay() && !options_.read_only && !only_reads(request.body)) {
    return forward(*db, request);
  }
  Waiting waiting{db, std::move(request.id), std::move(request.body), server_.now_ms(), nullptr};
  if (run(waiting)) return;
  if (waiting_.size() < kMaxWaiting) return waiting_.push_back(std::move(waiting));
  request.id = std::move(waiting.id);
  refuse(request, exhausted("requests that wait", kMaxWaiting));
}

// A relay's rows change only as its source's do: who writes is answered by that.
void Session::forward(HostedDatabase& db, Message& request) {
  auto id = std::make_shared<Json>(request.id.clone());
  const bool sent = db.follower->forward(
      std::move(request.body), [self = std::weak_ptr<Session*>(self_), id](Message reply) {
        const auto session = self.lock();
        if (!session) return;
        reply.id = std::move(*id);
        (*session)->send(std::move(reply));
      });
  if (sent) return;
  refuse(request, DbError("database not available", "the relay is not connected to its source"));
}

void Session::select_long(HostedDatabase& db, Json id, Json params) {
  auto snapshot = std::make_shared<Database>(db.database().snapshot());
  auto shared_params = std::make_shared<const Json>(std::move(params));
  reply_later(
      std::move(id),
      [snapshot, shared_params] {
        UuidSource uuids(0);  // for names that stand for no row
        Transaction transaction(*snapshot, uuids);
        return wire::json_text(Json(execute(transaction, *shared_params, {}).results));
      },
      nullptr);
}

void Session::reply_later(Json id, std::function<std::string()> make, std::function<void()> then) {
  struct Reply {
    Json id;
    std::function<std::string()> make;
    std::string text;
  };
  auto reply = std::make_shared<Reply>(Reply{std::move(id), std::move(make), ""});
  reading_long_ = true;
  update_reading();
  server_.queries().run(
      [reply] {
        reply->text = reply->make();
        reply->make = nullptr;  // the snapshot ends here
      },
      [self = std::weak_ptr<Session*>(self_), reply, then = std::move(then)] {
        const auto alive = self.lock();
        if (!alive) return;
        Session& session = **alive;
        session.reading_long_ = false;
        session.reply_text(reply->id, reply->text);
        if (then) then();
        session.update_reading();
      });
}

bool Session::run(Waiting& waiting) {
  Transaction transaction(waiting.db->database(), server_.uuids());
  ExecuteOptions options;
  options.read_only = options_.read_only || waiting.db->read_only;
  options.elapsed_ms = server_.now_ms() - waiting.since_ms;
  options.owns_lock = [this](std::string_view name) { return server_.locks().owns(*this, name); };
  Executed executed = execute(transaction, waiting.params, options);
  if (executed.park_ms) {
    const std::uint64_t limit = *executed.park_ms;
    if (limit != UINT64_MAX && !waiting.timer) {
      waiting.timer = std::make_unique<daemon::Timer>(server_.environment().loop,
                                                      [this, db = waiting.db] { retry(*db); });
      waiting.timer->set_at(waiting.since_ms + limit);
    }
    return false;
  }
  if (!executed.failed) {
    if (auto done = server_.commit(*waiting.db, transaction); !done) {
      executed.results.push_back(done.error().to_json());
      executed.durable = false;
    }
  }
  if (!executed.failed && executed.durable && waiting.db->storage().has_file()) {
    reply_when_durable(*waiting.db, std::move(waiting.id), std::move(executed.results));
    return true;
  }
  reply_text(waiting.id, wire::json_text(Json(std::move(executed.results))));
  return true;
}

// Others of this turn share the sync. What this session is told meanwhile may overtake the reply;
// ids tell replies apart, and the updates of the transaction have left before. If the sync fails
// the transaction stands in memory and its fate on the disk is unknown: the last result says so.
void Session::reply_when_durable(HostedDatabase& db, Json id, JsonArray results) {
  struct Reply {
    Json id;
    JsonArray results;
  };
  auto reply = std::make_shared<Reply>(Reply{std::move(id), std::move(results)});
  server_.when_durable(db, [self = std::weak_ptr<Session*>(self_), reply](const DbError& error) {
    const auto session = self.lock();
    if (!session) return;
    if (error) reply->results.push_back(error.to_json());
    (*session)->reply_text(reply->id, wire::json_text(Json(std::move(reply->results))));
  });
}

void Session::retry(HostedDatabase& db) {
  for (auto at = waiting_.begin(); at != waiting_.end();) {
    const auto next = std::next(at);
    if (at->db == &db && run(*at)) waiting_.erase(at);
    at = next;
  }
}

void Session::cancel(const Message& notification) {
  const Json& params = notification.body;
  if (!params.is_array() || params.elements().size() != 1) return;
  for (auto at = waiting_.begin(); at != waiting_.end(); ++at) {
    if (!(at->id == params.elements()[0])) continue;
    send(Message::error(Json("canceled"), std::move(at->id)));
    waiting_.erase(at);
    return;
  }
}

void Session::convert(const Message& request) {
  HostedDatabase* db = find_database(request);
  if (db == nullptr) return;
  if (db->is_relay()) {
    return refuse(request, DbError("not allowed",
                                   "conversion is not allowed for relay database " + db->name()));
  }
  if (options_.read_only || db->read_only) {
    return refuse(
        request,
        DbError("not allowed", "conversion is not allowed for read-only database " + db->name()));
  }
  if (db->name()[0] == '_') {
    return refuse(
        request,
        DbError("not allowed", "conversion is not allowed for reserved database " + db->name()));
  }
  if (request.body.elements().size() != 2) {
    return refuse(request, DbError::syntax(request.body, "array expected"));
  }
  auto schema = Schema::parse(request.body.elements()[1]);
  if (!schema) return refuse(request, schema.error());
  if (schema->name != db->name()) {
    return refuse(request, DbError("invalid parameters",
                                   cat("new schema name (", schema->name,
                                       ") does not match database name (", db->name(), ")")));
  }
  if (auto done = server_.convert(*db, std::move(*schema), *this); !done) {
    return refuse(request, done.error());
  }
  reply(request, Json::empty_object());
}

}  // namespace ovs::ovsdb
