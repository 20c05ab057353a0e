#include "platform/posix/net/segmentation.h"

#include "base/bytes/big.h"
#include "base/bytes/checksum.h"

namespace ovs::platform {

namespace {

constexpr std::size_t kIpv4Size = 20, kIpv6Size = 40, kTcpSize = 20, kUdpSize = 8, kVxlanSize = 8;
constexpr std::size_t kTcpChecksum = 16, kUdpLength = 4, kUdpChecksum = 6, kGreChecksumAt = 4;
constexpr std::uint8_t kTcp = 6, kUdp = 17, kGre = 47, kFinAndPush = 0x09, kCwr = 0x80;
constexpr std::uint16_t kGreChecksum = 0x8000, kGreKey = 0x2000, kGreSequence = 0x1000;
constexpr std::uint16_t kEthernetInGre = 0x6558;

// Behind an Ethernet header and its tags.
std::size_t skip_ethernet(Bytes frame, std::size_t at) {
  std::size_t l3 = at + 14;
  while (l3 + 4 <= frame.count()) {
    const std::uint16_t type = load<Be16>(frame.data() + l3 - 2).host();
    if (type != 0x8100 && type != 0x88a8) break;
    l3 += 4;
  }
  return l3;
}

Checksum pseudo_header(const std::uint8_t* ip, std::uint8_t protocol, std::size_t size) {
  Checksum sum;
  sum.add(ip[0] >> 4 == 6 ? Bytes(ip + 8, 32) : Bytes(ip + 12, 8));
  sum.add(Be16(protocol));
  sum.add(Be16(std::uint16_t(size)));
  return sum;
}

}  // namespace

Result<Segmentation::Layer> Segmentation::parse_layer(Bytes frame, std::size_t l3) {
  if (l3 + kIpv4Size > frame.count()) return Error::Malformed;
  const std::uint8_t* const ip = frame.data() + l3;
  if (ip[0] >> 4 == 4) {
    const std::size_t size = (ip[0] & 15u) * 4;
    if (size < kIpv4Size || l3 + size > frame.count()) return Error::Malformed;
    return Layer{l3, l3 + size, ip[9]};
  }
  // Extension headers do not come with what is cut here.
  if (ip[0] >> 4 != 6 || l3 + kIpv6Size > frame.count()) return Error::Malformed;
  return Layer{l3, l3 + kIpv6Size, ip[6]};
}

Result<std::size_t> Segmentation::skip_tunnel(Bytes frame, const Layer& layer) {
  if (layer.protocol == kUdp) return layer.l4 + kUdpSize + kVxlanSize;
  if (layer.protocol != kGre || layer.l4 + 4 > frame.count()) return Error::Malformed;
  const std::uint16_t flags = load<Be16>(frame.data() + layer.l4).host();
  if (load<Be16>(frame.data() + layer.l4 + 2).host() != kEthernetInGre) return Error::Malformed;
  return layer.l4 + 4 + ((flags & kGreChecksum) != 0 ? 4u : 0u) +
         ((flags & kGreKey) != 0 ? 4u : 0u) + ((flags & kGreSequence) != 0 ? 4u : 0u);
}

Result<void> Segmentation::find_layers(Bytes frame, std::size_t l4) {
  std::size_t ethernet = 0;
  for (;;) {
    OVS_TRY(const Layer layer, parse_layer(frame, skip_ethernet(frame, ethernet)));
    OVS_TRY(layers_.push(layer));
    if (layer.protocol == kTcp) {
      if (layer.l4 != l4) return Error::Malformed;
      return kOk;
    }
    OVS_TRY(ethernet, skip_tunnel(frame, layer));
    if (ethernet + 14 > frame.count()) return Error::Malformed;
  }
}

Result<Segmentation> Segmentation::begin(Bytes frame, std::size_t l4, std::size_t size) {
  if (size == 0 || l4 + kTcpSize > frame.count()) return Error::Malformed;
  const std::size_t end = l4 + (frame[l4 + 12] >> 4) * 4u;
  if (end < l4 + kTcpSize || end > frame.count()) return Error::Malformed;
  Segmentation made(frame.first(end), frame.from(end), size);
  OVS_TRY(made.find_layers(frame, l4));
  return made;
}

void Segmentation::fix_ip(std::uint8_t* frame, std::size_t size, const Layer& layer) const {
  std::uint8_t* const ip = frame + layer.l3;
  if (ip[0] >> 4 == 6) {
    store(ip + 4, Be16(std::uint16_t(size - layer.l4)));
    return;
  }
  store(ip + 2, Be16(std::uint16_t(size - layer.l3)));
  store(ip + 4, Be16(std::uint16_t(load<Be16>(ip + 4).host() + count_)));
  store(ip + 10, Be16());
  store(ip + 10, checksum(Bytes(ip, layer.l4 - layer.l3)));
}

void Segmentation::fix_tcp(std::uint8_t* frame, std::size_t size, const Layer& layer,
                           bool last) const {
  std::uint8_t* const tcp = frame + layer.l4;
  store(tcp + 4, Be32(std::uint32_t(load<Be32>(tcp + 4).host() + offset_)));
  if (!last) tcp[13] &= std::uint8_t(~kFinAndPush);
  if (count_ != 0) tcp[13] &= std::uint8_t(~kCwr);
  // What stands in an open checksum is the sum of the pseudo-header.
  store(tcp + kTcpChecksum, Be16(pseudo_header(frame + layer.l3, kTcp, size - layer.l4).sum()));
}

// A tunnel's checksum covers the TCP checksum, which is closed for it.
bool Segmentation::fix_tunnels(std::uint8_t* frame, std::size_t size) const {
  bool closed = false;
  for (std::size_t i = layers_.count() - 1; i-- > 0;) {
    const Layer& layer = layers_[i];
    std::uint8_t* const header = frame + layer.l4;
    const std::size_t length = size - layer.l4;
    const bool is_udp = layer.protocol == kUdp;
    if (is_udp) store(header + kUdpLength, Be16(std::uint16_t(length)));
    const bool has_sum = is_udp ? load<Be16>(header + kUdpChecksum) != Be16()
                                : (load<Be16>(header).host() & kGreChecksum) != 0;
    if (!has_sum) continue;
    const Layer& inner = layers_[layers_.count() - 1];
    if (!closed) {
      std::uint8_t* const tcp = frame + inner.l4;
      store(tcp + kTcpChecksum, checksum(Bytes(tcp, size - inner.l4)));
    }
    closed = true;
    std::uint8_t* const at = header + (is_udp ? kUdpChecksum : kGreChecksumAt);
    store(at, Be16());
    Checksum sum = is_udp ? pseudo_header(frame + layer.l3, kUdp, length) : Checksum();
    sum.add(Bytes(header, length));
    store(at, sum.value() == Be16() ? Be16(0xffff) : sum.value());
  }
  return closed;
}

Result<void> Segmentation::next(FrameRoom& room) {
  const std::size_t left = payload_.count() - offset_;
  const std::size_t carried = left < size_ ? left : size_;
  const std::size_t size = headers_.count() + carried;
  if (size > room.capacity) return Error::NoSpace;
  __builtin_memcpy(room.data, headers_.data(), headers_.count());
  __builtin_memcpy(room.data + headers_.count(), payload_.data() + offset_, carried);
  for (const Layer& layer : layers_) fix_ip(room.data, size, layer);
  const Layer& inner = layers_[layers_.count() - 1];
  fix_tcp(room.data, size, inner, carried == left);
  const bool closed = fix_tunnels(room.data, size);
  room.size = size;
  room.partial = {};
  if (!closed) room.partial = {std::uint16_t(inner.l4), std::uint16_t(kTcpChecksum)};
  offset_ += carried;
  ++count_;
  return kOk;
}

}  // namespace ovs::platform
