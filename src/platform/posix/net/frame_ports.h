// Linux's frame ports: AF_PACKET sockets on links that exist, and TAPs. Linux only.
#pragma once
#include "platform/api/frame_port.h"

namespace ovs::platform {

class LinuxFramePorts final : public FramePorts {
 public:
  Result<Boxed<FramePort>, OsError> open_link(Text name) override;
  Result<Boxed<FramePort>, OsError> open_tap(Text name) override;
  Boxed<FrameWait> make_wait() override;
};

}  // namespace ovs::platform
