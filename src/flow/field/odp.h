// How datapaths name what is stored: the attributes of a flow key, and where in each of them every
// stored thing lies, bit by bit. Netlink and datapath text both walk these rows. Tags and tunnels
// nest: their shape is in the codecs, their parts here.
#pragma once
#include "flow/field/field.h"
#include "wire/netlink/families.h"

namespace ovs::flow {

using wire::KeyAttr;
using wire::TunnelAttr;

// When a packet has what an attribute tells.
enum class When : std::uint8_t {
  Always,
  HasInPort,
  HasTunnel,
  HasEtherType,
  Ipv4,
  Ipv6,
  Arp,
  Tcp,
  Udp,
  Sctp,
  Icmp,
  Icmpv6,
  NeighbourDiscovery,
  Mpls,
};

// Metadata stand at the outermost level; what follows a tag stands in its ENCAP.
enum class Level : std::uint8_t { Outermost, Innermost };

// How an attribute whose mask is neither none nor all of it is printed: what counts, or every
// member with its mask.
enum class PartText : bool { WhatCounts, Everything };

struct OdpAttr {
  KeyAttr id;
  Text name;
  std::uint8_t size;  // of the payload; 0 for nests
  When when;
  Level level;
  PartText part = PartText::WhatCounts;
};

// In the order in which they are written and printed.
inline constexpr OdpAttr kOdpAttrs[] = {
    {KeyAttr::RecircId, "recirc_id", 4, When::Always, Level::Outermost},
    {KeyAttr::DpHash, "dp_hash", 4, When::Always, Level::Outermost},
    {KeyAttr::Priority, "skb_priority", 4, When::Always, Level::Outermost},
    {KeyAttr::Tunnel, "tunnel", 0, When::HasTunnel, Level::Outermost},
    {KeyAttr::InPort, "in_port", 4, When::HasInPort, Level::Outermost},
    {KeyAttr::SkbMark, "skb_mark", 4, When::Always, Level::Outermost},
    {KeyAttr::Ethernet, "eth", 12, When::Always, Level::Outermost},
    {KeyAttr::EtherType, "eth_type", 2, When::HasEtherType, Level::Innermost},
    {KeyAttr::Ipv4, "ipv4", 12, When::Ipv4, Level::Innermost},
    {KeyAttr::Ipv6, "ipv6", 40, When::Ipv6, Level::Innermost},
    {KeyAttr::Arp, "arp", 24, When::Arp, Level::Innermost},
    {KeyAttr::Mpls, "mpls", 4, When::Mpls, Level::Innermost, PartText::Everything},
    {KeyAttr::Tcp, "tcp", 4, When::Tcp, Level::Innermost},
    {KeyAttr::TcpFlags, "tcp_flags", 2, When::Tcp, Level::Innermost},
    {KeyAttr::Udp, "udp", 4, When::Udp, Level::Innermost},
    {KeyAttr::Sctp, "sctp", 4, When::Sctp, Level::Innermost},
    {KeyAttr::Icmp, "icmp", 2, When::Icmp, Level::Innermost},
    {KeyAttr::Icmpv6, "icmpv6", 2, When::Icmpv6, Level::Innermost},
    {KeyAttr::Nd, "nd", 28, When::NeighbourDiscovery, Level::Innermost},
};

enum class OdpFormat : std::uint8_t {
  Decimal,
  Digit,  // decimal; masks without "0x"
  Hex,    // "0" for zero
  Hex0x,  // "0x0" for zero
  Hex4,   // four digits at least
  Label,  // hexadecimal; twenty ones are all there can be
  Mac,
  Ipv4,
  Ipv6,
  Port,
  Frag,
  TcpFlags,
};

// How the bits of an attribute become stored bits.
enum class OdpCoding : std::uint8_t {
  Network,   // as they are
  Host,      // a 32-bit number in host order
  HostPort,  // the same, 16 bits of it stored, all ones being none
  Frag,      // an enumeration here, two bits stored
};

enum class Settable : bool { No, Yes };  // whether a set action may write it

struct OdpMember {
  KeyAttr attr;
  Text name;                // empty: the attribute's only member, printed without a name
  std::uint16_t first_bit;  // of the payload
  std::uint8_t bits;
  Place at;
  OdpCoding coding;
  OdpFormat format;
  Settable settable;
};

// clang-format off
inline constexpr OdpMember kOdpMembers[] = {
    // attribute, name, first bit, bits, stored at, coding, text, settable
    {KeyAttr::RecircId,  "",       0,   32,  whole(StorageId::RecircId),      OdpCoding::Host,     OdpFormat::Hex,      Settable::No},
    {KeyAttr::DpHash,    "",       0,   32,  whole(StorageId::DpHash),        OdpCoding::Host,     OdpFormat::Hex,      Settable::No},
    {KeyAttr::Priority,  "",       0,   32,  whole(StorageId::SkbPriority),   OdpCoding::Host,     OdpFormat::Hex,      Settable::Yes},
    {KeyAttr::InPort,    "",       0,   32,  whole(StorageId::InPort),        OdpCoding::HostPort, OdpFormat::Port,     Settable::No},
    {KeyAttr::SkbMark,   "",       0,   32,  whole(StorageId::PktMark),       OdpCoding::Host,     OdpFormat::Hex,      Settable::Yes},
    {KeyAttr::Ethernet,  "src",    0,   48,  whole(StorageId::EthSrc),        OdpCoding::Network,  OdpFormat::Mac,      Settable::Yes},
    {KeyAttr::Ethernet,  "dst",    48,  48,  whole(StorageId::EthDst),        OdpCoding::Network,  OdpFormat::Mac,      Settable::Yes},
    {KeyAttr::EtherType, "",       0,   16,  whole(StorageId::EthType),       OdpCoding::Network,  OdpFormat::Hex4,     Settable::No},
    {KeyAttr::Ipv4,      "src",    0,   32,  whole(StorageId::NwSrc),         OdpCoding::Network,  OdpFormat::Ipv4,     Settable::Yes},
    {KeyAttr::Ipv4,      "dst",    32,  32,  whole(StorageId::NwDst),         OdpCoding::Network,  OdpFormat::Ipv4,     Settable::Yes},
    {KeyAttr::Ipv4,      "proto",  64,  8,   whole(StorageId::NwProto),       OdpCoding::Network,  OdpFormat::Decimal,  Settable::No},
    {KeyAttr::Ipv4,      "tos",    72,  8,   whole(StorageId::NwTos),         OdpCoding::Network,  OdpFormat::Hex,      Settable::Yes},
    {KeyAttr::Ipv4,      "ttl",    80,  8,   whole(StorageId::NwTtl),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Ipv4,      "frag",   88,  8,   bits_of(StorageId::NwFrag, 6, 2), OdpCoding::Frag,    OdpFormat::Frag,     Settable::No},
    {KeyAttr::Ipv6,      "src",    0,   128, whole(StorageId::Ipv6Src),       OdpCoding::Network,  OdpFormat::Ipv6,     Settable::Yes},
    {KeyAttr::Ipv6,      "dst",    128, 128, whole(StorageId::Ipv6Dst),       OdpCoding::Network,  OdpFormat::Ipv6,     Settable::Yes},
    {KeyAttr::Ipv6,      "label",  256, 32,  bits_of(StorageId::Ipv6Label, 12, 20), OdpCoding::Network,  OdpFormat::Label,    Settable::Yes},
    {KeyAttr::Ipv6,      "proto",  288, 8,   whole(StorageId::NwProto),       OdpCoding::Network,  OdpFormat::Decimal,  Settable::No},
    {KeyAttr::Ipv6,      "tclass", 296, 8,   whole(StorageId::NwTos),         OdpCoding::Network,  OdpFormat::Hex,      Settable::Yes},
    {KeyAttr::Ipv6,      "hlimit", 304, 8,   whole(StorageId::NwTtl),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Ipv6,      "frag",   312, 8,   bits_of(StorageId::NwFrag, 6, 2), OdpCoding::Frag,    OdpFormat::Frag,     Settable::No},
    {KeyAttr::Arp,       "sip",    0,   32,  whole(StorageId::NwSrc),         OdpCoding::Network,  OdpFormat::Ipv4,     Settable::Yes},
    {KeyAttr::Arp,       "tip",    32,  32,  whole(StorageId::NwDst),         OdpCoding::Network,  OdpFormat::Ipv4,     Settable::Yes},
    {KeyAttr::Arp,       "op",     64,  16,  whole(StorageId::NwProto),       OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Arp,       "sha",    80,  48,  whole(StorageId::HwSrc),         OdpCoding::Network,  OdpFormat::Mac,      Settable::Yes},
    {KeyAttr::Arp,       "tha",    128, 48,  whole(StorageId::HwDst),         OdpCoding::Network,  OdpFormat::Mac,      Settable::Yes},
    {KeyAttr::Mpls,      "label",  0,   20,  bits_of(StorageId::MplsLse, 0, 20), OdpCoding::Network, OdpFormat::Decimal, Settable::Yes},
    {KeyAttr::Mpls,      "tc",     20,  3,   bits_of(StorageId::MplsLse, 20, 3), OdpCoding::Network, OdpFormat::Digit, Settable::Yes},
    {KeyAttr::Mpls,      "ttl",    24,  8,   bits_of(StorageId::MplsLse, 24, 8), OdpCoding::Network, OdpFormat::Decimal, Settable::Yes},
    {KeyAttr::Mpls,      "bos",    23,  1,   bits_of(StorageId::MplsLse, 23, 1), OdpCoding::Network, OdpFormat::Digit, Settable::Yes},
    {KeyAttr::Tcp,       "src",    0,   16,  whole(StorageId::TpSrc),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Tcp,       "dst",    16,  16,  whole(StorageId::TpDst),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::TcpFlags,  "",       0,   16,  whole(StorageId::TcpFlags),      OdpCoding::Network,  OdpFormat::TcpFlags, Settable::No},
    {KeyAttr::Udp,       "src",    0,   16,  whole(StorageId::TpSrc),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Udp,       "dst",    16,  16,  whole(StorageId::TpDst),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Sctp,      "src",    0,   16,  whole(StorageId::TpSrc),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Sctp,      "dst",    16,  16,  whole(StorageId::TpDst),         OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Icmp,      "type",   0,   8,   bits_of(StorageId::TpSrc, 8, 8), OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Icmp,      "code",   8,   8,   bits_of(StorageId::TpDst, 8, 8), OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Icmpv6,    "type",   0,   8,   bits_of(StorageId::TpSrc, 8, 8), OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Icmpv6,    "code",   8,   8,   bits_of(StorageId::TpDst, 8, 8), OdpCoding::Network,  OdpFormat::Decimal,  Settable::Yes},
    {KeyAttr::Nd,        "target", 0,   128, whole(StorageId::NdTarget),      OdpCoding::Network,  OdpFormat::Ipv6,     Settable::Yes},
    {KeyAttr::Nd,        "sll",    128, 48,  whole(StorageId::HwSrc),         OdpCoding::Network,  OdpFormat::Mac,      Settable::Yes},
    {KeyAttr::Nd,        "tll",    176, 48,  whole(StorageId::HwDst),         OdpCoding::Network,  OdpFormat::Mac,      Settable::Yes},
};
// clang-format on

// How a part of a tunnel key is present.
enum class TunnelForm : std::uint8_t {
  Id,       // when the tunnel has a key, or the number is not zero
  NonZero,  // when it is not zero
  Ttl,      // always
  Flag,     // an empty attribute for one bit of tun_flags
};
struct OdpTunnelMember {
  TunnelAttr attr;
  Text name;
  Place at;
  TunnelForm form;
  OdpFormat format;
};
// clang-format off
inline constexpr OdpTunnelMember kOdpTunnelMembers[] = {
    {TunnelAttr::Id,           "tun_id",   whole(StorageId::TunId),          TunnelForm::Id,      OdpFormat::Hex0x},
    {TunnelAttr::Ipv4Src,      "src",      whole(StorageId::TunSrc),         TunnelForm::NonZero, OdpFormat::Ipv4},
    {TunnelAttr::Ipv4Dst,      "dst",      whole(StorageId::TunDst),         TunnelForm::NonZero, OdpFormat::Ipv4},
    {TunnelAttr::Ipv6Src,      "ipv6_src", whole(StorageId::TunIpv6Src),     TunnelForm::NonZero, OdpFormat::Ipv6},
    {TunnelAttr::Ipv6Dst,      "ipv6_dst", whole(StorageId::TunIpv6Dst),     TunnelForm::NonZero, OdpFormat::Ipv6},
    {TunnelAttr::Tos,          "tos",      whole(StorageId::TunTos),         TunnelForm::NonZero, OdpFormat::Hex},
    {TunnelAttr::Ttl,          "ttl",      whole(StorageId::TunTtl),         TunnelForm::Ttl,     OdpFormat::Decimal},
    {TunnelAttr::DontFragment, "df",       bits_of(StorageId::TunFlags, 14, 1), TunnelForm::Flag, OdpFormat::Decimal},
    {TunnelAttr::Csum,         "csum",     bits_of(StorageId::TunFlags, 13, 1), TunnelForm::Flag, OdpFormat::Decimal},
    {TunnelAttr::TpSrc,        "tp_src",   whole(StorageId::TunTpSrc),       TunnelForm::NonZero, OdpFormat::Decimal},
    {TunnelAttr::TpDst,        "tp_dst",   whole(StorageId::TunTpDst),       TunnelForm::NonZero, OdpFormat::Decimal},
    {TunnelAttr::Oam,          "oam",      bits_of(StorageId::TunFlags, 15, 1), TunnelForm::Flag, OdpFormat::Decimal},
};
// clang-format on
inline constexpr Place kTunnelKeyBit =
    bits_of(StorageId::TunFlags, 12, 1);  // "the tunnel has a key"

constexpr const OdpAttr* find_odp_attr(KeyAttr id) {
  for (const OdpAttr& row : kOdpAttrs) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

constexpr bool overlap(const OdpMember& a, const OdpMember& b) {
  return a.attr == b.attr && a.first_bit < b.first_bit + b.bits &&
         b.first_bit < a.first_bit + a.bits;
}

// Members stay within their attribute and apart from each other, and a number never shrinks on its
// way to netlink.
constexpr bool odp_is_sound() {
  for (std::size_t i = 0; i < sizeof kOdpMembers / sizeof kOdpMembers[0]; ++i) {
    const OdpMember& row = kOdpMembers[i];
    const OdpAttr* attr = find_odp_attr(row.attr);
    if (attr == nullptr || row.first_bit + row.bits > attr->size * 8) return false;
    if (row.at.segment != Segment::Datapath || row.bits < row.at.bits) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (overlap(row, kOdpMembers[j])) return false;
    }
  }
  return true;
}
static_assert(odp_is_sound());

}  // namespace ovs::flow
