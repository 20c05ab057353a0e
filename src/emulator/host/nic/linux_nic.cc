#include "emulator/host/nic/linux_nic.h"

#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/bytes/checksum.h"
#include "emulator/host/nic/net_namespace.h"
#include "platform/posix/net/frame_ports.h"
#include "platform/posix/net/net_config.h"
#include "platform/posix/os_error.h"

namespace ovs::emulator {

using platform::FrameRoom;
using platform::OsError;

namespace {

NicError error_of(std::string what, const OsError& error) {
  return {std::move(what) + ": " + std::string(platform::os_error_text(error))};
}

// A wire carries no open checksums: what the sender's kernel left to its device is summed here.
void close_checksum(FrameRoom& room) {
  const auto [start, offset] = room.partial;
  const std::size_t at = std::size_t{start} + offset;
  room.partial = {};
  if (start == 0 || at + 2 > room.size) return;
  constexpr std::uint16_t kUdpOffset = 6;
  const Be16 sum = checksum(Bytes(room.data, room.size).from(start));
  // RFC 768: a sum of zero is sent as its other form.
  store(room.data + at, offset == kUdpOffset && sum == Be16() ? Be16(0xffff) : sum);
}

}  // namespace

// Room for what is read at once. Pages that no frame reaches are never touched.
struct LinuxNic::Rooms {
  std::unique_ptr<std::uint8_t[]> bytes =
      std::make_unique_for_overwrite<std::uint8_t[]>(kFramesAtOnce * kLargestFrame);
  FrameRoom rooms[kFramesAtOnce];

