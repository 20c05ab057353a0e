#include "datapath/control/drops.h"

#include "wire/netlink/drops.h"

namespace ovs::datapath {

Text drop_name(Drop why) {
  switch (why) {
    case Drop::NoPort: return "no_port";
    case Drop::NoDevice: return "no_device";
    case Drop::NoBuffer: return "no_buffer";
    case Drop::NoSegment: return "no_segment";
    case Drop::NoHeadroom: return "no_headroom";
    case Drop::TooManyPasses: return "too_many_passes";
    case Drop::QueueFull: return "queue_full";
    case Drop::NoTunnelKey: return "no_tunnel_key";
    case Drop::NoRoute: return "no_route";
    case Drop::HeldTooLong: return "held_too_long";
    case Drop::HoldFull: return "hold_full";
    case Drop::BadTunnel: return "bad_tunnel";
    case Drop::TooLarge: return "too_large";
    case Drop::NoListener: return "no_listener";
    case Drop::DeviceGone: return "device_gone";
    case Drop::Policy: return "policy";
    case Drop::Unreadable: return "unreadable";
    case Drop::NoHostRoom: return "no_host_room";
    case Drop::Count: break;
  }
  return "unknown";
}

void put_drops(wire::Writer& writer, const Datapath& datapath) {
  constexpr std::size_t kMaxName = 32;
  const wire::Writer::Nest nest = writer.begin_nest(wire::kDatapathDrops);
  for (unsigned i = 0; i < unsigned(Drop::Count); ++i) {
    const std::uint64_t count = datapath.drops(Drop(i));
    const Text name = drop_name(Drop(i));
    OVS_ASSERT(name.size() <= kMaxName);
    std::uint8_t row[sizeof count + kMaxName];
    store(row, count);
    __builtin_memcpy(row + sizeof count, name.data(), name.size());
    writer.put(std::uint16_t(i + 1), Bytes(row, sizeof count + name.size()));
  }
  writer.end_nest(nest);
}

}  // namespace ovs::datapath
