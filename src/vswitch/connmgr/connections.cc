#include "vswitch/connmgr/connections.h"

#include <algorithm>

namespace ovs::vswitch {

// One target of the database: connected to again and again, or listened on.
struct Connections::Controller {
  Controller(Connections& owner, const ControllerSettings& wanted)
      : settings(wanted),
        reconnect(owner.environment_.loop.now_ms()),
        timer(owner.environment_.loop, [&owner, this] { owner.run(*this); }) {
    reconnect.set_max_backoff(settings.max_backoff_ms);
    reconnect.set_probe_interval(settings.probe_interval_ms);
  }

  ControllerSettings settings;
  daemon::Reconnect reconnect;
  std::unique_ptr<daemon::Listener> listener;
  std::unique_ptr<daemon::Connecting> connecting;
  OfConnection* connection = nullptr;
  std::string last_error;
  daemon::Timer timer;
};

Connections::Connections(Switch& owner, Environment environment, std::string bridge)
    : switch_(owner),
      environment_(environment),
      bridge_(std::move(bridge)),
      alone_since_ms_(environment.loop.now_ms()),
      burial_(environment.loop, [this] { bury(); }) {}

Connections::~Connections() = default;

OfConnection* Connections::add(std::unique_ptr<daemon::Stream> stream, ConnectionKind kind) {
  connections_.push_back(std::make_unique<OfConnection>(*this, std::move(stream), kind, versions_));
  connections_.back()->last_input_ms = environment_.loop.now_ms();
  return connections_.back().get();
}

void Connections::listen_on(const std::string& method, ConnectionKind kind,
                            std::unique_ptr<daemon::Listener>& listener) {
  auto made = environment_.network.listen(
      method,
      [this, kind](std::unique_ptr<daemon::Stream> stream) { add(std::move(stream), kind); });
  if (made.ok()) {
    listener = std::move(*made);
  } else {
    environment_.log.err("{}: failed to listen on {}: {}", bridge_, method, made.error().text());
  }
}

void Connections::listen(const std::string& directory) {
  listen_on("punix:" + directory + "/" + bridge_ + ".mgmt", ConnectionKind::Service, management_);
  listen_on("punix:" + directory + "/" + bridge_ + ".snoop", ConnectionKind::Snoop, snoop_);
}

void Connections::set_controllers(const std::vector<ControllerSettings>& wanted) {
  std::vector<std::unique_ptr<Controller>> kept;
  for (const ControllerSettings& settings : wanted) {
    const auto old = std::find_if(controllers_.begin(), controllers_.end(), [&](const auto& each) {
      return each && each->settings == settings;
    });
    if (old != controllers_.end()) {
      kept.push_back(std::move(*old));
      continue;
    }
    kept.push_back(std::make_unique<Controller>(*this, settings));
    Controller& controller = *kept.back();
    if (daemon::is_passive_method(settings.target)) {
      const bool is_primary = settings.is_primary.value_or(false);
      listen_on(settings.target, is_primary ? ConnectionKind::Primary : ConnectionKind::Service,
                controller.listener);
    } else {
      controller.reconnect.enable(environment_.loop.now_ms());
      controller.timer.set_after(0);
    }
  }
  for (const auto& gone : controllers_) {
    if (gone && gone->connection != nullptr) gone->connection->close();
  }
  controllers_ = std::move(kept);
  switch_.connections_changed();
}

// Does what is due for a controller that we connect to, and comes back when something may be due
// again.
void Connections::run(Controller& controller) {
  const std::uint64_t now = environment_.loop.now_ms();
  if (controller.connection != nullptr && controller.connection->last_input_ms > 0) {
    controller.reconnect.activity(std::exchange(controller.connection->last_input_ms, 0));
  }
  switch (controller.reconnect.run(now)) {
    case daemon::Reconnect::Action::None: break;
    case daemon::Reconnect::Action::Connect:
      controller.reconnect.connecting(now);
      controller.connecting = environment_.network.connect(
          controller.settings.target,
          [this, &controller](Result<std::unique_ptr<daemon::Stream>, daemon::IoError> made) {
            const std::uint64_t then = environment_.loop.now_ms();
            if (made.ok()) {
              controller.connection = add(std::move(*made), ConnectionKind::Primary);
              controller.reconnect.connected(then);
              switch_.connections_changed();
            } else {
              controller.last_error = made.error().text();
              controller.reconnect.connect_failed(then);
            }
            controller.timer.set_after(0);
          });
      break;
    case daemon::Reconnect::Action::Disconnect:
      controller.connecting.reset();
      if (controller.connection != nullptr) {
        controller.connection->close();
      } else {
        controller.reconnect.connect_failed(now);
      }
      break;
    case daemon::Reconnect::Action::Probe:
      if (controller.connection != nullptr) controller.connection->send_echo_request();
      controller.reconnect.probed(now);
      break;
  }
  const auto deadline = controller.reconnect.deadline_ms();
  if (deadline) controller.timer.set_at(std::max(*deadline, now));
}

void Connections::handle(OfConnection& connection, const openflow::Message& message, Bytes raw) {
  connection.last_input_ms = environment_.loop.now_ms();
  switch_.handle(connection, message, raw);
}

void Connections::connected(OfConnection&) {
  switch_.connections_changed();
}

void Connections::release(std::uint64_t ticket) {
  for (const auto& connection : connections_) connection->release(ticket);
}

// Who snoops sees what controllers and the switch tell each other.
void Connections::overhear(const OfConnection& connection, std::string_view messages) {
  if (connection.kind() != ConnectionKind::Primary) return;
  for (const auto& other : connections_) {
    if (other->is_ready() && other->kind() == ConnectionKind::Snoop) other->send_raw(messages);
  }
}

void Connections::closed(OfConnection& connection) {
  for (const auto& controller : controllers_) {
    if (!controller || controller->connection != &connection) continue;
    controller->connection = nullptr;
    controller->reconnect.disconnected(environment_.loop.now_ms());
    controller->timer.set_after(0);
  }
  burial_.set_after(0);
}

// Closed connections go once no call of theirs is on the stack.
void Connections::bury() {
  std::erase_if(connections_, [](const auto& connection) { return connection->is_closed(); });
  switch_.connections_changed();
}

bool Connections::has_connected_controller() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& connection) {
    return connection->is_ready() && connection->kind() == ConnectionKind::Primary;
  });
}

