// What one call, or one DPC, has in its hands: lists that arrived, frames of theirs that the engine
// has, and what is to go out. One thread's; from a pool, because it is too large for a kernel
// stack.
#pragma once
#include "datapath/table/flow_table.h"
#include "driver/extension/hyperv_ports.h"
#include "driver/packets/frame.h"
#include "driver/packets/nbl_chain.h"

namespace ovs::driver {

class PacketPath;

// What becomes of a list.
enum class Fate : std::uint8_t {
  Open,
  Goes,    // down, itself
  Copied,  // copies of it go: it is completed
  Done,    // so it did, and it is among what the burst completes
  Moved,   // the rest: completed and reported. It has left this switch, or waits for a neighbour
  NoFlow,  // it is dropped, and why
  NoPort,  // its sender is unknown, or not connected
  Policy,  // the port's policy forbids it
  Unread,  // its bytes could not be read
  Full,    // something had run out
  kCount,
};
constexpr bool is_reported(Fate fate) {
  return fate >= Fate::Moved;
}

struct FrameQueue {
  Frame* first = nullptr;
  Frame* last = nullptr;

  void push_back(Frame& frame) {
    frame.next = nullptr;
    if (first == nullptr) {
      first = &frame;
    } else {
      last->next = &frame;
    }
    last = &frame;
  }
  Frame* take_first() {
    Frame* frame = first;
    if (frame != nullptr) first = std::exchange(frame->next, nullptr);
    return frame;
  }
};

// A list that NDIS handed down.
struct alignas(16) Arrival {
  PNET_BUFFER_LIST list = nullptr;
  std::uint32_t source = 0;  // as source_of() has it
  NicKind kind = NicKind::Vm;
  Fate fate = Fate::Open;
  bool must_copy = false;     // it cannot go itself: the guest could change what was decided on
  bool is_alone = false;      // one frame, which may go itself: then it is noted where to
  bool is_cloned = false;     // of a list that is alone: there may be more than one frame
  bool is_plain = false;      // alone, safe from its guest, with nothing beside it
  bool is_guests = false;     // the same, but its guest may still write to all of it
  bool is_held = false;       // the engine has kept frames of it
  bool is_coalesced = false;  // a device made it of several that it received
  std::uint8_t count = 0;     // its NET_BUFFERs that are in this burst
  std::uint32_t tag = 0;      // beside it: NDIS's info, once it was admitted
  std::uint32_t payload = 0;  // of TCP, that a device was to make segments of
  std::uint64_t exits = 0;    // of the burst's, those that it goes to itself, besides: a bit each
  FrameQueue outputs;
};

inline constexpr unsigned kMaxTargets = 64;  // of one list; beyond, there are copies

inline NDIS_SWITCH_PORT_DESTINATION destination_of(const Target& target) {
  NDIS_SWITCH_PORT_DESTINATION destination = {};
  destination.PortId = target.nic->port_id();
  destination.NicIndex = target.nic->index();
  destination.PreserveVLAN = target.keeps_tag;
  destination.PreservePriority = target.keeps_tag;
  return destination;
}

// An adapter that lists of a burst go to themselves.
struct Exit {
  Target target;
  NDIS_SWITCH_PORT_DESTINATION destination;
  std::uint64_t of_nic;  // the exits to this adapter: a list has one of them
};

// The adapter that a list comes from, as a number; and its port.
inline std::uint32_t source_of(PNET_BUFFER_LIST list) {
  const auto* detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  return std::uint32_t(detail->SourcePortId) << 8 | detail->SourceNicIndex;
}
constexpr NDIS_SWITCH_PORT_ID port_of(std::uint32_t source) {
  return source >> 8;
}

// Lists one behind the other, the last one's Next being anything.
struct ListRun {
  PNET_BUFFER_LIST first = nullptr;
  PNET_BUFFER_LIST last = nullptr;
  std::uint32_t source = 0;   // of the first
  std::uint32_t differs = 0;  // 0: the others' is the same

  void add(PNET_BUFFER_LIST list, std::uint32_t its_source) {
    if (first == nullptr) {
      first = list;
      source = its_source;
    } else {
      last->Next = list;
    }
    last = list;
    differs |= source ^ its_source;
  }
};

// Lists that go down one path in one call, and what is true of all of them.
struct Departures {
  PacketPath* path = nullptr;
  PNET_BUFFER_LIST first = nullptr;
  PNET_BUFFER_LIST last = nullptr;
  std::uint32_t source = 0;  // of the first
  bool is_single_source = true;
  bool is_group = true;  // each has one destination, and the same
  const HypervNic* nic = nullptr;

  // `only_nic` is null where lists have several. There is one list at least.
  void add(const ListRun& run, const HypervNic* only_nic) {
    run.last->Next = nullptr;
    if (first == nullptr) {
      first = run.first;
      source = run.source;
      is_single_source = run.differs == 0;
      is_group = only_nic != nullptr;
      nic = only_nic;
    } else {
      last->Next = run.first;
      is_single_source = is_single_source && run.differs == 0 && source == run.source;
      is_group = is_group && nic == only_nic;
    }
    last = run.last;
  }
  void add(PNET_BUFFER_LIST list, std::uint32_t its_source, const HypervNic* only_nic) {
    ListRun one;
    one.add(list, its_source);
    add(one, only_nic);
  }
};

struct Burst : SLIST_ENTRY {
  static constexpr unsigned kPaths = 8;  // switches that one burst's packets may go to
  static constexpr unsigned kArrivals = datapath::kBatch;

  Burst* next = nullptr;
  const SwitchModule* module = nullptr;  // that arrivals came by; null: they came over the device
  unsigned arrival_count = 0, packet_count = 0;
  unsigned room = datapath::kBatch;  // for more packets
  unsigned alone_count = 0;          // of the arrivals, those that are
  unsigned gone_count = 0;           // those that are on their way, or copied, and done with
  unsigned exit_count = 0;
  bool waits = false;  // a frame of an arrival waits for the end: so do those behind it
  Arrival arrivals[kArrivals];
  datapath::Packet* packets[datapath::kBatch];
  FrameQueue outputs;             // of frames without arrival
  ListRun copied;                 // of the arrivals: to be completed
  Departures departures[kPaths];  // the first by the path that the arrivals came by
  Exit exits[kMaxTargets];

  void clear();
  bool are_all_gone() const { return gone_count == arrival_count; }
  // Its bit; 0: there are too many.
  std::uint64_t exit_to(const Target& target);
  // The arrival's list goes to this exit itself, which is not 0. False: it goes to that adapter
  // already.
  bool note(Arrival& arrival, std::uint64_t exit) {
    if ((arrival.exits & exits[__builtin_ctzll(exit)].of_nic) != 0) return false;
    arrival.exits |= exit;
    return waits = true;
  }
  // Null: there are too many paths.
  Departures* departures_of(PacketPath& to);
};

}  // namespace ovs::driver
