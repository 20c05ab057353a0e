#include "vswitch/dpif/route_feed.h"

#include <algorithm>
#include <optional>

namespace ovs::vswitch {

using platform::LinkIndex;
using wire::Family;
using wire::RouteAttr;
using wire::RouteCommand;

namespace {

constexpr std::uint64_t kGatherMs = 5;  // changes come in bursts

struct Commands {
  RouteCommand add, remove;
};
Commands commands_of(UnderlayRow::Kind kind) {
  switch (kind) {
    case UnderlayRow::Kind::Address: return {RouteCommand::AddressNew, RouteCommand::AddressDel};
    case UnderlayRow::Kind::Route: return {RouteCommand::RouteNew, RouteCommand::RouteDel};
    case UnderlayRow::Kind::Neighbour: break;
  }
  return {RouteCommand::NeighbourNew, RouteCommand::NeighbourDel};
}

// Zero for none, and for IPv6, which tunnels do not run over yet.
std::uint32_t ipv4_of(const IpAddress& address) {
  return address.is_ipv4() ? address.ipv4().bits.host() : 0;
}

}  // namespace

DpifResult<std::unique_ptr<RouteFeed>> RouteFeed::start(platform::NetConfig& net, Dpif& dpif,
                                                        platform::Device& device,
                                                        daemon::Loop& loop, daemon::Log& log) {
  Parts parts;
  OVS_TRY(parts.requests, Channel::open(device));
  OVS_TRY(parts.events, Channel::open(device));
  auto changes = net.follow();
  if (!changes) return DpifError{Error::Io, "cannot follow the host's network configuration"};
  parts.changes = std::move(changes).value();
  NetlinkRequest join(Family::Control, wire::ControlCommand::SubscribeEvents);
  join.writer().put_u32(wire::ControlAttr::McastGroup, wire::kNeighbourGroup);
  join.writer().put_u8(wire::ControlAttr::McastJoin, 1);
  OVS_TRY(parts.events->write(join));
  std::unique_ptr<RouteFeed> feed(new RouteFeed(net, dpif, std::move(parts), loop, log));
  OVS_TRY(feed->read_rows());
  feed->schedule();
  feed->wanted_ready_.arm();
  return feed;
}

namespace {

std::optional<UnderlayRow> parse_row(const wire::MessageView& message, UnderlayRow::Kind kind) {
  const auto table = wire::AttributeTable<wire::kMaxRouteAttr>::parse(message.payload);
  if (!table || !table->has(RouteAttr::Destination) || !table->has(RouteAttr::PortNo)) {
    return std::nullopt;
  }
  auto address_of = [&](RouteAttr attribute) {
    const auto& given = (*table)[attribute];
    return given ? given->as<Be32>().value_or(Be32(0)).host() : 0;
  };
  UnderlayRow row;
  row.kind = kind;
  row.destination = address_of(RouteAttr::Destination);
  row.gateway = address_of(RouteAttr::Gateway);
  row.source = address_of(RouteAttr::Source);
  row.port = (*table)[RouteAttr::PortNo]->u32().value_or(0);
  const auto& length = (*table)[RouteAttr::PrefixLength];
  if (length) row.prefix_length = length->u8().value_or(32);
  const auto& priority = (*table)[RouteAttr::Priority];
  if (priority) row.priority = priority->u32().value_or(0);
  const auto& mac = (*table)[RouteAttr::LinkAddress];
  if (kind == UnderlayRow::Kind::Neighbour && mac && mac->payload.count() == row.mac.size()) {
    std::copy(mac->payload.begin(), mac->payload.end(), row.mac.begin());
  }
  return row;
}

}  // namespace

// What somebody fed before us is ours to keep or to take away.
DpifResult<void> RouteFeed::read_rows() {
  constexpr std::pair<UnderlayRow::Kind, RouteCommand> kDumps[] = {
      {UnderlayRow::Kind::Address, RouteCommand::AddressFind},
      {UnderlayRow::Kind::Route, RouteCommand::RouteFind},
      {UnderlayRow::Kind::Neighbour, RouteCommand::NeighbourFind}};
  for (const auto& dump : kDumps) {
    NetlinkRequest request(Family::Route, dump.second, wire::kFlagDump);
    OVS_TRY(parts_.requests->dump(request, [&](const wire::MessageView& message) {
      if (const auto row = parse_row(message, dump.first)) sent_.insert(*row);
    }));
  }
  return kOk;
}

DpifResult<std::size_t> RouteFeed::synchronize_now() {
  timer_.cancel();
  std::set<UnderlayRow> rows;
  if (!list(rows)) return DpifError{Error::Io, "cannot read the host's network configuration"};
  send_differences(std::move(rows));
  return sent_.size();
}

RouteFeed::RouteFeed(platform::NetConfig& net, Dpif& dpif, Parts parts, daemon::Loop& loop,
                     daemon::Log& log)
    : net_(net),
      dpif_(dpif),
      parts_(std::move(parts)),
      log_(log.module("ovs_router")),
      timer_(loop, [this] { synchronize(); }),
      wanted_ready_(*parts_.events, loop, wire::ControlCommand::PendRequest,
                    [this] { read_wanted(); }) {
  const platform::WaitHandle handle = parts_.changes->wait_handle();
  if (std::intptr_t(handle) < 0) return;  // ports_changed() tells of all changes
  watch_ = std::make_unique<daemon::Watch>(loop, handle, [this] {
    if (!parts_.changes->deliver(*this)) schedule();
  });
}

RouteFeed::~RouteFeed() = default;

void RouteFeed::schedule() {
  if (!timer_.is_set()) timer_.set_after(kGatherMs);
}

void RouteFeed::synchronize() {
  std::set<UnderlayRow> rows;
  if (!list(rows)) {
    log_.warn(limit_, "cannot read the host's network configuration");
    return;
  }
  send_differences(std::move(rows));
}

void RouteFeed::send_differences(std::set<UnderlayRow> rows) {
  // Removals first: a neighbour with another MAC is the same row to the datapath.
  for (const UnderlayRow& row : sent_) {
    if (rows.count(row) == 0) send(row, true);
  }
  for (const UnderlayRow& row : rows) {
    if (sent_.count(row) == 0) send(row, false);
  }
  sent_ = std::move(rows);
}

bool RouteFeed::list(std::set<UnderlayRow>& rows) {
  const auto ports = dpif_.port_dump();
  if (!ports) return false;
  std::map<std::string, std::uint32_t, std::less<>> port_by_name;
  for (const DpifPort& port : *ports) port_by_name[port.name] = std::uint32_t(port.number);
  std::map<LinkIndex, std::uint32_t> port_of_link;
  link_of_port_.clear();
  const auto links = net_.list_links([&](const platform::Link& link) {
    auto port = port_by_name.find(std::string_view(link.name.text()));
    // An emulated host's adapters have names that no link can have.
    if (port == port_by_name.end()) port = port_by_name.find(std::string_view(link.alias.text()));
    if (port == port_by_name.end()) return;
    port_of_link[link.index] = port->second;
    link_of_port_[port->second] = link.index;
  });
  const auto addresses = net_.list_addresses([&](const platform::LinkAddress& address) {
    const auto port = port_of_link.find(address.link);
    if (port == port_of_link.end() || !address.address.is_ipv4()) return;
    UnderlayRow row;
    row.destination = ipv4_of(address.address);
    row.port = port->second;
    rows.insert(row);
  });
  const auto routes = net_.list_routes([&](const platform::Route& route) {
    const auto port = port_of_link.find(route.link);
    const bool is_usable = route.kind == platform::RouteKind::Unicast &&
                           port != port_of_link.end() && route.destination.is_ipv4();
    if (!is_usable) return;
    rows.insert({UnderlayRow::Kind::Route,
                 ipv4_of(route.destination),
                 route.prefix_length,
                 ipv4_of(route.gateway),
                 ipv4_of(route.source),
                 port->second,
                 route.metric,
                 {}});
  });
  const auto neighbours = net_.list_neighbours([&](const platform::Neighbour& neighbour) {
    const auto port = port_of_link.find(neighbour.link);
    const bool is_usable =
        port != port_of_link.end() && neighbour.address.is_ipv4() && !neighbour.mac.is_zero();
    if (!is_usable) return;
    UnderlayRow row;
    row.kind = UnderlayRow::Kind::Neighbour;
    row.destination = ipv4_of(neighbour.address);
    row.port = port->second;
    std::copy(neighbour.mac.bytes.begin(), neighbour.mac.bytes.end(), row.mac.begin());
    rows.insert(row);
  });
  return links.ok() && addresses.ok() && routes.ok() && neighbours.ok();
}

void RouteFeed::send(const UnderlayRow& row, bool remove) {
  const Commands commands = commands_of(row.kind);
  NetlinkRequest request(Family::Route, remove ? commands.remove : commands.add);
  wire::Writer& writer = request.writer();
  writer.put_value(RouteAttr::Destination, Be32(row.destination));
  if (row.kind == UnderlayRow::Kind::Route) {
    writer.put_u8(RouteAttr::PrefixLength, row.prefix_length);
    if (row.gateway != 0) writer.put_value(RouteAttr::Gateway, Be32(row.gateway));
    if (row.source != 0) writer.put_value(RouteAttr::Source, Be32(row.source));
    writer.put_u32(RouteAttr::Priority, row.priority);
  }
  writer.put_u32(RouteAttr::PortNo, row.port);
  if (row.kind == UnderlayRow::Kind::Neighbour) writer.put(RouteAttr::LinkAddress, row.mac);
  const auto done = parts_.requests->transact(request);
  // What is gone already need not be removed.
  if (done || (remove && done.error().code == Error::NotFound)) return;
  log_.warn(limit_, "{}: the datapath refused a route, address or neighbour ({})",
            dpif_.full_name(), done.error().text);
}

void RouteFeed::read_wanted() {
  for (;;) {
    const auto more = parts_.events->read(
        platform::DeviceControl::ReadEvent, [this](const wire::MessageView& message) {
          if (message.header.command != std::uint8_t(RouteCommand::NeighbourWanted)) return;
          const auto table = wire::AttributeTable<wire::kMaxRouteAttr>::parse(message.payload);
          if (!table || !table->has(RouteAttr::Destination) || !table->has(RouteAttr::PortNo)) {
            return;
          }
          const auto address = (*table)[RouteAttr::Destination]->as<Be32>();
          const auto port = (*table)[RouteAttr::PortNo]->u32();
          if (address && port) resolve(*port, address->host());
        });
    if (!more || !*more) break;
  }
  wanted_ready_.arm();
}

void RouteFeed::resolve(std::uint32_t port, std::uint32_t address) {
  const auto link = link_of_port_.find(port);
  if (link == link_of_port_.end()) return;
  const Ipv4Address ip{Be32(address)};
  if (!net_.resolve(link->second, IpAddress::of(ip))) {
    log_.warn(limit_, "cannot resolve a neighbour of {}", dpif_.full_name());
  }
}

}  // namespace ovs::vswitch
