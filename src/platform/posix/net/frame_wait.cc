// A thread's sleep over frame ports: epoll, and an event for others to wake it.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "platform/posix/boxed.h"
#include "platform/posix/descriptor.h"
#include "platform/posix/net/frame_ports.h"
#include "platform/posix/os_error.h"

namespace ovs::platform {

namespace {

class EpollWait final : public FrameWait {
 public:
  EpollWait()
      : epoll_(epoll_create1(EPOLL_CLOEXEC)), event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    OVS_ASSERT(epoll_ && event_);  // out of descriptors: hosted programs end
    OVS_ASSERT(watch(event_.number()));
  }

  Result<void> add(FramePort& port) override {
    if (!watch(int(port.readiness()))) return Error::Io;
    return kOk;
  }
  void remove(FramePort& port) override {
    epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, int(port.readiness()), nullptr);
  }
  void wait(std::uint32_t timeout_ms) override {
    epoll_event events[16];
    epoll_wait(epoll_.number(), events, 16, int(timeout_ms));
    std::uint64_t count = 0;
    (void)!read(event_.number(), &count, sizeof count);
  }
  void wake() override {
    const std::uint64_t one = 1;
    (void)!write(event_.number(), &one, sizeof one);
  }

 private:
  bool watch(int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    return epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event) == 0;
  }

  Descriptor epoll_, event_;
};

}  // namespace

Boxed<FrameWait> LinuxFramePorts::make_wait() {
  return make_boxed<FrameWait, EpollWait>();
}

}  // namespace ovs::platform
