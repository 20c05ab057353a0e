#include "flow/match/match.h"

namespace ovs::flow {
namespace {

constexpr std::uint64_t kVlanTag = 0x1000, kVidBits = 0x0fff, kPcpBits = 0xe000;
constexpr std::uint64_t kIpv4Type = 0x0800, kIpv6Type = 0x86dd, kArpType = 0x0806,
                        kRarpType = 0x8035;
constexpr std::uint64_t kMplsType = 0x8847, kMplsMulticastType = 0x8848;
constexpr std::uint64_t kNeighbourSolicit = 135, kNeighbourAdvert = 136;

// The number that a match fixes for one stored thing, if it does.
template <StorageId Id>
Maybe<std::uint64_t> fixed(const Match& match) {
  constexpr std::uint64_t ones = (std::uint64_t{1} << 8 * storage(Id).size) - 1;
  if (load_stored<Id>(match.mask().flow) != ones) return kNone;
  return load_stored<Id>(match.key().flow);
}

bool is_type(const Match& match, std::uint64_t a, std::uint64_t b) {
  const auto type = fixed<StorageId::EthType>(match);
  return type && (*type == a || *type == b);
}

bool is_proto(const Match& match, std::uint64_t number) {
  const auto proto = fixed<StorageId::NwProto>(match);
  constexpr std::uint64_t later = 2;  // the packet is a later fragment, which has no ports
  return proto && *proto == number &&
         (load_stored<StorageId::NwFrag>(match.key().flow) & later) == 0;
}

bool is_nd(const Match& match, std::uint64_t a, std::uint64_t b) {
  if (!match.meets(Needs::Icmp6)) return false;
  const std::uint64_t type = match.value(FieldId::Icmpv6Type).low();
  return match.is_exact(FieldId::Icmpv6Type) && (type == a || type == b) &&
         match.value(FieldId::Icmpv6Code).is_zero();
}

// What is stored for a value or a mask as people give it.
FieldValue stored(const Field& row, const FieldValue& value) {
  switch (row.coding) {
    case Coding::Plain:
    case Coding::VlanVid:
    case Coding::VlanPcp: return value;
    case Coding::Dscp: return FieldValue::of((value.low() & 0xff) >> 2);
    case Coding::PortNumber: return FieldValue::of(value.low() & 0xffff);
  }
  return value;
}

struct Tci {
  std::uint64_t value, mask;
};

// The TCI of a match after one of its halves was set through dl_vlan or a priority field.
Tci with_tag_half(Tci tci, const Field& row, const FieldValue& value, const FieldValue& mask) {
  const bool vid = row.coding == Coding::VlanVid;
  if (vid && !mask.is_zero() && value.low() == 0xffff) return {0, 0xffff};
  const std::uint64_t bits = vid ? kVidBits : kPcpBits;
  const unsigned shift = vid ? 0 : 13;
  tci.value &= ~bits, tci.mask &= ~bits;
  if (mask.is_zero()) {
    if ((tci.mask & (kVidBits | kPcpBits)) == 0) return {0, 0};
    return tci;
  }
  tci.value |= kVlanTag | ((value.low() & mask.low()) << shift & bits);
  tci.mask |= kVlanTag | (mask.low() << shift & bits);
  return tci;
}

}  // namespace

Match::Match(const MatchKey& key, const MatchMask& mask)
    : key_{key.flow.under(mask.flow), key.pipeline.under(mask.pipeline)}, mask_(mask) {}

FieldValue Match::exact_mask(FieldId id) {
  const Field& row = field(id);
  if (row.coding == Coding::Dscp) return FieldValue::of(0xfc);
  return FieldValue::ones(row.bits());
}

void Match::set(FieldId id, const FieldValue& value) {
  set_masked(id, value, exact_mask(id));
}

void Match::set_masked(FieldId id, const FieldValue& value, const FieldValue& mask) {
  const Field& row = field(id);
  if (row.coding == Coding::VlanVid || row.coding == Coding::VlanPcp) {
    const Tci tci = with_tag_half(
        {load_stored<StorageId::VlanTci>(key_.flow), load_stored<StorageId::VlanTci>(mask_.flow)},
        row, value, mask);
    store_number<StorageId::VlanTci>(key_.flow, tci.value);
    store_number<StorageId::VlanTci>(mask_.flow, tci.mask);
    return;
  }
  store_bits(key_, row.at, stored(row, value & mask));
  store_bits(mask_, row.at, stored(row, mask));
}

FieldValue Match::value(FieldId id) const {
  return field_value(key_, id);
}

FieldValue Match::mask(FieldId id) const {
  const Field& row = field(id);
  const FieldValue bits = load_bits(mask_, row.at);
  if (row.coding == Coding::Dscp) return FieldValue::of(bits.low() << 2);
  if (row.coding == Coding::PortNumber && bits.low() == 0xffff) return FieldValue::ones(32);
  return bits;
}

bool Match::meets(Needs needs) const {
  switch (needs) {
    case Needs::Nothing:
    case Needs::Ethernet: return true;
    case Needs::Vlan: return (load_stored<StorageId::VlanTci>(key_.flow) & kVlanTag) != 0;
    case Needs::Ipv4: return is_type(*this, kIpv4Type, kIpv4Type);
    case Needs::Ipv6: return is_type(*this, kIpv6Type, kIpv6Type);
    case Needs::Ip: return is_type(*this, kIpv4Type, kIpv6Type);
    case Needs::Arp: return is_type(*this, kArpType, kRarpType);
    case Needs::Mpls: return is_type(*this, kMplsType, kMplsMulticastType);
    case Needs::Tcp: return meets(Needs::Ip) && is_proto(*this, 6);
    case Needs::Udp: return meets(Needs::Ip) && is_proto(*this, 17);
    case Needs::Sctp: return meets(Needs::Ip) && is_proto(*this, 132);
    case Needs::Icmp: return meets(Needs::Ipv4) && is_proto(*this, 1);
    case Needs::Icmp6: return meets(Needs::Ipv6) && is_proto(*this, 58);
    case Needs::Nd: return is_nd(*this, kNeighbourSolicit, kNeighbourAdvert);
    case Needs::NdSolicit: return is_nd(*this, kNeighbourSolicit, kNeighbourSolicit);
    case Needs::NdAdvert: return is_nd(*this, kNeighbourAdvert, kNeighbourAdvert);
  }
  return false;
}

bool Match::overlaps(const Match& other) const {
  const MatchMask both{mask_.flow.under(other.mask_.flow),
                       mask_.pipeline.under(other.mask_.pipeline)};
  return key_.flow.equals_under(other.key_.flow, both.flow) &&
         key_.pipeline.equals_under(other.key_.pipeline, both.pipeline);
}

std::uint64_t Match::hash(std::uint64_t basis) const {
  return flow::hash(mask_, flow::hash(key_, basis));
}

Match normalized(const Match& match) {
  Match result = match;
  for (const Field& row : kFieldRows) {
    if (match.is_wildcard(row.id) || row.needs == Needs::Vlan || match.meets(row.needs)) continue;
    bool has_other_name = false;  // nw_src of an ARP packet is its arp_spa
    for (const Field& other : kFieldRows) {
      has_other_name |= other.at.storage == row.at.storage && match.meets(other.needs);
    }
    if (!has_other_name) result.wildcard(row.id);
  }
  return result;
}

bool is_valid(FieldId id, const FieldValue& value) {
  const Field& row = field(id);
  switch (row.coding) {
    case Coding::Plain:
    case Coding::VlanPcp: return (value & ~FieldValue::ones(row.bits())).is_zero();
    case Coding::Dscp: return (value & ~FieldValue::of(0xfc)).is_zero();
    case Coding::VlanVid:
      return value.high() == 0 && (value.low() <= kVidBits || value.low() == 0xffff);
    case Coding::PortNumber: {
      const std::uint64_t port = value.low();
      return value.high() == 0 && (port < 0xff00 || (port >= 0xffffff00 && port <= 0xffffffff));
    }
  }
  return false;
}

}  // namespace ovs::flow
