// See dialogue.h.
#include "tools/ovsdb-client/dialogue.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "wire/json/write.h"

namespace ovs::tools {

using daemon::JsonRpcMessage;
using ovsdb::cat;

Outcome<void> Dialogue::wait() {
  if (expired_) {
    Timeout::expire(program_);
    return std::string("timed out");
  }
  program_.loop().run_once(1000);
  return kOk;
}

Outcome<void> Dialogue::connect(const std::string& remote, Retry retry) {
  server_ = remote;
  const auto limit = timeout_.milliseconds();
  if (limit && !program_.is_detached()) {  // a daemon stays as long as it likes
    deadline_ = std::make_unique<daemon::Timer>(program_.loop(), [this] { expired_ = true; });
    deadline_->set_after(*limit);
  }
  daemon::JsonRpcSession::Options options;
  options.remotes = {remote};
  options.retry = retry == Retry::Yes;
  daemon::JsonRpcSession::Handlers handlers;
  handlers.on_connect = [this] { connected_ = true; };
  handlers.on_message = [this](JsonRpcMessage message) { messages_.push_back(std::move(message)); };
  handlers.on_disconnect = [this, retry](const daemon::IoError& error) {
    connected_ = false;
    has_ended_ = retry == Retry::No;
    end_ = error.text();
  };
  session_ = std::make_unique<daemon::JsonRpcSession>(
      program_.loop(), program_.network(), program_.log(), std::move(options), std::move(handlers));
  while (!connected_ && !has_ended_) OVS_TRY(wait());
  if (connected_) return kOk;
  return cat("failed to connect to \"", remote, "\" (", end_, ')');
}

std::int64_t Dialogue::send(std::string method, Json params) {
  const std::int64_t id = next_id_++;
  session_->send(JsonRpcMessage::request(std::move(method), std::move(params), Json(id)));
  return id;
}

Outcome<Json> Dialogue::ask(std::string method, Json params) {
  const std::int64_t id = send(std::move(method), std::move(params));
  for (;;) {
    const auto at = std::find_if(messages_.begin(), messages_.end(), [&](const auto& message) {
      return message.id.is_integer() && message.id.integer() == id;
    });
    if (at != messages_.end()) {
      JsonRpcMessage reply = std::move(*at);
      messages_.erase(at);
      if (reply.kind == JsonRpcMessage::Kind::Reply) return std::move(reply.body);
      const Json* tag = reply.body.is_object() ? reply.body.find("error") : nullptr;
      too_early_ = tag != nullptr && tag->is_string("database not available");
      return cat("transaction returned error: ",
                 wire::json_text(reply.body, wire::JsonStyle::Compact, wire::JsonOrder::Sorted));
    }
    if (!connected_) return cat("transaction failed (", end_, ')');
    OVS_TRY(wait());
  }
}

Outcome<void> Dialogue::listen(std::function<bool(const JsonRpcMessage&)> handle) {
  while (!stopped_) {
    while (!messages_.empty()) {
      const JsonRpcMessage message = std::move(messages_.front());
      messages_.pop_front();
      if (!handle(message)) return kOk;
    }
    if (!connected_) return cat(server_, ": receive failed (", end_, ')');
    OVS_TRY(wait());
  }
  return kOk;
}

void Dialogue::pause(bool paused) {
  session_->set_reading(paused ? daemon::Stream::Reading::Paused : daemon::Stream::Reading::Active);
}

Outcome<ovsdb::Schema> Dialogue::schema(const std::string& database) {
  OVS_TRY(const Json json, ask("get_schema", Json::array(database)));
  auto schema = ovsdb::Schema::parse(json);
  if (!schema) return schema.error().to_text();
  return std::move(*schema);
}

Outcome<std::vector<std::string>> Dialogue::databases() {
  OVS_TRY(const Json json, ask("list_dbs", Json::empty_array()));
  if (!json.is_array()) return std::string("list_dbs response is not array");
  std::vector<std::string> names;
  for (const Json& name : json.elements()) {
    if (!name.is_string()) return std::string("list_dbs response is not string");
    names.emplace_back(name.string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace ovs::tools
