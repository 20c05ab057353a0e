// Ports and bundles of one switch: numbers, vports of the datapath, and the table of them that
// packets see.
#include "vswitch/ofproto/ofproto_impl.h"

namespace ovs::vswitch {

namespace {

constexpr std::uint64_t kNumberRestMs =
    3'600'000;  // flows of a controller may still name a port that went
constexpr std::uint16_t kMaxChosenNumber = 32767;

std::uint16_t default_udp_port(const std::string& type) {
  if (type == "vxlan") return 4789;
  if (type == "geneve") return 6081;
  return 0;
}

}  // namespace

Port* Ofproto::Impl::find(OfPort number) {
  const auto at = ports.find(std::uint16_t(number));
  return at == ports.end() ? nullptr : &at->second;
}

const Port* Ofproto::Impl::find(std::string_view port) const {
  const auto at = port_numbers.find(port);
  return at == port_numbers.end() ? nullptr : &ports.find(at->second)->second;
}

std::string Ofproto::Impl::port_name(OfPort number) const {
  const auto at = ports.find(std::uint16_t(number));
  return at == ports.end() ? std::to_string(std::uint16_t(number)) : at->second.settings.name;
}

std::optional<OfPort> Ofproto::Impl::free_number() const {
  const std::uint64_t now = now_ms();
  for (unsigned tried = 0; tried < kMaxChosenNumber; ++tried) {
    const std::uint16_t number = next_number;
    next_number = number == kMaxChosenNumber ? 1 : std::uint16_t(number + 1);
    if (ports.contains(number)) continue;
    const auto released = released_ms.find(number);
    if (released != released_ms.end() && released->second + kNumberRestMs > now) continue;
    return OfPort(number);
  }
  return std::nullopt;
}

std::optional<OfPort> Ofproto::Impl::choose_number(const PortSettings& settings) const {
  if (settings.requested && !ports.contains(std::uint16_t(*settings.requested)) &&
      (settings.is_local() || std::uint16_t(*settings.requested) < kMaxOfPorts)) {
    return settings.requested;
  }
  return free_number();
}

OfprotoResult<void> Ofproto::Impl::attach(Port& port) {
  const PortSettings& settings = port.settings;
  if (settings.type == "patch") return kOk;
  DpifResult<DpPort> made = DpifError{};
  if (settings.tunnel) {
    port.udp_port = settings.tunnel->udp_port != 0 ? settings.tunnel->udp_port
                                                   : default_udp_port(settings.type);
    made = backer.tunnel_vport(settings.type, port.udp_port);
  } else {
    const auto old = backer.dpif().port_by_name(settings.name);
    DpifPortSpec spec;
    spec.name = settings.name;
    spec.type = settings.type;
    made = old.ok() ? DpifResult<DpPort>(old->number) : backer.dpif().port_add(spec);
  }
  if (!made.ok()) return OfprotoError{made.error().text};
  port.datapath_port = *made;
  return kOk;
}

void Ofproto::Impl::detach(Port& port) {
  if (port.datapath_port == kNoDpPort) return;
  if (port.settings.tunnel) {
    backer.release_tunnel_vport(port.datapath_port);
  } else {
    (void)backer.dpif().port_del(port.datapath_port);
  }
  port.datapath_port = kNoDpPort;
}

OfprotoResult<OfPort> Ofproto::Impl::add_port(const PortSettings& settings) {
  if (find(settings.name) != nullptr) return OfprotoError{settings.name + ": port exists already"};
  const auto number = choose_number(settings);
  if (!number) return OfprotoError{settings.name + ": no port number is free"};
  Port port;
  port.settings = settings;
  port.number = *number;
  port.created_ms = now_ms();
  port.counters = new_shared<PortCounters>();
  OVS_TRY(attach(port));
  port.settings.link = link_of(port);
  port_numbers[settings.name] = std::uint16_t(*number);
  const auto at = ports.insert_or_assign(std::uint16_t(*number), std::move(port)).first;
  released_ms.erase(std::uint16_t(*number));
  ports_changed();
  tell_port(openflow::PortReason::Add, at->second);
  at->second.is_new = false;
  if (at->second.is_up()) tell_port(openflow::PortReason::Modify, at->second, Change::Liveness);
  return *number;
}

OfprotoResult<void> Ofproto::Impl::remove_port(OfPort number) {
  Port* port = find(number);
  if (port == nullptr) return OfprotoError{"no such port"};
  detach(*port);
  tell_port(openflow::PortReason::Delete, *port);
  macs->flush_port(number);
  released_ms[std::uint16_t(number)] = now_ms();
  port_numbers.erase(port->settings.name);
  ports.erase(std::uint16_t(number));
  ports_changed();
  return kOk;
}

OfprotoResult<void> Ofproto::Impl::update_port(OfPort number, const PortSettings& settings) {
  Port* port = find(number);
  if (port == nullptr) return OfprotoError{"no such port"};
  if (port->settings.name != settings.name || port->settings.type != settings.type) {
    return OfprotoError{settings.name + ": a port keeps its name and type"};
  }
  const bool moves = port->settings.tunnel.has_value() && settings.tunnel.has_value() &&
                     port->settings.tunnel->udp_port != settings.tunnel->udp_port;
  if (moves) detach(*port);
  port->settings.tunnel = settings.tunnel;
  port->settings.peer = settings.peer;
  port->settings.link = settings.link;
  if (moves) {
    OVS_TRY(attach(*port));
  }
  ports_changed();
  return kOk;
}

OfprotoResult<DpifPortStats> Ofproto::Impl::port_stats(const Port& port) const {
  if (port.settings.tunnel || port.settings.type == "patch") {
    DpifPortStats stats;
    stats.rx_packets = port.counters->rx_packets;
    stats.rx_bytes = port.counters->rx_bytes;
    stats.tx_packets = port.counters->tx_packets;
    stats.tx_bytes = port.counters->tx_bytes;
    return stats;
  }
  auto stats = backer.dpif().port_stats(port.datapath_port);
  if (!stats.ok()) return OfprotoError{stats.error().text};
  return *stats;
}

void Ofproto::Impl::ports_changed() {
  port_table = nullptr;
  changes.add(StampKind::Bridge, id);
  changes.add(StampKind::Global, 0);
  mark_changed();
}

// Who sets a device up or down without us means the port.
void Ofproto::Impl::set_link(Port& port, const LinkSettings& link) {
  if (port.settings.link == link) return;
  const bool was_up = port.is_up();
  if (link.is_up != port.settings.link.is_up) {
    port.config =
        link.is_up ? port.config & ~openflow::kPortDown : port.config | openflow::kPortDown;
  }
  port.settings.link = link;
  if (port.is_up() != was_up) port_state_changed();
  tell_port(openflow::PortReason::Modify, port);
}

void Ofproto::Impl::refresh_link(Port& port) {
  set_link(port, link_of(port));
}

// Tunnels and patch ports have no device; theirs stays as it was said.
LinkSettings Ofproto::Impl::link_of(const Port& port) const {
  LinkSettings link = port.settings.link;
  const auto device = backer.dpif().link(port.settings.name);
  if (!device.ok()) return link;
  link.mac = device->mac;
  link.mtu = device->mtu;
  link.is_up = device->is_up;
  link.carrier = device->carrier;
  link.current_kbps = link.max_kbps = std::uint32_t(device->speed_bps / 1000);
  return link;
}

void Ofproto::Impl::change_config(Port& port, std::uint32_t wanted) {
  const std::uint32_t toggled = std::exchange(port.config, wanted) ^ wanted;
  if (toggled == 0) return;
  port_state_changed();
  tell_port(openflow::PortReason::Modify, port);
  if ((toggled & openflow::kPortDown) == 0) return;
  DpifLinkChange change;
  change.is_up = (wanted & openflow::kPortDown) == 0;
  // A port without a device is down because its config says so.
  if (backer.dpif().change_link(port.settings.name, change).ok()) refresh_link(port);
}

// Where packets come in has not changed, nor what else any bridge sees.
void Ofproto::Impl::port_state_changed() {
  port_table = nullptr;
  changes.add(StampKind::Bridge, id);
  mark_changed();
}

Shared<PortTable> Ofproto::Impl::make_port_table() const {
  auto table = new_shared<PortTable>();
  for (const auto& [number, port] : ports) {
    auto view = new_shared<PortView>();
    view->number = port.number;
    view->name = port.settings.name;
    view->type = port.settings.type;
    view->datapath_port = port.datapath_port;
    view->config = port.config;
    view->is_up = port.is_up();
    view->tunnel = port.settings.tunnel;
    view->tunnel_udp_port = port.udp_port;
    view->peer = port.settings.peer;
    view->counters = port.counters;
    table->by_number[number] = view.raw();
    table->ports.push_back(std::move(view));
  }
  for (const BundleSettings& settings : bundles) {
    auto bundle = new_shared<BundleView>();
    bundle->settings = settings;
    for (const OfPort number : settings.ports) {
      const auto at = table->by_number.find(std::uint16_t(number));
      if (at == table->by_number.end()) continue;
      at->second->bundle = bundle;
      if (at->second->has(openflow::kNoFlood)) bundle->floodable = false;
    }
    table->bundles.push_back(std::move(bundle));
  }
  return table;
}

openflow::Port Ofproto::Impl::describe(const Port& port, openflow::Version version) const {
  const LinkSettings& link = port.settings.link;
  openflow::Port told;
  told.number = std::uint16_t(port.number);
  told.address = link.mac;
  told.name = port.settings.name;
  told.config = port.config | (link.is_up ? 0 : openflow::kPortDown);
  if (!link.carrier || !link.is_up) told.state = openflow::kLinkDown;
  const bool tells_live = port.is_up() && !port.is_new && version > openflow::Version::V10;
  if (tells_live) told.state |= openflow::kLive;
  told.current = link.features;
  told.current_kbps = link.current_kbps;
  told.maximum_kbps = link.max_kbps;
  return told;
}

}  // namespace ovs::vswitch