bool Connections::have_failed(std::uint64_t now_ms) {
  constexpr std::uint64_t kMinProbeMs = 1000;
  if (controllers_.empty() || has_connected_controller()) {
    alone_since_ms_ = now_ms;
    return false;
  }
  std::uint64_t probe_ms = kMinProbeMs;
  for (const auto& controller : controllers_) {
    probe_ms = std::max(probe_ms, controller->settings.probe_interval_ms);
  }
  return now_ms - alone_since_ms_ >= 3 * probe_ms;
}

bool Connections::wants_misses() const {
  return std::any_of(connections_.begin(), connections_.end(), [](const auto& connection) {
    return connection->is_ready() && connection->version() < openflow::Version::V13 &&
           connection->wants_packet_in(openflow::PacketInReason::NoMatch);
  });
}

std::vector<ControllerStatus> Connections::status() const {
  const std::uint64_t now = environment_.loop.now_ms();
  std::vector<ControllerStatus> all;
  for (const auto& controller : controllers_) {
    ControllerStatus status;
    status.target = controller->settings.target;
    status.is_connected = controller->connection != nullptr && controller->connection->is_ready();
    status.role = "other";
    if (controller->connection != nullptr) {
      const ConnectionRole role = controller->connection->role;
      if (role == ConnectionRole::Primary) status.role = "primary";
      if (role == ConnectionRole::Secondary) status.role = "secondary";
    }
    status.state = daemon::reconnect_state_name(controller->reconnect.state());
    status.last_error = controller->last_error;
    const auto since = [&](std::uint64_t then) { return then == 0 ? 0 : (now - then) / 1000; };
    status.seconds_connected = since(controller->reconnect.last_connected_ms());
    status.seconds_disconnected = since(controller->reconnect.last_disconnected_ms());
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace ovs::vswitch
