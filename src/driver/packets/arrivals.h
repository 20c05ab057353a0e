// What came down in a burst: admitted from its port, read into frames for the engine, and, when the
// engine is done, sent on itself where that is what the frames became. At DISPATCH_LEVEL under one
// reader; sends and completes nothing.
#pragma once
#include "driver/extension/switch_module.h"
#include "driver/packets/departures.h"
#include "driver/packets/mac_table.h"

namespace ovs::driver {

// Of a burst's room, what each frame of the list takes: what may have to be cut becomes many
// packets, for which the engine and the pool have room as well.
inline unsigned cost_of(PNET_BUFFER_LIST list) {
  const bool is_large = NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) != nullptr ||
                        NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) != nullptr;
  return is_large ? datapath::kBatch / 2 : 1;
}

// How many there are from here on.
inline unsigned count_from(const NET_BUFFER* at) {
  unsigned count = 0;
  for (; at != nullptr; at = at->Next) ++count;
  return count;
}

class Arrivals {
 public:
  Arrivals(SwitchModule& module, PacketProcessors& processors, MacTable& macs, Burst& burst,
           const RcuReader& reader)
      : module_(module),
        processors_(processors),
        frames_(processors.hand(reader)),
        macs_(macs),
        burst_(burst),
        departures_(*burst.departures_of(*burst.path)),
        reader_(reader) {}

  // Reads `list` from `buffer` on, as many NET_BUFFERs as there is room for; the first that there
  // was no room for, or null. There is room for one.
  PNET_BUFFER take(PNET_BUFFER_LIST list, PNET_BUFFER buffer);
  // What the engine made of them is settled: each list has its fate, and what goes is in the
  // burst's departures.
  void settle();

 private:
  // What every packet's way is made of is one function each way, for it is short.
  [[gnu::always_inline]] inline const HypervNic* admit(Arrival& arrival);
  [[gnu::always_inline]] inline Fate read(Arrival& arrival, const HypervNic& nic,
                                          const NET_BUFFER& buffer);
  bool admit_tag(Arrival& arrival, const PortPolicy& policy, datapath::Packet& packet);
  [[gnu::always_inline]] inline Fate accept(Arrival& arrival, const HypervNic& nic, Frame& frame);
  static bool has_offloads(PNET_BUFFER_LIST list);
  bool take_offloads(Arrival& arrival, datapath::Packet& packet);
  void refuse(Arrival& arrival, Fate fate, const HypervNic& nic, unsigned count);
  void take_back(const Arrival& arrival);
  [[gnu::always_inline]] inline bool settle_alone(Arrival& arrival);
  void settle(Arrival& arrival);
  [[gnu::always_inline]] inline bool may_go_itself(const Arrival& arrival,
                                                   const Frame& frame) const;
  bool go_itself(Arrival& arrival);
  [[gnu::always_inline]] inline Fate send_to(Arrival& arrival, Span<const Target> targets);
  Fate learn(Arrival& arrival, const HypervNic& nic, const NET_BUFFER& buffer);
  bool is_still_guests(const Arrival& arrival, const HypervNic& nic) const;
  void learn_from_copies(Arrival& arrival, const HypervNic& nic);
  // Fills `targets`, which have room for kMaxTargets, and returns how many.
  std::size_t choose(const HypervNic& nic, std::uint64_t to, Maybe<std::uint16_t> vlan,
                     Target* targets);

  SwitchModule& module_;
  PacketProcessors& processors_;
  FrameHand& frames_;
  MacTable& macs_;
  Burst& burst_;
  Departures& departures_;  // by the path that the burst came by
  const RcuReader& reader_;
  const HypervNic* nic_ = nullptr;  // that the list before came from: mostly it is the same
};

}  // namespace ovs::driver
