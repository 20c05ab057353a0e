// The session drives a Reconnect with what happens to its connection, and does what that decides.
// One timer waits for its deadline.
#include "daemon/stream/jsonrpc_session.h"

#include "platform/api/clock.h"

namespace ovs::daemon {

struct JsonRpcSession::Impl : std::enable_shared_from_this<JsonRpcSession::Impl> {
  Impl(Loop& the_loop, Network* the_network, Log& log, Options the_options, Handlers the_handlers)
      : loop(the_loop),
        network(the_network),
        reconnect_log(log.module("reconnect")),
        jsonrpc_log(log.module("jsonrpc")),
        options(std::move(the_options)),
        handlers(std::move(the_handlers)),
        machine(loop.now_ms()),
        timer(loop, [this] { run(); }) {}

  void begin();
  void run();
  void connect();
  void adopt(std::unique_ptr<Stream> stream);
  void on_message(JsonRpcMessage message);
  void drop(const IoError& error);
  void arm();
  void note_progress();
  std::uint64_t probe_interval() const;
  const std::string& remote() const { return options.remotes[remote_index]; }

  Loop& loop;
  Network* network;  // null for an accepted stream
  LogModule reconnect_log;
  LogModule jsonrpc_log;
  Options options;
  Handlers handlers;
  Reconnect machine;
  Timer timer;
  std::unique_ptr<Connecting> attempt;
  std::unique_ptr<JsonRpcConnection> connection;
  std::size_t remote_index = 0;
  std::string name;
  IoError last_error;
  Stream::Reading reading = Stream::Reading::Active;
  std::size_t backlog = 0;  // bytes that were queued when the timer last rang
  bool is_dead = false;     // the owner has gone
};

std::uint64_t JsonRpcSession::Impl::probe_interval() const {
  if (options.probe_interval_ms) return *options.probe_interval_ms;
  constexpr std::uint64_t kDefaultProbeMs = 5000;
  const std::string& method = network == nullptr ? name : remote();
  return method_needs_probes(method) ? kDefaultProbeMs : 0;
}

void JsonRpcSession::Impl::begin() {
  machine.set_max_backoff(options.max_backoff_ms);
  machine.set_free_tries(static_cast<unsigned>(options.remotes.size()));
  if (network == nullptr) {
    machine.set_max_tries(0u);
  } else if (!options.retry) {
    machine.set_max_tries(static_cast<unsigned>(options.remotes.size()));
  }
  if (network != nullptr && !options.remotes.empty()) {
    name = remote();
    machine.enable(loop.now_ms());
    arm();
  }
}

void JsonRpcSession::Impl::arm() {
  if (const Maybe<std::uint64_t> deadline = machine.deadline_ms()) {
    timer.set_at(*deadline);
  } else {
    timer.cancel();
  }
}

// A peer that takes what was queued is alive, though its answers to probes are behind that; where
// nothing is queued and we do not read, silence says nothing.
void JsonRpcSession::Impl::note_progress() {
  const std::size_t queued = connection ? connection->queued_bytes() : 0;
  const bool is_ours = reading == Stream::Reading::Paused && queued == 0;
  if (connection && (queued < backlog || is_ours)) machine.activity(loop.now_ms());
  backlog = queued;
}

void JsonRpcSession::Impl::run() {
  const auto self = shared_from_this();
  note_progress();
  switch (machine.run(loop.now_ms())) {
    case Reconnect::Action::None: break;
    case Reconnect::Action::Connect: connect(); break;
    case Reconnect::Action::Probe:
      machine.probed(loop.now_ms());
      connection->send(JsonRpcMessage::request("echo", wire::Json::empty_array(), "echo"));
      break;
    case Reconnect::Action::Disconnect:
      if (machine.state() == Reconnect::State::Idle) {
        reconnect_log.err("{}: no response to inactivity probe after {:.3g} seconds, disconnecting",
                          name, static_cast<double>(machine.probe_interval_ms()) / 1000);
      }
      drop(IoError{ETIMEDOUT, ""});
      break;
  }
  if (!is_dead) arm();
}

void JsonRpcSession::Impl::connect() {
  name = remote();
  machine.set_probe_interval(probe_interval());
  machine.connecting(loop.now_ms());
  reconnect_log.info("{}: connecting...", name);
  attempt = network->connect(
      name,
      [this](Result<std::unique_ptr<Stream>, IoError> stream) {
        if (!stream.ok()) return drop(stream.error());
        adopt(std::move(*stream));
      },
      options.dscp);
}

void JsonRpcSession::Impl::adopt(std::unique_ptr<Stream> stream) {
  const auto self = shared_from_this();
  attempt.reset();
  last_error = {};
  name = stream->name();
  machine.set_probe_interval(probe_interval());
  connection = std::make_unique<JsonRpcConnection>(std::move(stream), jsonrpc_log);
  machine.connected(loop.now_ms());
  if (network != nullptr) reconnect_log.info("{}: connected", name);
  connection->start({.on_message = [this](JsonRpcMessage m) { on_message(std::move(m)); },
                     .on_close = [this](const IoError& error) { drop(error); },
                     .on_drained =
                         [this] {
                           if (!is_dead && handlers.on_drained) handlers.on_drained();
                         }});
  connection->set_reading(reading);
  arm();
  if (!is_dead && handlers.on_connect) handlers.on_connect();
}

void JsonRpcSession::Impl::on_message(JsonRpcMessage message) {
  const auto self = shared_from_this();
  machine.activity(loop.now_ms());
  if (message.is_echo_request()) {
    connection->send(JsonRpcMessage::reply(std::move(message.body), std::move(message.id)));
  } else if (!message.is_echo_reply() && handlers.on_message) {
    handlers.on_message(std::move(message));
  }
  // The deadline of an active connection only moves away; the timer finds that when it rings.
  if (!is_dead && !timer.is_set()) arm();
}

void JsonRpcSession::Impl::drop(const IoError& error) {
  const auto self = shared_from_this();
  const bool was_connected = connection != nullptr;
  last_error = error;
  connection.reset();
  attempt.reset();
  if (network != nullptr) {
    if (was_connected && error.is_end_of_file()) {
      reconnect_log.info("{}: connection closed by peer", name);
    } else if (was_connected) {
      reconnect_log.warn("{}: connection dropped ({})", name, error.text());
    } else {
      reconnect_log.info("{}: connection attempt failed ({})", name, error.text());
    }
  }
  machine.disconnected(loop.now_ms());
  if (!options.remotes.empty()) remote_index = (remote_index + 1) % options.remotes.size();
  if (network != nullptr && machine.state() == Reconnect::State::Backoff &&
      machine.backoff_ms() > 0) {
    reconnect_log.info("{}: waiting {:.3g} seconds before reconnect", name,
                       static_cast<double>(machine.backoff_ms()) / 1000);
  }
  if (!is_dead && handlers.on_disconnect) handlers.on_disconnect(error);
  if (!is_dead) arm();
}

JsonRpcSession::JsonRpcSession(Loop& loop, Network& network, Log& log, Options options,
                               Handlers handlers)
    : impl_(std::make_shared<Impl>(loop, &network, log, std::move(options), std::move(handlers))) {
  impl_->begin();
}

JsonRpcSession::JsonRpcSession(Loop& loop, Log& log, std::unique_ptr<Stream> stream,
                               Options options, Handlers handlers)
    : impl_(std::make_shared<Impl>(loop, nullptr, log, std::move(options), std::move(handlers))) {
  impl_->begin();
  impl_->adopt(std::move(stream));
}

JsonRpcSession::~JsonRpcSession() {
  impl_->is_dead = true;
  impl_->timer.cancel();
  impl_->attempt.reset();
  impl_->connection.reset();
}

bool JsonRpcSession::send(const JsonRpcMessage& message) {
  if (!impl_->connection) return false;
  impl_->connection->send(message);
  return true;
}

bool JsonRpcSession::send_text(SharedBytes text) {
  if (!impl_->connection) return false;
  impl_->connection->send_text(std::move(text));
  return true;
}

void JsonRpcSession::set_reading(Stream::Reading reading) {
  impl_->reading = reading;
  if (impl_->connection) impl_->connection->set_reading(reading);
}

void JsonRpcSession::force_reconnect() {
  impl_->machine.force_reconnect(impl_->loop.now_ms());
  impl_->arm();
}

void JsonRpcSession::set_probe_interval(std::uint64_t ms) {
  impl_->options.probe_interval_ms = ms;
  impl_->machine.set_probe_interval(ms);
  impl_->arm();
}

void JsonRpcSession::set_max_backoff(std::uint64_t ms) {
  impl_->options.max_backoff_ms = ms;
  impl_->machine.set_max_backoff(ms);
  impl_->arm();
}

bool JsonRpcSession::is_connected() const {
  return impl_->connection != nullptr;
}

bool JsonRpcSession::is_alive() const {
  return is_connected() || impl_->machine.state() != Reconnect::State::Void;
}

std::size_t JsonRpcSession::queued_bytes() const {
  return impl_->connection ? impl_->connection->queued_bytes() : 0;
}

const std::string& JsonRpcSession::name() const {
  return impl_->name;
}

const Reconnect& JsonRpcSession::reconnect() const {
  return impl_->machine;
}

const IoError& JsonRpcSession::last_error() const {
  return impl_->last_error;
}

}  // namespace ovs::daemon
