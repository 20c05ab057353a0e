// The columns of the field table: what can be said about a field. The rows are in storage.h and
// field.h. No behaviour.
#pragma once
#include <cstddef>
#include <cstdint>

namespace ovs::flow {

// Which half of what a rule can match: what a datapath knows of a packet, or what only an OpenFlow
// pipeline knows.
enum class Segment : std::uint8_t { Datapath, Pipeline };

// How a value is written in OpenFlow text.
enum class Format : std::uint8_t {
  Decimal,
  Hex,
  Mac,
  Ipv4,
  Ipv6,
  Port,      // OpenFlow 1.0 port: a name or a number
  PortOxm,   // the same as 32 bits, 0xffffff00... being the reserved ones
  Frag,      // no, yes, first, later, not_later
  TcpFlags,  // +syn-ack, or 0x...
  TunnelFlags,
};

enum class Masking : std::uint8_t { Exact, Bitwise };
enum class Access : std::uint8_t { ReadOnly, ReadWrite };

// What a match must already say before it may say something about a field.
enum class Needs : std::uint8_t {
  Nothing,
  Ethernet,
  Vlan,
  Ipv4,
  Ipv6,
  Ip,
  Arp,
  Tcp,
  Udp,
  Sctp,
  Icmp,
  Icmp6,
  Nd,
  NdSolicit,
  NdAdvert,
  Mpls,
};

// How the number that people use becomes the bits that are stored.
enum class Coding : std::uint8_t {
  Plain,
  Dscp,        // the two bits of ECN below it read as zero
  VlanVid,     // says "there is a tag" too (bit 0x1000 of the TCI); 0xffff says that there is none
  VlanPcp,     // says "there is a tag" too
  PortNumber,  // 32-bit OpenFlow 1.1 port number over the 16 bits of 1.0
};

// How a match of OpenFlow 1.2 and later names a field: class and number, experimenter for class
// 0xffff.
struct OxmId {
  std::uint16_t oxm_class = 0;
  std::uint8_t number = 0;
  std::uint32_t experimenter = 0;
  bool present = false;
  constexpr bool operator==(const OxmId&) const = default;
};
inline constexpr OxmId kNoOxm{};
constexpr OxmId nxm_of(std::uint8_t number) {
  return {0x0000, number, 0, true};
}
constexpr OxmId nxm_nx(std::uint8_t number) {
  return {0x0001, number, 0, true};
}
constexpr OxmId oxm_of(std::uint8_t number) {
  return {0x8000, number, 0, true};
}
constexpr OxmId oxm_pkt_reg(std::uint8_t number) {
  return {0x8001, number, 0, true};
}
constexpr OxmId onf_et(std::uint8_t number) {
  return {0xffff, number, 0x4f4e4600, true};
}
constexpr OxmId nicira_et(std::uint8_t number) {
  return {0xffff, number, 0x00002320, true};
}

}  // namespace ovs::flow
