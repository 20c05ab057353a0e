// Linux's frame ports: AF_PACKET sockets on links that exist, and TAPs. Linux only.
#pragma once
#include "platform/api/frame_port.h"

namespace ovs::platform {

// What senders may leave to a TAP, and it hands on to whoever reads it.
struct TapOffloads {
  bool checksum = false;
  bool segmentation = false;  // of TCP; with `checksum`
};

class LinuxFramePorts final : public FramePorts {
 public:
  Result<Boxed<FramePort>, OsError> open_link(Text name) override;
  Result<Boxed<FramePort>, OsError> open_tap(Text name) override;
  // Receives a frame with size 0 where its sender said of it what cannot be.
  Result<Boxed<FramePort>, OsError> open_tap(Text name, const TapOffloads& offloads);
  Boxed<FrameWait> make_wait() override;
};

}  // namespace ovs::platform
