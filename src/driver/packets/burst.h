// What one call, or one DPC, has in its hands: lists that arrived, frames of theirs that the engine
// has, and what is to go out. One thread's; from a pool, because it is too large for a kernel
// stack.
#pragma once
#include "datapath/table/flow_table.h"
#include "driver/extension/hyperv_ports.h"
#include "driver/packets/frame.h"
#include "driver/packets/nbl_chain.h"

namespace ovs::driver {

// What becomes of a list.
enum class Fate : std::uint8_t {
  Open,
  Goes,    // down, itself
  Copied,  // copies of it go: it is completed
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
struct Arrival {
  PNET_BUFFER_LIST list = nullptr;
  NDIS_SWITCH_PORT_ID port = 0;
  NicKind kind = NicKind::Vm;
  Fate fate = Fate::Open;
  bool must_copy = false;     // it cannot go itself: the guest could change what was decided on
  std::uint8_t count = 0;     // its NET_BUFFERs that are in this burst
  bool is_held = false;       // the engine has kept frames of it
  bool is_coalesced = false;  // a device made it of several that it received
  std::uint32_t tag = 0;      // beside it: NDIS's info, once it was admitted
  std::uint32_t payload = 0;  // of TCP, that a device was to make segments of
  FrameQueue outputs;
};

// The adapter that a list comes from, as a number.
inline std::uint32_t source_of(PNET_BUFFER_LIST list) {
  const auto* detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  return std::uint32_t(detail->SourcePortId) << 8 | detail->SourceNicIndex;
}

// Lists that go down one path in one call, and what is true of all of them.
struct Departures {
  PacketPath* path = nullptr;
  PNET_BUFFER_LIST first = nullptr;
  PNET_BUFFER_LIST last = nullptr;
  std::uint32_t source = 0;  // of the first
  bool is_single_source = true;
  bool is_group = true;  // each has one destination, and the same
  Target target;

  void add(PNET_BUFFER_LIST list, const Target* only_target) {
    list->Next = nullptr;
    if (first == nullptr) {
      first = list;
      source = source_of(list);
      is_single_source = true;
      is_group = only_target != nullptr;
      if (is_group) target = *only_target;
    } else {
      last->Next = list;
      is_single_source = is_single_source && source == source_of(list);
      is_group = is_group && only_target != nullptr && target.is_same_nic(*only_target);
    }
    last = list;
  }
};

struct Burst : SLIST_ENTRY {
  static constexpr unsigned kPaths = 8;  // switches that one burst's packets may go to
  static constexpr unsigned kArrivals = datapath::kBatch;

  Burst* next = nullptr;
  PacketPath* path = nullptr;  // that the arrivals came by; null: they came over the device
  unsigned arrival_count = 0, packet_count = 0;
  unsigned room = datapath::kBatch;  // for more packets
  Arrival arrivals[kArrivals];
  datapath::Packet* packets[datapath::kBatch];
  FrameQueue outputs;  // of frames without arrival
  Departures departures[kPaths];

  void clear();
  // Null: there are too many paths.
  Departures* departures_of(PacketPath& to);
};

}  // namespace ovs::driver
