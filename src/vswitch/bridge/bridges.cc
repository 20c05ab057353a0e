#include "vswitch/bridge/bridges.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vswitch/bridge/safe_names.h"

namespace ovs::vswitch {

using ovsdb::ReplicaChange;
using ovsdb::ReplicaRow;

namespace {

// An address for what has no device, or a bridge: of no vendor, not multicast.
MacAddress random_mac(ovsdb::UuidSource& random) {
  const std::uint64_t bits = random.random();
  MacAddress mac;
  for (std::size_t i = 0; i < mac.bytes.size(); ++i) mac.bytes[i] = std::uint8_t(bits >> 8 * i);
  mac.bytes[0] = std::uint8_t((mac.bytes[0] & 0xfc) | 2);
  return mac;
}

std::uint64_t number_of(const MacAddress& mac) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : mac.bytes) number = number << 8 | byte;
  return number;
}

bool has_slash(const std::string& name) {
  return name.find_first_of("/\\") != std::string::npos;
}

LinkSettings link_settings(const DpifLink& link) {
  LinkSettings settings;
  settings.mac = link.mac;
  settings.mtu = link.mtu;
  settings.is_up = link.is_up;
  settings.carrier = link.carrier;
  settings.current_kbps = settings.max_kbps = std::uint32_t(link.speed_bps / 1000);
  return settings;
}

PortSettings port_settings(const InterfaceConfig& config) {
  PortSettings settings;
  settings.name = config.name;
  settings.type = config.type;
  settings.tunnel = config.tunnel;
  settings.peer = config.peer;
  return settings;
}

std::vector<Uuid> missing_from(const std::vector<Uuid>& here, const std::vector<Uuid>& there) {
  std::vector<Uuid> missing;
  std::set_difference(here.begin(), here.end(), there.begin(), there.end(),
                      std::back_inserter(missing));
  return missing;
}

}  // namespace

Bridges::Bridges(BridgesEnvironment environment)
    : environment_(std::move(environment)), log_(environment_.log.module("bridge")) {
  statistics_timer_ =
      std::make_unique<daemon::Timer>(environment_.loop, [this] { write_statistics(); });
  retry_timer_ = std::make_unique<daemon::Timer>(environment_.loop, [this] { write_status({}); });
}

Bridges::~Bridges() = default;

const ReplicaRow* Bridges::root() const {
  const ovsdb::ReplicaTable* table = environment_.database.replica().find("Open_vSwitch");
  if (table == nullptr || table->count() == 0) return nullptr;
  return table->rows().front();
}

void Bridges::on_change() {
  ovsdb::Client& database = environment_.database;
  if (!database.is_synced()) return;
  if (database.is_lock_contended()) {
    if (!std::exchange(is_contended_, true)) {
      log_.err(
          "another ovs-vswitchd process is running, disabling this process (pid {}) until it goes "
          "away",
          environment_.process_id);
    }
    remove_all();
    return;
  }
  is_contended_ = false;
  if (!database.has_lock()) return;
  reconfigure(take_changes());
}

void Bridges::retry() {
  const ovsdb::Client& database = environment_.database;
  if (!database.is_synced() || !database.has_lock()) return;
  Dirty dirty = take_changes();
  dirty.root = true;
  reconfigure(std::move(dirty));
}

// After a reconnect the replica may be another one: then every row counts as changed.
Bridges::Dirty Bridges::take_changes() {
  Dirty dirty;
  ovsdb::Replica& replica = environment_.database.replica();
  const std::vector<ReplicaChange> changes = replica.take_changes();
  if (known_replica_ == &replica) {
    for (const ReplicaChange& change : changes) mark(change, dirty);
    return dirty;
  }
  known_replica_ = &replica;
  dirty.root = true;
  for (const char* name : {"Bridge", "Port", "Interface"}) {
    const ovsdb::ReplicaTable* table = replica.find(name);
    if (table == nullptr) continue;
    for (const ReplicaRow* row : table->rows()) {
      mark({ReplicaChange::Kind::Modified, table->schema().index, row->uuid()}, dirty);
    }
  }
  return dirty;
}

