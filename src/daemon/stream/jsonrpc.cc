// Messages to and from JSON, and messages out of a stream's bytes. Delivery is one message at a
// time, because a handler may pause or destroy the connection.
#include "daemon/stream/jsonrpc.h"

#include <fmt/format.h>

#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::daemon {

using wire::Json;
using Kind = JsonRpcMessage::Kind;

JsonRpcMessage JsonRpcMessage::request(std::string method, Json params, Json id) {
  return {Kind::Request, std::move(method), std::move(params), std::move(id)};
}

JsonRpcMessage JsonRpcMessage::notify(std::string method, Json params) {
  return {Kind::Notify, std::move(method), std::move(params), Json()};
}

JsonRpcMessage JsonRpcMessage::reply(Json result, Json id) {
  return {Kind::Reply, "", std::move(result), std::move(id)};
}

JsonRpcMessage JsonRpcMessage::error(Json error, Json id) {
  return {Kind::Error, "", std::move(error), std::move(id)};
}

JsonRpcMessage JsonRpcMessage::clone() const {
  return {kind, method, body.clone(), id.clone()};
}

namespace {

// The members of a message by name; false if there is one that messages do not have.
struct Members {
  Json method, params, result, error, id;

  bool take(wire::JsonObject& object, std::string& stranger) {
    for (auto& [name, value] : object) {
      Json* place = name == "method"   ? &method
                    : name == "params" ? &params
                    : name == "result" ? &result
                    : name == "error"  ? &error
                    : name == "id"     ? &id
                                       : nullptr;
      if (place == nullptr) {
        stranger = name;
        return false;
      }
      *place = std::move(value);
    }
    return true;
  }
};

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::Request: return "request";
    case Kind::Notify: return "notification";
    case Kind::Reply: return "reply";
    case Kind::Error: return "error";
  }
  return "";
}

std::string must(Kind kind, std::string_view rest) {
  return fmt::format("{} must {}", kind_name(kind), rest);
}

Result<JsonRpcMessage, std::string> make_call(Members members) {
  const Kind kind = members.id.is_null() ? Kind::Notify : Kind::Request;
  if (!members.method.is_string()) return std::string("method is not JSON string");
  if (!members.params.is_array()) return must(kind, "have \"params\" array");
  if (!members.result.is_null()) return must(kind, "not have \"result\"");
  if (!members.error.is_null()) return must(kind, "not have \"error\"");
  return JsonRpcMessage{kind, std::string(members.method.string()), std::move(members.params),
                        std::move(members.id)};
}

Result<JsonRpcMessage, std::string> make_answer(Members members) {
  const Kind kind = members.error.is_null() ? Kind::Reply : Kind::Error;
  if (!members.params.is_null()) return must(kind, "not have \"params\"");
  if (members.id.is_null()) return must(kind, "have \"id\"");
  if (kind == Kind::Reply) {
    return JsonRpcMessage::reply(std::move(members.result), std::move(members.id));
  }
  if (!members.result.is_null()) return must(kind, "not have \"result\"");
  return JsonRpcMessage::error(std::move(members.error), std::move(members.id));
}

}  // namespace

Result<JsonRpcMessage, std::string> JsonRpcMessage::from_json(Json json) {
  if (!json.is_object()) return std::string("message is not a JSON object");
  Members members;
  std::string stranger;
  if (!members.take(json.members(), stranger)) {
    return fmt::format("message has unexpected member \"{}\"", stranger);
  }
  if (!members.method.is_null()) return make_call(std::move(members));
  return make_answer(std::move(members));
}

Json JsonRpcMessage::to_json() && {
  switch (kind) {
    case Kind::Request:
    case Kind::Notify:
      return Json::object("id", std::move(id), "method", std::move(method), "params",
                          std::move(body));
    case Kind::Reply:
      return Json::object("id", std::move(id), "result", std::move(body), "error", Json());
    case Kind::Error:
      return Json::object("id", std::move(id), "result", Json(), "error", std::move(body));
  }
  return Json();
}

void JsonRpcMessage::append_to(std::string& out) const {
  out += "{\"id\":";
  wire::append_json(out, id);
  switch (kind) {
    case Kind::Request:
    case Kind::Notify:
      out += ",\"method\":";
      wire::append_json_string(out, method);
      out += ",\"params\":";
      wire::append_json(out, body);
      break;
    case Kind::Reply:
      out += ",\"result\":";
      wire::append_json(out, body);
      out += ",\"error\":null";
      break;
    case Kind::Error:
      out += ",\"result\":null,\"error\":";
      wire::append_json(out, body);
      break;
  }
  out += '}';
}

