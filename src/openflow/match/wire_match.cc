#include "openflow/match/wire_match.h"

#include <bit>

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;

// OFPFW10_*, and version 1.1's for those that share the number.
constexpr std::uint32_t kWildInPort = 1u << 0, kWildVlan = 1u << 1, kWildEthSrc = 1u << 2,
                        kWildEthDst = 1u << 3, kWildEthType = 1u << 4, kWildProto = 1u << 5,
                        kWildTpSrc = 1u << 6, kWildTpDst = 1u << 7, kWildPcp = 1u << 20,
                        kWildTos = 1u << 21;
constexpr unsigned kNwSrcShift = 8, kNwDstShift = 14;
constexpr std::uint16_t kVlanNone = 0xffff, kVlanAny11 = 0xfffe, kVlanNone11 = 0xffff;
constexpr std::uint16_t kPresent = 0x1000, kVidMask = 0x0fff, kPcpMask = 0xe000;
constexpr std::uint16_t kOxmMatch = 1, kStandardMatch = 0;

// One standard field that is exact or wild.
struct Plain10 {
  std::uint32_t wild;
  FieldId field;
};

std::uint16_t eth_type(const flow::Match& match) {
  return std::uint16_t(match.value(FieldId::EthType).low());
}
void read_vlan10(flow::Match& match, std::uint32_t wild, std::uint16_t vid, std::uint8_t pcp) {
  if ((wild & kWildVlan) && (wild & kWildPcp)) return;
  if (!(wild & kWildVlan) && vid == kVlanNone) {
    match.set_masked(FieldId::VlanTci, FieldValue{}, FieldValue::of(0xffff));
    return;
  }
  std::uint16_t tci = kPresent, mask = kPresent;
  if (!(wild & kWildVlan)) {
    tci = std::uint16_t(tci | (vid & kVidMask));
    mask |= kVidMask;
  }
  if (!(wild & kWildPcp)) {
    tci = std::uint16_t(tci | (pcp & 7) << 13);
    mask |= kPcpMask;
  }
  match.set_masked(FieldId::VlanTci, FieldValue::of(tci), FieldValue::of(mask));
}

struct Vlan10 {
  std::uint32_t wild = 0;
  std::uint16_t vid = 0;
  std::uint8_t pcp = 0;
};
Vlan10 vlan10(const flow::Match& match) {
  const auto tci = std::uint16_t(match.value(FieldId::VlanTci).low());
  const auto mask = std::uint16_t(match.mask(FieldId::VlanTci).low());
  if (mask == 0) return {kWildVlan | kWildPcp, 0, 0};
  if ((mask & kPresent) && !(tci & kPresent)) return {kWildPcp, kVlanNone, 0};
  Vlan10 vlan;
  if (mask & kVidMask) {
    vlan.vid = tci & kVidMask;
  } else {
    vlan.wild |= kWildVlan;
  }
  if (mask & kPcpMask) {
    vlan.pcp = std::uint8_t(tci >> 13);
  } else {
    vlan.wild |= kWildPcp;
  }
  return vlan;
}

std::uint32_t prefix_mask(std::uint32_t wild_bits) {
  return wild_bits >= 32 ? 0 : ~std::uint32_t{0} << wild_bits;
}
std::uint32_t wild_bits(const flow::Match& match, FieldId id) {
  const auto mask = std::uint32_t(match.mask(id).low());
  return mask == 0 ? 32 : std::uint32_t(std::countr_zero(mask));
}

void read_address(In& in, flow::Match& match, FieldId id, std::uint32_t bits) {
  const auto address = in.read<std::uint32_t>();
  match.set_masked(id, FieldValue::of(address), FieldValue::of(prefix_mask(bits & 0x3f)));
}

template <class T>
void read_plain(In& in, flow::Match& match, FieldId id, bool wild) {
  const T value = in.read<T>();
  if (!wild) match.set_masked(id, FieldValue::of(value), flow::Match::exact_mask(id));
}

void read_mac(In& in, flow::Match& match, FieldId id, bool wild) {
  const FieldValue value = FieldValue::of(in.take(6));
  if (!wild) match.set(id, value);
}

// ICMP's type and code lie in the ports' place, and have eight bits.
void narrow_icmp(flow::Match& match) {
  if (!match.meets(flow::Needs::Icmp)) return;
  for (const FieldId id : {FieldId::TcpSrc, FieldId::TcpDst}) {
    if (match.is_exact(id)) match.set_masked(id, match.value(id), FieldValue::ones(8));
  }
}

