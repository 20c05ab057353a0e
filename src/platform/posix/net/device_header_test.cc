#include "platform/posix/net/device_header.h"

#include <doctest/doctest.h>

#include <vector>

namespace ovs::platform {
namespace {

constexpr std::uint16_t kTcpAt = 34, kSumAt = 16;
constexpr DeviceHeader kLarge = {kNeedsChecksum, kGsoTcpV4, 54, 1448, kTcpAt, kSumAt};

Result<LeftToDevice> read(DeviceHeader header, std::size_t size = 4000) {
  return read_header(header, size);
}

// A TCP frame's headers: of IPv6 behind a tag, or of IPv4.
std::vector<std::uint8_t> tcp_frame(bool is_tagged_ipv6, std::uint8_t flags) {
  const std::size_t l4 = is_tagged_ipv6 ? 14 + 4 + 40 : 14 + 20;
  std::vector<std::uint8_t> bytes(l4 + 100);
  bytes[12] = is_tagged_ipv6 ? 0x81 : 0x08;
  if (is_tagged_ipv6) {
    bytes[16] = 0x86;
    bytes[17] = 0xdd;
  }
  bytes[l4 + 12] = 0x80;  // 32 bytes
  bytes[l4 + 13] = flags;
  return bytes;
}

FrameParts parts_of(const std::vector<std::uint8_t>& bytes, std::uint16_t segment_size) {
  const std::uint16_t l4 = std::uint16_t(bytes.size() - 100);
  return {Bytes(bytes.data(), bytes.size()), {}, {l4, kSumAt}, segment_size};
}

TEST_CASE("Device header: nothing left, an open checksum, segments") {
  const auto nothing = read({});
  REQUIRE(nothing.ok());
  CHECK(nothing->partial.start == 0);
  CHECK(nothing->segment_size == 0);
  const auto open = read({kNeedsChecksum, kGsoNone, 0, 0, kTcpAt, kSumAt});
  REQUIRE(open.ok());
  CHECK(open->partial.start == kTcpAt);
  CHECK(open->partial.offset == kSumAt);
  CHECK(open->segment_size == 0);
  const auto large = read(kLarge);
  REQUIRE(large.ok());
  CHECK(large->segment_size == 1448);
  DeviceHeader six = kLarge;
  six.gso_type = kGsoTcpV6 | kGsoEcn;
  six.header_size = 9;  // a hint, which is not taken
  CHECK(read(six).value().segment_size == 1448);
}

TEST_CASE("Device header: a checksum lies in the frame, behind Ethernet's header") {
  CHECK(read({kNeedsChecksum, 0, 0, 0, kTcpAt, kSumAt}, kTcpAt + kSumAt + 2).ok());
  CHECK(read({kNeedsChecksum, 0, 0, 0, kTcpAt, kSumAt}, kTcpAt + kSumAt + 1).error() ==
        Error::Malformed);
  CHECK(read({kNeedsChecksum, 0, 0, 0, 0xffff, 0xffff}).error() == Error::Malformed);
  CHECK(read({kNeedsChecksum, 0, 0, 0, 0, kSumAt}).error() == Error::Malformed);
  CHECK(read({kNeedsChecksum, 0, 0, 0, 13, 0}).error() == Error::Malformed);
  // Without the flag the fields say nothing.
  CHECK(read({0, 0, 0, 0, 0xffff, 0xffff}).value().partial.start == 0);
}

TEST_CASE("Device header: segments need their kind, a size, and TCP's checksum open") {
  DeviceHeader wrong = kLarge;
  wrong.gso_type = 3;  // UDP fragments
  CHECK(read(wrong).error() == Error::Unsupported);
  wrong.gso_type = 5;  // UDP segments
  CHECK(read(wrong).error() == Error::Unsupported);
  wrong = kLarge;
  wrong.gso_size = 0;
  CHECK(read(wrong).error() == Error::Malformed);
  wrong = kLarge;
  wrong.flags = 0;
  CHECK(read(wrong).error() == Error::Malformed);
  wrong = kLarge;
  wrong.csum_offset = 6;
  CHECK(read(wrong).error() == Error::Malformed);
}

TEST_CASE("Device header: what is sent says what is left, and which TCP it is") {
  const auto four = tcp_frame(false, 0x10);
  const DeviceHeader large = header_of(parts_of(four, 1448));
  CHECK(large.flags == kNeedsChecksum);
  CHECK(large.gso_type == kGsoTcpV4);
  CHECK(large.gso_size == 1448);
  CHECK(large.header_size == 14 + 20 + 32);
  CHECK(large.csum_start == 34);
  CHECK(large.csum_offset == kSumAt);
  const auto six = tcp_frame(true, 0x90);  // with CWR
  CHECK(header_of(parts_of(six, 1428)).gso_type == (kGsoTcpV6 | kGsoEcn));
  const DeviceHeader open = header_of(parts_of(four, 0));
  CHECK(open.flags == kNeedsChecksum);
  CHECK(open.gso_type == kGsoNone);
}

TEST_CASE("Device header: a frame that was verified says so, one that is whole says nothing") {
  const auto bytes = tcp_frame(false, 0x10);
  const Bytes frame(bytes.data(), bytes.size());
  CHECK(header_of({frame, {}, {}, 0, true}).flags == kDataValid);
  CHECK(header_of({frame, {}, {}, 0, false}).flags == 0);
}

}  // namespace
}  // namespace ovs::platform
