#include "driver/packets/burst.h"

namespace ovs::driver {
namespace {

std::uint32_t source_of(PNET_BUFFER_LIST list) {
  const auto* detail = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  return std::uint32_t(detail->SourcePortId) << 8 | detail->SourceNicIndex;
}

}  // namespace

void Departures::add(PNET_BUFFER_LIST list, const Target* only_target) {
  list->Next = nullptr;
  if (first == nullptr) {
    first = list;
    is_single_source = true;
    is_group = only_target != nullptr;
    if (is_group) target = *only_target;
  } else {
    last->Next = list;
    is_single_source = is_single_source && source_of(first) == source_of(list);
    is_group = is_group && only_target != nullptr && target.is_same_nic(*only_target);
  }
  last = list;
}

void Burst::clear() {
  next = nullptr;
  path = nullptr;
  arrival_count = packet_count = 0;
  room = datapath::kBatch;
  outputs = {};
  for (Departures& departures_one : departures) departures_one = {};
}

Departures* Burst::departures_of(PacketPath& to) {
  for (Departures& each : departures) {
    if (each.path == &to) return &each;
    if (each.path != nullptr) continue;
    each.path = &to;
    return &each;
  }
  return nullptr;
}

}  // namespace ovs::driver
