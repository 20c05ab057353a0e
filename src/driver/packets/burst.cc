#include "driver/packets/burst.h"

namespace ovs::driver {
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
