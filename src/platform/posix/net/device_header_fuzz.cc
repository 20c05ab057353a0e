// A header, and a frame behind it: what is accepted lies in the frame, and is said again as it was.
#include <cstring>

#include "base/core/assert.h"
#include "platform/posix/net/device_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovs::platform;
  DeviceHeader header;
  if (size < sizeof header) return 0;
  std::memcpy(&header, data, sizeof header);
  const ovs::Bytes frame(data + sizeof header, size - sizeof header);
  const auto left = read_header(header, frame.count());
  if (!left) return 0;
  const auto [start, offset] = left->partial;
  OVS_ASSERT(start != 0 || (offset == 0 && left->segment_size == 0));
  OVS_ASSERT(start == 0 || std::size_t{start} + offset + 2 <= frame.count());
  const DeviceHeader again = header_of({frame, {}, left->partial, left->segment_size});
  OVS_ASSERT(again.gso_size == left->segment_size || start + 20u > frame.count());
  OVS_ASSERT((again.gso_type == kGsoNone) == (again.gso_size == 0));
  const auto same = read_header(again, frame.count());
  OVS_ASSERT(same.ok() && same->partial.start == start && same->partial.offset == offset);
  OVS_ASSERT(same->segment_size == again.gso_size);
  return 0;
}