void Bridges::mark(const ReplicaChange& change, Dirty& dirty) {
  const std::string& table = environment_.database.replica().schema().tables[change.table].name;
  if (table == "Open_vSwitch") {
    dirty.root = true;
  } else if (table == "Bridge") {
    dirty.bridges.insert(change.uuid);
  } else if (table == "Port") {
    dirty.ports.insert(change.uuid);
  } else if (table == "Interface") {
    dirty.interfaces.insert(change.uuid);
    const auto port = port_of_interface_.find(change.uuid);
    if (port != port_of_interface_.end()) dirty.ports.insert(port->second);
  } else if (table == "Controller") {
    const auto bridge = bridge_of_controller_.find(change.uuid);
    if (bridge != bridge_of_controller_.end()) dirty.bridges.insert(bridge->second);
  }
}

void Bridges::reconfigure(Dirty dirty) {
  if (root() == nullptr) return report_up();  // an empty database: there is nothing to do yet
  if (dirty.root) configure_root(*root());
  delete_vanished(dirty);
  create_bridges(dirty);
  const std::set<Uuid> ports = dirty.ports;
  for (const Uuid& port : ports) update_port(port, dirty);
  for (const Uuid& uuid : dirty.bridges) {
    const auto bridge = bridges_.find(uuid);
    if (bridge != bridges_.end()) configure_bridge(uuid, bridge->second);
  }
  environment_.switches.commit();
  write_status(std::move(dirty));
}

void Bridges::configure_root(const ReplicaRow& row) {
  warn_unsupported("Open_vSwitch", row, unsupported_);
  environment_.switches.configure(read_backer_settings(row));
  const std::uint64_t interval_ms = read_statistics_interval(row);
  if (std::exchange(statistics_ms_, interval_ms) == interval_ms) return;
  if (statistics_timer_->is_set()) statistics_timer_->set_after(interval_ms);
}

void Bridges::delete_vanished(Dirty& dirty) {
  const ovsdb::Replica& replica = environment_.database.replica();
  if (dirty.root) {
    const std::vector<Uuid> wanted = uuids_of((*root())["bridges"]);
    std::vector<Uuid> here;
    for (const auto& [uuid, bridge] : bridges_) here.push_back(uuid);
    for (const Uuid& uuid : missing_from(here, wanted)) delete_bridge(uuid);
  }
  for (const Uuid& uuid : dirty.bridges) {
    const auto found = bridges_.find(uuid);
    const ReplicaRow* row = replica.find("Bridge", uuid);
    if (found == bridges_.end() || row == nullptr) continue;
    const std::string type = read_bridge(*row, "").datapath_type;
    if (type != found->second.config.datapath_type) {
      delete_bridge(uuid);
      dirty.root = true;
      continue;
    }
    const std::vector<Uuid> wanted = uuids_of((*row)["ports"]);
    for (const Uuid& port : missing_from(found->second.config.ports, wanted)) {
      delete_port(found->second, port);
    }
  }
  for (const Uuid& uuid : dirty.ports) {
    Bridge* bridge = find_bridge_of_port(uuid);
    const ReplicaRow* row = replica.find("Port", uuid);
    if (bridge == nullptr || row == nullptr) continue;
    Port& port = bridge->ports[uuid];
    const std::vector<Uuid> wanted = uuids_of((*row)["interfaces"]);
    for (const Uuid& gone : missing_from(port.config.interfaces, wanted)) {
      delete_interface(*bridge, port.interfaces[gone]);
      port_of_interface_.erase(gone);
      port.interfaces.erase(gone);
    }
  }
}

void Bridges::delete_bridge(const Uuid& uuid) {
  const auto found = bridges_.find(uuid);
  if (found == bridges_.end()) return;
  Bridge& bridge = found->second;
  while (!bridge.ports.empty()) delete_port(bridge, Uuid(bridge.ports.begin()->first));
  for (const Uuid& controller : bridge.config.controllers) bridge_of_controller_.erase(controller);
  environment_.switches.remove(*bridge.ofproto);
  log_.info("bridge {}: deleted", bridge.config.name);
  bridges_.erase(found);
}

