#include "openflow/match/oxm.h"

#include <algorithm>
#include <iterator>

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;

struct Names {
  FieldId field;
  std::string_view nxm, oxm;
};
// clang-format off
constexpr Names kNames[] = {
    {FieldId::DpHash, "NXM_NX_DP_HASH", "NXOXM_ET_DP_HASH"},
    {FieldId::RecircId, "NXM_NX_RECIRC_ID", ""},
    {FieldId::ConjId, "NXM_NX_CONJ_ID", ""},
    {FieldId::TunId, "NXM_NX_TUN_ID", "OXM_OF_TUNNEL_ID"},
    {FieldId::TunSrc, "NXM_NX_TUN_IPV4_SRC", ""},
    {FieldId::TunDst, "NXM_NX_TUN_IPV4_DST", ""},
    {FieldId::TunIpv6Src, "NXM_NX_TUN_IPV6_SRC", ""},
    {FieldId::TunIpv6Dst, "NXM_NX_TUN_IPV6_DST", ""},
    {FieldId::TunFlags, "NXM_NX_TUN_FLAGS", ""},
    {FieldId::TunTtl, "", ""},
    {FieldId::TunTos, "", ""},
    {FieldId::Metadata, "", "OXM_OF_METADATA"},
    {FieldId::InPort, "NXM_OF_IN_PORT", ""},
    {FieldId::InPortOxm, "", "OXM_OF_IN_PORT"},
    {FieldId::SkbPriority, "", ""},
    {FieldId::PktMark, "NXM_NX_PKT_MARK", ""},
    {FieldId::Reg0, "NXM_NX_REG0", ""},
    {FieldId::Reg1, "NXM_NX_REG1", ""},
    {FieldId::Reg2, "NXM_NX_REG2", ""},
    {FieldId::Reg3, "NXM_NX_REG3", ""},
    {FieldId::Reg4, "NXM_NX_REG4", ""},
    {FieldId::Reg5, "NXM_NX_REG5", ""},
    {FieldId::Reg6, "NXM_NX_REG6", ""},
    {FieldId::Reg7, "NXM_NX_REG7", ""},
    {FieldId::Reg8, "NXM_NX_REG8", ""},
    {FieldId::Reg9, "NXM_NX_REG9", ""},
    {FieldId::Reg10, "NXM_NX_REG10", ""},
    {FieldId::Reg11, "NXM_NX_REG11", ""},
    {FieldId::Reg12, "NXM_NX_REG12", ""},
    {FieldId::Reg13, "NXM_NX_REG13", ""},
    {FieldId::Reg14, "NXM_NX_REG14", ""},
    {FieldId::Reg15, "NXM_NX_REG15", ""},
    {FieldId::Xreg0, "", "OXM_OF_PKT_REG0"},
    {FieldId::Xreg1, "", "OXM_OF_PKT_REG1"},
    {FieldId::Xreg2, "", "OXM_OF_PKT_REG2"},
    {FieldId::Xreg3, "", "OXM_OF_PKT_REG3"},
    {FieldId::Xreg4, "", "OXM_OF_PKT_REG4"},
    {FieldId::Xreg5, "", "OXM_OF_PKT_REG5"},
    {FieldId::Xreg6, "", "OXM_OF_PKT_REG6"},
    {FieldId::Xreg7, "", "OXM_OF_PKT_REG7"},
    {FieldId::Xxreg0, "NXM_NX_XXREG0", ""},
    {FieldId::Xxreg1, "NXM_NX_XXREG1", ""},
    {FieldId::Xxreg2, "NXM_NX_XXREG2", ""},
    {FieldId::Xxreg3, "NXM_NX_XXREG3", ""},
    {FieldId::EthSrc, "NXM_OF_ETH_SRC", "OXM_OF_ETH_SRC"},
    {FieldId::EthDst, "NXM_OF_ETH_DST", "OXM_OF_ETH_DST"},
    {FieldId::EthType, "NXM_OF_ETH_TYPE", "OXM_OF_ETH_TYPE"},
    {FieldId::VlanTci, "NXM_OF_VLAN_TCI", ""},
    {FieldId::DlVlan, "", ""},
    {FieldId::VlanVid, "", "OXM_OF_VLAN_VID"},
    {FieldId::DlVlanPcp, "", ""},
    {FieldId::VlanPcp, "", "OXM_OF_VLAN_PCP"},
    {FieldId::MplsLabel, "", "OXM_OF_MPLS_LABEL"},
    {FieldId::MplsTc, "", "OXM_OF_MPLS_TC"},
    {FieldId::MplsBos, "", "OXM_OF_MPLS_BOS"},
    {FieldId::MplsTtl, "NXM_NX_MPLS_TTL", ""},
    {FieldId::IpSrc, "NXM_OF_IP_SRC", "OXM_OF_IPV4_SRC"},
    {FieldId::IpDst, "NXM_OF_IP_DST", "OXM_OF_IPV4_DST"},
    {FieldId::Ipv6Src, "NXM_NX_IPV6_SRC", "OXM_OF_IPV6_SRC"},
    {FieldId::Ipv6Dst, "NXM_NX_IPV6_DST", "OXM_OF_IPV6_DST"},
    {FieldId::Ipv6Label, "NXM_NX_IPV6_LABEL", "OXM_OF_IPV6_FLABEL"},
    {FieldId::NwProto, "NXM_OF_IP_PROTO", "OXM_OF_IP_PROTO"},
    {FieldId::NwTos, "NXM_OF_IP_TOS", ""},
    {FieldId::IpDscp, "", "OXM_OF_IP_DSCP"},
    {FieldId::NwEcn, "NXM_NX_IP_ECN", "OXM_OF_IP_ECN"},
    {FieldId::NwTtl, "NXM_NX_IP_TTL", ""},
    {FieldId::IpFrag, "NXM_NX_IP_FRAG", ""},
    {FieldId::ArpOp, "NXM_OF_ARP_OP", "OXM_OF_ARP_OP"},
    {FieldId::ArpSpa, "NXM_OF_ARP_SPA", "OXM_OF_ARP_SPA"},
    {FieldId::ArpTpa, "NXM_OF_ARP_TPA", "OXM_OF_ARP_TPA"},
    {FieldId::ArpSha, "NXM_NX_ARP_SHA", "OXM_OF_ARP_SHA"},
    {FieldId::ArpTha, "NXM_NX_ARP_THA", "OXM_OF_ARP_THA"},
    {FieldId::TcpSrc, "NXM_OF_TCP_SRC", "OXM_OF_TCP_SRC"},
    {FieldId::TcpDst, "NXM_OF_TCP_DST", "OXM_OF_TCP_DST"},
    {FieldId::TcpFlags, "NXM_NX_TCP_FLAGS", "OXM_OF_TCP_FLAGS"},
    {FieldId::UdpSrc, "NXM_OF_UDP_SRC", "OXM_OF_UDP_SRC"},
    {FieldId::UdpDst, "NXM_OF_UDP_DST", "OXM_OF_UDP_DST"},
    {FieldId::SctpSrc, "", "OXM_OF_SCTP_SRC"},
    {FieldId::SctpDst, "", "OXM_OF_SCTP_DST"},
    {FieldId::IcmpType, "NXM_OF_ICMP_TYPE", "OXM_OF_ICMPV4_TYPE"},
    {FieldId::IcmpCode, "NXM_OF_ICMP_CODE", "OXM_OF_ICMPV4_CODE"},
    {FieldId::Icmpv6Type, "NXM_NX_ICMPV6_TYPE", "OXM_OF_ICMPV6_TYPE"},
    {FieldId::Icmpv6Code, "NXM_NX_ICMPV6_CODE", "OXM_OF_ICMPV6_CODE"},
    {FieldId::NdTarget, "NXM_NX_ND_TARGET", "OXM_OF_IPV6_ND_TARGET"},
    {FieldId::NdSll, "NXM_NX_ND_SLL", "OXM_OF_IPV6_ND_SLL"},
    {FieldId::NdTll, "NXM_NX_ND_TLL", "OXM_OF_IPV6_ND_TLL"},
};
// clang-format on
static_assert(std::size(kNames) <= flow::kFieldCount);

