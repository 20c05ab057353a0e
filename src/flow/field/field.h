// The match fields: names over the bytes of storage.h, with everything that is derived from a name:
// OpenFlow's numbers for it, its text, what may be masked or written, and what must be matched
// before it. A new field is a row here (and a row of storage.h if it has bytes of its own, a row of
// odp.h if datapaths speak of it).
#pragma once
#include "base/core/maybe.h"
#include "base/text/text.h"
#include "flow/field/storage.h"

namespace ovs::flow {

enum class FieldId : std::uint8_t {
  DpHash,
  RecircId,
  ConjId,
  TunId,
  TunSrc,
  TunDst,
  TunIpv6Src,
  TunIpv6Dst,
  TunFlags,
  TunTtl,
  TunTos,
  Metadata,
  InPort,
  InPortOxm,
  SkbPriority,
  PktMark,
  Reg0,
  Reg1,
  Reg2,
  Reg3,
  Reg4,
  Reg5,
  Reg6,
  Reg7,
  Reg8,
  Reg9,
  Reg10,
  Reg11,
  Reg12,
  Reg13,
  Reg14,
  Reg15,
  Xreg0,
  Xreg1,
  Xreg2,
  Xreg3,
  Xreg4,
  Xreg5,
  Xreg6,
  Xreg7,
  Xxreg0,
  Xxreg1,
  Xxreg2,
  Xxreg3,
  EthSrc,
  EthDst,
  EthType,
  VlanTci,
  DlVlan,
  VlanVid,
  DlVlanPcp,
  VlanPcp,
  MplsLabel,
  MplsTc,
  MplsBos,
  MplsTtl,
  IpSrc,
  IpDst,
  Ipv6Src,
  Ipv6Dst,
  Ipv6Label,
  NwProto,
  NwTos,
  IpDscp,
  NwEcn,
  NwTtl,
  IpFrag,
  ArpOp,
  ArpSpa,
  ArpTpa,
  ArpSha,
  ArpTha,
  TcpSrc,
  TcpDst,
  TcpFlags,
  UdpSrc,
  UdpDst,
  SctpSrc,
  SctpDst,
  IcmpType,
  IcmpCode,
  Icmpv6Type,
  Icmpv6Code,
  NdTarget,
  NdSll,
  NdTll,
};

// Bits of one segment of a key; bit 0 is the most significant of byte 0.
struct Place {
  Segment segment;
  std::uint16_t first_bit;
  std::uint8_t bits;
  StorageId storage;

  constexpr std::size_t first_byte() const { return first_bit / 8u; }
  constexpr std::size_t last_byte() const { return (first_bit + bits - 1u) / 8u; }
  // By how many bits the value must be shifted left to lie in its bytes.
  constexpr unsigned shift() const { return unsigned(last_byte() * 8 + 8 - first_bit - bits); }
};
constexpr Place bits_of(StorageId id, unsigned first, unsigned count) {
  const Storage& row = storage(id);
  return {row.segment, std::uint16_t(row.offset() * 8 + first), std::uint8_t(count), id};
}
constexpr Place whole(StorageId id) {
  return bits_of(id, 0, storage(id).size * 8u);
}
// `count` 32-bit registers from `first`: register pairs and quads have the lower-numbered one as
// their upper half.
constexpr Place registers(unsigned first, unsigned count) {
  return bits_of(StorageId::Registers, first * 32, count * 32);
}

struct Field {
  FieldId id;
  Text name;
  Text alias;  // another name that is accepted; empty if there is none
  Place at;
  std::uint8_t width;  // bytes of the value as OpenFlow carries it
  Format format;
  Masking masking;
  Needs needs;
  Access access;
  OxmId nxm, oxm;  // Nicira's number and OpenFlow's
  Coding coding = Coding::Plain;

