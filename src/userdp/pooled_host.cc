#include "userdp/pooled_host.h"

namespace ovs::userdp {

using datapath::Packet;
using platform::FrameParts;

Packet* PooledHost::clone(const Packet& packet) {
  return pool_->clone(packet);
}

void PooledHost::release(Span<Packet* const> packets) {
  pool_->give_back(packets);
}

void PooledHost::transmit(void* port, Span<Packet* const> packets) {
  constexpr std::size_t kAtOnce = 64;
  FrameParts frames[kAtOnce];
  for (std::size_t first = 0; first < packets.count(); first += kAtOnce) {
    const std::size_t count = std::min(kAtOnce, packets.count() - first);
    for (std::size_t i = 0; i < count; ++i) {
      const Packet& packet = *packets[first + i];
      frames[i] = FrameParts{packet.head(), Bytes(), {packet.open.start, packet.open.offset}};
    }
    static_cast<FrameSink*>(port)->send(Span<const FrameParts>(frames, count));
  }
  pool_->give_back(packets);
}

// Pooled packets have no tail.
void PooledHost::copy_tail(const Packet& packet, std::uint8_t*) {
  OVS_ASSERT(packet.tail_size == 0);
}

std::uint16_t PooledHost::sum_tail(const Packet& packet) {
  OVS_ASSERT(packet.tail_size == 0);
  return 0;
}

}  // namespace ovs::userdp
