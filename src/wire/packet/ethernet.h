// Link layer headers: Ethernet II, 802.1Q and 802.1ad tags, 802.2 with SNAP, ARP, MPLS label stack
// entries.
#pragma once
#include "wire/packet/slice.h"

namespace ovs::wire {

inline constexpr std::uint16_t kEtherTypeIpv4 = 0x0800, kEtherTypeArp = 0x0806,
                               kEtherTypeTransparent = 0x6558, kEtherTypeRarp = 0x8035,
                               kEtherTypeVlan = 0x8100, kEtherTypeIpv6 = 0x86dd,
                               kEtherTypeMpls = 0x8847, kEtherTypeMplsMulticast = 0x8848,
                               kEtherTypeServiceVlan = 0x88a8;
// Smaller values of the type field are lengths (IEEE 802.3).
inline constexpr std::uint16_t kMinEtherType = 0x0600;
constexpr bool is_vlan_type(std::uint64_t type) {
  return type == kEtherTypeVlan || type == kEtherTypeServiceVlan;
}
constexpr bool is_mpls_type(std::uint64_t type) {
  return type == kEtherTypeMpls || type == kEtherTypeMplsMulticast;
}

struct Ethernet {
  static constexpr std::size_t kSize = 14;
  static const Slice<Ethernet> kDst, kSrc, kType;
};
inline constexpr Slice<Ethernet> Ethernet::kDst{0, 48}, Ethernet::kSrc{48, 48},
    Ethernet::kType{96, 16};

// A tag, from its own EtherType to before the next one.
struct VlanTag {
  static constexpr std::size_t kSize = 4;
  static const Slice<VlanTag> kTpid, kTci, kPcp, kDei, kVid;
};
inline constexpr Slice<VlanTag> VlanTag::kTpid{0, 16}, VlanTag::kTci{16, 16}, VlanTag::kPcp{16, 3},
    VlanTag::kDei{19, 1}, VlanTag::kVid{20, 12};

struct EtherType {
  static constexpr std::size_t kSize = 2;
  static const Slice<EtherType> kType;
};
inline constexpr Slice<EtherType> EtherType::kType{0, 16};

// RFC 1042: an EtherType behind 802.2 LLC.
struct Snap {
  static constexpr std::size_t kSize = 8;
  static constexpr std::uint64_t kEncapsulatedEthernet = 0xaaaa03000000;
  static const Slice<Snap> kLlcAndOrganization, kType;
};
inline constexpr Slice<Snap> Snap::kLlcAndOrganization{0, 48}, Snap::kType{48, 16};

// RFC 826, for IPv4 over Ethernet.
struct Arp {
  static constexpr std::size_t kSize = 28;
  static constexpr std::uint64_t kEthernetIpv4 = 0x000108000604;
  static const Slice<Arp> kFormat, kOperation, kSenderMac, kSenderIp, kTargetMac, kTargetIp;
};
inline constexpr Slice<Arp> Arp::kFormat{0, 48}, Arp::kOperation{48, 16}, Arp::kSenderMac{64, 48},
    Arp::kSenderIp{112, 32}, Arp::kTargetMac{144, 48}, Arp::kTargetIp{192, 32};

// RFC 3032.
struct MplsEntry {
  static constexpr std::size_t kSize = 4;
  static const Slice<MplsEntry> kEntry, kLabel, kTrafficClass, kBottom, kTtl;
};
inline constexpr Slice<MplsEntry> MplsEntry::kEntry{0, 32}, MplsEntry::kLabel{0, 20},
    MplsEntry::kTrafficClass{20, 3}, MplsEntry::kBottom{23, 1}, MplsEntry::kTtl{24, 8};

static_assert(Reads<View<Ethernet>, Slice<Ethernet>> && !Reads<View<Ethernet>, Slice<Arp>>);

}  // namespace ovs::wire
