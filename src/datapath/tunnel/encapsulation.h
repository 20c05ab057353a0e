// GRE (RFC 2784, 2890; Ethernet payload) and VXLAN (RFC 7348) over IPv4: the bytes around a frame.
// Knows no ports and no routes: who sends, and whose packets are taken off, is datapath.cc's to
// decide.
#pragma once
#include "datapath/pipeline/packet.h"
#include "datapath/port/vport.h"
#include "datapath/tunnel/underlay.h"

namespace ovs::datapath {

inline constexpr std::uint16_t kVxlanPort = 4789;
inline constexpr std::uint8_t kTunnelTtl = 64;  // where the flow says none

struct Encapsulation {
  VportKind kind = VportKind::Vxlan;
  std::uint16_t udp_port = kVxlanPort;
  UnderlayPath path;
  std::uint16_t ip_id = 0;  // used where the packet may be fragmented
};

// Bytes that encapsulation adds in front of the frame.
std::uint32_t encapsulation_size(VportKind kind, const flow::TunnelMetadata& tunnel);
// Puts the outer headers that `packet.tunnel` asks for in front; afterwards it is a packet without
// tunnel metadata. Its checksums are closed, and there is headroom.
void encapsulate(Packet& packet, const Encapsulation& how, std::uint16_t source_port,
                 PacketHost& host);

// What a packet says of its flow, for the outer UDP source port: one flow keeps one path, flows
// differ. 32768 to 65535.
std::uint16_t entropy_port(const flow::PacketKey& inner, std::uint64_t secret);

// Takes the outer headers off and leaves what they said in `packet.tunnel`. Errors, the packet
// being unchanged: Malformed, Truncated; Unsupported (a fragment, options of a later version).
Result<void> decapsulate(Packet& packet, VportKind kind, PacketHost& host);

}  // namespace ovs::datapath