void Bridges::delete_port(Bridge& bridge, const Uuid& uuid) {
  const auto found = bridge.ports.find(uuid);
  if (found == bridge.ports.end()) return;
  for (auto& [row, interface] : found->second.interfaces) {
    delete_interface(bridge, interface);
    port_of_interface_.erase(row);
  }
  bridge.ofproto->remove_bundle(found->second.config.name);
  bridge_of_port_.erase(uuid);
  bridge.ports.erase(found);
}

void Bridges::delete_interface(Bridge& bridge, Interface& interface) {
  if (!interface.ofport) return;
  log_.info("bridge {}: deleted interface {} on port {}", bridge.config.name, interface.config.name,
            unsigned(*interface.ofport));
  if (const auto removed = bridge.ofproto->remove_port(*interface.ofport); !removed) {
    log_.warn("bridge {}: {}", bridge.config.name, removed.error().text);
  }
  interface.ofport.reset();
  interface.config.device_options.clear();
  configure_device(interface);
}

void Bridges::configure_device(const Interface& interface) {
  if (!environment_.configure_device) return;
  environment_.configure_device(interface.config.name, interface.config.device_options);
}

void Bridges::create_bridges(Dirty& dirty) {
  const ovsdb::Replica& replica = environment_.database.replica();
  if (dirty.root) {
    for (const Uuid& uuid : uuids_of((*root())["bridges"])) {
      const ReplicaRow* row = replica.find("Bridge", uuid);
      if (row != nullptr && bridges_.count(uuid) == 0) create_bridge(*row, dirty);
    }
  }
  for (const Uuid& uuid : dirty.bridges) {
    const auto found = bridges_.find(uuid);
    const ReplicaRow* row = replica.find("Bridge", uuid);
    if (found == bridges_.end() || row == nullptr) continue;
    for (const Uuid& port : uuids_of((*row)["ports"])) {
      if (found->second.ports.count(port) != 0) continue;
      found->second.ports[port].bridge = uuid;
      bridge_of_port_[port] = uuid;
      dirty.ports.insert(port);
    }
  }
}

void Bridges::create_bridge(const ReplicaRow& row, Dirty& dirty) {
  BridgeConfig config = read_bridge(row, environment_.version);
  if (has_slash(config.name)) {
    log_.warn("ignoring bridge with invalid name '{}'", config.name);
    return;
  }
  std::string error;
  Backer* backer = datapath_for(config.datapath_type, error);
  if (backer == nullptr) {
    log_.err("failed to create bridge {}: {}", config.name, error);
    return;
  }
  Bridge bridge;
  bridge.backer = backer;
  bridge.config.name = config.name;
  bridge.config.datapath_type = config.datapath_type;
  bridge.mac = config.hwaddr ? *config.hwaddr : random_mac(uuids_);
  bridge.datapath_id = number_of(bridge.mac);
  bridge.ofproto = &environment_.switches.add(config.name, *backer, bridge.datapath_id);
  bridges_.emplace(row.uuid(), std::move(bridge));
  dirty.bridges.insert(row.uuid());
}

Backer* Bridges::datapath_for(const std::string& type, std::string& error) {
  if (Backer* there = environment_.switches.find_datapath(type); there != nullptr) return there;
  auto opened = environment_.open_datapath(type);
  if (!opened) {
    error = opened.error().text;
    return nullptr;
  }
  return &environment_.switches.add_datapath(std::move(opened).value());
}

Bridges::Bridge* Bridges::find_bridge_of_port(const Uuid& port) {
  const auto owner = bridge_of_port_.find(port);
  if (owner == bridge_of_port_.end()) return nullptr;
  const auto bridge = bridges_.find(owner->second);
  return bridge == bridges_.end() ? nullptr : &bridge->second;
}

