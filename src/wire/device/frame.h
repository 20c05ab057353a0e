// Device requests over a local socket of type SOCK_SEQPACKET: a packet is a frame, a connection an
// open handle, its end CLEANUP and CLOSE. Frames alone: who sends them, what pends, and how many
// may are daemon/device's business; what the payloads say is wire/netlink's. Both ends are on one
// machine, so numbers are in host order.
#pragma once
#include <cstdint>

#include "base/bytes/span.h"
#include "base/core/maybe.h"
#include "base/core/result.h"

namespace ovs::wire {

inline constexpr std::uint16_t kDeviceFrameVersion = 1;
inline constexpr std::size_t kDeviceFrameHeader = 24;
// Below what a socket takes by default (212,960 bytes), above every message of a device: two
// attributes of 64 KiB with their nests, a packet with its key.
inline constexpr std::size_t kMaxDevicePayload = 192 * 1024;
inline constexpr std::size_t kMaxDeviceFrame = kDeviceFrameHeader + kMaxDevicePayload;

enum class DeviceFrameKind : std::uint16_t {
  Request = 1,  // to the device
  Reply = 2,    // from it: one for each request, in the order in which they are done
  Cancel = 3,   // to the device: the request of this id; what it was answers, as ever, with a reply
};

struct DeviceFrame {
  DeviceFrameKind kind = DeviceFrameKind::Request;
  std::uint32_t id = 0;        // the client's choice; its own again after the reply
  std::uint32_t code = 0;      // Request: the I/O control
  std::uint32_t capacity = 0;  // Request: bytes of output that the client has room for
  Maybe<Error> failure;        // Reply: why there is no output
  Bytes payload;               // Request: input. Reply: output
};

// Truncated: less than a header, or than its size says. Malformed: more; a kind, a status or a
// field that the kind does not have. Unsupported: another version. Range: over kMaxDevicePayload.
Result<DeviceFrame> parse_device_frame(Bytes packet);

// What goes before frame.payload, which must not be larger than kMaxDevicePayload.
void put_device_frame_header(MutableBytes header, const DeviceFrame& frame);

}  // namespace ovs::wire
