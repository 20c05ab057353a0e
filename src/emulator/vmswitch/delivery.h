// The last step: a frame at a NIC, as the extension or the built-in switch decided. Does what the
// NIC cannot do (tags, checksums, segments), judges the result, counts it.
#pragma once
#include "emulator/vmswitch/frame_edit.h"
#include "emulator/vmswitch/switch_model.h"

namespace ovs::emulator {

// A frame on its way to NICs, with what is left to be done to it.
struct Parcel {
  MutableBytes frame;  // without the tag in `tag`; NICs' work is done in it
  Tag tag;             // to be put on it
  bool wants_ip_checksum = false;
  bool wants_transport_checksum = false;
  std::size_t segment_size = 0;  // TCP payload; 0: as it is
  bool is_verified = false;      // its transport's checksum, by the device that received it
  bool is_judged = false;        // it has to be right when it arrives (rule 79)
};

// With the model's mutex held. The NIC is connected, or the frame is dropped.
void deliver(SwitchPort& port, SwitchNic& nic, const Parcel& parcel, const SwitchHabits& habits);

}  // namespace ovs::emulator
