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
  Arrivals(SwitchModule& module, ProcessorHost& host, MacTable& macs, Burst& burst,
           const RcuReader& reader)
      : module_(module),
        host_(host),
        frames_(host.hand()),
        macs_(macs),
        burst_(burst),
        departures_(*burst.departures_of(module.packets())),
        reader_(reader) {}

  // Takes lists in from `list` on as long as they are like the last that take() took, and there is
  // room: the first that is not, or null.
  PNET_BUFFER_LIST take_plain(PNET_BUFFER_LIST list);
  // Reads `list` from `buffer` on, as many NET_BUFFERs as there is room for; the first that there
  // was no room for, or null. There is room for one.
  PNET_BUFFER take(PNET_BUFFER_LIST list, PNET_BUFFER buffer);
  // What the engine made of them is settled: each list has its fate, and what goes is in the
  // burst's departures.
  void settle();

 private:
  // Whose lists may be taken without another look, and what is true of each.
  struct Sender {
    std::uint64_t bits = ~std::uint64_t{0};  // of their forwarding details; as it begins: nobody's
    std::uint64_t mac = 0;
    std::uint32_t in_port = 0;
    bool may_spoof = false;
    Arrival arrival;
  };

  [[gnu::always_inline]] inline Bytes plain_frame(PNET_BUFFER_LIST list) const;
  const HypervNic* admit(Arrival& arrival);
  Fate read(Arrival& arrival, const HypervNic& nic, const NET_BUFFER& buffer);
  void learn_sender(const Arrival& arrival, const HypervNic& nic);
  bool admit_tag(Arrival& arrival, const PortPolicy& policy, datapath::Packet& packet);
  Fate accept(Arrival& arrival, const HypervNic& nic, Frame& frame);
  static bool has_offloads(PNET_BUFFER_LIST list);
  bool take_offloads(Arrival& arrival, datapath::Packet& packet);
  void refuse(Arrival& arrival, Fate fate, const HypervNic& nic, unsigned count);
  void take_back(const Arrival& arrival);
  void settle(Arrival& arrival);
  bool go_itself(Arrival& arrival);
  void go_to_exits(Arrival& arrival);
  Fate send_to(Arrival& arrival, Span<const Target> targets);
  Fate learn(Arrival& arrival, const HypervNic& nic, const NET_BUFFER& buffer);
  static bool must_learn_from_copies(const Arrival& arrival, const HypervNic& nic);
  void learn_from_copies(Arrival& arrival, const HypervNic& nic);
  // Fills `targets`, which have room for kMaxTargets, and returns how many.
  std::size_t choose(const HypervNic& nic, std::uint64_t to, Maybe<std::uint16_t> vlan,
                     Target* targets);

  SwitchModule& module_;
  ProcessorHost& host_;
  FrameHand& frames_;
  MacTable& macs_;
  Burst& burst_;
  Departures& departures_;  // by the path that the burst came by
  const RcuReader& reader_;
  const HypervNic* nic_ = nullptr;  // that the list before came from: mostly it is the same
  Sender sender_;
};

}  // namespace ovs::driver
