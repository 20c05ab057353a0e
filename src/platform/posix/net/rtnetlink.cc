#include "platform/posix/net/rtnetlink.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "base/bytes/span.h"

namespace ovs::platform {
namespace {

Bytes payload_of(const nlattr& attribute) {
  return Bytes(static_cast<const std::uint8_t*>(mnl_attr_get_payload(&attribute)),
               mnl_attr_get_payload_len(&attribute));
}

// Calls `row(type, attribute)` for each attribute in `bytes`.
template <class Row>
void for_each_attribute(Bytes bytes, Row row) {
  const void* at = bytes.data();
  const auto* attribute = static_cast<const nlattr*>(at);
  const auto left = [&] {
    return int(bytes.end() - reinterpret_cast<const std::uint8_t*>(attribute));
  };
  for (; mnl_attr_ok(attribute, left()); attribute = mnl_attr_next(attribute)) {
    row(mnl_attr_get_type(attribute), *attribute);
  }
}

// Those after a message's fixed header.
template <class Row>
void for_each_attribute(const nlmsghdr& message, std::size_t header_size, Row row) {
  const std::size_t skip = MNL_ALIGN(header_size);
  const std::size_t size = mnl_nlmsg_get_payload_len(&message);
  if (size < skip) return;
  const auto* payload = static_cast<const std::uint8_t*>(mnl_nlmsg_get_payload(&message));
  for_each_attribute(Bytes(payload + skip, size - skip), row);
}

template <class Header>
const Header* header_of(const nlmsghdr& message) {
  const bool whole = mnl_nlmsg_get_payload_len(&message) >= sizeof(Header);
  return whole ? static_cast<const Header*>(mnl_nlmsg_get_payload(&message)) : nullptr;
}

Text text_of(const nlattr& attribute) {
  const Bytes bytes = payload_of(attribute);
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  return Text(data, strnlen(data, bytes.count()));
}

std::uint32_t number_of(const nlattr& attribute) {
  const Bytes bytes = payload_of(attribute);
  return bytes.count() >= 4 ? load<std::uint32_t>(bytes.data()) : 0;
}

// By its length: rtnetlink's addresses say their family no other way.
IpAddress ip_of(const nlattr& attribute) {
  const Bytes bytes = payload_of(attribute);
  if (bytes.count() == 4) return IpAddress::of(Ipv4Address{load<Be32>(bytes.data())});
  if (bytes.count() == 16) return IpAddress::of(load<Ipv6Address>(bytes.data()));
  return {};
}

ovs::MacAddress mac_of(const nlattr& attribute) {
  const Bytes bytes = payload_of(attribute);
  return bytes.count() == 6 ? load<ovs::MacAddress>(bytes.data()) : ovs::MacAddress{};
}

bool is_ip(unsigned char family) {
  return family == AF_INET || family == AF_INET6;
}

// 0.0.0.0 or ::, of the family.
IpAddress any_of(unsigned char family) {
  return family == AF_INET ? IpAddress::of(Ipv4Address{}) : IpAddress{};
}

void parse_kind(const nlattr& nested, Link& link) {
  for_each_attribute(payload_of(nested), [&](int type, const nlattr& attribute) {
    if (type == IFLA_INFO_KIND) link.kind = FixedText<16>::cut(text_of(attribute));
  });
}

RouteKind route_kind(unsigned char type) {
  switch (type) {
    case RTN_UNICAST: return RouteKind::Unicast;
    case RTN_LOCAL: return RouteKind::Local;
    case RTN_BLACKHOLE:
    case RTN_UNREACHABLE:
    case RTN_PROHIBIT: return RouteKind::Unreachable;
  }
  return RouteKind::Other;
}

NeighbourState neighbour_state(std::uint16_t state) {
  if ((state & (NUD_PERMANENT | NUD_NOARP)) != 0) return NeighbourState::Permanent;
  if ((state & NUD_REACHABLE) != 0) return NeighbourState::Reachable;
  if ((state & (NUD_STALE | NUD_DELAY | NUD_PROBE)) != 0) return NeighbourState::Stale;
  return (state & NUD_FAILED) != 0 ? NeighbourState::Failed : NeighbourState::Incomplete;
}

// The first nexthop of a multipath route stands for it.
void parse_multipath(const nlattr& attribute, Route& route) {
  const Bytes bytes = payload_of(attribute);
  if (bytes.count() < sizeof(rtnexthop)) return;
  const auto hop = load<rtnexthop>(bytes.data());
  if (hop.rtnh_len < sizeof hop || hop.rtnh_len > bytes.count()) return;
  route.link = LinkIndex(hop.rtnh_ifindex);
  const Bytes inner = bytes.part(sizeof hop, hop.rtnh_len - sizeof hop);
  for_each_attribute(inner, [&](int type, const nlattr& gateway) {
    if (type == RTA_GATEWAY) route.gateway = ip_of(gateway);
  });
}

template <class T>
void deliver(const nlmsghdr& message, NetChange change, NetListener& listener,
             void (NetListener::*tell)(NetChange, const T&)) {
  T value;
  if (parse_message(message, value)) (listener.*tell)(change, value);
}

}  // namespace

bool parse_message(const nlmsghdr& message, Link& link) {
  const auto* header = header_of<ifinfomsg>(message);
  // AF_BRIDGE repeats a port's link in its bridge's words.
  if (header == nullptr || header->ifi_family != AF_UNSPEC) return false;
  link.index = LinkIndex(header->ifi_index);
  link.admin = (header->ifi_flags & IFF_UP) != 0 ? LinkState::Up : LinkState::Down;
  link.carrier = (header->ifi_flags & IFF_LOWER_UP) != 0 ? LinkState::Up : LinkState::Down;
  for_each_attribute(message, sizeof *header, [&](int type, const nlattr& attribute) {
    switch (type) {
      case IFLA_IFNAME: link.name = LinkName::cut(text_of(attribute)); break;
      case IFLA_IFALIAS: link.alias = LinkName::cut(text_of(attribute)); break;
      case IFLA_ADDRESS: link.mac = mac_of(attribute); break;
      case IFLA_MTU: link.mtu = number_of(attribute); break;
      case IFLA_MASTER: link.master = LinkIndex(number_of(attribute)); break;
      case IFLA_LINKINFO: parse_kind(attribute, link); break;
    }
  });
  return !link.name.empty();
}

bool parse_message(const nlmsghdr& message, LinkAddress& address) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (header == nullptr || !is_ip(header->ifa_family)) return false;
  address.link = LinkIndex(header->ifa_index);
  address.prefix_length = header->ifa_prefixlen;
  Maybe<IpAddress> local;
  Maybe<IpAddress> peer;
  for_each_attribute(message, sizeof *header, [&](int type, const nlattr& attribute) {
    if (type == IFA_LOCAL) local = ip_of(attribute);
    if (type == IFA_ADDRESS) peer = ip_of(attribute);
  });
  if (!local && !peer) return false;
  address.address = local ? *local : *peer;
  return true;
}