void Bridges::update_port(const Uuid& uuid, Dirty& dirty) {
  Bridge* bridge = find_bridge_of_port(uuid);
  const ReplicaRow* row = environment_.database.replica().find("Port", uuid);
  if (bridge == nullptr || row == nullptr) return;
  Port& port = bridge->ports[uuid];
  PortConfig config = read_port(*row);
  if (!config.error.empty() && config.error != port.config.error) {
    log_.warn("port {}", config.error);
  }
  warn_unsupported(fmt::format("port {}", config.name), *row, port.unsupported);
  for (const Uuid& interface : config.interfaces) {
    port_of_interface_[interface] = uuid;
    update_interface(*bridge, port, interface, dirty);
  }
  for (const auto& [interface_uuid, interface] : port.interfaces) {
    if (interface.ofport) config.bundle.ports.push_back(*interface.ofport);
  }
  if (config == port.config) return;
  port.config = std::move(config);
  if (port.config.bundle.ports.empty()) {
    bridge->ofproto->remove_bundle(port.config.name);
  } else {
    bridge->ofproto->set_bundle(port.config.bundle);
  }
}

void Bridges::update_interface(Bridge& bridge, Port& port, const Uuid& uuid, Dirty& dirty) {
  const ReplicaRow* row = environment_.database.replica().find("Interface", uuid);
  if (row == nullptr) return;
  InterfaceConfig config = read_interface(*row, environment_.tunnel_types);
  const bool is_new = port.interfaces.count(uuid) == 0;
  Interface& interface = port.interfaces[uuid];
  warn_unsupported(fmt::format("interface {}", config.name), *row, interface.unsupported);
  if (!is_new && config == interface.config) return;
  dirty.interfaces.insert(uuid);
  const bool is_changed_in_place = interface.ofport && config.type == interface.config.type &&
                                   config.requested == interface.config.requested &&
                                   config.error.empty();
  if (!is_new && !is_changed_in_place) delete_interface(bridge, interface);
  interface.config = std::move(config);
  if (!is_changed_in_place) {
    create_interface(bridge, *row, interface);
    return;
  }
  PortSettings settings = port_settings(interface.config);
  configure_device(interface);
  refresh_link(bridge, interface);
  settings.link = link_settings(interface.link);
  if (const auto updated = bridge.ofproto->update_port(*interface.ofport, settings); !updated) {
    interface.error = updated.error().text;
    log_.warn("bridge {}: {}", bridge.config.name, interface.error);
  }
}

void Bridges::create_interface(Bridge& bridge, const ReplicaRow& row, Interface& interface) {
  interface.error = interface.config.error;
  if (!interface.error.empty()) {
    log_.warn("could not configure network device {} ({})", interface.config.name, interface.error);
    return;
  }
  if (is_reserved_port_name(interface.config.name)) {
    log_.warn("could not create interface {}, name is reserved", interface.config.name);
    return;
  }
  PortSettings settings = port_settings(interface.config);
  const bool is_local = settings.name == bridge.config.name;
  settings.requested = is_local                     ? std::optional(kPortLocal)
                       : interface.config.requested ? interface.config.requested
                                                    : last_ofport(row);
  if (is_local) settings.type = "internal";
  if (settings.tunnel || settings.type == "patch") {
    interface.link = {};
    interface.link.mac = interface.config.mac ? *interface.config.mac : random_mac(uuids_);
    interface.link.is_up = interface.link.carrier = true;
    settings.link = link_settings(interface.link);
  }
  auto added = bridge.ofproto->add_port(settings);
  if (!added) {
    interface.error = added.error().text;
    log_.warn("could not add network device {} to ofproto ({})", settings.name, interface.error);
    return;
  }
  interface.ofport = *added;
  configure_device(interface);
  log_.info("bridge {}: added interface {} on port {}", bridge.config.name, settings.name,
            unsigned(*added));
  if (is_local || interface.config.mac || interface.config.mtu) {
    DpifLinkChange change;
    change.mac = is_local ? std::optional(bridge.mac) : interface.config.mac;
    change.mtu = interface.config.mtu;
    // A device that keeps its address is as usable as before; link() tells which it has.
    (void)environment_.switches.dpif(*bridge.backer).change_link(settings.name, change);
  }
  refresh_link(bridge, interface);
}