const Names* names_of(FieldId field) {
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames),
                                   [&](const Names& names) { return names.field == field; });
  return found == std::end(kNames) ? nullptr : found;
}

// Where two fields say the same bits, only one is written; which one depends on the style.
enum class When : std::uint8_t { Always, InNxm, InOxm, Before15, From15 };
struct Order {
  FieldId field;
  When when = When::Always;
};
constexpr Order kOrder[] = {
    {FieldId::DpHash},
    {FieldId::RecircId},
    {FieldId::ConjId},
    {FieldId::InPort, When::InNxm},
    {FieldId::InPortOxm, When::InOxm},
    {FieldId::EthSrc},
    {FieldId::EthDst},
    {FieldId::EthType},
    {FieldId::VlanTci, When::InNxm},
    {FieldId::VlanVid, When::InOxm},
    {FieldId::VlanPcp, When::InOxm},
    {FieldId::IpSrc},
    {FieldId::IpDst},
    {FieldId::Ipv6Src},
    {FieldId::Ipv6Dst},
    {FieldId::IpFrag},
    {FieldId::NwTos, When::InNxm},
    {FieldId::IpDscp, When::InOxm},
    {FieldId::NwEcn},
    {FieldId::NwTtl},
    {FieldId::Ipv6Label},
    {FieldId::NwProto},
    {FieldId::TcpSrc},
    {FieldId::TcpDst},
    {FieldId::TcpFlags},
    {FieldId::UdpSrc},
    {FieldId::UdpDst},
    {FieldId::SctpSrc},
    {FieldId::SctpDst},
    {FieldId::IcmpType},
    {FieldId::IcmpCode},
    {FieldId::Icmpv6Type},
    {FieldId::Icmpv6Code},
    {FieldId::NdTarget},
    {FieldId::NdSll},
    {FieldId::NdTll},
    {FieldId::ArpOp},
    {FieldId::ArpSpa},
    {FieldId::ArpTpa},
    {FieldId::ArpSha},
    {FieldId::ArpTha},
    {FieldId::TunId},
    {FieldId::TunSrc},
    {FieldId::TunDst},
    {FieldId::TunIpv6Src},
    {FieldId::TunIpv6Dst},
    {FieldId::TunFlags},
};

