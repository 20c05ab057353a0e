// Packet bytes to a datapath key. Total: any bytes give a key; what a packet is too short to say is
// zero. The bytes may be a packet's first ones alone: what headers say of its length is held
// against all of it. Called once per packet by a datapath, and by whoever wants to know what a rule
// would see. Reads nothing beyond `packet`.
#pragma once
#include "flow/match/key.h"

namespace ovs::flow {

// What the packet's bytes do not say. Numbers in host order.
struct TunnelMetadata {
  std::uint64_t id = 0;
  std::uint32_t src = 0, dst = 0;  // IPv4, or zero
  Array<std::uint8_t, 16> ipv6_src = {}, ipv6_dst = {};
  std::uint16_t flags = 0;  // kTunnel… bits
  std::uint8_t tos = 0, ttl = 0;
  std::uint16_t tp_src = 0, tp_dst = 0;
};
inline constexpr std::uint16_t kTunnelOam = 1, kTunnelDontFragment = 2, kTunnelChecksum = 4,
                               kTunnelKey = 8;

inline constexpr std::uint16_t kNoInPort = 0xffff;

struct PacketMetadata {
  std::uint16_t in_port = kNoInPort;  // the datapath's number
  std::uint32_t recirc_id = 0;
  std::uint32_t skb_priority = 0;
  std::uint32_t pkt_mark = 0;
  std::uint32_t dp_hash = 0;
  const TunnelMetadata* tunnel = nullptr;  // null: did not come through a tunnel
  std::uint32_t tail_size = 0;  // of the packet, behind the bytes that are given: lengths count it
};

// Where the headers begin, from the packet's first byte; zero if there is no such header.
struct HeaderOffsets {
  std::uint16_t l3 = 0;  // behind the tags
  std::uint16_t l4 = 0;  // behind IP options and extension headers
  std::uint16_t payload =
      0;  // behind TCP, UDP, SCTP, ICMP: zero if the key has no ports from this packet
};

// nw_frag, as stored.
inline constexpr std::uint8_t kFragAny = 1,
                              kFragLater = 2;  // first fragment: Any; later: Any | Later
inline constexpr std::uint16_t kVlanPresent =
    0x1000;  // the bit of vlan_tci that says that there is a tag
inline constexpr std::uint16_t kNotAnEtherType =
    0x05ff;  // eth_type of a frame with an 802.2 length

HeaderOffsets extract(Bytes packet, const PacketMetadata& metadata, PacketKey& key);
FlowKey extract(Bytes packet, const PacketMetadata& metadata);

}  // namespace ovs::flow
