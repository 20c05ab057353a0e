// The far side of a switch's NIC: a guest's TAP, the management OS's, a physical NIC's wire, or a
// test's memory. The switch calls deliver(); whoever owns the backend calls
// VirtualSwitch::transmit() with what its far side sends.
#pragma once
#include <cstdint>

#include "base/bytes/span.h"
#include "platform/api/frame_port.h"

namespace ovs::emulator {

// An Ethernet frame without FCS, as it crosses a NIC, with what its sender left to the device.
struct NicFrame {
  Bytes bytes;
  platform::PartialChecksum partial;  // start 0: every checksum is in the frame
  // TCP payload bytes that each segment is to carry; 0: send it as it is. Needs `partial`. What
  // arrives at a physical NIC with a segment size was coalesced there.
  std::uint16_t segment_size = 0;
  // Of what is delivered: a physical NIC found its transport's checksum right.
  bool is_verified = false;
};

class NicBackend {
 public:
  NicBackend() = default;
  NicBackend(const NicBackend&) = delete;
  NicBackend& operator=(const NicBackend&) = delete;

  // The switch gives the NIC a frame, valid during the call. Called from any thread, from several
  // at once, at up to DISPATCH_LEVEL: do not wait, and call nothing of the switch.
  virtual void deliver(const NicFrame& frame) = 0;

 protected:
  ~NicBackend() = default;
};

}  // namespace ovs::emulator
