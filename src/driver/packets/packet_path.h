// The way of packets through one module, which is one switch: what NDIS hands down is switched by
// the engine, or by learning where no vport is bound, and goes on, is copied, or is completed.
// Called by extension/'s handlers; knows nothing of OIDs and of how ports come and go.
#pragma once
#include <ndis.h>

#include "base/core/result.h"
#include "driver/packets/nbl_chain.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"

namespace ovs::driver {

class HypervNic;
class PacketProcessors;
class SwitchModule;
struct Arrival;
struct Burst;
struct Departures;
struct Frame;
struct Source;
struct Target;

enum class Drained : bool { Now, Later };

class PacketPath {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsQ");

  // In FilterAttach, PASSIVE_LEVEL: all of its memory is taken here. It is paused. `module` and
  // `processors` outlive it; packets of other switches find it by module.packets().
  // Error::NoMemory.
  static Result<Owned<PacketPath>> create(SwitchModule& module, PacketProcessors& processors);
  struct Parts;
  explicit PacketPath(Owned<Parts> parts);
  PacketPath(const PacketPath&) = delete;
  // In FilterDetach (or a failing FilterAttach), paused. Needs no memory.
  ~PacketPath();

  // In FilterRestart, before it succeeds: from now on packets are switched.
  void restart();
  // In FilterPause: from now on sends are completed as paused, and nothing is originated. Now: no
  // packet of NDIS's is held, none of the module's own is out. Later: module.pause_complete() is
  // called when that is so.
  Drained begin_pause();

  // FilterSendNetBufferLists, FilterSendNetBufferListsComplete, FilterCancelSendNetBufferLists;
  // in every state of the module. At most DISPATCH_LEVEL, no lock held.
  void send(PNET_BUFFER_LIST chain, ULONG send_flags);
  void send_complete(PNET_BUFFER_LIST chain, ULONG send_complete_flags);
  void cancel(PVOID cancel_id);

  // ---- for departures.cc ----
  // Each list of the path's own is inside from before it is made until it is complete. False:
  // paused.
  bool enter(unsigned count = 1);
  void leave(unsigned count = 1);
  // A list of our own for the frame, which is its memory and then the list's: with its forwarding
  // context, source and destination. Null: something had run out.
  PNET_BUFFER_LIST make_list(Frame& frame, const Source& source, const Target& target);
  void send_down(Departures& departures, ULONG dispatch);

 private:
  class Switching;
  friend class Switching;

  // Its frame is the caller's again.
  void unmake_list(PNET_BUFFER_LIST list);
  // Those of `lists` that are ours are no more; the rest goes to `theirs`. Returns how many.
  unsigned take_back(NblChain lists, NblChain& theirs, bool is_at_dispatch);

  Owned<Parts> parts_;
};

}  // namespace ovs::driver
