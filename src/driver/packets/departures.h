// How packets go out: what the engine sent becomes lists of the driver's own, committed to their
// destinations while their adapters cannot disconnect, and then sent with no lock held.
#pragma once
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
// The frame as a list of the target's path's own, with what NDIS has words for beside it; the path
// was entered for it. Null: something had run out.
PNET_BUFFER_LIST make_list(Frame& frame, const Source& source, const Target& target,
                           ProcessorHost& host);
// Does so with each frame that did not come in one of the burst's lists.
void commit(Burst& burst, ProcessorHost& host, const RcuReader& reader);
// Sends what was committed. `dispatch` is NDIS_SEND_FLAGS_DISPATCH_LEVEL or 0, and true.
void depart(Burst& burst, ULONG dispatch);

}  // namespace ovs::driver
