#include "datapath/tunnel/encapsulation.h"

#include "base/bytes/hash.h"
#include "datapath/pipeline/header_set.h"

namespace ovs::datapath {

namespace {

constexpr std::uint32_t kEthernetSize = 14, kIpv4Size = 20, kUdpSize = 8, kVxlanSize = 8,
                        kGreSize = 4;
constexpr std::uint8_t kUdp = 17, kGre = 47;
constexpr std::uint16_t kGreChecksum = 0x8000, kGreRouting = 0x4000, kGreKey = 0x2000,
                        kGreSequence = 0x1000, kGreVersion = 0x0007;
constexpr std::uint16_t kEthernetInGre = 0x6558;
constexpr std::uint8_t kVniValid = 0x08;

void put_ethernet(std::uint8_t* at, const UnderlayPath& path) {
  store(at, path.next_hop_mac);
  store(at + 6, path.source_mac);
  store(at + 12, Be16(0x0800));
}

void put_ipv4(std::uint8_t* at, const flow::TunnelMetadata& tunnel, const Encapsulation& how,
              std::uint8_t protocol, std::uint32_t total) {
  const bool whole = (tunnel.flags & flow::kTunnelDontFragment) != 0;
  at[0] = 0x45;
  at[1] = tunnel.tos;
  store(at + 2, Be16(std::uint16_t(total)));
  store(at + 4, Be16(whole ? 0 : how.ip_id));
  store(at + 6, Be16(whole ? 0x4000 : 0));
  at[8] = tunnel.ttl == 0 ? kTunnelTtl : tunnel.ttl;
  at[9] = protocol;
  store(at + 10, Be16());
  store(at + 12, how.path.source);
  store(at + 16, Be32(tunnel.dst));
  store(at + 10, checksum(Bytes(at, kIpv4Size)));
}

// The body, which may have an odd length, is a word: what follows it is not shifted by a byte.
Checksum with_pseudo_header(const Checksum& body, const std::uint8_t* ipv4, std::uint8_t protocol,
                            std::uint32_t size) {
  Checksum sum;
  sum.add(Be16(body.sum()));
  sum.add(Bytes(ipv4 + 12, 8));
  sum.add(Be16(protocol));
  sum.add(Be16(std::uint16_t(size)));
  return sum;
}

void put_vxlan(Packet& packet, std::uint8_t* ipv4, const flow::TunnelMetadata& tunnel,
               const Encapsulation& how, std::uint16_t source_port, PacketHost& host) {
  const std::uint32_t size = packet.size() - kEthernetSize - kIpv4Size;
  std::uint8_t* const udp = ipv4 + kIpv4Size;
  store(udp, Be16(source_port));
  store(udp + 2, Be16(how.udp_port));
  store(udp + 4, Be16(std::uint16_t(size)));
  store(udp + 6, Be16());
  store(udp + 8, Be32(std::uint32_t{kVniValid} << 24));
  store(udp + 12, Be32(std::uint32_t(tunnel.id) << 8));
  if ((tunnel.flags & flow::kTunnelChecksum) == 0) return;
  const Checksum body = sum_to_end(packet, udp, host);
  const Be16 value = with_pseudo_header(body, ipv4, kUdp, size).value();
  store(udp + 6, value == Be16() ? Be16(0xffff) : value);
}

void put_gre(Packet& packet, std::uint8_t* ipv4, const flow::TunnelMetadata& tunnel,
             PacketHost& host) {
  const bool with_sum = (tunnel.flags & flow::kTunnelChecksum) != 0;
  const bool with_key = (tunnel.flags & flow::kTunnelKey) != 0;
  std::uint8_t* const gre = ipv4 + kIpv4Size;
  std::uint8_t* option = gre + kGreSize;
  store(gre, Be16(std::uint16_t((with_sum ? kGreChecksum : 0) | (with_key ? kGreKey : 0))));
  store(gre + 2, Be16(kEthernetInGre));
  if (with_sum) {
    store(option, Be32());
    option += 4;
  }
  if (with_key) store(option, Be32(std::uint32_t(tunnel.id)));
  if (with_sum) store(gre + kGreSize, sum_to_end(packet, gre, host).value());
}

}  // namespace

std::uint32_t encapsulation_size(VportKind kind, const flow::TunnelMetadata& tunnel) {
  const std::uint32_t common = kEthernetSize + kIpv4Size;
  if (kind == VportKind::Vxlan) return common + kUdpSize + kVxlanSize;
  return common + kGreSize + ((tunnel.flags & flow::kTunnelChecksum) != 0 ? 4u : 0u) +
         ((tunnel.flags & flow::kTunnelKey) != 0 ? 4u : 0u);
}

void encapsulate(Packet& packet, const Encapsulation& how, std::uint16_t source_port,
                 PacketHost& host) {
  const flow::TunnelMetadata tunnel = packet.tunnel;
  packet.grow_front(encapsulation_size(how.kind, tunnel));
  packet.has_tunnel = false;
  packet.is_rewritten = true;
  packet.verdict = 0;
  std::uint8_t* const ipv4 = packet.data + kEthernetSize;
  const std::uint8_t protocol = how.kind == VportKind::Vxlan ? kUdp : kGre;
  put_ethernet(packet.data, how.path);
  put_ipv4(ipv4, tunnel, how, protocol, packet.size() - kEthernetSize);
  if (how.kind == VportKind::Vxlan) return put_vxlan(packet, ipv4, tunnel, how, source_port, host);
  put_gre(packet, ipv4, tunnel, host);
}

std::uint16_t entropy_port(const flow::PacketKey& inner, std::uint64_t secret) {
  std::uint64_t hash = secret;
  for (unsigned i = 1; i < 5; ++i) {
    // Addresses and ports, not the TTL, TOS and flags that may change within a flow.
    const std::uint64_t keep = i == 4 ? 0xffffffff0000ff00 : ~std::uint64_t{0};
    hash = hash_mix(hash, inner.hot[i] & keep);
  }
  for (unsigned i = 0; i < 4; ++i) {
    if ((inner.present >> i & 1) != 0) hash = hash_mix(hash, inner.cold[i]);
  }
  return std::uint16_t(hash >> 48 | 0x8000);
}

namespace {

struct OuterIpv4 {
  const std::uint8_t* header;
  std::uint32_t size;     // of the header
  std::uint32_t payload;  // bytes behind it, without padding
};

Result<OuterIpv4> parse_outer(const Packet& packet) {
  const std::uint32_t at = packet.at.l3;
  if (packet.eth_type != 0x0800 || at == 0 || at + kIpv4Size > packet.head_size)
    return Error::Malformed;
  const std::uint8_t* const header = packet.data + at;
  const std::uint32_t size = (header[0] & 15u) * 4;
  const std::uint32_t total = load<Be16>(header + 2).host();
  if (header[0] >> 4 != 4 || size < kIpv4Size || total < size) return Error::Malformed;
  if (at + size > packet.head_size || at + total > packet.size()) return Error::Truncated;
  if ((load<Be16>(header + 6).host() & 0x3fff) != 0) return Error::Unsupported;
  if (checksum(Bytes(header, size)) != Be16()) return Error::Malformed;
  return OuterIpv4{header, size, total - size};
}

// Whether a sum over the whole payload, its checksum field included, comes out right. Padding
// behind the packet is not summed: `packet` ends where IP says.
bool sum_is_right(const Packet& packet, const OuterIpv4& outer, std::uint8_t protocol,
                  PacketHost& host) {
  if (packet.open.start != 0) return true;  // from a sender on this machine
  Checksum sum = sum_to_end(packet, outer.header + outer.size, host);
  if (protocol == kUdp) sum = with_pseudo_header(sum, outer.header, kUdp, outer.payload);
  return sum.sum() == 0xffff;
}

void drop_padding(Packet& packet, const OuterIpv4& outer) {
  const std::uint32_t end = packet.at.l3 + outer.size + outer.payload;
  std::uint32_t excess = packet.size() - end;
  const std::uint32_t of_tail = excess < packet.tail_size ? excess : packet.tail_size;
  packet.tail_size -= of_tail;
  packet.head_size -= excess - of_tail;
}

void take_off(Packet& packet, std::uint32_t size, const OuterIpv4& outer,
              const flow::TunnelMetadata& tunnel) {
  const std::uint8_t* const header = outer.header;
  packet.tunnel = tunnel;
  packet.tunnel.src = load<Be32>(header + 12).host();
  packet.tunnel.dst = load<Be32>(header + 16).host();
  packet.tunnel.tos = header[1];
  packet.tunnel.ttl = header[8];
  packet.has_tunnel = packet.is_rewritten = true;
  packet.verdict = 0;
  // What was open was the outer checksum, and it goes with its header.
  if (packet.open.start < size) packet.open = {};
  packet.shrink_front(size);
  packet.recirc_id = 0;
}

Result<void> take_vxlan_off(Packet& packet, const OuterIpv4& outer, PacketHost& host) {
  const std::uint32_t at = packet.at.l3 + outer.size;
  const std::uint32_t headers = kUdpSize + kVxlanSize;
  if (outer.payload < headers + kEthernetSize || at + headers + kEthernetSize > packet.head_size) {
    return Error::Truncated;
  }
  const std::uint8_t* const udp = packet.data + at;
  if ((udp[8] & kVniValid) == 0) return Error::Malformed;
  const bool summed = load<Be16>(udp + 6) != Be16();
  drop_padding(packet, outer);
  if (summed && !sum_is_right(packet, outer, kUdp, host)) return Error::Malformed;
  flow::TunnelMetadata tunnel;
  tunnel.id = load<Be32>(udp + 12).host() >> 8;
  tunnel.flags = std::uint16_t(flow::kTunnelKey | (summed ? flow::kTunnelChecksum : 0));
  tunnel.tp_src = load<Be16>(udp).host();
  tunnel.tp_dst = load<Be16>(udp + 2).host();
  take_off(packet, at + headers, outer, tunnel);
  return kOk;
}

Result<void> take_gre_off(Packet& packet, const OuterIpv4& outer, PacketHost& host) {
  const std::uint32_t at = packet.at.l3 + outer.size;
  const std::uint8_t* const gre = packet.data + at;
  if (at + kGreSize > packet.head_size || outer.payload < kGreSize) return Error::Truncated;
  const std::uint16_t flags = load<Be16>(gre).host();
  if ((flags & (kGreRouting | kGreVersion)) != 0) return Error::Unsupported;
  if (load<Be16>(gre + 2).host() != kEthernetInGre) return Error::Unsupported;
  const std::uint32_t key_at = kGreSize + ((flags & kGreChecksum) != 0 ? 4u : 0u);
  const std::uint32_t sequence_at = key_at + ((flags & kGreKey) != 0 ? 4u : 0u);
  const std::uint32_t size = sequence_at + ((flags & kGreSequence) != 0 ? 4u : 0u);
  if (outer.payload < size + kEthernetSize || at + size + kEthernetSize > packet.head_size) {
    return Error::Truncated;
  }
  drop_padding(packet, outer);
  const bool summed = (flags & kGreChecksum) != 0;
  if (summed && !sum_is_right(packet, outer, kGre, host)) return Error::Malformed;
  flow::TunnelMetadata tunnel;
  if ((flags & kGreKey) != 0) tunnel.id = load<Be32>(gre + key_at).host();
  tunnel.flags = std::uint16_t(((flags & kGreKey) != 0 ? flow::kTunnelKey : 0) |
                               (summed ? flow::kTunnelChecksum : 0));
  take_off(packet, at + size, outer, tunnel);
  return kOk;
}

}  // namespace

Result<void> decapsulate(Packet& packet, VportKind kind, PacketHost& host) {
  OVS_TRY(const OuterIpv4 outer, parse_outer(packet));
  if (kind == VportKind::Vxlan) return take_vxlan_off(packet, outer, host);
  return take_gre_off(packet, outer, host);
}

}  // namespace ovs::datapath
