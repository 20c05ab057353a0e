// JSON-RPC 1.0 as OVSDB and unixctl speak it: one message as a value, its JSON, and the connection
// that carries such messages over a Stream. Does not reconnect (jsonrpc_session.h does) and does
// not match replies to requests.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "daemon/log/log.h"
#include "daemon/stream/stream.h"
#include "wire/json/json.h"

namespace ovs::daemon {

struct JsonRpcMessage {
  enum class Kind : std::uint8_t { Request, Notify, Reply, Error };

  static JsonRpcMessage request(std::string method, wire::Json params, wire::Json id);
  static JsonRpcMessage notify(std::string method, wire::Json params);
  static JsonRpcMessage reply(wire::Json result, wire::Json id);
  static JsonRpcMessage error(wire::Json error, wire::Json id);

  // Why the value is no message, in text.
  static Result<JsonRpcMessage, std::string> from_json(wire::Json json);
  wire::Json to_json() &&;
  void append_to(std::string& out) const;  // its text

  JsonRpcMessage clone() const;
  bool is_echo_request() const { return kind == Kind::Request && method == "echo"; }
  bool is_echo_reply() const { return kind == Kind::Reply && id.is_string("echo"); }

  Kind kind = Kind::Notify;
  std::string method;  // of a request or notification
  wire::Json body;     // params, result or error
  wire::Json id;       // null in a notification
};

// Messages over one stream. A malformed message closes it. Destroying it, also inside a handler,
// closes the stream.
class JsonRpcConnection {
 public:
  struct Handlers {
    std::function<void(JsonRpcMessage)> on_message;
    std::function<void(const IoError&)> on_close;
    std::function<void()> on_drained;  // may be empty
  };

  JsonRpcConnection(std::unique_ptr<Stream> stream, LogModule log);
  ~JsonRpcConnection();
  JsonRpcConnection(const JsonRpcConnection&) = delete;
  JsonRpcConnection& operator=(const JsonRpcConnection&) = delete;

  void start(Handlers handlers);
  // Pausing stops the delivery of messages at once, also of those already read; active resumes with
  // them.
  void set_reading(Stream::Reading reading);
  void send(const JsonRpcMessage& message);
  // A message that is text already and may go to many connections.
  void send_text(SharedBytes text);
  void send_text(std::string text);

  std::size_t queued_bytes() const;
  const StreamCounters& counters() const;
  const std::string& name() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ovs::daemon