template <class T>
std::uint32_t write_plain(Out& out, const flow::Match& match, FieldId id, std::uint32_t wild) {
  const bool matched = !match.is_wildcard(id);
  out.be(matched ? T(match.value(id).low()) : T{0});
  return matched ? 0 : wild;
}

bool is_prefix(const FieldValue& mask) {
  const auto bits = std::uint32_t(mask.low());
  return (~bits & (~bits + 1)) == 0;
}
bool exact_or_wild(const flow::Match& match, FieldId id) {
  return match.is_wildcard(id) || match.is_exact(id);
}

// Fields that only NXM and OXM can say: if one of them is matched the standard match does not do.
constexpr FieldId kStandardFields[] = {
    FieldId::InPort,  FieldId::EthSrc, FieldId::EthDst, FieldId::EthType,
    FieldId::VlanTci, FieldId::IpSrc,  FieldId::IpDst,  FieldId::NwProto,
    FieldId::IpDscp,  FieldId::TcpSrc, FieldId::TcpDst,
};
bool says_only(const flow::Match& match, std::initializer_list<FieldId> more) {
  flow::Match rest = match;
  for (const FieldId id : kStandardFields) rest.set_masked(id, {}, {});
  for (const FieldId id : more) rest.set_masked(id, {}, {});
  return rest.is_catch_all();
}
bool port_fits(const flow::Match& match, FieldId id) {
  const bool icmp = match.meets(flow::Needs::Icmp) && match.mask(id) == FieldValue::ones(8);
  return icmp || exact_or_wild(match, id);
}
bool tp_says(const flow::Match& match) {
  return !match.is_wildcard(FieldId::TcpSrc) || !match.is_wildcard(FieldId::TcpDst);
}

}  // namespace

flow::Match read_match10(In& in) {
  flow::Match match;
  const auto wild = in.read<std::uint32_t>();
  read_plain<std::uint16_t>(in, match, FieldId::InPort, wild & kWildInPort);
  read_mac(in, match, FieldId::EthSrc, wild & kWildEthSrc);
  read_mac(in, match, FieldId::EthDst, wild & kWildEthDst);
  const auto vid = in.read<std::uint16_t>();
  const auto pcp = in.read<std::uint8_t>();
  read_vlan10(match, wild, vid, pcp);
  in.pad(1);
  read_plain<std::uint16_t>(in, match, FieldId::EthType, wild & kWildEthType);
  const auto tos = in.read<std::uint8_t>();
  if (!(wild & kWildTos)) match.set(FieldId::IpDscp, std::uint64_t(tos >> 2));
  read_plain<std::uint8_t>(in, match, FieldId::NwProto, wild & kWildProto);
  in.pad(2);
  read_address(in, match, FieldId::IpSrc, wild >> kNwSrcShift);
  read_address(in, match, FieldId::IpDst, wild >> kNwDstShift);
  read_plain<std::uint16_t>(in, match, FieldId::TcpSrc, wild & kWildTpSrc);
  read_plain<std::uint16_t>(in, match, FieldId::TcpDst, wild & kWildTpDst);
  narrow_icmp(match);
  return match;
}

void write_match10(Out& out, const flow::Match& match) {
  std::string body;
  Out fields(body, out.version());
  std::uint32_t wild = 0;
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::InPort, kWildInPort);
  for (const Plain10 mac :
       {Plain10{kWildEthSrc, FieldId::EthSrc}, Plain10{kWildEthDst, FieldId::EthDst}}) {
    if (match.is_wildcard(mac.field)) wild |= mac.wild;
    fields.bytes(match.value(mac.field).wire(6));
  }
  const Vlan10 vlan = vlan10(match);
  wild |= vlan.wild;
  if (vlan.vid == kVlanNone) wild &= ~kWildPcp;  // no tag has no priority either
  fields.be(vlan.vid);
  fields.be(vlan.pcp);
  fields.pad(1);
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::EthType, kWildEthType);
  if (match.is_wildcard(FieldId::IpDscp)) wild |= kWildTos;
  fields.be(std::uint8_t(match.value(FieldId::IpDscp).low() << 2));
  wild |= write_plain<std::uint8_t>(fields, match, FieldId::NwProto, kWildProto);
  fields.pad(2);
  wild |= wild_bits(match, FieldId::IpSrc) << kNwSrcShift;
  wild |= wild_bits(match, FieldId::IpDst) << kNwDstShift;
  fields.be(std::uint32_t(match.value(FieldId::IpSrc).low()));
  fields.be(std::uint32_t(match.value(FieldId::IpDst).low()));
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::TcpSrc, kWildTpSrc);
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::TcpDst, kWildTpDst);
  out.be(wild);
  out.string() += body;
}

