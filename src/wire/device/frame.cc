#include "wire/device/frame.h"

#include "base/bytes/big.h"

namespace ovs::wire {
namespace {

struct Header {
  std::uint32_t size;  // of the packet, so that a packet cut short is told from a whole one
  std::uint16_t version;
  std::uint16_t kind;
  std::uint32_t id;
  std::uint32_t code;
  std::uint32_t capacity;
  std::uint32_t status;  // 0: done; else a row of kStatuses, counted from 1
};
static_assert(sizeof(Header) == kDeviceFrameHeader);

// The numbers are the rows' places: new ones go to the end.
constexpr Error kStatuses[] = {
    Error::Truncated, Error::Malformed, Error::Unsupported, Error::Invalid, Error::Range,
    Error::NoMemory,  Error::NoSpace,   Error::NotFound,    Error::Exists,  Error::Busy,
    Error::Full,      Error::Denied,    Error::Down,        Error::Closed,  Error::WouldBlock,
    Error::TimedOut,  Error::Cancelled, Error::Io,
};
constexpr std::uint32_t kStatusCount = sizeof kStatuses / sizeof kStatuses[0];

std::uint32_t status_of(Error error) {
  for (std::uint32_t i = 0; i < kStatusCount; ++i) {
    if (kStatuses[i] == error) return i + 1;
  }
  return kStatusCount;
}

Result<void> check(const Header& header) {
  switch (DeviceFrameKind{header.kind}) {
    case DeviceFrameKind::Request:
      if (header.status != 0) return Error::Malformed;
      if (header.capacity > kMaxDevicePayload) return Error::Range;
      return kOk;
    case DeviceFrameKind::Reply:
      if (header.code != 0 || header.capacity != 0) return Error::Malformed;
      if (header.status > kStatusCount) return Error::Malformed;
      if (header.status != 0 && header.size != kDeviceFrameHeader) return Error::Malformed;
      return kOk;
    case DeviceFrameKind::Cancel:
      if (header.code != 0 || header.capacity != 0 || header.status != 0) return Error::Malformed;
      if (header.size != kDeviceFrameHeader) return Error::Malformed;
      return kOk;
  }
  return Error::Malformed;
}

}  // namespace

Result<DeviceFrame> parse_device_frame(Bytes packet) {
  if (packet.count() < sizeof(Header)) return Error::Truncated;
  const auto header = load<Header>(packet.data());
  if (header.version != kDeviceFrameVersion) return Error::Unsupported;
  if (header.size > kMaxDeviceFrame) return Error::Range;
  if (packet.count() < header.size) return Error::Truncated;
  if (packet.count() > header.size) return Error::Malformed;
  OVS_TRY(check(header));
  DeviceFrame frame;
  frame.kind = DeviceFrameKind{header.kind};
  frame.id = header.id;
  frame.code = header.code;
  frame.capacity = header.capacity;
  if (header.status != 0) frame.failure = kStatuses[header.status - 1];
  frame.payload = packet.from(sizeof(Header));
  return frame;
}

void put_device_frame_header(MutableBytes header, const DeviceFrame& frame) {
  OVS_ASSERT(header.count() >= sizeof(Header) && frame.payload.count() <= kMaxDevicePayload);
  const Header bytes{.size = std::uint32_t(sizeof(Header) + frame.payload.count()),
                     .version = kDeviceFrameVersion,
                     .kind = std::uint16_t(frame.kind),
                     .id = frame.id,
                     .code = frame.code,
                     .capacity = frame.capacity,
                     .status = frame.failure ? status_of(*frame.failure) : 0};
  store(header.data(), bytes);
}

}  // namespace ovs::wire