void Bridges::refresh_link(Bridge& bridge, Interface& interface) {
  if (!interface.ofport) return;
  const auto link = environment_.switches.dpif(*bridge.backer).link(interface.config.name);
  if (!link) return;  // tunnels and patch ports have no device
  interface.link = *link;
  bridge.ofproto->set_link(*interface.ofport, link_settings(*link));
}

void Bridges::configure_bridge(const Uuid& uuid, Bridge& bridge) {
  const ovsdb::Replica& replica = environment_.database.replica();
  const ReplicaRow* row = replica.find("Bridge", uuid);
  if (row == nullptr) return;
  for (const Uuid& controller : bridge.config.controllers) bridge_of_controller_.erase(controller);
  bridge.config = read_bridge(*row, environment_.version);
  warn_unsupported(fmt::format("bridge {}", bridge.config.name), *row, bridge.unsupported);
  choose_identity(bridge);
  Ofproto& ofproto = *bridge.ofproto;
  ofproto.set_protocols(bridge.config.protocols);
  ofproto.set_fail_mode(bridge.config.fail_mode);
  ofproto.set_mac_table(bridge.config.mac_table);
  ofproto.set_description(bridge.config.description);
  std::vector<ControllerSettings> controllers;
  for (const Uuid& controller : bridge.config.controllers) {
    bridge_of_controller_[controller] = uuid;
    const ReplicaRow* its_row = replica.find("Controller", controller);
    if (its_row == nullptr) continue;
    ControllerSettings settings = read_controller(*its_row);
    const std::string refused =
        refused_controller(settings.target, bridge.config.name, environment_.run_directory);
    if (!refused.empty()) {
      log_.err("bridge {}: {}", bridge.config.name, refused);
      continue;
    }
    controllers.push_back(std::move(settings));
    warn_unsupported(fmt::format("bridge {}: controller", bridge.config.name), *its_row,
                     bridge.unsupported_of_controllers[controller]);
  }
  ofproto.set_controllers(controllers);
}

// The bridge's address: what was asked for; else the lowest of its ports'; else one of its own.
void Bridges::choose_identity(Bridge& bridge) {
  MacAddress mac = bridge.mac;
  if (bridge.config.hwaddr) {
    mac = *bridge.config.hwaddr;
  } else {
    std::optional<MacAddress> lowest;
    for (const auto& [port_uuid, port] : bridge.ports) {
      for (const auto& [uuid, interface] : port.interfaces) {
        const MacAddress& its = interface.link.mac;
        const bool is_usable = interface.config.type == "system" && interface.ofport &&
                               !its.is_zero() && !its.is_multicast();
        if (is_usable && (!lowest || number_of(its) < number_of(*lowest))) lowest = its;
      }
    }
    if (lowest) mac = *lowest;
  }
  if (mac != bridge.mac) {
    bridge.mac = mac;
    DpifLinkChange change;
    change.mac = mac;
    (void)environment_.switches.dpif(*bridge.backer).change_link(bridge.config.name, change);
  }
  const std::uint64_t id = bridge.config.datapath_id.value_or(number_of(mac));
  bridge.datapath_id = id;
  if (bridge.ofproto->datapath_id() == id) return;
  bridge.ofproto->set_datapath_id(id);
  log_.info("bridge {}: using datapath ID {:016x}", bridge.config.name, id);
}

void Bridges::warn_unsupported(std::string_view what, const ReplicaRow& row,
                               std::vector<std::string>& told) {
  std::vector<std::string> now = unsupported_settings(row);
  for (const std::string& setting : now) {
    if (std::find(told.begin(), told.end(), setting) != told.end()) continue;
    log_.warn("{}: {}: not supported yet", what, setting);
  }
  told = std::move(now);
}

void Bridges::remove_all() {
  while (!bridges_.empty()) delete_bridge(Uuid(bridges_.begin()->first));
  environment_.switches.commit();
  known_replica_ = nullptr;
}

}  // namespace ovs::vswitch
