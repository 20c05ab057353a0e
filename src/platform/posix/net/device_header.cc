#include "platform/posix/net/device_header.h"

#include "base/bytes/big.h"

namespace ovs::platform {

namespace {

constexpr std::size_t kEthernetSize = 14, kTagSize = 4, kTcpSize = 20;
constexpr std::uint16_t kTcpChecksum = 16;
constexpr std::uint16_t kIpv6 = 0x86dd, kVlan = 0x8100, kServiceVlan = 0x88a8;
constexpr std::uint8_t kCwr = 0x80;

// Behind the tags.
std::uint16_t ether_type(Bytes head) {
  for (std::size_t at = kEthernetSize - 2; at + 2 <= head.count(); at += kTagSize) {
    const std::uint16_t type = load<Be16>(head.data() + at).host();
    if (type != kVlan && type != kServiceVlan) return type;
  }
  return 0;
}

}  // namespace

Result<LeftToDevice> read_header(const DeviceHeader& header, std::size_t size) {
  LeftToDevice left;
  if ((header.flags & kNeedsChecksum) != 0) {
    const std::size_t at = std::size_t{header.csum_start} + header.csum_offset;
    if (header.csum_start < kEthernetSize || at + 2 > size) return Error::Malformed;
    left.partial = {header.csum_start, header.csum_offset};
  }
  const auto kind = std::uint8_t(header.gso_type & ~kGsoEcn);
  if (kind == kGsoNone) return left;
  if (kind != kGsoTcpV4 && kind != kGsoTcpV6) return Error::Unsupported;
  if (left.partial.start == 0 || left.partial.offset != kTcpChecksum) return Error::Malformed;
  if (header.gso_size == 0) return Error::Malformed;
  left.segment_size = header.gso_size;
  return left;
}

DeviceHeader header_of(const FrameParts& frame) {
  DeviceHeader header = {};
  if (frame.is_verified) header.flags = kDataValid;
  if (frame.partial.start == 0) return header;
  header.flags = kNeedsChecksum;
  header.csum_start = frame.partial.start;
  header.csum_offset = frame.partial.offset;
  if (frame.segment_size == 0 || header.csum_start + kTcpSize > frame.head.count()) return header;
  const std::uint8_t* const tcp = frame.head.data() + header.csum_start;
  header.gso_type = ether_type(frame.head) == kIpv6 ? kGsoTcpV6 : kGsoTcpV4;
  if ((tcp[13] & kCwr) != 0) header.gso_type |= kGsoEcn;
  header.gso_size = frame.segment_size;
  header.header_size = std::uint16_t(header.csum_start + (tcp[12] >> 4) * 4);
  return header;
}

}  // namespace ovs::platform
