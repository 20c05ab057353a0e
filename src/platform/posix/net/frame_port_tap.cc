// A frame port over a TAP device: a frame a call. The kernel completes checksums and cuts TCP
// frames before they come here.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <cstring>

#include "base/bytes/checksum.h"
#include "platform/posix/boxed.h"
#include "platform/posix/net/frame_port_parts.h"
#include "platform/posix/net/frame_ports.h"

namespace ovs::platform {

namespace {

class TapPort final : public LinkedPort {
 public:
  using LinkedPort::LinkedPort;

  Result<std::size_t> receive(Span<FrameRoom> rooms) override {
    std::size_t count = 0;
    for (FrameRoom& room : rooms) {
      ++counters_.rx_calls;
      const ssize_t size = read(descriptor(), room.data, room.capacity);
      if (size < 0) break;  // nothing more; a device that has gone stays silent
      room.size = std::size_t(size);
      room.partial = {};
      ++count;
    }
    return count;
  }

  std::size_t send(Span<const FrameParts> frames) override {
    std::size_t sent = 0;
    for (const FrameParts& frame : frames) {
      ++counters_.tx_calls;
      const bool done = frame.partial.start == 0 ? write_frame(frame) : write_closed(frame);
      done ? ++sent : ++counters_.tx_dropped;
    }
    return sent;
  }

 private:
  bool write_frame(const FrameParts& frame) {
    iovec parts[2] = {{const_cast<std::uint8_t*>(frame.head.data()), frame.head.count()},
                      {const_cast<std::uint8_t*>(frame.tail.data()), frame.tail.count()}};
    return writev(descriptor(), parts, frame.tail.empty() ? 1 : 2) >= 0;
  }
  bool write_closed(const FrameParts& frame);
};

// The device sums nothing, so it is done here.
bool TapPort::write_closed(const FrameParts& frame) {
  std::uint8_t bytes[65536];
  const std::size_t size = frame.head.count() + frame.tail.count();
  const std::size_t at = std::size_t{frame.partial.start} + frame.partial.offset;
  if (size > sizeof bytes || at + 2 > size) return false;
  std::memcpy(bytes, frame.head.data(), frame.head.count());
  if (!frame.tail.empty())
    std::memcpy(bytes + frame.head.count(), frame.tail.data(), frame.tail.count());
  const Be16 sum = checksum(Bytes(bytes, size).from(frame.partial.start));
  constexpr std::uint16_t kUdpOffset = 6;
  store(bytes + at, frame.partial.offset == kUdpOffset && sum == Be16() ? Be16(0xffff) : sum);
  return write(descriptor(), bytes, size) >= 0;
}

}  // namespace

Result<Boxed<FramePort>, OsError> LinuxFramePorts::open_tap(Text name) {
  OVS_TRY(auto link, LinkRequests::open(name));
  Descriptor tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap) return last_os_error();
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  OVS_TRY(os_check(ioctl(tap.number(), TUNSETIFF, &request)));
  OVS_TRY(const MacAddress mac, link.mac());
  return make_boxed<FramePort, TapPort>(std::move(link), std::move(tap), mac);
}

}  // namespace ovs::platform