bool parse_message(const nlmsghdr& message, Route& route) {
  const auto* header = header_of<rtmsg>(message);
  if (header == nullptr || !is_ip(header->rtm_family)) return false;
  if ((header->rtm_flags & RTM_F_CLONED) != 0) return false;  // a cached answer, not a route
  if (header->rtm_type == RTN_BROADCAST || header->rtm_type == RTN_MULTICAST ||
      header->rtm_type == RTN_ANYCAST) {
    return false;
  }
  route.kind = route_kind(header->rtm_type);
  route.destination = any_of(header->rtm_family);
  route.prefix_length = header->rtm_dst_len;
  route.table = header->rtm_table;
  for_each_attribute(message, sizeof *header, [&](int type, const nlattr& attribute) {
    switch (type) {
      case RTA_DST: route.destination = ip_of(attribute); break;
      case RTA_GATEWAY: route.gateway = ip_of(attribute); break;
      case RTA_PREFSRC: route.source = ip_of(attribute); break;
      case RTA_OIF: route.link = LinkIndex(number_of(attribute)); break;
      case RTA_PRIORITY: route.metric = number_of(attribute); break;
      case RTA_TABLE: route.table = number_of(attribute); break;
      case RTA_MULTIPATH: parse_multipath(attribute, route); break;
    }
  });
  return true;
}

