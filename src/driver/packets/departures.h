// How packets go out: what the engine sent becomes lists of the driver's own, committed to their
// destinations while their adapters cannot disconnect, and then sent with no lock held.
#pragma once
#include "datapath/pipeline/header_set.h"
#include "driver/packets/offload.h"
#include "driver/packets/packet_host.h"

namespace ovs::driver {

// Where a frame that goes out comes from.
struct Source {
  const Arrival* arrival = nullptr;  // it came in this list, by the path that it goes
  const HypervNic* nic = nullptr;    // else: the adapter that it came in from; null: none
};

// The frame goes to its target as a list of that path's own, or is dropped; whatever becomes of it,
// it is no longer the caller's. False: dropped.
bool originate(Burst& burst, Frame& frame, const Source& source, ProcessorHost& host);
// What is said beside a list of ours of its frame's checksums, which is no segments; what NDIS has
// no words for is filled in.
inline std::uint32_t checksum_beside(datapath::Packet& packet, bool from_outside,
                                     datapath::PacketHost& host) {
  if (packet.open.start != 0) {
    const std::uint32_t info = from_outside ? 0 : send_checksum_info(packet);
    if (info != 0) return info;
    datapath::close_checksum(packet, host);
  }
  return from_outside ? packet.verdict : 0;
}
// Does so with each frame that did not come in one of the burst's lists.
void commit(Burst& burst, ProcessorHost& host, const RcuReader& reader);
// Sends what was committed. `dispatch` is NDIS_SEND_FLAGS_DISPATCH_LEVEL or 0, and true.
void depart(Burst& burst, ULONG dispatch);

}  // namespace ovs::driver
