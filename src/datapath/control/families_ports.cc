// Families VPORT and NETDEV, and the events of ports.
#include "datapath/control/families.h"

namespace ovs::datapath {

namespace {

wire::VportType type_of(VportKind kind) {
  switch (kind) {
    case VportKind::Device: return wire::VportType::Netdev;
    case VportKind::Internal: return wire::VportType::Internal;
    case VportKind::Gre: return wire::VportType::Gre;
    case VportKind::Vxlan: return wire::VportType::Vxlan;
  }
  return wire::VportType::Netdev;
}

Result<VportKind, Refusal> kind_of(wire::VportType type) {
  switch (type) {
    case wire::VportType::Netdev: return VportKind::Device;
    case wire::VportType::Internal: return VportKind::Internal;
    case wire::VportType::Gre: return VportKind::Gre;
    case wire::VportType::Vxlan: return VportKind::Vxlan;
    case wire::VportType::Geneve: return Refusal(Error::Unsupported, "geneve: not supported yet");
  }
  return Refusal(Error::Unsupported, "unknown type of port");
}

Result<PortName, Refusal> parse_name(const wire::Attribute& attribute) {
  const auto text = attribute.string();
  if (!text || text->empty()) return Refusal(Error::Invalid, "the port's name is not a text");
  const auto name = PortName::of(*text);
  if (!name) return Refusal(Error::Range, "the port's name is longer than 255 bytes");
  return *name;
}

Result<std::uint16_t, Refusal> parse_udp_port(const wire::Attributes& list) {
  const auto options = list.find(wire::VportAttr::Options);
  if (!options) return kVxlanPort;
  OVS_TRY(const auto nested, wire::Attributes::parse(options->payload));
  if (nested.find(wire::TunnelOptionAttr::Extension)) {
    return Refusal(Error::Unsupported, "vxlan extensions: not supported yet");
  }
  const auto port = nested.find(wire::TunnelOptionAttr::DstPort);
  if (!port) return kVxlanPort;
  OVS_TRY(const std::uint16_t number, port->u16());
  if (number == 0) return Refusal(Error::Range, "UDP port 0 cannot be a tunnel's");
  return number;
}

// An array of PIDs is as good as its first: there is one session a port.
Result<std::uint32_t, Refusal> parse_pid(const wire::Attribute& attribute) {
  if (attribute.payload.count() < 4 || attribute.payload.count() % 4 != 0) {
    return Refusal(Error::Malformed, "the upcall PID is not a number");
  }
  return load<std::uint32_t>(attribute.payload.data());
}

}  // namespace

void Families::put_vport(wire::Writer& writer, const wire::Message& request, std::uint16_t flags,
                         const Vport& port) {
  wire::Message header = request;
  header.flags = flags;
  header.command = std::uint8_t(wire::VportCommand::New);
  const std::size_t at = wire::begin_message(writer, header);
  const VportTotals totals = port.totals();
  const wire::VportStats stats{totals.rx_packets, totals.tx_packets, totals.rx_bytes,
                               totals.tx_bytes,   totals.rx_errors,  totals.tx_errors,
                               totals.rx_dropped, totals.tx_dropped};
  writer.put_u32(wire::VportAttr::PortNo, std::uint32_t(port.number()));
  writer.put_u32(wire::VportAttr::Type, std::uint32_t(type_of(port.kind())));
  writer.put_string(wire::VportAttr::Name, port.name().text());
  writer.put_u32(wire::VportAttr::UpcallPid, port.upcall_pid());
  writer.put_value(wire::VportAttr::Stats, stats);
  if (port.kind() == VportKind::Vxlan) {
    const wire::Writer::Nest nest = writer.begin_nest(wire::VportAttr::Options);
    writer.put_u16(wire::TunnelOptionAttr::DstPort, port.udp_port());
    writer.end_nest(nest);
  }
  wire::end_message(writer, at);
}

namespace {

// The port that a request names; by its name if that is there, as in Linux: its programs then send
// a number that says nothing.
Result<const Vport*, Refusal> find_port(const wire::Attributes& list, PortTable& ports) {
  const Vport* port = nullptr;
  if (const auto name = list.find(wire::VportAttr::Name)) {
    OVS_TRY(const PortName text, parse_name(*name));
    port = ports.find(text.text());
  } else if (const auto number = list.find(wire::VportAttr::PortNo)) {
    OVS_TRY(const std::uint32_t value, number->u32());
    port = ports.find(PortNo{value});
  } else {
    return Refusal(Error::Invalid, "neither a port's number nor its name is given");
  }
  if (port == nullptr) return Refusal(Error::NotFound, "no such port");
  return port;
}

}  // namespace

Outcome Families::vport_family(const Operation& operation) {
  switch (wire::VportCommand{operation.request.command}) {
    case wire::VportCommand::New: return new_vport(operation);
    case wire::VportCommand::Del: return del_vport(operation);
    case wire::VportCommand::Set: return set_vport(operation);
    case wire::VportCommand::Find: {
      OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
      OVS_TRY(const Vport* port, find_port(list, datapath().ports()));
      put_vport(operation.reply, operation.request, 0, *port);
      return kOk;
    }
  }
  return Refusal(Error::Unsupported, "unknown command of the vport family");
}

Result<Owned<Vport>, Refusal> Families::make_vport(const Vport::Spec& spec) {
  Vport::Spec full = spec;
  PortProvider& provider = control_.hosts_.ports;
  if (is_tunnel(spec.kind)) {
    OVS_TRY(auto tunnel, Vport::create(full, datapath().processor_count(), provider));
    return tunnel;
  }
  const auto device = provider.attach(spec.name.text(), spec.kind, spec.number);
  if (!device) {
    if (device.error() == Error::NotFound)
      return Refusal(Error::NotFound, "there is no device of this name");
    if (device.error() == Error::Busy) return Refusal(Error::Busy, "the device is in use");
    return Refusal(device.error(), "the device cannot be opened");
  }
  full.device = device->device;
  full.mac = device->mac;
  full.mtu = device->mtu;
  auto port = Vport::create(full, datapath().processor_count(), provider);
  if (port) return std::move(*port);
  if (full.device != nullptr) {
    provider.detach(full.device);
    provider.release(full.device);
  }
  return Refusal(port.error());
}

namespace {

Outcome refuse_conflict(const Vport::Spec& spec, PortTable& ports) {
  if (ports.find(spec.name.text()) != nullptr)
    return Refusal(Error::Exists, "a port of this name exists");
  if (std::uint32_t(spec.number) >= kMaxPorts)
    return Refusal(Error::Range, "port numbers are below 65535");
  if (ports.find(spec.number) != nullptr) return Refusal(Error::Busy, "the port number is taken");
  for (const Vport* port = ports.next(PortNo{0}); port != nullptr;
       port = ports.next(PortNo{std::uint32_t(port->number()) + 1})) {
    if (!is_tunnel(spec.kind) || port->kind() != spec.kind || port->udp_port() != spec.udp_port)
      continue;
    return Refusal(Error::Exists, "a tunnel of this kind and UDP port exists");
  }
  return kOk;
}

}  // namespace

Outcome Families::new_vport(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  const auto type = list.find(wire::VportAttr::Type);
  const auto name = list.find(wire::VportAttr::Name);
  if (!type || !name) return Refusal(Error::Invalid, "a port's type or name is missing");
  OVS_TRY(const std::uint32_t type_number, type->u32());
  Vport::Spec spec;
  OVS_TRY(spec.kind, kind_of(wire::VportType{type_number}));
  OVS_TRY(spec.name, parse_name(*name));
  if (spec.kind == VportKind::Vxlan) {
    OVS_TRY(spec.udp_port, parse_udp_port(list));
  }
  std::uint32_t pid = 0;
  if (const auto attribute = list.find(wire::VportAttr::UpcallPid)) {
    OVS_TRY(pid, parse_pid(*attribute));
  }
  PortTable& ports = datapath().ports();
  if (const auto number = list.find(wire::VportAttr::PortNo)) {
    OVS_TRY(const std::uint32_t value, number->u32());
    spec.number = PortNo{value};
  } else {
    spec.number = control_.hosts_.ports.preferred_number(spec.name.text(), spec.kind);
    if (ports.find(spec.number) != nullptr || spec.number == kNoPort)
      spec.number = ports.free_number();
    if (spec.number == kNoPort) return Refusal(Error::Full, "no port number is free");
  }
  OVS_TRY(refuse_conflict(spec, ports));
  OVS_TRY(auto port, make_vport(spec));
  port->set_upcall_pid(pid);
  const Vport* const added = port.raw();
  if (const auto done = datapath().add_port(port); !done) {
    if (port->device() != nullptr) control_.hosts_.ports.detach(port->device());
    return Refusal(done.error());
  }
  put_vport(operation.reply, operation.request, 0, *added);
  control_.tell({.kind = Event::Kind::PortAdded,
                 .port = added->number(),
                 .type = type_of(added->kind()),
                 .upcall_pid = pid,
                 .name = added->name()});
  return kOk;
}

Outcome Families::set_vport(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  OVS_TRY(const Vport* port, find_port(list, datapath().ports()));
  if (const auto type = list.find(wire::VportAttr::Type)) {
    OVS_TRY(const std::uint32_t number, type->u32());
    if (number != std::uint32_t(type_of(port->kind()))) {
      return Refusal(Error::Invalid, "a port's type cannot be changed");
    }
  }
  if (list.find(wire::VportAttr::Options)) {
    OVS_TRY(const std::uint16_t udp_port, parse_udp_port(list));
    if (udp_port != port->udp_port()) {
      return Refusal(Error::Unsupported,
                     "a tunnel's options cannot be changed: delete it and add it again");
    }
  }
  if (const auto pid = list.find(wire::VportAttr::UpcallPid)) {
    OVS_TRY(const std::uint32_t number, parse_pid(*pid));
    port->set_upcall_pid(number);
  }
  put_vport(operation.reply, operation.request, 0, *port);
  return kOk;
}

Outcome Families::del_vport(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  OVS_TRY(const Vport* port, find_port(list, datapath().ports()));
  const Event event{.kind = Event::Kind::PortRemoved,
                    .port = port->number(),
                    .type = type_of(port->kind()),
                    .upcall_pid = port->upcall_pid(),
                    .name = port->name()};
  void* const device = port->device();
  put_vport(operation.reply, operation.request, 0, *port);
  const auto done = datapath().remove_port(port->number());
  if (!done) {
    operation.reply.truncate(0);
    return Refusal(done.error());
  }
  if (device != nullptr) control_.hosts_.ports.detach(device);
  control_.tell(event);
  return kOk;
}

void Families::put_event(wire::Writer& writer, const Event& event, std::uint32_t pid) {
  const bool of_port = event.kind != Event::Kind::NeighbourWanted;
  wire::Message header{.type = std::uint16_t(of_port ? wire::Family::Vport : wire::Family::Route),
                       .pid = pid,
                       .version = 1};
  if (!of_port) {
    header.command = std::uint8_t(wire::RouteCommand::NeighbourWanted);
    const std::size_t at = wire::begin_message(writer, header);
    writer.put_value(wire::RouteAttr::Destination, event.address);
    writer.put_u32(wire::RouteAttr::PortNo, std::uint32_t(event.port));
    return wire::end_message(writer, at);
  }
  const auto command = event.kind == Event::Kind::PortAdded     ? wire::VportCommand::New
                       : event.kind == Event::Kind::PortRemoved ? wire::VportCommand::Del
                                                                : wire::VportCommand::Set;
  header.command = std::uint8_t(command);
  const std::size_t at = wire::begin_message(writer, header);
  writer.put_u32(wire::VportAttr::PortNo, std::uint32_t(event.port));
  writer.put_u32(wire::VportAttr::Type, std::uint32_t(event.type));
  writer.put_string(wire::VportAttr::Name, event.name.text());
  writer.put_u32(wire::VportAttr::UpcallPid, event.upcall_pid);
  wire::end_message(writer, at);
}

// ---- NETDEV ------------------------------------------------------------------------------------

namespace {

Result<PortChange, Refusal> parse_change(const wire::Attributes& list) {
  PortChange change;
  if (const auto mac = list.find(wire::NetdevAttr::MacAddress)) {
    if (mac->payload.count() != 6) return Refusal(Error::Malformed, "a MAC address has 6 bytes");
    change.mac = load<MacAddress>(mac->payload.data());
  }
  if (const auto mtu = list.find(wire::NetdevAttr::Mtu)) {
    OVS_TRY(const std::uint32_t value, mtu->u32());
    if (value < 68 || value > 65535) return Refusal(Error::Range, "an MTU is between 68 and 65535");
    change.mtu = value;
  }
  if (const auto flags = list.find(wire::NetdevAttr::IfFlags)) {
    OVS_TRY(const std::uint32_t value, flags->u32());
    change.up = (value & wire::kNetdevUp) != 0;
  }
  return change;
}

}  // namespace

Outcome Families::set_netdev(const Vport& port, const wire::Attributes& list) {
  OVS_TRY(const PortChange change, parse_change(list));
  if (port.device() == nullptr) return Refusal(Error::Down, "the port has no device");
  PortProvider& provider = control_.hosts_.ports;
  const auto done = provider.change(port.device(), change);
  if (!done) return Refusal(done.error(), "the device cannot be changed");
  const PortState state = provider.state(port.device());
  port.set_link(state.mac, state.mtu);
  control_.tell({.kind = Event::Kind::PortChanged,
                 .port = port.number(),
                 .type = type_of(port.kind()),
                 .upcall_pid = port.upcall_pid(),
                 .name = port.name()});
  return kOk;
}

Outcome Families::netdev_family(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  const auto name = list.find(wire::NetdevAttr::Name);
  if (!name) return Refusal(Error::Invalid, "the device's name is missing");
  OVS_TRY(const PortName text, parse_name(*name));
  const Vport* port = datapath().ports().find(text.text());
  if (port == nullptr) return Refusal(Error::NotFound, "no such port");
  switch (wire::NetdevCommand{operation.request.command}) {
    case wire::NetdevCommand::Find: put_netdev(operation, *port); return kOk;
    case wire::NetdevCommand::Set: return set_netdev(*port, list);
  }
  return Refusal(Error::Unsupported, "unknown command of the netdev family");
}

void Families::put_netdev(const Operation& operation, const Vport& port) {
  PortState state;
  if (port.device() != nullptr) {
    state = control_.hosts_.ports.state(port.device());
    port.set_link(state.mac, state.mtu);  // what is said here holds from now on
  }
  wire::Writer& writer = operation.reply;
  wire::Message header = operation.request;
  header.flags = 0;
  const std::size_t at = wire::begin_message(writer, header);
  writer.put_u32(wire::NetdevAttr::PortNo, std::uint32_t(port.number()));
  writer.put_u32(wire::NetdevAttr::Type, std::uint32_t(type_of(port.kind())));
  writer.put_string(wire::NetdevAttr::Name, port.name().text());
  writer.put_value(wire::NetdevAttr::MacAddress, state.mac);
  writer.put_u32(wire::NetdevAttr::Mtu, state.mtu);
  writer.put_u32(wire::NetdevAttr::IfFlags, state.is_up ? wire::kNetdevUp : 0);
  writer.put_u64(wire::NetdevAttr::Speed, state.speed_bps);
  writer.put_u8(wire::NetdevAttr::Carrier, state.has_carrier ? 1 : 0);
  if (port.device() == nullptr && !is_tunnel(port.kind())) {
    state.status = "waiting for a device of this name";
  }
  if (!state.status.empty()) writer.put_string(wire::NetdevAttr::Status, state.status);
  wire::end_message(writer, at);
}

}  // namespace ovs::datapath