namespace {

void read_mac_masked(In& in, flow::Match& match, FieldId id) {
  const FieldValue value = FieldValue::of(in.take(6));
  const FieldValue wild = FieldValue::of(in.take(6));
  match.set_masked(id, value, ~wild & FieldValue::ones(48));
}

void read_address_masked(In& in, flow::Match& match, FieldId id) {
  const FieldValue value = FieldValue::of(in.take(4));
  const FieldValue wild = FieldValue::of(in.take(4));
  match.set_masked(id, value, ~wild & FieldValue::ones(32));
}

void read_vlan11(In& in, flow::Match& match, std::uint32_t wild) {
  const auto vid = in.read<std::uint16_t>();
  const auto pcp = in.read<std::uint8_t>();
  in.pad(1);
  if (wild & kWildVlan) return;
  if (vid == kVlanNone11) {
    match.set_masked(FieldId::VlanTci, {}, FieldValue::of(0xffff));
    return;
  }
  if (vid > kVidMask && vid != kVlanAny11) return in.fail(OfError::OFPBMC_BAD_VALUE);
  std::uint16_t tci = kPresent, mask = kPresent;
  if (vid != kVlanAny11) {
    tci = std::uint16_t(tci | vid);
    mask |= kVidMask;
  }
  if (!(wild & 1u << 2)) {
    tci = std::uint16_t(tci | (pcp & 7) << 13);
    mask |= kPcpMask;
  }
  match.set_masked(FieldId::VlanTci, FieldValue::of(tci), FieldValue::of(mask));
}

// OFPFW11_*, where they differ from 1.0's.
constexpr std::uint32_t kWild11EthType = 1u << 3, kWild11Tos = 1u << 4, kWild11Proto = 1u << 5,
                        kWild11TpSrc = 1u << 6, kWild11TpDst = 1u << 7, kWild11MplsLabel = 1u << 8,
                        kWild11MplsTc = 1u << 9;

flow::Match read_standard11(In& in) {
  flow::Match match;
  const std::optional<OfPort> port = port_from_wide(in.read<std::uint32_t>());
  const auto wild = in.read<std::uint32_t>();
  if (!(wild & kWildInPort)) {
    if (!port) in.fail(OfError::OFPBMC_BAD_VALUE);
    match.set(FieldId::InPort, port.value_or(kPortNone));
  }
  read_mac_masked(in, match, FieldId::EthSrc);
  read_mac_masked(in, match, FieldId::EthDst);
  read_vlan11(in, match, wild);
  read_plain<std::uint16_t>(in, match, FieldId::EthType, wild & kWild11EthType);
  const auto tos = in.read<std::uint8_t>();
  if (!(wild & kWild11Tos)) {
    if (tos > 0x3f) in.fail(OfError::OFPBMC_BAD_VALUE);
    match.set(FieldId::IpDscp, std::uint64_t(tos));
  }
  read_plain<std::uint8_t>(in, match, FieldId::NwProto, wild & kWild11Proto);
  read_address_masked(in, match, FieldId::IpSrc);
  read_address_masked(in, match, FieldId::IpDst);
  read_plain<std::uint16_t>(in, match, FieldId::TcpSrc, wild & kWild11TpSrc);
  read_plain<std::uint16_t>(in, match, FieldId::TcpDst, wild & kWild11TpDst);
  in.pad(8);
  if (!(wild & kWild11MplsLabel) || !(wild & kWild11MplsTc)) {
    const bool mpls = eth_type(match) == 0x8847 || eth_type(match) == 0x8848;
    if (mpls) in.fail(OfError::OFPBMC_BAD_FIELD);
  }
  const auto metadata = in.read<std::uint64_t>();
  const auto metadata_wild = in.read<std::uint64_t>();
  match.set_masked(FieldId::Metadata, FieldValue::of(metadata), FieldValue::of(~metadata_wild));
  narrow_icmp(match);
  return match;
}

void write_masked(Out& out, const flow::Match& match, FieldId id, std::size_t width) {
  out.bytes(match.value(id).wire(width));
  out.bytes((~match.mask(id)).wire(width));
}

void write_standard11(Out& out, const flow::Match& match) {
  std::string body;
  Out fields(body, out.version());
  std::uint32_t wild = kWild11MplsLabel | kWild11MplsTc;
  write_masked(fields, match, FieldId::EthSrc, 6);
  write_masked(fields, match, FieldId::EthDst, 6);
  const Vlan10 vlan = vlan10(match);
  const bool any = match.is_wildcard(FieldId::VlanTci);
  if (any) wild |= kWildVlan;
  if (vlan.wild & kWildPcp) wild |= 1u << 2;
  fields.be(any ? std::uint16_t{0} : vlan.wild & kWildVlan ? kVlanAny11 : vlan.vid);
  fields.be(vlan.pcp);
  fields.pad(1);
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::EthType, kWild11EthType);
  wild |= write_plain<std::uint8_t>(fields, match, FieldId::IpDscp, kWild11Tos);
  wild |= write_plain<std::uint8_t>(fields, match, FieldId::NwProto, kWild11Proto);
  write_masked(fields, match, FieldId::IpSrc, 4);
  write_masked(fields, match, FieldId::IpDst, 4);
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::TcpSrc, kWild11TpSrc);
  wild |= write_plain<std::uint16_t>(fields, match, FieldId::TcpDst, kWild11TpDst);
  fields.pad(8);
  write_masked(fields, match, FieldId::Metadata, 8);
  const bool port = !match.is_wildcard(FieldId::InPort);
  if (!port) wild |= kWildInPort;
  out.be(kStandardMatch);
  out.be(std::uint16_t(kMatch11Size));
  out.be(port ? port_to_wide(OfPort(match.value(FieldId::InPort).low())) : 0);
  out.be(wild);
  out.string() += body;
}

}  // namespace

