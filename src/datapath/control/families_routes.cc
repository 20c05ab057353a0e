// Family ROUTE: the underlay's routes, local addresses and neighbours.
#include "datapath/control/families.h"

namespace ovs::datapath {

namespace {

using wire::RouteAttr;
using wire::RouteCommand;

struct RouteRequest {
  Ipv4Address destination, gateway, source;
  std::uint8_t prefix_length = 32;
  PortNo port = kNoPort;
  std::uint32_t priority = 0;
  MacAddress mac;
};

Result<Ipv4Address, Refusal> parse_address(const wire::Attribute& attribute) {
  if (attribute.payload.count() == 16)
    return Refusal(Error::Unsupported, "IPv6 underlay: not supported yet");
  if (attribute.payload.count() != 4)
    return Refusal(Error::Malformed, "an address has 4 or 16 bytes");
  return load<Ipv4Address>(attribute.payload.data());
}

Outcome parse_addresses(const wire::AttributeTable<wire::kMaxRouteAttr>& table,
                        RouteRequest& request) {
  const auto& destination = table[RouteAttr::Destination];
  if (!destination) return Refusal(Error::Invalid, "the address is missing");
  OVS_TRY(request.destination, parse_address(*destination));
  if (const auto& gateway = table[RouteAttr::Gateway]) {
    OVS_TRY(request.gateway, parse_address(*gateway));
  }
  if (const auto& source = table[RouteAttr::Source]) {
    OVS_TRY(request.source, parse_address(*source));
  }
  return kOk;
}

Result<RouteRequest, Refusal> parse_request(Bytes attributes) {
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxRouteAttr>::parse(attributes));
  RouteRequest request;
  OVS_TRY(parse_addresses(table, request));
  if (const auto& length = table[RouteAttr::PrefixLength]) {
    OVS_TRY(request.prefix_length, length->u8());
    if (request.prefix_length > 32)
      return Refusal(Error::Range, "an IPv4 prefix has at most 32 bits");
  }
  if (const auto& port = table[RouteAttr::PortNo]) {
    OVS_TRY(const std::uint32_t number, port->u32());
    request.port = PortNo{number};
  }
  if (const auto& priority = table[RouteAttr::Priority]) {
    OVS_TRY(request.priority, priority->u32());
  }
  if (const auto& mac = table[RouteAttr::LinkAddress]) {
    if (mac->payload.count() != 6) return Refusal(Error::Malformed, "a link address has 6 bytes");
    request.mac = load<MacAddress>(mac->payload.data());
  }
  return request;
}

Outcome outcome_of(Result<void> done, Text missing) {
  if (done) return kOk;
  if (done.error() == Error::NotFound) return Refusal(Error::NotFound, missing);
  if (done.error() == Error::Full) return Refusal(Error::Full, "the table is full");
  return Refusal(done.error());
}

}  // namespace

Outcome Families::route_family(const Operation& operation) {
  const auto command = RouteCommand{operation.request.command};
  if (command == RouteCommand::Flush) {
    datapath().underlay().clear();
    return kOk;
  }
  return change_route(operation);
}

Outcome Families::change_route(const Operation& operation) {
  OVS_TRY(const RouteRequest request, parse_request(operation.attributes));
  Underlay& underlay = datapath().underlay();
  const LocalAddress address{request.destination, request.port, request.mac};
  const UnderlayNeighbour neighbour{request.destination, request.port, request.mac};
  const UnderlayRoute route{request.destination, request.prefix_length, request.gateway,
                            request.source,      request.port,          request.priority};
  const bool has_port = request.port != kNoPort;
  switch (RouteCommand{operation.request.command}) {
    case RouteCommand::RouteNew:
      if (!has_port) return Refusal(Error::Invalid, "the port that the route leads to is missing");
      return outcome_of(underlay.put(route), "");
    case RouteCommand::RouteDel: return outcome_of(underlay.remove(route), "no such route");
    case RouteCommand::AddressNew:
      if (!has_port) return Refusal(Error::Invalid, "the port that owns the address is missing");
      return outcome_of(underlay.put(address), "");
    case RouteCommand::AddressDel: return outcome_of(underlay.remove(address), "no such address");
    case RouteCommand::NeighbourNew:
      if (!has_port || request.mac.is_zero())
        return Refusal(Error::Invalid, "a neighbour's port or MAC is missing");
      return outcome_of(underlay.put(neighbour), "");
    case RouteCommand::NeighbourDel:
      return outcome_of(underlay.remove(neighbour), "no such neighbour");
    case RouteCommand::RouteFind:
    case RouteCommand::AddressFind:
    case RouteCommand::NeighbourFind:
      return Refusal(Error::Unsupported, "underlay rows are read by dumps");
    case RouteCommand::Flush:
    case RouteCommand::NeighbourWanted: break;
  }
  return Refusal(Error::Unsupported, "unknown command of the route family");
}

namespace {

void put_row(wire::Writer& writer, const LocalAddress& row) {
  writer.put_value(RouteAttr::Destination, row.address);
  writer.put_u32(RouteAttr::PortNo, std::uint32_t(row.port));
  if (!row.mac.is_zero()) writer.put_value(RouteAttr::LinkAddress, row.mac);
}
void put_row(wire::Writer& writer, const UnderlayNeighbour& row) {
  writer.put_value(RouteAttr::Destination, row.address);
  writer.put_u32(RouteAttr::PortNo, std::uint32_t(row.port));
  writer.put_value(RouteAttr::LinkAddress, row.mac);
}
void put_row(wire::Writer& writer, const UnderlayRoute& row) {
  writer.put_value(RouteAttr::Destination, row.destination);
  writer.put_u8(RouteAttr::PrefixLength, row.prefix_length);
  if (!row.gateway.is_zero()) writer.put_value(RouteAttr::Gateway, row.gateway);
  if (!row.source.is_zero()) writer.put_value(RouteAttr::Source, row.source);
  writer.put_u32(RouteAttr::PortNo, std::uint32_t(row.port));
  writer.put_u32(RouteAttr::Priority, row.priority);
}

template <class Row>
bool put_nth(wire::Writer& writer, const wire::Message& header, Span<const Row> rows,
             std::uint32_t nth) {
  if (nth >= rows.count()) return false;
  const std::size_t at = wire::begin_message(writer, header);
  put_row(writer, rows[nth]);
  wire::end_message(writer, at);
  return true;
}

}  // namespace

bool Families::put_underlay_row(wire::Writer& writer, const Dump& dump) {
  wire::Message header = dump.request;
  header.flags = wire::kFlagMulti;
  Underlay& underlay = datapath().underlay();
  switch (RouteCommand{dump.request.command}) {
    case RouteCommand::RouteFind: return put_nth(writer, header, underlay.routes(), dump.next);
    case RouteCommand::AddressFind: return put_nth(writer, header, underlay.addresses(), dump.next);
    case RouteCommand::NeighbourFind:
      return put_nth(writer, header, underlay.neighbours(), dump.next);
    case RouteCommand::RouteNew:
    case RouteCommand::RouteDel:
    case RouteCommand::AddressNew:
    case RouteCommand::AddressDel:
    case RouteCommand::NeighbourNew:
    case RouteCommand::NeighbourDel:
    case RouteCommand::Flush:
    case RouteCommand::NeighbourWanted: break;
  }
  return false;
}

}  // namespace ovs::datapath