constexpr bool is_register(FieldId id, FieldId first, unsigned count) {
  return unsigned(id) >= unsigned(first) && unsigned(id) < unsigned(first) + count;
}
constexpr bool is_reg(FieldId id) {
  return is_register(id, FieldId::Reg0, 16);
}
constexpr bool is_xreg(FieldId id) {
  return is_register(id, FieldId::Xreg0, 8);
}
constexpr bool is_xxreg(FieldId id) {
  return is_register(id, FieldId::Xxreg0, 4);
}

constexpr bool is_in_order(FieldId id) {
  return std::any_of(std::begin(kOrder), std::end(kOrder),
                     [&](const Order& order) { return order.field == id; });
}

bool applies(When when, OxmStyle style) {
  switch (when) {
    case When::Always: return true;
    case When::InNxm: return style == OxmStyle::Nxm;
    case When::InOxm: return style != OxmStyle::Nxm;
    case When::Before15: return style != OxmStyle::Of15;
    case When::From15: return style == OxmStyle::Of15;
  }
  return false;
}

constexpr flow::OxmId kOnfTcpFlags = flow::onf_et(42);
constexpr flow::OxmId kCookie = flow::nxm_nx(30);
constexpr std::uint16_t kExperimenterClass = 0xffff;

// Since when OpenFlow has a number of its own for a field.
OxmStyle since(FieldId id) {
  if (id == FieldId::TcpFlags) return OxmStyle::Of15;
  if (is_xreg(id)) return OxmStyle::Of13;
  return OxmStyle::Of12;
}

void write_if_matched(Out& out, const flow::Match& match, FieldId id, OxmStyle style) {
  const flow::Field& row = flow::field(id);
  if (!row.nxm.present && !row.oxm.present) return;
  if (match.mask(id).is_zero() || !match.may_match(id)) return;
  // Where no mask can be said the whole value is.
  const FieldValue mask = row.maskable() ? match.mask(id) : flow::Match::exact_mask(id);
  write_oxm_entry(out, id, match.value(id), mask, style);
}

void write_registers(Out& out, const flow::Match& match, OxmStyle style) {
  for (const flow::Field& row : flow::kFieldRows) {
    const bool wanted = style == OxmStyle::Of15 ? is_xreg(row.id) : is_reg(row.id);
    if (wanted) write_if_matched(out, match, row.id, style);
  }
}

