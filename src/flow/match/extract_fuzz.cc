// Any packet gives a key, whose every form is read back as the same.
#include "flow/match/compose.h"
#include "flow/match/extract.h"
#include "flow/match/netlink.h"

namespace ovs::flow {
namespace {

void check_packet(Bytes packet) {
  PacketMetadata metadata;
  metadata.in_port = 1;
  const FlowKey key = extract(packet, metadata);
  std::uint8_t buffer[1024];
  wire::Writer writer{MutableBytes(buffer)};
  put_key(writer, key);
  const auto bytes = writer.finish();
  OVS_ASSERT(bytes.ok());
  const auto parsed = parse_key(*bytes);
  OVS_ASSERT(parsed.ok() && *parsed == key);
  std::uint8_t composed[kComposedMaximum];
  OVS_ASSERT(compose(key, kComposedPayload, composed).ok());
}

}  // namespace
}  // namespace ovs::flow

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ovs::flow::check_packet(ovs::Bytes(data, size));
  return 0;
}
