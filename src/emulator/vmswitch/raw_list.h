// A list as no NIC of this host would send it, byte for byte and word for word: what a guest that
// means harm could have put into its channel, for tests that are such a guest.
#pragma once
#include "emulator/ndis/buffers/net_buffers.h"

namespace ovs::emulator {

struct RawFrame {
  FrameBytes bytes;
  FrameLayout layout;
};

struct RawList {
  std::vector<RawFrame> frames;  // a NET_BUFFER each; at least one
  // Ieee8021Q, TcpIpChecksum, TcpLargeSend and TcpRecvSegCoalesce's NetBufferListInfo, unlooked at.
  // A list of these words is the guest's, and so is what they say, for as long as it goes on as it
  // came.
  std::uint32_t tag = 0, checksum = 0, large_send = 0, coalesced = 0;
  bool is_native = false;       // NativeForwardingRequired
  bool is_safe = false;         // its memory is the host's by now (IsPacketDataSafe)
  std::uint16_t safe_size = 0;  // bytes of it that are
};

}  // namespace ovs::emulator