  Span<FrameRoom> empty() {
    for (std::size_t i = 0; i < kFramesAtOnce; ++i)
      rooms[i] = {bytes.get() + i * kLargestFrame, kLargestFrame, 0, {}, 0};
    return Span<FrameRoom>(rooms, kFramesAtOnce);
  }
};

LinuxNic::LinuxNic(Kind kind, std::string link, Port port, platform::Descriptor stop_event)
    : kind_(kind),
      link_(std::move(link)),
      port_(std::move(port)),
      stop_event_(std::move(stop_event)) {}

LinuxNic::~LinuxNic() {
  stop();
}

Result<std::unique_ptr<LinuxNic>, NicError> LinuxNic::make(Kind kind, const std::string& link,
                                                           Result<Port, OsError> port) {
  if (!port) return error_of(link, port.error());
  platform::Descriptor stop_event(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!stop_event) return error_of(link, platform::last_os_error());
  return std::unique_ptr<LinuxNic>(
      new LinuxNic(kind, link, std::move(port).value(), std::move(stop_event)));
}

Result<std::unique_ptr<HostNic>, NicError> LinuxNic::open_link(const std::string& link) {
  platform::LinuxFramePorts ports;
  OVS_TRY(auto nic, make(Kind::Link, link, ports.open_link(Text(link.data(), link.size()))));
  if (const auto done = nic->port_->set_up(true); !done) return error_of(link, done.error());
  return std::unique_ptr<HostNic>(std::move(nic));
}

Result<std::unique_ptr<HostNic>, NicError> LinuxNic::make_tap(const TapSpec& spec) {
  Result<std::unique_ptr<LinuxNic>, NicError> made = NicError{};
  const auto entered = in_namespace(spec.name_space, [&] {
    platform::LinuxFramePorts ports;
    const Text link(spec.link.data(), spec.link.size());
    const auto [checksum, segmentation] = spec.offloads;
    made = make(Kind::Tap, spec.link,
                checksum ? ports.open_tap(link, {checksum, segmentation}) : ports.open_tap(link));
    if (!made) return;
    if (const auto done = (*made)->set_up(spec); !done) made = done.error();
  });
  if (!entered) return error_of("network namespace \"" + spec.name_space + "\"", entered.error());
  if (!made) return made.error();
  return std::unique_ptr<HostNic>(std::move(made).value());
}

Result<void, NicError> LinuxNic::set_up(const TapSpec& spec) {
  if (const auto done = port_->set_mac(spec.mac); !done)
    return error_of(link_ + ": its MAC address cannot be set", done.error());
  if (const auto done = port_->set_mtu(spec.mtu); !done)
    return error_of(link_ + ": its MTU cannot be set", done.error());
  if (const auto done = port_->set_up(true); !done) return error_of(link_, done.error());
  if (spec.alias.empty()) return kOk;
  auto net = platform::SystemNetConfig::create();
  if (!net) return error_of(link_, net.error());
  const auto done = (*net)->set_alias(Text(link_.data(), link_.size()),
                                      Text(spec.alias.data(), spec.alias.size()));
  if (!done) return error_of(link_ + ": its alias cannot be set", done.error());
  return kOk;
}

// Links are of the process's own namespace.
bool LinuxNic::has_carrier() const {
  if (kind_ == Kind::Tap) return true;
  const platform::Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq asked = {};
  link_.copy(asked.ifr_name, IFNAMSIZ - 1);
  return ioctl(socket.number(), SIOCGIFFLAGS, &asked) == 0 && (asked.ifr_flags & IFF_RUNNING) != 0;
}

void LinuxNic::set_carrier(bool present) {
  if (kind_ != Kind::Tap) return;
  int carrier = present ? 1 : 0;
  (void)ioctl(int(port_->readiness()), TUNSETCARRIER, &carrier);  // since Linux 5.0; else always
}

void LinuxNic::start(Receiver receiver) {
  OVS_ASSERT(!reader_.joinable());
  receiver_ = std::move(receiver);
  stopping_ = false;
  discard_waiting();
  reader_ = std::thread([this] { read_until_stopped(); });
}

void LinuxNic::stop() {
  if (!reader_.joinable()) return;
  stopping_ = true;
  std::uint64_t count = 1;
  (void)!write(stop_event_.number(), &count, sizeof count);
  reader_.join();
  (void)!read(stop_event_.number(), &count, sizeof count);
  receiver_ = nullptr;
}

void LinuxNic::discard_waiting() {
  constexpr int kMostRounds = 1000;  // whoever sends without end is not waited for
  Rooms rooms;
  for (int round = 0; round < kMostRounds; ++round) {
    const auto count = port_->receive(rooms.empty());
    if (!count || *count == 0) return;
  }
}

// False: nothing will ever come again.
bool LinuxNic::wait_for_frames() {
  pollfd waiting[] = {{int(port_->readiness()), POLLIN, 0}, {stop_event_.number(), POLLIN, 0}};
  if (poll(waiting, 2, -1) <= 0) return true;
  if ((waiting[0].revents & (POLLERR | POLLHUP | POLLNVAL)) == 0) return true;
  // A link that is down also says so, and comes back; a device that was deleted does not.
  if (port_->set_up(port_->is_up()).ok()) {
    constexpr int kLookAgainMs = 200;
    if ((waiting[0].revents & POLLIN) == 0) (void)poll(&waiting[1], 1, kLookAgainMs);
    return true;
  }
  return false;
}

void LinuxNic::read_until_stopped() {
  Rooms rooms;
  while (!stopping_.load()) {
    if (!wait_for_frames()) {
      gone_ = true;
      return;
    }
    read_frames(rooms);
  }
}

// A TAP gives a frame a call, so they can lie close together: what the switch reads then is still
// in the processor's caches.
std::size_t LinuxNic::fill(Rooms& rooms) {
  const Span<FrameRoom> all = rooms.empty();
  if (kind_ == Kind::Link) return port_->receive(all).value_or(0);
  constexpr std::size_t kBytesAtOnce = 4 * kLargestFrame;
  std::size_t count = 0, used = 0;
  for (; count < all.count() && used + kLargestFrame <= kBytesAtOnce; ++count) {
    FrameRoom& room = all[count];
    room.data = rooms.bytes.get() + used;
    const auto read = port_->receive(Span<FrameRoom>(&room, 1));
    if (!read || *read == 0) break;
    constexpr std::size_t kLine = 64;
    used += (room.size + kLine - 1) & ~(kLine - 1);
  }
  return count;
}

void LinuxNic::read_frames(Rooms& rooms) {
  NicFrame frames[kFramesAtOnce];
  const std::size_t count = fill(rooms);
  std::uint64_t bytes = 0, large = 0;
  std::size_t kept = 0;
  for (FrameRoom& room : Span<FrameRoom>(rooms.rooms, count)) {
    if (room.size == 0) continue;
    if (kind_ == Kind::Link) close_checksum(room);
    frames[kept++] = {Bytes(room.data, room.size), room.partial, room.segment_size};
    bytes += room.size;
    large += room.segment_size != 0 ? 1 : 0;
  }
  from_refused_ += count - kept;
  if (kept == 0) return;
  from_frames_ += kept;
  from_bytes_ += bytes;
  from_large_ += large;
  not_taken_ += kept - receiver_(Span<const NicFrame>(frames, kept));
}

void LinuxNic::deliver(const NicFrame& frame) {
  const platform::FrameParts parts{
      frame.bytes, {}, frame.partial, frame.segment_size, frame.is_verified};
  const std::lock_guard lock(sending_);
  if (!gone_ && port_->send(Span<const platform::FrameParts>(&parts, 1)) == 1) {
    ++to_frames_;
    to_bytes_ += frame.bytes.count();
    to_large_ += frame.segment_size != 0 ? 1 : 0;
  } else {
    ++to_dropped_;
  }
}

HostNicCounters LinuxNic::counters() const {
  HostNicCounters counters;
  counters.from_system_frames = from_frames_;
  counters.from_system_bytes = from_bytes_;
  counters.from_system_large = from_large_;
  counters.from_system_refused = from_refused_;
  counters.not_taken = not_taken_;
  const std::lock_guard lock(sending_);
  counters.to_system_frames = to_frames_;
  counters.to_system_bytes = to_bytes_;
  counters.to_system_large = to_large_;
  counters.to_system_dropped = to_dropped_;
  return counters;
}

}  // namespace ovs::emulator
