#include "driver/packets/onward.h"

namespace ovs::driver {
namespace {

using datapath::Packet;

static_assert(datapath::kBatch <= 32);  // frames of a list, each a bit

// How many bytes of a frame decided on what became of it.
std::uint32_t decisive_size(const Packet& packet) {
  constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kSctp = 132;
  constexpr std::uint32_t kNetwork = 40, kNeighbour = 40;  // ARP, IPv6; neighbour discovery
  const flow::HeaderOffsets& at = packet.at;
  std::uint32_t size = at.l3 + kNetwork;
  switch (packet.nw_proto) {
    case kIcmp:
    case kUdp:
    case kSctp: size = at.l4 + 8u; break;
    case kTcp: size = at.l4 + 20u; break;
    default: size = at.l4 != 0 ? at.l4 + kNeighbour : size; break;
  }
  if (at.l4 == 0) size = at.l3 + kNetwork;
  return size < packet.size() ? size : packet.size();
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
