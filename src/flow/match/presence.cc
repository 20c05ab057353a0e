#include "flow/match/presence.h"

#include "flow/match/extract.h"
#include "wire/packet/ethernet.h"
#include "wire/packet/ip.h"
#include "wire/packet/transport.h"

namespace ovs::flow {
namespace {

bool is_ip(std::uint64_t type) {
  return type == wire::kEtherTypeIpv4 || type == wire::kEtherTypeIpv6;
}

bool is_transport(const FlowKey& key, std::uint8_t protocol) {
  return is_ip(load_stored<StorageId::EthType>(key)) &&
         load_stored<StorageId::NwProto>(key) == protocol &&
         (load_stored<StorageId::NwFrag>(key) & kFragLater) == 0;
}

bool is_neighbour_discovery(const FlowKey& key) {
  const std::uint64_t type = load_stored<StorageId::TpSrc>(key);
  return has(key, When::Icmpv6) && load_stored<StorageId::TpDst>(key) == 0 &&
         (type == wire::kNeighbourSolicit || type == wire::kNeighbourAdvert);
}

bool has_tunnel(const FlowKey& key) {
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    if (!load_bits(key.bytes(), row.at).is_zero()) return true;
  }
  return !load_bits(key.bytes(), kTunnelKeyBit).is_zero();
}

}  // namespace

bool has(const FlowKey& key, When when) {
  const std::uint64_t type = load_stored<StorageId::EthType>(key);
  switch (when) {
    case When::Always: return true;
    case When::HasInPort: return load_stored<StorageId::InPort>(key) != kNoInPort;
    case When::HasTunnel: return has_tunnel(key);
    case When::HasEtherType: return type >= wire::kMinEtherType;
    case When::Ipv4: return type == wire::kEtherTypeIpv4;
    case When::Ipv6: return type == wire::kEtherTypeIpv6;
    case When::Arp: return type == wire::kEtherTypeArp || type == wire::kEtherTypeRarp;
    case When::Mpls: return wire::is_mpls_type(type);
    case When::Tcp: return is_transport(key, wire::kProtoTcp);
    case When::Udp: return is_transport(key, wire::kProtoUdp);
    case When::Sctp: return is_transport(key, wire::kProtoSctp);
    case When::Icmp: return type == wire::kEtherTypeIpv4 && is_transport(key, wire::kProtoIcmp);
    case When::Icmpv6: return type == wire::kEtherTypeIpv6 && is_transport(key, wire::kProtoIcmpv6);
    case When::NeighbourDiscovery: return is_neighbour_discovery(key);
  }
  return false;
}

bool is_pinned(const FlowMask& mask, When when) {
  constexpr std::uint64_t kAll16 = 0xffff, kAll8 = 0xff;
  const bool has_type = load_stored<StorageId::EthType>(mask) == kAll16;
  const bool has_protocol = has_type && load_stored<StorageId::NwProto>(mask) == kAll8;
  switch (when) {
    case When::Always:
    case When::HasInPort:
    case When::HasTunnel:
    case When::HasEtherType: return true;
    case When::Ipv4:
    case When::Ipv6:
    case When::Arp:
    case When::Mpls: return has_type;
    case When::Tcp:
    case When::Udp:
    case When::Sctp:
    case When::Icmp:
    case When::Icmpv6: return has_protocol;
    case When::NeighbourDiscovery:
      return has_protocol && (load_stored<StorageId::TpSrc>(mask) & kAll8) == kAll8;
  }
  return false;
}

bool is_expected(const OdpAttr& attr, const FlowKey& key) {
  if (attr.level != Level::Innermost || attr.when == When::HasEtherType) return false;
  return attr.id != KeyAttr::TcpFlags && has(key, attr.when);
}

unsigned tag_count(const FlowKey& key) {
  if (load_stored<StorageId::VlanTci>(key) == 0) return 0;
  return load_stored<StorageId::Vlan2Tci>(key) == 0 ? 1 : 2;
}

}  // namespace ovs::flow
