// See remote.h.
#include "ovsdb/protocol/remote.h"

#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"

namespace ovs::ovsdb {

bool operator==(const RemoteOptions& a, const RemoteOptions& b) {
  return a.probe_interval_ms == b.probe_interval_ms && a.max_backoff_ms == b.max_backoff_ms &&
         a.read_only == b.read_only && a.role == b.role && a.dscp == b.dscp;
}

Result<std::unique_ptr<Remote>, std::string> Remote::open(Server& server, std::string method,
                                                          RemoteOptions options) {
  std::unique_ptr<Remote> remote(new Remote(server, std::move(method), std::move(options)));
  const std::string& name = remote->method_;
  if (daemon::is_active_method(name)) {
    remote->connect();
    return remote;
  }
  if (!daemon::is_passive_method(name)) return cat(name, ": bad connection method");
  auto listener = server.environment().network.listen(
      name,
      [raw = remote.get()](std::unique_ptr<daemon::Stream> stream) {
        raw->accept(std::move(stream));
      },
      remote->options_.dscp);
  if (!listener.ok()) return cat(name, ": listen failed: ", listener.error().text());
  remote->listener_ = std::move(listener).value();
  return remote;
}

Remote::~Remote() {
  *alive_ = false;
  listener_.reset();
}

daemon::JsonRpcSession::Options Remote::rpc_options() const {
  daemon::JsonRpcSession::Options options;
  options.probe_interval_ms = options_.probe_interval_ms;
  options.max_backoff_ms = options_.max_backoff_ms;
  options.dscp = options_.dscp;
  return options;
}

void Remote::accept(std::unique_ptr<daemon::Stream> stream) {
  sessions_.push_back(
      std::make_unique<Session>(server_, SessionOptions{options_.read_only, options_.role}));
  Session* session = sessions_.back().get();
  const auto& environment = server_.environment();
  session->attach(std::make_unique<daemon::JsonRpcSession>(
      environment.loop, environment.log, std::move(stream), rpc_options(),
      session->handlers([this, session] { close(session); })));
}

void Remote::connect() {
  sessions_.push_back(
      std::make_unique<Session>(server_, SessionOptions{options_.read_only, options_.role}));
  Session* session = sessions_.back().get();
  const auto& environment = server_.environment();
  auto options = rpc_options();
  options.remotes = {method_};
  session->attach(std::make_unique<daemon::JsonRpcSession>(environment.loop, environment.network,
                                                           environment.log, std::move(options),
                                                           session->handlers(nullptr)));
}

// Called from the session's own handler, so it is destroyed later.
void Remote::close(Session* session) {
  const auto at = std::find_if(sessions_.begin(), sessions_.end(),
                               [&](const auto& each) { return each.get() == session; });
  if (at == sessions_.end()) return;
  closed_.splice(closed_.end(), sessions_, at);
  server_.environment().loop.post([this, alive = alive_] {
    if (*alive) closed_.clear();
  });
}

void Remote::reconnect() {
  std::vector<Session*> sessions;
  for (const auto& session : sessions_) sessions.push_back(session.get());
  for (Session* session : sessions) {
    session->disconnect();
  }
}

}  // namespace ovs::ovsdb
