// Lists that go on themselves, to all the adapters that their frames were sent to as they came;
// what cannot is copied (departures.h). At DISPATCH_LEVEL under the reader that the adapters were
// found under.
#pragma once
#include "driver/packets/destinations.h"
#include "driver/packets/offload.h"

namespace ovs::driver {

// Whether no guest can write to a list's first `size` bytes any more.
bool is_safe(PNET_BUFFER_LIST list, std::uint32_t size);
// Whether this frame can go to this adapter in the list it came in, whose tag is the arrival's.
bool may_go_itself(const Arrival& arrival, const Frame& frame, const Target& target);
// The tag that is in the frame now is to be beside its list. False: one of them, now or as it came,
// is in the bytes.
inline bool retag(Arrival& arrival, const Frame& frame) {
  constexpr std::uint32_t kTagSize = 4;
  const std::uint32_t tag = tag_in(frame.packet);
  if (frame.packet.head_size - (tag != 0 ? kTagSize : 0) != frame.tail_at) return false;
  arrival.tag = tag;
  return true;
}

// The list goes to these adapters, with the arrival's tag beside it; that is its fate. False:
// something had run out, and it goes nowhere.
inline bool go_on(const SwitchModule& module, Arrival& arrival, Departures& departures,
                  Span<const Target> targets) {
  NET_BUFFER_LIST_INFO(arrival.list, Ieee8021QNetBufferListInfo) = entry_of(arrival.tag);
  const bool goes = commit_destinations(module, arrival.list, targets);
  arrival.fate = goes ? Fate::Goes : Fate::Full;
  if (goes)
    departures.add(arrival.list, arrival.source, targets.count() == 1 ? targets[0].nic : nullptr);
  return goes;
}

// The adapters that all frames of a list go to, as long as each frame goes to the same.
class CommonTargets {
 public:
  // Those of each frame that the engine sent; none, if they differ or a frame cannot go itself.
  static CommonTargets of(const Arrival& arrival, const SwitchModule& module);

  Span<const Target> span() const { return Span<const Target>(targets_, count_); }

 private:
  CommonTargets() = default;
  // False: a frame goes somewhere twice, or there are too many places.
  bool add(const Target& target, std::uint8_t index);
  bool are_of_all(unsigned frame_count) const;

  std::size_t count_ = 0;
  Target targets_[kMaxTargets];
  std::uint32_t frames_[kMaxTargets];
};

}  // namespace ovs::driver