  // Significant bits of the value (dl_vlan 12, vlan_vid 13, reg0 32).
  constexpr unsigned bits() const {
    if (coding == Coding::Dscp) return 8;
    return coding == Coding::PortNumber ? 32 : at.bits;
  }
  constexpr bool maskable() const { return masking == Masking::Bitwise; }
  constexpr bool writable() const { return access == Access::ReadWrite; }
};

inline constexpr Field kFieldRows[] = {
    // id, name, alias, place, width, format, masking, needs, access, NXM, OXM, coding
    // clang-format off
    {FieldId::DpHash, "dp_hash", "", whole(StorageId::DpHash), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadOnly, nxm_nx(35), nicira_et(0)},
    {FieldId::RecircId, "recirc_id", "", whole(StorageId::RecircId), 4, Format::Decimal, Masking::Exact, Needs::Nothing, Access::ReadOnly, nxm_nx(36), kNoOxm},
    {FieldId::ConjId, "conj_id", "", whole(StorageId::ConjId), 4, Format::Decimal, Masking::Exact, Needs::Nothing, Access::ReadOnly, nxm_nx(37), kNoOxm},
    {FieldId::TunId, "tun_id", "tunnel_id", whole(StorageId::TunId), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(16), oxm_of(38)},
    {FieldId::TunSrc, "tun_src", "", whole(StorageId::TunSrc), 4, Format::Ipv4, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(31), kNoOxm},
    {FieldId::TunDst, "tun_dst", "", whole(StorageId::TunDst), 4, Format::Ipv4, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(32), kNoOxm},
    {FieldId::TunIpv6Src, "tun_ipv6_src", "", whole(StorageId::TunIpv6Src), 16, Format::Ipv6, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(109), kNoOxm},
    {FieldId::TunIpv6Dst, "tun_ipv6_dst", "", whole(StorageId::TunIpv6Dst), 16, Format::Ipv6, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(110), kNoOxm},
    {FieldId::TunFlags, "tun_flags", "", bits_of(StorageId::TunFlags, 15, 1), 2, Format::TunnelFlags, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(104), kNoOxm},
    {FieldId::TunTtl, "tun_ttl", "", whole(StorageId::TunTtl), 1, Format::Decimal, Masking::Exact, Needs::Nothing, Access::ReadOnly, kNoOxm, kNoOxm},
    {FieldId::TunTos, "tun_tos", "", whole(StorageId::TunTos), 1, Format::Hex, Masking::Exact, Needs::Nothing, Access::ReadOnly, kNoOxm, kNoOxm},
    {FieldId::Metadata, "metadata", "", whole(StorageId::Metadata), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_of(2)},
    {FieldId::InPort, "in_port", "", whole(StorageId::OfInPort), 2, Format::Port, Masking::Exact, Needs::Nothing, Access::ReadWrite, nxm_of(0), kNoOxm},
    {FieldId::InPortOxm, "in_port_oxm", "", whole(StorageId::OfInPort), 4, Format::PortOxm, Masking::Exact, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_of(0), Coding::PortNumber},
    {FieldId::SkbPriority, "skb_priority", "", whole(StorageId::SkbPriority), 4, Format::Hex, Masking::Exact, Needs::Nothing, Access::ReadOnly, kNoOxm, kNoOxm},
    {FieldId::PktMark, "pkt_mark", "", whole(StorageId::PktMark), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(33), kNoOxm},
    {FieldId::Reg0, "reg0", "", registers(0, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(0), kNoOxm},
    {FieldId::Reg1, "reg1", "", registers(1, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(1), kNoOxm},
    {FieldId::Reg2, "reg2", "", registers(2, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(2), kNoOxm},
    {FieldId::Reg3, "reg3", "", registers(3, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(3), kNoOxm},
    {FieldId::Reg4, "reg4", "", registers(4, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(4), kNoOxm},
    {FieldId::Reg5, "reg5", "", registers(5, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(5), kNoOxm},
    {FieldId::Reg6, "reg6", "", registers(6, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(6), kNoOxm},
    {FieldId::Reg7, "reg7", "", registers(7, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(7), kNoOxm},
    {FieldId::Reg8, "reg8", "", registers(8, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(8), kNoOxm},
    {FieldId::Reg9, "reg9", "", registers(9, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(9), kNoOxm},
    {FieldId::Reg10, "reg10", "", registers(10, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(10), kNoOxm},
    {FieldId::Reg11, "reg11", "", registers(11, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(11), kNoOxm},
    {FieldId::Reg12, "reg12", "", registers(12, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(12), kNoOxm},
    {FieldId::Reg13, "reg13", "", registers(13, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(13), kNoOxm},
    {FieldId::Reg14, "reg14", "", registers(14, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(14), kNoOxm},
    {FieldId::Reg15, "reg15", "", registers(15, 1), 4, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(15), kNoOxm},
    {FieldId::Xreg0, "xreg0", "", registers(0, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(0)},
    {FieldId::Xreg1, "xreg1", "", registers(2, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(1)},
    {FieldId::Xreg2, "xreg2", "", registers(4, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(2)},
    {FieldId::Xreg3, "xreg3", "", registers(6, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(3)},
    {FieldId::Xreg4, "xreg4", "", registers(8, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(4)},
    {FieldId::Xreg5, "xreg5", "", registers(10, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(5)},
    {FieldId::Xreg6, "xreg6", "", registers(12, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(6)},
    {FieldId::Xreg7, "xreg7", "", registers(14, 2), 8, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, kNoOxm, oxm_pkt_reg(7)},
    {FieldId::Xxreg0, "xxreg0", "", registers(0, 4), 16, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(111), kNoOxm},
    {FieldId::Xxreg1, "xxreg1", "", registers(4, 4), 16, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(112), kNoOxm},
    {FieldId::Xxreg2, "xxreg2", "", registers(8, 4), 16, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(113), kNoOxm},
    {FieldId::Xxreg3, "xxreg3", "", registers(12, 4), 16, Format::Hex, Masking::Bitwise, Needs::Nothing, Access::ReadWrite, nxm_nx(114), kNoOxm},
    {FieldId::EthSrc, "eth_src", "dl_src", whole(StorageId::EthSrc), 6, Format::Mac, Masking::Bitwise, Needs::Ethernet, Access::ReadWrite, nxm_of(2), oxm_of(4)},
    {FieldId::EthDst, "eth_dst", "dl_dst", whole(StorageId::EthDst), 6, Format::Mac, Masking::Bitwise, Needs::Ethernet, Access::ReadWrite, nxm_of(1), oxm_of(3)},
    {FieldId::EthType, "eth_type", "dl_type", whole(StorageId::EthType), 2, Format::Hex, Masking::Exact, Needs::Ethernet, Access::ReadOnly, nxm_of(3), oxm_of(5)},
    {FieldId::VlanTci, "vlan_tci", "", whole(StorageId::VlanTci), 2, Format::Hex, Masking::Bitwise, Needs::Ethernet, Access::ReadWrite, nxm_of(4), kNoOxm},
    {FieldId::DlVlan, "dl_vlan", "", bits_of(StorageId::VlanTci, 4, 12), 2, Format::Decimal, Masking::Exact, Needs::Ethernet, Access::ReadWrite, kNoOxm, kNoOxm, Coding::VlanVid},
    {FieldId::VlanVid, "vlan_vid", "", bits_of(StorageId::VlanTci, 3, 13), 2, Format::Decimal, Masking::Bitwise, Needs::Ethernet, Access::ReadWrite, kNoOxm, oxm_of(6)},
    {FieldId::DlVlanPcp, "dl_vlan_pcp", "", bits_of(StorageId::VlanTci, 0, 3), 1, Format::Decimal, Masking::Exact, Needs::Ethernet, Access::ReadWrite, kNoOxm, kNoOxm, Coding::VlanPcp},
    {FieldId::VlanPcp, "vlan_pcp", "", bits_of(StorageId::VlanTci, 0, 3), 1, Format::Decimal, Masking::Exact, Needs::Vlan, Access::ReadWrite, kNoOxm, oxm_of(7), Coding::VlanPcp},
    {FieldId::MplsLabel, "mpls_label", "", bits_of(StorageId::MplsLse, 0, 20), 4, Format::Decimal, Masking::Exact, Needs::Mpls, Access::ReadWrite, kNoOxm, oxm_of(34)},
    {FieldId::MplsTc, "mpls_tc", "", bits_of(StorageId::MplsLse, 20, 3), 1, Format::Decimal, Masking::Exact, Needs::Mpls, Access::ReadWrite, kNoOxm, oxm_of(35)},
    {FieldId::MplsBos, "mpls_bos", "", bits_of(StorageId::MplsLse, 23, 1), 1, Format::Decimal, Masking::Exact, Needs::Mpls, Access::ReadOnly, kNoOxm, oxm_of(36)},
    {FieldId::MplsTtl, "mpls_ttl", "", bits_of(StorageId::MplsLse, 24, 8), 1, Format::Decimal, Masking::Exact, Needs::Mpls, Access::ReadWrite, nxm_nx(30), kNoOxm},
    {FieldId::IpSrc, "ip_src", "nw_src", whole(StorageId::NwSrc), 4, Format::Ipv4, Masking::Bitwise, Needs::Ipv4, Access::ReadWrite, nxm_of(7), oxm_of(11)},
    {FieldId::IpDst, "ip_dst", "nw_dst", whole(StorageId::NwDst), 4, Format::Ipv4, Masking::Bitwise, Needs::Ipv4, Access::ReadWrite, nxm_of(8), oxm_of(12)},
    {FieldId::Ipv6Src, "ipv6_src", "", whole(StorageId::Ipv6Src), 16, Format::Ipv6, Masking::Bitwise, Needs::Ipv6, Access::ReadWrite, nxm_nx(19), oxm_of(26)},
    {FieldId::Ipv6Dst, "ipv6_dst", "", whole(StorageId::Ipv6Dst), 16, Format::Ipv6, Masking::Bitwise, Needs::Ipv6, Access::ReadWrite, nxm_nx(20), oxm_of(27)},
    {FieldId::Ipv6Label, "ipv6_label", "", bits_of(StorageId::Ipv6Label, 12, 20), 4, Format::Hex, Masking::Bitwise, Needs::Ipv6, Access::ReadWrite, nxm_nx(27), oxm_of(28)},
    {FieldId::NwProto, "nw_proto", "ip_proto", whole(StorageId::NwProto), 1, Format::Decimal, Masking::Exact, Needs::Ip, Access::ReadOnly, nxm_of(6), oxm_of(10)},
    {FieldId::NwTos, "nw_tos", "", bits_of(StorageId::NwTos, 0, 6), 1, Format::Decimal, Masking::Exact, Needs::Ip, Access::ReadWrite, nxm_of(5), kNoOxm, Coding::Dscp},
    {FieldId::IpDscp, "ip_dscp", "", bits_of(StorageId::NwTos, 0, 6), 1, Format::Decimal, Masking::Exact, Needs::Ip, Access::ReadWrite, kNoOxm, oxm_of(8)},
    {FieldId::NwEcn, "nw_ecn", "ip_ecn", bits_of(StorageId::NwTos, 6, 2), 1, Format::Decimal, Masking::Exact, Needs::Ip, Access::ReadWrite, nxm_nx(28), oxm_of(9)},
    {FieldId::NwTtl, "nw_ttl", "", whole(StorageId::NwTtl), 1, Format::Decimal, Masking::Exact, Needs::Ip, Access::ReadWrite, nxm_nx(29), kNoOxm},
    {FieldId::IpFrag, "ip_frag", "nw_frag", bits_of(StorageId::NwFrag, 6, 2), 1, Format::Frag, Masking::Bitwise, Needs::Ip, Access::ReadOnly, nxm_nx(26), kNoOxm},
    {FieldId::ArpOp, "arp_op", "", whole(StorageId::NwProto), 2, Format::Decimal, Masking::Exact, Needs::Arp, Access::ReadWrite, nxm_of(15), oxm_of(21)},
    {FieldId::ArpSpa, "arp_spa", "", whole(StorageId::NwSrc), 4, Format::Ipv4, Masking::Bitwise, Needs::Arp, Access::ReadWrite, nxm_of(16), oxm_of(22)},
    {FieldId::ArpTpa, "arp_tpa", "", whole(StorageId::NwDst), 4, Format::Ipv4, Masking::Bitwise, Needs::Arp, Access::ReadWrite, nxm_of(17), oxm_of(23)},
    {FieldId::ArpSha, "arp_sha", "", whole(StorageId::HwSrc), 6, Format::Mac, Masking::Bitwise, Needs::Arp, Access::ReadWrite, nxm_nx(17), oxm_of(24)},
    {FieldId::ArpTha, "arp_tha", "", whole(StorageId::HwDst), 6, Format::Mac, Masking::Bitwise, Needs::Arp, Access::ReadWrite, nxm_nx(18), oxm_of(25)},
    {FieldId::TcpSrc, "tcp_src", "tp_src", whole(StorageId::TpSrc), 2, Format::Decimal, Masking::Bitwise, Needs::Tcp, Access::ReadWrite, nxm_of(9), oxm_of(13)},
    {FieldId::TcpDst, "tcp_dst", "tp_dst", whole(StorageId::TpDst), 2, Format::Decimal, Masking::Bitwise, Needs::Tcp, Access::ReadWrite, nxm_of(10), oxm_of(14)},
    {FieldId::TcpFlags, "tcp_flags", "", bits_of(StorageId::TcpFlags, 4, 12), 2, Format::TcpFlags, Masking::Bitwise, Needs::Tcp, Access::ReadOnly, nxm_nx(34), oxm_of(42)},
    {FieldId::UdpSrc, "udp_src", "", whole(StorageId::TpSrc), 2, Format::Decimal, Masking::Bitwise, Needs::Udp, Access::ReadWrite, nxm_of(11), oxm_of(15)},
    {FieldId::UdpDst, "udp_dst", "", whole(StorageId::TpDst), 2, Format::Decimal, Masking::Bitwise, Needs::Udp, Access::ReadWrite, nxm_of(12), oxm_of(16)},
    {FieldId::SctpSrc, "sctp_src", "", whole(StorageId::TpSrc), 2, Format::Decimal, Masking::Bitwise, Needs::Sctp, Access::ReadWrite, kNoOxm, oxm_of(17)},
    {FieldId::SctpDst, "sctp_dst", "", whole(StorageId::TpDst), 2, Format::Decimal, Masking::Bitwise, Needs::Sctp, Access::ReadWrite, kNoOxm, oxm_of(18)},
    {FieldId::IcmpType, "icmp_type", "", bits_of(StorageId::TpSrc, 8, 8), 1, Format::Decimal, Masking::Exact, Needs::Icmp, Access::ReadWrite, nxm_of(13), oxm_of(19)},
    {FieldId::IcmpCode, "icmp_code", "", bits_of(StorageId::TpDst, 8, 8), 1, Format::Decimal, Masking::Exact, Needs::Icmp, Access::ReadWrite, nxm_of(14), oxm_of(20)},
    {FieldId::Icmpv6Type, "icmpv6_type", "", bits_of(StorageId::TpSrc, 8, 8), 1, Format::Decimal, Masking::Exact, Needs::Icmp6, Access::ReadWrite, nxm_nx(21), oxm_of(29)},
    {FieldId::Icmpv6Code, "icmpv6_code", "", bits_of(StorageId::TpDst, 8, 8), 1, Format::Decimal, Masking::Exact, Needs::Icmp6, Access::ReadWrite, nxm_nx(22), oxm_of(30)},
    {FieldId::NdTarget, "nd_target", "", whole(StorageId::NdTarget), 16, Format::Ipv6, Masking::Bitwise, Needs::Nd, Access::ReadWrite, nxm_nx(23), oxm_of(31)},
    {FieldId::NdSll, "nd_sll", "", whole(StorageId::HwSrc), 6, Format::Mac, Masking::Bitwise, Needs::NdSolicit, Access::ReadWrite, nxm_nx(24), oxm_of(32)},
    {FieldId::NdTll, "nd_tll", "", whole(StorageId::HwDst), 6, Format::Mac, Masking::Bitwise, Needs::NdAdvert, Access::ReadWrite, nxm_nx(25), oxm_of(33)},
    // clang-format on
};
inline constexpr std::size_t kFieldCount = sizeof kFieldRows / sizeof kFieldRows[0];

constexpr const Field& field(FieldId id) {
  return kFieldRows[std::size_t(id)];
}
// By name or alias; null if there is none. A name that exists for several fields in people's habit
// (tp_src, which is tcp_src, udp_src or sctp_src by the protocol) gives the first.
const Field* find_field(Text name);
// By either of its OpenFlow numbers; null if there is none.
const Field* find_field(const OxmId& id);

constexpr bool fields_are_sound() {
  for (std::size_t i = 0; i < kFieldCount; ++i) {
    const Field& row = kFieldRows[i];
    const Storage& home = storage(row.at.storage);
    if (std::size_t(row.id) != i || row.at.bits == 0 || row.at.bits > 128 || row.width > 16)
      return false;
    if (row.at.first_bit < home.offset() * 8) return false;
    if (row.at.first_bit + row.at.bits > (home.offset() + home.size) * 8) return false;
    if (row.at.bits > row.width * 8u) return false;
    for (std::size_t j = 0; j < i; ++j) {
      const Field& other = kFieldRows[j];
      if (row.name == other.name || row.name == other.alias) return false;
      if (!row.alias.empty() && (row.alias == other.name || row.alias == other.alias)) return false;
      if (row.nxm.present && (row.nxm == other.nxm || row.nxm == other.oxm)) return false;
      if (row.oxm.present && (row.oxm == other.oxm || row.oxm == other.nxm)) return false;
    }
  }
  return true;
}
static_assert(fields_are_sound());

}  // namespace ovs::flow
