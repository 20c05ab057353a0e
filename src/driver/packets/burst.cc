#include "driver/packets/burst.h"

namespace ovs::driver {

void Burst::clear() {
  next = nullptr;
  module = nullptr;
  arrival_count = packet_count = alone_count = gone_count = 0;
  room = datapath::kBatch;
  note_count = 1;
  outputs = {};
  for (Departures& each : departures) {
    if (each.path == nullptr) break;
    each = {};
  }
}

bool Burst::note(Arrival& arrival, const Target& target) {
  if (note_count == kNotes || arrival.note_count == kMaxTargets) return false;
  for (unsigned at = arrival.first_note; at != 0; at = notes[at].next) {
    if (notes[at].target.nic == target.nic) return false;
  }
  const auto made = std::uint16_t(note_count++);
  ++arrival.note_count;
  arrival.is_plain = false;
  notes[made] = {target, 0};
  (arrival.first_note == 0 ? arrival.first_note : notes[arrival.last_note].next) = made;
  arrival.last_note = made;
  return true;
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