bool parse_message(const nlmsghdr& message, Neighbour& neighbour) {
  const auto* header = header_of<ndmsg>(message);
  if (header == nullptr || !is_ip(header->ndm_family)) return false;
  neighbour.link = LinkIndex(header->ndm_ifindex);
  neighbour.state = neighbour_state(header->ndm_state);
  bool has_address = false;
  for_each_attribute(message, sizeof *header, [&](int type, const nlattr& attribute) {
    if (type == NDA_DST) {
      neighbour.address = ip_of(attribute);
      has_address = true;
    }
    if (type == NDA_LLADDR) neighbour.mac = mac_of(attribute);
  });
  const bool unknown =
      neighbour.state == NeighbourState::Incomplete || neighbour.state == NeighbourState::Failed;
  if (unknown) neighbour.mac = {};
  return has_address;
}

bool parse_counters(const nlmsghdr& message, LinkCounters& counters) {
  bool found = false;
  for_each_attribute(message, sizeof(ifinfomsg), [&](int type, const nlattr& attribute) {
    if (type != IFLA_STATS64) return;
    rtnl_link_stats64 from = {};
    const Bytes bytes = payload_of(attribute);
    std::memcpy(&from, bytes.data(), bytes.count() < sizeof from ? bytes.count() : sizeof from);
    counters = {
        from.rx_packets,    from.tx_packets,      from.rx_bytes,         from.tx_bytes,
        from.rx_errors,     from.tx_errors,       from.rx_dropped,       from.tx_dropped,
        from.multicast,     from.collisions,      from.rx_length_errors, from.rx_over_errors,
        from.rx_crc_errors, from.rx_frame_errors, from.rx_fifo_errors,   from.rx_missed_errors};
    found = true;
  });
  return found;
}

void deliver_event(const nlmsghdr& message, NetListener& listener) {
  using Listener = NetListener;
  switch (message.nlmsg_type) {
    case RTM_NEWLINK: return deliver<Link>(message, NetChange::Added, listener, &Listener::on_link);
    case RTM_DELLINK:
      return deliver<Link>(message, NetChange::Removed, listener, &Listener::on_link);
    case RTM_NEWADDR:
      return deliver<LinkAddress>(message, NetChange::Added, listener, &Listener::on_address);
    case RTM_DELADDR:
      return deliver<LinkAddress>(message, NetChange::Removed, listener, &Listener::on_address);
    case RTM_NEWROUTE:
      return deliver<Route>(message, NetChange::Added, listener, &Listener::on_route);
    case RTM_DELROUTE:
      return deliver<Route>(message, NetChange::Removed, listener, &Listener::on_route);
    case RTM_NEWNEIGH:
      return deliver<Neighbour>(message, NetChange::Added, listener, &Listener::on_neighbour);
    case RTM_DELNEIGH:
      return deliver<Neighbour>(message, NetChange::Removed, listener, &Listener::on_neighbour);
  }
}

RawAddress raw_address(const IpAddress& address) {
  RawAddress raw = {};
  if (address.is_ipv4()) {
    raw.family = AF_INET;
    raw.size = 4;
    store(raw.bytes, address.ipv4().bits);
  } else {
    raw.family = AF_INET6;
    raw.size = 16;
    store(raw.bytes, address.bits);
  }
  return raw;
}

}  // namespace ovs::platform
