#include "driver/packets/burst.h"

namespace ovs::driver {

void Burst::clear() {
  next = nullptr;
  module = nullptr;
  arrival_count = packet_count = alone_count = gone_count = 0;
  room = datapath::kBatch;
  exit_count = 0;
  waits = false;
  outputs = {};
  copied = {};
  for (Departures& each : departures) {
    if (each.path == nullptr) break;
    each = {};
  }
}

std::uint64_t Burst::exit_to(const Target& target) {
  std::uint64_t of_nic = 0;
  for (unsigned i = 0; i < exit_count; ++i) {
    if (exits[i].target.nic != target.nic) continue;
    if (exits[i].target.keeps_tag == target.keeps_tag) return std::uint64_t{1} << i;
    of_nic = exits[i].of_nic;
  }
  if (exit_count == kMaxTargets) return 0;
  const std::uint64_t bit = std::uint64_t{1} << exit_count;
  exits[exit_count++] = {target, destination_of(target), of_nic | bit};
  for (std::uint64_t rest = of_nic; rest != 0; rest &= rest - 1) {
    exits[__builtin_ctzll(rest)].of_nic |= bit;
  }
  return bit;
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
