#include "wire/device/frame.h"

#include <doctest/doctest.h>

#include <vector>

#include "base/bytes/big.h"

namespace {

using namespace ovs;
using wire::DeviceFrame;
using wire::DeviceFrameKind;

std::vector<std::uint8_t> packet_of(const DeviceFrame& frame) {
  std::vector<std::uint8_t> packet(wire::kDeviceFrameHeader);
  wire::put_device_frame_header(packet, frame);
  packet.insert(packet.end(), frame.payload.begin(), frame.payload.end());
  return packet;
}

bool same(const DeviceFrame& a, const DeviceFrame& b) {
  if (a.kind != b.kind || a.id != b.id || a.code != b.code || a.capacity != b.capacity)
    return false;
  if (bool(a.failure) != bool(b.failure) || (a.failure && *a.failure != *b.failure)) return false;
  if (a.payload.count() != b.payload.count()) return false;
  for (std::size_t i = 0; i < a.payload.count(); ++i) {
    if (a.payload[i] != b.payload[i]) return false;
  }
  return true;
}

constexpr std::uint8_t kPayload[] = {1, 2, 3, 4, 5};

std::vector<DeviceFrame> examples() {
  std::vector<DeviceFrame> all;
  all.push_back({.id = 7, .code = 0xafc88416, .capacity = 65536, .failure = {}, .payload = {}});
  all.push_back({.id = 0xffffffff,
                 .code = 0xafc84411,
                 .capacity = wire::kMaxDevicePayload,
                 .failure = {},
                 .payload = kPayload});
  all.push_back({.kind = DeviceFrameKind::Reply, .id = 7, .failure = {}, .payload = kPayload});
  all.push_back({.kind = DeviceFrameKind::Reply, .id = 8, .failure = {}, .payload = {}});
  all.push_back({.kind = DeviceFrameKind::Cancel, .id = 9, .failure = {}, .payload = {}});
  for (unsigned error = 0; error <= unsigned(Error::Io); ++error) {
    all.push_back(
        {.kind = DeviceFrameKind::Reply, .id = error, .failure = Error(error), .payload = {}});
  }
  return all;
}

Error error_of(const std::vector<std::uint8_t>& packet) {
  const auto frame = wire::parse_device_frame(packet);
  REQUIRE(!frame.ok());
  return frame.error();
}

template <class T>
void poke(std::vector<std::uint8_t>& packet, std::size_t offset, T value) {
  store(packet.data() + offset, value);
}

}  // namespace

TEST_CASE("DeviceFrame: what is written is read back") {
  for (const DeviceFrame& frame : examples()) {
    const auto packet = packet_of(frame);
    const auto parsed = wire::parse_device_frame(packet);
    REQUIRE(parsed.ok());
    CHECK(same(*parsed, frame));
  }
}

TEST_CASE("DeviceFrame: a packet cut anywhere is truncated, a longer one malformed") {
  for (const DeviceFrame& frame : examples()) {
    auto packet = packet_of(frame);
    for (std::size_t size = 0; size < packet.size(); ++size) {
      const std::vector<std::uint8_t> part(packet.begin(), packet.begin() + std::ptrdiff_t(size));
      CHECK(error_of(part) == Error::Truncated);
    }
    packet.push_back(0);
    CHECK(error_of(packet) == Error::Malformed);
  }
}

TEST_CASE("DeviceFrame: unknown versions, kinds and statuses are refused") {
  const DeviceFrame reply{.kind = DeviceFrameKind::Reply, .id = 1, .failure = {}, .payload = {}};
  auto packet = packet_of(reply);
  poke(packet, 4, std::uint16_t{2});
  CHECK(error_of(packet) == Error::Unsupported);
  packet = packet_of(reply);
  poke(packet, 6, std::uint16_t{0});
  CHECK(error_of(packet) == Error::Malformed);
  poke(packet, 6, std::uint16_t{4});
  CHECK(error_of(packet) == Error::Malformed);
  packet = packet_of(reply);
  poke(packet, 20, std::uint32_t{unsigned(Error::Io) + 2});
  CHECK(error_of(packet) == Error::Malformed);
}

TEST_CASE("DeviceFrame: a failure has no output, a cancel nothing at all") {
  DeviceFrame reply{.kind = DeviceFrameKind::Reply, .id = 1, .failure = {}, .payload = kPayload};
  reply.failure = Error::NotFound;
  CHECK(error_of(packet_of(reply)) == Error::Malformed);
  CHECK(
      error_of(packet_of({.kind = DeviceFrameKind::Cancel, .failure = {}, .payload = kPayload})) ==
      Error::Malformed);
  CHECK(error_of(packet_of(
            {.kind = DeviceFrameKind::Cancel, .code = 1, .failure = {}, .payload = {}})) ==
        Error::Malformed);
}

TEST_CASE("DeviceFrame: sizes beyond the limit are refused") {
  auto packet = packet_of({.capacity = wire::kMaxDevicePayload + 1, .failure = {}, .payload = {}});
  CHECK(error_of(packet) == Error::Range);
  packet = packet_of({.failure = {}, .payload = {}});
  poke(packet, 0, std::uint32_t(wire::kMaxDeviceFrame + 1));
  CHECK(error_of(packet) == Error::Range);
}
