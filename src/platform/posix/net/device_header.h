// What stands before each frame on a device that shares its sender's work with its user: a TAP with
// IFF_VNET_HDR, an AF_PACKET socket with PACKET_VNET_HDR. struct virtio_net_hdr, whose own header
// is not C++. Whoever uses a TAP's device writes what comes from it: no field is believed.
#pragma once
#include "platform/api/frame_port.h"

namespace ovs::platform {

struct DeviceHeader {
  std::uint8_t flags, gso_type;
  std::uint16_t header_size, gso_size, csum_start, csum_offset;  // as the machine has integers
};
static_assert(sizeof(DeviceHeader) == 10);

inline constexpr std::uint8_t kNeedsChecksum = 1, kDataValid = 2;
inline constexpr std::uint8_t kGsoNone = 0, kGsoTcpV4 = 1, kGsoTcpV6 = 4, kGsoEcn = 0x80;

// What a sender left to the device.
struct LeftToDevice {
  PartialChecksum partial;
  std::uint16_t segment_size = 0;
};

// Of a frame of `size` bytes. Malformed: fields that contradict each other, or the frame's size;
// Unsupported: segments of what is no TCP.
Result<LeftToDevice> read_header(const DeviceHeader& header, std::size_t size);
// That of a frame to send; what it says of the frame's headers is read in `head`, its beginning.
DeviceHeader header_of(const FrameParts& frame);

}  // namespace ovs::platform