struct JsonRpcConnection::Impl : std::enable_shared_from_this<JsonRpcConnection::Impl> {
  Impl(std::unique_ptr<Stream> the_stream, LogModule the_log)
      : stream(std::move(the_stream)), log(the_log), name(stream->name()) {}

  void on_read(std::string_view bytes);
  void deliver();
  void fail(IoError error);
  void log_message(std::string_view what, const JsonRpcMessage& message) const;

  std::unique_ptr<Stream> stream;
  LogModule log;
  std::string name;
  StreamCounters last_counters;
  Handlers handlers;
  wire::JsonStream parser;
  bool is_reading = true;
  bool is_delivering = false;
  LogLimit limit{5, 5};
};

void JsonRpcConnection::Impl::on_read(std::string_view bytes) {
  parser.feed(bytes);
  deliver();
}

// Hands over whole messages until the owner pauses us, or is gone.
void JsonRpcConnection::Impl::deliver() {
  if (is_delivering) return;
  is_delivering = true;
  const auto self = shared_from_this();
  while (stream && is_reading) {
    auto json = parser.next();
    if (!json.ok()) {
      log.warn(limit, "{}: error parsing stream: {}", name, json.error().text);
      fail(IoError{EPROTO, ""});
      break;
    }
    if (json->is_null()) break;
    auto message = JsonRpcMessage::from_json(std::move(*json));
    if (!message.ok()) {
      log.warn(limit, "{}: received bad JSON-RPC message: {}", name, message.error());
      fail(IoError{EPROTO, ""});
      break;
    }
    if (log.is_enabled(LogLevel::Dbg)) log_message("received", *message);
    if (handlers.on_message) handlers.on_message(std::move(*message));
  }
  is_delivering = false;
}

void JsonRpcConnection::Impl::fail(IoError error) {
  if (!stream) return;
  last_counters = stream->counters();
  stream.reset();
  const auto on_close = std::move(handlers.on_close);
  if (on_close) on_close(error);
}

void JsonRpcConnection::Impl::log_message(std::string_view what,
                                          const JsonRpcMessage& message) const {
  std::string text = fmt::format("{}: {} {}", name, what, kind_name(message.kind));
  if (!message.method.empty()) text += fmt::format(", method=\"{}\"", message.method);
  text += message.kind == Kind::Reply   ? ", result="
          : message.kind == Kind::Error ? ", error="
                                        : ", params=";
  wire::append_json(text, message.body);
  if (!message.id.is_null()) text += ", id=" + wire::json_text(message.id);
  log.write(LogLevel::Dbg, text);
}

JsonRpcConnection::JsonRpcConnection(std::unique_ptr<Stream> stream, LogModule log)
    : impl_(std::make_shared<Impl>(std::move(stream), log)) {}

JsonRpcConnection::~JsonRpcConnection() {
  impl_->stream.reset();
}

void JsonRpcConnection::start(Handlers handlers) {
  impl_->handlers = std::move(handlers);
  if (!impl_->stream) return;
  Impl* impl = impl_.get();  // outlives the stream, which it owns
  impl_->stream->start({.on_read = [impl](std::string_view bytes) { impl->on_read(bytes); },
                        .on_close = [impl](const IoError& error) { impl->fail(error); },
                        .on_drained =
                            [impl] {
                              if (impl->handlers.on_drained) impl->handlers.on_drained();
                            }});
}

void JsonRpcConnection::set_reading(Stream::Reading reading) {
  impl_->is_reading = reading == Stream::Reading::Active;
  if (!impl_->stream) return;
  impl_->stream->set_reading(reading);
  const auto impl = impl_;
  if (impl->is_reading) impl->deliver();
}

void JsonRpcConnection::send(const JsonRpcMessage& message) {
  if (!impl_->stream) return;
  if (impl_->log.is_enabled(LogLevel::Dbg)) impl_->log_message("send", message);
  std::string text;
  message.append_to(text);
  impl_->stream->write(std::move(text));
}

void JsonRpcConnection::send_text(SharedBytes text) {
  if (impl_->stream) impl_->stream->write(std::move(text));
}

void JsonRpcConnection::send_text(std::string text) {
  if (impl_->stream) impl_->stream->write(std::move(text));
}

std::size_t JsonRpcConnection::queued_bytes() const {
  return impl_->stream ? impl_->stream->queued_bytes() : 0;
}

const StreamCounters& JsonRpcConnection::counters() const {
  return impl_->stream ? impl_->stream->counters() : impl_->last_counters;
}

const std::string& JsonRpcConnection::name() const {
  return impl_->name;
}

}  // namespace ovs::daemon
