// Any packet: the parser ends, and what it accepts is written as it was read.
#include <cstring>

#include "base/core/assert.h"
#include "wire/device/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = ovs::wire::parse_device_frame(ovs::Bytes(data, size));
  if (!frame.ok()) return 0;
  std::uint8_t header[ovs::wire::kDeviceFrameHeader];
  ovs::wire::put_device_frame_header(header, *frame);
  OVS_ASSERT(frame->payload.count() + sizeof header == size);
  OVS_ASSERT(std::memcmp(header, data, sizeof header) == 0);
  return 0;
}
