#include "platform/posix/segmentation.h"

#include "base/bytes/big.h"
#include "base/bytes/checksum.h"

namespace ovs::platform {

namespace {

constexpr std::size_t kIpv4Size = 20, kIpv6Size = 40, kTcpSize = 20, kTcpChecksum = 16;
constexpr std::uint8_t kTcp = 6, kFinAndPush = 0x09, kCwr = 0x80;

}  // namespace

Result<Segmentation> Segmentation::begin(Bytes frame, std::size_t l4, std::size_t size) {
  if (size == 0 || l4 < 14 + kIpv4Size || l4 + kTcpSize > frame.count()) return Error::Malformed;
  std::size_t l3 = 14;
  for (; l3 + 4 < l4; l3 += 4) {
    const std::uint16_t type = load<Be16>(frame.data() + l3 - 2).host();
    if (type != 0x8100 && type != 0x88a8) break;
  }
  const std::uint8_t version = frame[l3] >> 4;
  const bool fits = version == 4 ? l3 + kIpv4Size <= l4 : version == 6 && l3 + kIpv6Size <= l4;
  if (!fits) return Error::Malformed;
  const std::size_t end = l4 + (frame[l4 + 12] >> 4) * 4u;
  if (end < l4 + kTcpSize || end > frame.count()) return Error::Malformed;
  return Segmentation(frame.first(end), frame.from(end), l3, l4, size);
}

void Segmentation::fix_ip(std::uint8_t* frame, std::size_t size) const {
  std::uint8_t* const ip = frame + l3_;
  if (ip[0] >> 4 == 6) {
    store(ip + 4, Be16(std::uint16_t(size - l3_ - kIpv6Size)));
    return;
  }
  store(ip + 2, Be16(std::uint16_t(size - l3_)));
  store(ip + 4, Be16(std::uint16_t(load<Be16>(ip + 4).host() + count_)));
  store(ip + 10, Be16());
  store(ip + 10, checksum(Bytes(ip, (ip[0] & 15u) * 4)));
}

void Segmentation::fix_tcp(std::uint8_t* frame, std::size_t size, bool last) const {
  std::uint8_t* const tcp = frame + l4_;
  const std::uint8_t* const ip = frame + l3_;
  store(tcp + 4, Be32(std::uint32_t(load<Be32>(tcp + 4).host() + offset_)));
  if (!last) tcp[13] &= std::uint8_t(~kFinAndPush);
  if (count_ != 0) tcp[13] &= std::uint8_t(~kCwr);
  // What stands in an open checksum is the sum of the pseudo-header.
  Checksum sum;
  sum.add(ip[0] >> 4 == 6 ? Bytes(ip + 8, 32) : Bytes(ip + 12, 8));
  sum.add(Be16(kTcp));
  sum.add(Be16(std::uint16_t(size - l4_)));
  store(tcp + kTcpChecksum, Be16(sum.sum()));
}

Result<void> Segmentation::next(FrameRoom& room) {
  const std::size_t left = payload_.count() - offset_;
  const std::size_t carried = left < size_ ? left : size_;
  const std::size_t size = headers_.count() + carried;
  if (size > room.capacity) return Error::NoSpace;
  __builtin_memcpy(room.data, headers_.data(), headers_.count());
  __builtin_memcpy(room.data + headers_.count(), payload_.data() + offset_, carried);
  fix_ip(room.data, size);
  fix_tcp(room.data, size, carried == left);
  room.size = size;
  room.partial = {std::uint16_t(l4_), std::uint16_t(kTcpChecksum)};
  offset_ += carried;
  ++count_;
  return kOk;
}

}  // namespace ovs::platform