Result<void, OfError> add_entry(const OxmEntry& entry, flow::Match& match) {
  const FieldId id = entry.header.field->id;
  if (!match.may_match(id)) return OfError::OFPBMC_BAD_PREREQ;
  if (!match.is_wildcard(id)) return OfError::OFPBMC_DUP_FIELD;
  match.set_masked(id, entry.value, entry.mask);
  return kOk;
}

FieldValue take_value(In& in, std::size_t size) {
  const Bytes bytes = in.take(size);
  return FieldValue::of(bytes.count() > 16 ? bytes.from(bytes.count() - 16) : bytes);
}

Result<void, OfError> check_entry(const OxmEntry& entry) {
  const FieldId id = entry.header.field->id;
  if (!flow::is_valid(id, entry.value)) return OfError::OFPBMC_BAD_VALUE;
  if (!entry.header.masked) return kOk;
  const FieldValue beyond = entry.mask & ~FieldValue::ones(flow::field(id).bits());
  return beyond.is_zero() || entry.mask == FieldValue::ones(flow::field(id).width * 8u)
             ? Result<void, OfError>(kOk)
             : OfError::OFPBMC_BAD_MASK;
}

// Lenient peers count the padding of a match as part of it.
bool skip_zeros(In& in) {
  const Bytes rest = in.rest();
  if (rest.count() < 4 || load<Be32>(rest.data()).host() != 0) return false;
  in.pad(4);
  return true;
}

void take_cookie(const OxmEntry& entry, OxmCookie& cookie) {
  cookie.value = entry.value.low();
  cookie.mask = entry.mask.low();
}

}  // namespace

OxmStyle oxm_style(Version version) {
  switch (version) {
    case Version::V10:
    case Version::V11: return OxmStyle::Nxm;
    case Version::V12: return OxmStyle::Of12;
    case Version::V13: return OxmStyle::Of13;
    case Version::V14: return OxmStyle::Of14;
    case Version::V15: return OxmStyle::Of15;
  }
  return OxmStyle::Nxm;
}

Result<OxmHeader, OfError> read_oxm_header(In& in) {
  OxmHeader header;
  if (in.remaining() < 4) return OfError::OFPBMC_BAD_LEN;
  const auto word = in.read<std::uint32_t>();
  header.id = {std::uint16_t(word >> 16), std::uint8_t(word >> 9 & 0x7f), 0, true};
  header.masked = (word >> 8 & 1) != 0;
  header.length = std::uint8_t(word);
  if (header.id.oxm_class == kExperimenterClass) {
    if (header.length < 4 || in.remaining() < 4) return OfError::OFPBMC_BAD_LEN;
    in.be(header.id.experimenter);
    header.length = std::uint8_t(header.length - 4);
  }
  header.is_cookie = header.id == kCookie;
  header.field =
      header.id == kOnfTcpFlags ? &flow::field(FieldId::TcpFlags) : flow::find_field(header.id);
  return header;
}

Result<OxmEntry, OfError> read_oxm_entry(In& in) {
  OVS_TRY(const OxmHeader header, read_oxm_header(in));
  if (in.remaining() < header.length) return OfError::OFPBMC_BAD_LEN;
  OxmEntry entry{header, {}, {}};
  if (header.field == nullptr && !header.is_cookie) {
    in.take(header.length);
    return OfError::OFPBMC_BAD_FIELD;
  }
  if (header.masked && !header.is_cookie && !header.field->maskable()) {
    in.take(header.length);
    return OfError::OFPBMC_BAD_MASK;
  }
  const std::size_t width = header.is_cookie ? 8 : header.field->width;
  if (header.length != width * (header.masked ? 2 : 1)) {
    in.take(header.length);
    return OfError::OFPBMC_BAD_LEN;
  }
  entry.value = take_value(in, width);
  entry.mask = header.masked ? take_value(in, width) : FieldValue::ones(unsigned(width) * 8);
  if (header.field == nullptr) return entry;
  if (!(entry.value & ~entry.mask).is_zero()) return OfError::OFPBMC_BAD_WILDCARDS;
  OVS_TRY(check_entry(entry));
  entry.mask = entry.mask & FieldValue::ones(header.field->bits());
  entry.value = entry.value & entry.mask;
  return entry;
}

flow::OxmId oxm_id(FieldId id, OxmStyle style) {
  const flow::Field& row = flow::field(id);
  if (id == FieldId::TcpFlags && (style == OxmStyle::Of13 || style == OxmStyle::Of14)) {
    return kOnfTcpFlags;
  }
  const bool official = row.oxm.present && style >= since(id);
  return official || !row.nxm.present ? row.oxm : row.nxm;
}

