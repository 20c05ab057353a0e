// Where stored things come from in packets: rows that extraction and composition walk, header by
// header. What a header says by computing (fragment state, protocol behind extension headers,
// neighbour options) is written by the parser instead.
#pragma once
#include "flow/field/storage.h"
#include "wire/packet/ethernet.h"
#include "wire/packet/ip.h"
#include "wire/packet/transport.h"

namespace ovs::flow {

enum class Header : std::uint8_t {
  Ethernet,
  EtherType,
  OuterTag,
  InnerTag,
  Arp,
  Ipv4,
  Ipv6,
  Tcp,
  Udp,
  Sctp,
  Icmp,
  NeighbourDiscovery,
  Mpls,
};

struct PacketRow {
  Header header;
  StorageId to;
  std::uint8_t to_byte;   // of the storage, where the packet's bytes go
  std::uint8_t from;      // byte of the header
  std::uint8_t size;      // bytes
  std::uint64_t keep;     // bits that count, of the bytes as a number
  std::uint64_t add = 0;  // bits that say "present"
};

// `slice` right-aligned in the storage: a slice begins where its storage's bits begin, so that
// bytes are only masked.
template <class H>
constexpr PacketRow row_of(Header header, StorageId to, wire::Slice<H> slice,
                           std::uint64_t add = 0) {
  const std::uint64_t keep =
      slice.bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << slice.bits) - 1;
  OVS_ASSERT(slice.shift() == 0 && slice.byte_count() <= storage(to).size);
  return {header,
          to,
          std::uint8_t(storage(to).size - slice.byte_count()),
          std::uint8_t(slice.first_byte()),
          std::uint8_t(slice.byte_count()),
          keep,
          add};
}

inline constexpr PacketRow kPacketRows[] = {
    row_of(Header::Ethernet, StorageId::EthDst, wire::Ethernet::kDst),
    row_of(Header::Ethernet, StorageId::EthSrc, wire::Ethernet::kSrc),
    row_of(Header::EtherType, StorageId::EthType, wire::EtherType::kType),
    row_of(Header::OuterTag, StorageId::VlanTpid, wire::VlanTag::kTpid),
    row_of(Header::OuterTag, StorageId::VlanTci, wire::VlanTag::kTci, 0x1000),
    row_of(Header::InnerTag, StorageId::Vlan2Tpid, wire::VlanTag::kTpid),
    row_of(Header::InnerTag, StorageId::Vlan2Tci, wire::VlanTag::kTci, 0x1000),
    row_of(Header::Arp, StorageId::NwSrc, wire::Arp::kSenderIp),
    row_of(Header::Arp, StorageId::NwDst, wire::Arp::kTargetIp),
    row_of(Header::Arp, StorageId::HwSrc, wire::Arp::kSenderMac),
    row_of(Header::Arp, StorageId::HwDst, wire::Arp::kTargetMac),
    row_of(Header::Ipv4, StorageId::NwSrc, wire::Ipv4::kSrc),
    row_of(Header::Ipv4, StorageId::NwDst, wire::Ipv4::kDst),
    row_of(Header::Ipv4, StorageId::NwTtl, wire::Ipv4::kTtl),
    row_of(Header::Ipv4, StorageId::NwProto, wire::Ipv4::kProtocol),
    row_of(Header::Ipv4, StorageId::NwTos, wire::Ipv4::kTos),
    row_of(Header::Ipv6, StorageId::Ipv6Src, wire::Ipv6::kSrc),
    row_of(Header::Ipv6, StorageId::Ipv6Dst, wire::Ipv6::kDst),
    row_of(Header::Tcp, StorageId::TpSrc, wire::Tcp::kSrc),
    row_of(Header::Tcp, StorageId::TpDst, wire::Tcp::kDst),
    row_of(Header::Tcp, StorageId::TcpFlags, wire::Tcp::kFlags),
    row_of(Header::Udp, StorageId::TpSrc, wire::Udp::kSrc),
    row_of(Header::Udp, StorageId::TpDst, wire::Udp::kDst),
    row_of(Header::Sctp, StorageId::TpSrc, wire::Sctp::kSrc),
    row_of(Header::Sctp, StorageId::TpDst, wire::Sctp::kDst),
    row_of(Header::Icmp, StorageId::TpSrc, wire::Icmp::kType),
    row_of(Header::Icmp, StorageId::TpDst, wire::Icmp::kCode),
    row_of(Header::NeighbourDiscovery, StorageId::NdTarget, wire::NeighbourDiscovery::kTarget),
    row_of(Header::Mpls, StorageId::MplsLse, wire::MplsEntry::kEntry),
};
inline constexpr std::size_t kPacketRowCount = sizeof kPacketRows / sizeof kPacketRows[0];

}  // namespace ovs::flow
