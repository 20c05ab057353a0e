#include "driver/packets/onward.h"

namespace ovs::driver {
namespace {

using datapath::Packet;

static_assert(datapath::kBatch <= 32);  // frames of a list, each a bit

// How many bytes of a frame decided on what became of it.
std::uint32_t decisive_size(const Packet& packet) {
  constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kSctp = 132;
  const std::uint32_t l4 = packet.at.l4, all = packet.size();
  // Without one, anything may have been the reason, such as extension headers that do not end.
  if (l4 == 0) return all;
  switch (packet.nw_proto) {
    case kIcmp:
    case kUdp:
    case kSctp: return l4 + 8 < all ? l4 + 8 : all;
    case kTcp: return l4 + 20 < all ? l4 + 20 : all;
    default: return all;  // options of neighbour discovery go on to the end
  }
}

}  // namespace

bool is_safe(PNET_BUFFER_LIST list, std::uint32_t size) {
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  return detail.IsPacketDataSafe != 0 || detail.SafePacketDataSize >= size;
}

bool may_go_itself(const Arrival& arrival, const Frame& frame, const Target& target) {
  if (frame.packet.is_rewritten) return false;
  if (arrival.is_coalesced && target.nic->kind() == NicKind::External) return false;
  if (!target.keeps_tag && arrival.tag == 0) return false;
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(arrival.list);
  return detail.IsPacketDataSafe != 0 || is_safe(arrival.list, decisive_size(frame.packet));
}

CommonTargets CommonTargets::of(const Arrival& arrival, const SwitchModule& module) {
  CommonTargets all;
  if (arrival.must_copy) return all;
  for (const Frame* frame = arrival.outputs.first; frame != nullptr; frame = frame->next) {
    const Target target = frame->target();
    const bool may_go = &target.nic->module() == &module && !frame->packet.is_retagged &&
                        may_go_itself(arrival, *frame, target);
    if (!may_go || !all.add(target, frame->index)) {
      all.count_ = 0;
      return all;
    }
  }
  if (!all.are_of_all(arrival.count)) all.count_ = 0;
  return all;
}

bool CommonTargets::add(const Target& target, std::uint8_t index) {
  const std::uint32_t frame = std::uint32_t{1} << index;
  for (std::size_t i = 0; i < count_; ++i) {
    if (targets_[i].nic != target.nic) continue;
    const bool is_new = (frames_[i] & frame) == 0;
    frames_[i] |= frame;
    return is_new && targets_[i].keeps_tag == target.keeps_tag;
  }
  if (count_ == kMaxTargets) return false;
  targets_[count_] = target;
  frames_[count_++] = frame;
  return true;
}

bool CommonTargets::are_of_all(unsigned frame_count) const {
  const std::uint64_t all = (std::uint64_t{1} << frame_count) - 1;
  for (std::size_t i = 0; i < count_; ++i) {
    if (frames_[i] != all) return false;
  }
  return true;
}

}  // namespace ovs::driver
