// A frame port over a TAP device: a frame a call. Unless it is opened otherwise, the kernel
// completes checksums and cuts TCP frames before they come here.
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <cstring>

#include "base/bytes/checksum.h"
#include "platform/posix/boxed.h"
#include "platform/posix/net/device_header.h"
#include "platform/posix/net/frame_port_parts.h"
#include "platform/posix/net/frame_ports.h"

namespace ovs::platform {

namespace {

// A call a frame: `Tap` reads one into a room, false: there is nothing more, and writes one, false:
// it is lost.
template <class Tap>
class FrameByFrame : public LinkedPort {
 public:
  using LinkedPort::LinkedPort;

  Result<std::size_t> receive(Span<FrameRoom> rooms) override {
    std::size_t count = 0;
    for (FrameRoom& room : rooms) {
      ++counters_.rx_calls;
      if (!tap().read_frame(room)) break;  // a device that has gone stays silent
      ++count;
    }
    return count;
  }

  std::size_t send(Span<const FrameParts> frames) override {
    std::size_t sent = 0;
    for (const FrameParts& frame : frames) {
      ++counters_.tx_calls;
      tap().write_frame(frame) ? ++sent : ++counters_.tx_dropped;
    }
    return sent;
  }

 private:
  Tap& tap() { return static_cast<Tap&>(*this); }
};

iovec part_of(Bytes bytes) {
  return {const_cast<std::uint8_t*>(bytes.data()), bytes.count()};
}

class TapPort final : public FrameByFrame<TapPort> {
 public:
  using FrameByFrame::FrameByFrame;

  bool read_frame(FrameRoom& room) {
    const ssize_t size = read(descriptor(), room.data, room.capacity);
    if (size < 0) return false;
    room.size = std::size_t(size);
    room.partial = {};
    return true;
  }

  bool write_frame(const FrameParts& frame) {
    if (frame.partial.start != 0) return write_closed(frame);
    const iovec parts[] = {part_of(frame.head), part_of(frame.tail)};
    return writev(descriptor(), parts, frame.tail.empty() ? 1 : 2) >= 0;
  }

 private:
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

// Each frame comes and goes with a header that says what is left to the device. One of which it
// says what cannot be is received with size 0.
class OffloadingTapPort final : public FrameByFrame<OffloadingTapPort> {
 public:
  using FrameByFrame::FrameByFrame;

  bool read_frame(FrameRoom& room) {
    DeviceHeader header;
    const iovec parts[] = {{&header, sizeof header}, {room.data, room.capacity}};
    const ssize_t size = readv(descriptor(), parts, 2);
    if (size < 0) return false;
    take(room, header, std::size_t(size));
    return true;
  }

  bool write_frame(const FrameParts& frame) {
    DeviceHeader header = header_of(frame);
    const iovec parts[] = {{&header, sizeof header}, part_of(frame.head), part_of(frame.tail)};
    return writev(descriptor(), parts, frame.tail.empty() ? 2 : 3) >= 0;
  }

 private:
  // `size` is of what was read, with its header.
  void take(FrameRoom& room, const DeviceHeader& header, std::size_t size) {
    const std::size_t of_frame = size < sizeof header ? 0 : size - sizeof header;
    const auto left = read_header(header, of_frame);
    // What is cut off to fit has the size of the room, too.
    const bool is_cut = of_frame == room.capacity;
    room.size = left && !is_cut ? of_frame : 0;
    room.partial = left ? left->partial : PartialChecksum();
    room.segment_size = left ? left->segment_size : std::uint16_t{0};
    if (is_cut) ++counters_.rx_truncated;
    if (!left) ++counters_.rx_errors;
  }
};

struct OpenTap {
  LinkRequests link;
  Descriptor tap;
  MacAddress mac;
};

Result<OpenTap, OsError> open_device(Text name, short flags) {
  OVS_TRY(auto link, LinkRequests::open(name));
  Descriptor tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap) return last_os_error();
  ifreq request{};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_flags = short(IFF_TAP | IFF_NO_PI | flags);
  OVS_TRY(os_check(ioctl(tap.number(), TUNSETIFF, &request)));
  OVS_TRY(const MacAddress mac, link.mac());
  return OpenTap{std::move(link), std::move(tap), mac};
}

}  // namespace

Result<Boxed<FramePort>, OsError> LinuxFramePorts::open_tap(Text name) {
  OVS_TRY(auto made, open_device(name, 0));
  return make_boxed<FramePort, TapPort>(std::move(made.link), std::move(made.tap), made.mac);
}

Result<Boxed<FramePort>, OsError> LinuxFramePorts::open_tap(Text name,
                                                            const TapOffloads& offloads) {
  OVS_TRY(auto made, open_device(name, IFF_VNET_HDR));
  unsigned long left = offloads.checksum ? TUN_F_CSUM : 0u;
  if (offloads.checksum && offloads.segmentation) left |= TUN_F_TSO4 | TUN_F_TSO6;
  OVS_TRY(os_check(ioctl(made.tap.number(), TUNSETOFFLOAD, left)));
  return make_boxed<FramePort, OffloadingTapPort>(std::move(made.link), std::move(made.tap),
                                                  made.mac);
}

}  // namespace ovs::platform
