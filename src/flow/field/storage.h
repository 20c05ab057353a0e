// Where each thing that a key can say is stored: rows that tile the two segments of a key, byte by
// byte. Names over these bytes are in field.h. Every stored number is in network order, so that a
// field's bytes can be copied from a packet.
//
// A datapath key begins with kHotWords words that hold all that an Ethernet, IPv4, ARP, TCP, UDP
// packet with at most one tag can say; the words behind them are cold: most packets have none of
// them.
#pragma once
#include "flow/field/types.h"

namespace ovs::flow {

enum class StorageId : std::uint8_t {
  RecircId,
  InPort,
  TcpFlags,
  EthDst,
  EthType,
  EthSrc,
  VlanTci,
  NwSrc,
  NwDst,
  NwTtl,
  NwProto,
  NwTos,
  NwFrag,
  TpSrc,
  TpDst,
  SkbPriority,
  PktMark,
  Ipv6Src,
  Ipv6Dst,
  Ipv6Label,
  DpHash,
  VlanTpid,
  Vlan2Tpid,
  Vlan2Tci,
  HwSrc,
  HwDst,
  NdTarget,
  TunId,
  TunSrc,
  TunDst,
  TunFlags,
  TunTos,
  TunTtl,
  TunTpSrc,
  TunTpDst,
  TunIpv6Src,
  TunIpv6Dst,
  MplsLse,
  Metadata,
  Registers,
  ConjId,
  OfInPort,
  Reserved,  // always zero
};

struct Storage {
  StorageId id;
  Segment segment;
  std::uint8_t word, byte;  // of the segment, of the word
  std::uint8_t size;        // bytes

  constexpr std::size_t offset() const { return word * 8u + byte; }
};

inline constexpr unsigned kHotWords = 6;

inline constexpr Storage kStorageRows[] = {
    // id                     segment            word byte size
    {StorageId::RecircId, Segment::Datapath, 0, 0, 4},
    {StorageId::InPort, Segment::Datapath, 0, 4,
     2},  // a datapath has at most 65535 ports; 65535 is none
    {StorageId::TcpFlags, Segment::Datapath, 0, 6, 2},
    {StorageId::EthDst, Segment::Datapath, 1, 0, 6},
    {StorageId::EthType, Segment::Datapath, 1, 6,
     2},  // behind all tags; 0x05ff for a frame with an 802.2 length
    {StorageId::EthSrc, Segment::Datapath, 2, 0, 6},
    {StorageId::VlanTci, Segment::Datapath, 2, 6, 2},  // 0x1000 says that there is a tag
    {StorageId::NwSrc, Segment::Datapath, 3, 0, 4},    // IPv4 source, or ARP's sender
    {StorageId::NwDst, Segment::Datapath, 3, 4, 4},
    {StorageId::NwTtl, Segment::Datapath, 4, 0, 1},
    {StorageId::NwProto, Segment::Datapath, 4, 1, 1},  // or ARP's operation
    {StorageId::NwTos, Segment::Datapath, 4, 2, 1},
    {StorageId::NwFrag, Segment::Datapath, 4, 3, 1},
    {StorageId::TpSrc, Segment::Datapath, 4, 4, 2},  // or the ICMP type
    {StorageId::TpDst, Segment::Datapath, 4, 6, 2},  // or the ICMP code
    {StorageId::SkbPriority, Segment::Datapath, 5, 0, 4},
    {StorageId::PktMark, Segment::Datapath, 5, 4, 4},
    {StorageId::Ipv6Src, Segment::Datapath, 6, 0, 16},
    {StorageId::Ipv6Dst, Segment::Datapath, 8, 0, 16},
    {StorageId::Ipv6Label, Segment::Datapath, 10, 0, 4},
    {StorageId::DpHash, Segment::Datapath, 10, 4, 4},
    {StorageId::VlanTpid, Segment::Datapath, 11, 0, 2},
    {StorageId::Vlan2Tpid, Segment::Datapath, 11, 2, 2},
    {StorageId::Vlan2Tci, Segment::Datapath, 11, 4, 2},
    {StorageId::Reserved, Segment::Datapath, 11, 6, 2},
    {StorageId::HwSrc, Segment::Datapath, 12, 0,
     6},  // ARP's sender, or ND's source link-layer address
    {StorageId::Reserved, Segment::Datapath, 12, 6, 2},
    {StorageId::HwDst, Segment::Datapath, 13, 0, 6},
    {StorageId::Reserved, Segment::Datapath, 13, 6, 2},
    {StorageId::NdTarget, Segment::Datapath, 14, 0, 16},
    {StorageId::TunId, Segment::Datapath, 16, 0, 8},
    {StorageId::TunSrc, Segment::Datapath, 17, 0, 4},
    {StorageId::TunDst, Segment::Datapath, 17, 4, 4},
    {StorageId::TunFlags, Segment::Datapath, 18, 0, 2},
    {StorageId::TunTos, Segment::Datapath, 18, 2, 1},
    {StorageId::TunTtl, Segment::Datapath, 18, 3, 1},
    {StorageId::TunTpSrc, Segment::Datapath, 18, 4, 2},
    {StorageId::TunTpDst, Segment::Datapath, 18, 6, 2},
    {StorageId::TunIpv6Src, Segment::Datapath, 19, 0, 16},
    {StorageId::TunIpv6Dst, Segment::Datapath, 21, 0, 16},
    {StorageId::MplsLse, Segment::Datapath, 23, 0, 4},  // the outermost entry
    {StorageId::Reserved, Segment::Datapath, 23, 4, 4},
    {StorageId::Metadata, Segment::Pipeline, 0, 0, 8},
    {StorageId::Registers, Segment::Pipeline, 1, 0, 64},
    {StorageId::ConjId, Segment::Pipeline, 9, 0, 4},
    {StorageId::OfInPort, Segment::Pipeline, 9, 4, 2},  // as OpenFlow 1.0 numbers ports
    {StorageId::Reserved, Segment::Pipeline, 9, 6, 2},
};

constexpr unsigned words_in(Segment segment) {
  unsigned bytes = 0;
  for (const Storage& row : kStorageRows) {
    if (row.segment == segment) bytes += row.size;
  }
  return bytes / 8;
}
inline constexpr unsigned kFlowWords = words_in(Segment::Datapath);
inline constexpr unsigned kPipelineWords = words_in(Segment::Pipeline);
inline constexpr unsigned kColdWords = kFlowWords - kHotWords;

constexpr const Storage& storage(StorageId id) {
  for (const Storage& row : kStorageRows) {
    if (row.id == id) return row;
  }
  return kStorageRows[0];
}

// In order and without a hole, so that every byte of a key belongs to exactly one row.
constexpr bool storage_tiles() {
  std::size_t next = 0;
  Segment segment = Segment::Datapath;
  for (const Storage& row : kStorageRows) {
    if (row.segment != segment) {
      if (next % 8 != 0) return false;
      segment = row.segment, next = 0;
    }
    if (row.offset() != next || row.byte >= 8 || row.size == 0) return false;
    if (row.size <= 8 && row.byte + row.size > 8) return false;
    if (row.size > 8 && (row.byte != 0 || row.size % 8 != 0)) return false;
    next += row.size;
  }
  return next % 8 == 0;
}
static_assert(storage_tiles());
static_assert(kFlowWords <= 64);  // one bit each in PacketKey::present

}  // namespace ovs::flow