flow::Match read_match11(In& in, UnknownFields unknown) {
  if (in.remaining() < 4) {
    in.fail(OfError::OFPBMC_BAD_LEN);
    return {};
  }
  const auto type = in.read<std::uint16_t>();
  const auto length = in.read<std::uint16_t>();
  if (type == kStandardMatch) {
    if (length != kMatch11Size || in.remaining() < kMatch11Size - 4u) {
      in.fail(OfError::OFPBMC_BAD_LEN);
      return {};
    }
    return read_standard11(in);
  }
  if (type != kOxmMatch) {
    in.fail(OfError::OFPBMC_BAD_TYPE);
    return {};
  }
  const std::size_t padded = (std::size_t(length) + 7) / 8 * 8;
  if (length < 4 || in.remaining() < padded - 4) {
    in.fail(OfError::OFPBMC_BAD_LEN);
    return {};
  }
  In fields = in.part(length - 4u);
  in.pad(padded - length);
  const Result<flow::Match, OfError> match = read_oxm_fields(fields, unknown);
  if (match) return *match;
  in.fail(match.error());
  return {};
}

void write_match11(Out& out, const flow::Match& match) {
  if (out.version() == Version::V11) return write_standard11(out, match);
  std::string body;
  Out fields(body, out.version());
  write_oxm_fields(fields, match, oxm_style(out.version()));
  out.be(kOxmMatch);
  out.be(std::uint16_t(body.size() + 4));
  out.string() += body;
  out.pad((8 - (body.size() + 4) % 8) % 8);
}

bool fits_match10(const flow::Match& match) {
  return fits_match11(match) && exact_or_wild(match, FieldId::EthSrc) &&
         exact_or_wild(match, FieldId::EthDst) && is_prefix(match.mask(FieldId::IpSrc)) &&
         is_prefix(match.mask(FieldId::IpDst)) && match.is_wildcard(FieldId::Metadata);
}

bool fits_match11(const flow::Match& match) {
  if (!says_only(match, {FieldId::Metadata})) return false;
  const auto vlan = std::uint16_t(match.mask(FieldId::VlanTci).low());
  const bool vlan_fits = vlan == 0 || vlan == 0xffff || vlan == (kPresent | kVidMask) ||
                         vlan == kPresent || vlan == (kPresent | kPcpMask);
  if (!vlan_fits || !port_fits(match, FieldId::TcpSrc) || !port_fits(match, FieldId::TcpDst)) {
    return false;
  }
  // The standard match says addresses and ports of IPv4 (and ARP) alone.
  return eth_type(match) != 0x86dd || (!tp_says(match) && match.is_wildcard(FieldId::NwProto) &&
                                       match.is_wildcard(FieldId::IpDscp));
}

Protocols usable_protocols(const flow::Match& match) {
  Protocols usable = kNxmAndUp;
  if (fits_match10(match)) return kAllProtocols;
  flow::Match without_ecn = match;
  if (match.meets(flow::Needs::Ipv4)) without_ecn.wildcard(FieldId::NwEcn);
  if (fits_match11(without_ecn)) usable |= bit(Protocol::Of11);
  return usable;
}

}  // namespace ovs::openflow
