// A remote of a server: listens and has a session for each who comes, or connects to somebody and
// has one session.
#pragma once
#include <list>
#include <memory>
#include <string>

#include "base/core/maybe.h"
#include "daemon/stream/stream.h"
#include "ovsdb/protocol/remote_options.h"
#include "ovsdb/protocol/session.h"

namespace ovs::ovsdb {

class Remote {
 public:
  // The error is a sentence.
  static Result<std::unique_ptr<Remote>, std::string> open(Server& server, std::string method,
                                                           RemoteOptions options);
  ~Remote();

  const std::string& method() const { return method_; }
  const RemoteOptions& options() const { return options_; }
  std::uint16_t bound_port() const { return listener_ ? listener_->port() : 0; }
  std::list<std::unique_ptr<Session>>& sessions() { return sessions_; }
  // Drops its connections; an active remote connects again.
  void reconnect();

 private:
  Remote(Server& server, std::string method, RemoteOptions options)
      : server_(server), method_(std::move(method)), options_(std::move(options)) {}
  void accept(std::unique_ptr<daemon::Stream> stream);
  void connect();
  void close(Session* session);
  daemon::JsonRpcSession::Options rpc_options() const;

  Server& server_;
  const std::string method_;
  const RemoteOptions options_;
  std::list<std::unique_ptr<Session>> sessions_;
  std::list<std::unique_ptr<Session>> closed_;  // to be destroyed outside of their own handlers
  std::unique_ptr<daemon::Listener> listener_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ovs::ovsdb
