// Writing packet fields in place: what set and masked set actions do to bytes. Every checksum that
// covers a written field is right afterwards if it was right before. A packet that lacks the header
// is left alone. Run by executor.cc.
#pragma once
#include "base/bytes/checksum.h"
#include "datapath/pipeline/packet.h"

namespace ovs::datapath {

// Bytes to write and the bits that count, in network order, as they lie in the header.
template <class T>
struct Masked {
  T value{}, mask{};
};

struct EthernetSet {
  Masked<Array<std::uint8_t, 12>> addresses;  // destination, then source
};
struct Ipv4Set {
  Masked<std::uint32_t> src, dst;  // memory order
  Masked<std::uint8_t> tos, ttl;
};
struct Ipv6Set {
  Masked<Array<std::uint8_t, 16>> src, dst;
  Masked<std::uint32_t> label;  // memory order, 20 bits
  Masked<std::uint8_t> tclass, hop_limit;
};
struct PortsSet {
  Masked<std::uint32_t> ports;  // source, then destination, memory order
};
struct IcmpSet {
  Masked<std::uint16_t> type_and_code;  // memory order
};
struct ArpSet {
  Masked<std::uint16_t> op;
  Masked<Array<std::uint8_t, 6>> sha, tha;
  Masked<std::uint32_t> spa, tpa;
};
struct NdSet {
  Masked<Array<std::uint8_t, 16>> target;
  Masked<Array<std::uint8_t, 6>> sll, tll;
};

void set_ethernet(Packet& packet, const EthernetSet& set);
void set_ipv4(Packet& packet, const Ipv4Set& set);
void set_ipv6(Packet& packet, const Ipv6Set& set);
void set_tcp(Packet& packet, const PortsSet& set);
void set_udp(Packet& packet, const PortsSet& set);
void set_sctp(Packet& packet, const PortsSet& set);
void set_icmp(Packet& packet, const IcmpSet& set);
void set_icmpv6(Packet& packet, const IcmpSet& set);
void set_arp(Packet& packet, const ArpSet& set);
void set_nd(Packet& packet, const NdSet& set);

// A tag of this TPID and TCI (memory order: both as on the wire) in front of the EtherType. False:
// no headroom.
bool push_vlan(Packet& packet, std::uint16_t tpid, std::uint16_t tci);
// The outermost tag, if there is one.
void pop_vlan(Packet& packet);

// The sum of the frame's bytes from `from` (in the prefix) to its end.
Checksum sum_to_end(const Packet& packet, const std::uint8_t* from, PacketHost& host);
// Sums what the sender left open. `host` reads the tail.
void close_checksum(Packet& packet, PacketHost& host);

}  // namespace ovs::datapath