void write_oxm_header(Out& out, FieldId id, OxmStyle style, std::uint8_t length, bool masked) {
  const flow::OxmId number = oxm_id(id, style);
  const bool experimenter = number.oxm_class == kExperimenterClass;
  out.be(number.oxm_class);
  out.be(std::uint8_t(number.number << 1 | (masked ? 1 : 0)));
  out.be(std::uint8_t(length + (experimenter ? 4 : 0)));
  if (experimenter) out.be(number.experimenter);
}

void write_oxm_entry(Out& out, FieldId id, const FieldValue& value, const FieldValue& mask,
                     OxmStyle style) {
  const std::uint8_t width = flow::field(id).width;
  const bool masked = (mask & flow::Match::exact_mask(id)) != flow::Match::exact_mask(id);
  write_oxm_header(out, id, style, std::uint8_t(masked ? 2 * width : width), masked);
  out.bytes(value.wire(width));
  if (masked) out.bytes(mask.wire(width));
}

Result<flow::Match, OfError> read_oxm_fields(In& in, UnknownFields unknown, OxmCookie* cookie) {
  flow::Match match;
  while (!in.at_end()) {
    if (unknown == UnknownFields::Skip && skip_zeros(in)) continue;
    const Result<OxmEntry, OfError> entry = read_oxm_entry(in);
    if (!entry && entry.error() == OfError::OFPBMC_BAD_FIELD && unknown == UnknownFields::Skip) {
      continue;
    }
    if (!entry) return entry.error();
    if (entry->header.field != nullptr) {
      OVS_TRY(add_entry(*entry, match));
      continue;
    }
    if (cookie == nullptr) return OfError::OFPBMC_BAD_FIELD;
    if (cookie->mask != 0) return OfError::OFPBMC_DUP_FIELD;
    take_cookie(*entry, *cookie);
  }
  return match;
}

void write_oxm_fields(Out& out, const flow::Match& match, OxmStyle style, const OxmCookie* cookie) {
  for (const Order& order : kOrder) {
    if (applies(order.when, style)) write_if_matched(out, match, order.field, style);
  }
  write_registers(out, match, style);
  write_if_matched(out, match, FieldId::PktMark, style);
  for (const flow::Field& row : flow::kFieldRows) {
    const bool elsewhere = is_in_order(row.id) || is_reg(row.id) || is_xreg(row.id) ||
                           is_xxreg(row.id) || row.id == FieldId::PktMark ||
                           row.id == FieldId::Metadata;
    if (!elsewhere) write_if_matched(out, match, row.id, style);
  }
  write_if_matched(out, match, FieldId::Metadata, style);
  if (cookie == nullptr || cookie->mask == 0) return;
  const bool masked = cookie->mask != ~std::uint64_t{0};
  out.be(std::uint32_t(0x00010000u | 30u << 9 | (masked ? 0x110u : 0x08u)));
  out.be(cookie->value & cookie->mask);
  if (masked) out.be(cookie->mask);
}

std::string_view nxm_name(FieldId id) {
  const Names* names = names_of(id);
  if (names == nullptr) return flow::field(id).name;
  const std::string_view best = names->nxm.empty() ? names->oxm : names->nxm;
  return best.empty() ? std::string_view(flow::field(id).name) : best;
}

std::string_view oxm_name(FieldId id, OxmStyle style) {
  const Names* names = names_of(id);
  if (id == FieldId::TcpFlags && (style == OxmStyle::Of13 || style == OxmStyle::Of14)) {
    return "ONFOXM_ET_TCP_FLAGS";
  }
  if (names != nullptr && !names->oxm.empty() && style >= since(id)) return names->oxm;
  return nxm_name(id);
}

const flow::Field* find_nxm_name(std::string_view name) {
  if (name.empty()) return nullptr;
  if (name == "ONFOXM_ET_TCP_FLAGS") return &flow::field(FieldId::TcpFlags);
  const auto* found = std::find_if(std::begin(kNames), std::end(kNames), [&](const Names& names) {
    return names.nxm == name || names.oxm == name;
  });
  return found == std::end(kNames) ? nullptr : &flow::field(found->field);
}

}  // namespace ovs::openflow
