// A JSON-RPC connection that is made again when it breaks: back-off, a list of remotes, probes,
// echo replies. Echoes are handled here; everything else is the owner's.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/jsonrpc.h"
#include "daemon/stream/reconnect.h"
#include "daemon/stream/stream.h"

namespace ovs::daemon {

class JsonRpcSession {
 public:
  struct Options {
    std::vector<std::string> remotes = {};  // active methods, tried in turn
    // Unset: 5 s for tcp: and ssl:, none for unix:.
    Maybe<std::uint64_t> probe_interval_ms = kNone;
    std::uint64_t max_backoff_ms = 8000;
    std::uint8_t dscp = kDefaultDscp;
    bool retry = true;  // false: one attempt a remote, then is_alive() is false
  };
  struct Handlers {
    std::function<void()> on_connect;
    std::function<void(JsonRpcMessage)> on_message;
    std::function<void(const IoError&)> on_disconnect;  // also after a failed attempt
    std::function<void()> on_drained = nullptr;         // may be empty: what was queued has left
  };

  // Connects from the loop, not inside the constructor. All references must outlive it.
  JsonRpcSession(Loop& loop, Network& network, Log& log, Options options, Handlers handlers);
  // Around a stream that was accepted: probes it, never reconnects.
  JsonRpcSession(Loop& loop, Log& log, std::unique_ptr<Stream> stream, Options options,
                 Handlers handlers);
  ~JsonRpcSession();
  JsonRpcSession(const JsonRpcSession&) = delete;
  JsonRpcSession& operator=(const JsonRpcSession&) = delete;

  // False if there is no connection; then the message is dropped.
  bool send(const JsonRpcMessage& message);
  bool send_text(SharedBytes text);
  void set_reading(Stream::Reading reading);
  void force_reconnect();
  void set_probe_interval(std::uint64_t ms);
  void set_max_backoff(std::uint64_t ms);

  bool is_connected() const;
  bool is_alive() const;  // connected, or will try again
  std::size_t queued_bytes() const;
  const std::string& name() const;  // of the connection, or of the remote that is tried
  const Reconnect& reconnect() const;
  const IoError& last_error() const;  // number 0: none

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ovs::daemon
