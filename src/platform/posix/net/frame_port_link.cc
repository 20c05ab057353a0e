// A frame port over an AF_PACKET socket. Many frames a call; checksums that senders left to the
// device stay open; TCP frames that they left to it to cut are cut here.
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include <cstring>
#include <vector>

#include "platform/posix/boxed.h"
#include "platform/posix/net/device_header.h"
#include "platform/posix/net/frame_port_parts.h"
#include "platform/posix/net/frame_ports.h"
#include "platform/posix/net/segmentation.h"

namespace ovs::platform {

namespace {

constexpr std::size_t kAtOnce = 32;
constexpr std::size_t kLargest = 65536 + 64;  // a frame before it is cut
constexpr int kReceiveBuffer = 4 << 20;

struct ReceiveSlot {
  DeviceHeader header;
  iovec parts[3];
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(tpacket_auxdata))];
  std::vector<std::uint8_t> spill;  // what is larger than the room
};

class LinkPort final : public LinkedPort {
 public:
  LinkPort(LinkRequests link, Descriptor socket, const MacAddress& mac)
      : LinkedPort(std::move(link), std::move(socket), mac), slots_(kAtOnce) {
    for (ReceiveSlot& slot : slots_) slot.spill.resize(kLargest);
  }

  Result<std::size_t> receive(Span<FrameRoom> rooms) override;
  std::size_t send(Span<const FrameParts> frames) override;

 private:
  std::size_t continue_cutting(Span<FrameRoom> rooms);
  bool take(ReceiveSlot& slot, const mmsghdr& message, FrameRoom& room);
  void begin_cutting(const ReceiveSlot& slot, const FrameRoom& room, std::size_t size);
  static void restore_tag(const mmsghdr& message, FrameRoom& room);

  std::vector<ReceiveSlot> slots_;
  // Frames that are being cut, in order; the first is half done.
  struct Large {
    std::vector<std::uint8_t> frame;
    std::size_t l4, size;
  };
  std::vector<Large> large_;
  std::size_t next_large_ = 0;
  std::vector<Segmentation> cutting_;  // none or one
};

// The kernel takes a tag out of the frame and tells it aside.
void LinkPort::restore_tag(const mmsghdr& message, FrameRoom& room) {
  for (const cmsghdr* control = CMSG_FIRSTHDR(&message.msg_hdr); control != nullptr;
       control =
           CMSG_NXTHDR(const_cast<msghdr*>(&message.msg_hdr), const_cast<cmsghdr*>(control))) {
    if (control->cmsg_level != SOL_PACKET || control->cmsg_type != PACKET_AUXDATA) continue;
    tpacket_auxdata aux;
    std::memcpy(&aux, CMSG_DATA(control), sizeof aux);
    if ((aux.tp_status & TP_STATUS_VLAN_VALID) == 0 && aux.tp_vlan_tci == 0) return;
    if (room.size < 14 || room.size + 4 > room.capacity) return;
    const std::uint16_t tpid =
        (aux.tp_status & TP_STATUS_VLAN_TPID_VALID) != 0 ? aux.tp_vlan_tpid : 0x8100;
    std::memmove(room.data + 16, room.data + 12, room.size - 12);
    store(room.data + 12, Be16(tpid));
    store(room.data + 14, Be16(aux.tp_vlan_tci));
    room.size += 4;
    if (room.partial.start != 0) room.partial.start = std::uint16_t(room.partial.start + 4);
    return;
  }
}

void LinkPort::begin_cutting(const ReceiveSlot& slot, const FrameRoom& room, std::size_t size) {
  Large large{{}, slot.header.csum_start, slot.header.gso_size};
  const std::size_t in_room = size < room.capacity ? size : room.capacity;
  large.frame.assign(room.data, room.data + in_room);
  large.frame.insert(large.frame.end(), slot.spill.begin(),
                     slot.spill.begin() + long(size - in_room));
  large_.push_back(std::move(large));
}

// Whether the room holds a whole frame now.
bool LinkPort::take(ReceiveSlot& slot, const mmsghdr& message, FrameRoom& room) {
  if (message.msg_len < sizeof slot.header + 14) {
    ++counters_.rx_errors;
    return false;
  }
  const std::size_t size = message.msg_len - sizeof slot.header;
  const bool is_open = (slot.header.flags & kNeedsChecksum) != 0;
  room.partial = {};
  if (is_open) room.partial = {slot.header.csum_start, slot.header.csum_offset};
  const std::uint8_t kind = slot.header.gso_type & std::uint8_t(~kGsoEcn);
  if (kind == kGsoTcpV4 || kind == kGsoTcpV6) {
    begin_cutting(slot, room, size);
    return false;
  }
  if (kind != kGsoNone || size > room.capacity || (message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
    ++counters_.rx_truncated;
    return false;
  }
  room.size = size;
  restore_tag(message, room);
  return true;
}

std::size_t LinkPort::continue_cutting(Span<FrameRoom> rooms) {
  std::size_t count = 0;
  while (count < rooms.count() && next_large_ < large_.size()) {
    const Large& large = large_[next_large_];
    if (cutting_.empty()) {
      auto begun = Segmentation::begin(large.frame, large.l4, large.size);
      if (begun) cutting_.push_back(*begun);
    }
    if (cutting_.empty() || cutting_.front().at_end()) {
      cutting_.clear();
      ++next_large_;
      continue;
    }
    if (cutting_.front().next(rooms[count])) {
      ++count;
      continue;
    }
    ++counters_.rx_truncated;
    cutting_.clear();
    ++next_large_;
  }
  if (next_large_ == large_.size()) {
    large_.clear();
    next_large_ = 0;
  }
  return count;
}

Result<std::size_t> LinkPort::receive(Span<FrameRoom> rooms) {
  if (!large_.empty()) return continue_cutting(rooms);
  mmsghdr messages[kAtOnce];
  const std::size_t asked = rooms.count() < kAtOnce ? rooms.count() : kAtOnce;
  if (asked == 0) return std::size_t{0};
  for (std::size_t i = 0; i < asked; ++i) {
    ReceiveSlot& slot = slots_[i];
    slot.parts[0] = {&slot.header, sizeof slot.header};
    slot.parts[1] = {rooms[i].data, rooms[i].capacity};
    slot.parts[2] = {slot.spill.data(), slot.spill.size()};
    messages[i] = {};
    messages[i].msg_hdr.msg_iov = slot.parts;
    messages[i].msg_hdr.msg_iovlen = 3;
    messages[i].msg_hdr.msg_control = slot.control;
    messages[i].msg_hdr.msg_controllen = sizeof slot.control;
  }
  ++counters_.rx_calls;
  const int got = recvmmsg(descriptor(), messages, unsigned(asked), MSG_DONTWAIT, nullptr);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR || errno == ENETDOWN) return std::size_t{0};
    return errno == ENODEV || errno == ENXIO ? Error::Closed : Error::Io;
  }
  std::size_t kept = 0;
  for (int i = 0; i < got; ++i) {
    FrameRoom& room = rooms[std::size_t(i)];
    if (!take(slots_[std::size_t(i)], messages[i], room)) continue;
    FrameRoom& to = rooms[kept++];
    if (&to == &room) continue;
    // Rooms are filled from the first on, and one before this was not kept.
    std::memcpy(to.data, room.data, room.size);
    to.size = room.size;
    to.partial = room.partial;
  }
  return kept;
}

std::size_t LinkPort::send(Span<const FrameParts> frames) {
  constexpr std::size_t kSendAtOnce = 64;
  mmsghdr messages[kSendAtOnce];
  DeviceHeader headers[kSendAtOnce];
  iovec parts[kSendAtOnce][3];
  std::size_t sent = 0;
  while (sent < frames.count()) {
    const std::size_t count = std::min(kSendAtOnce, frames.count() - sent);
    for (std::size_t i = 0; i < count; ++i) {
      const FrameParts& frame = frames[sent + i];
      headers[i] = header_of(frame);
      parts[i][0] = {&headers[i], sizeof headers[i]};
      parts[i][1] = {const_cast<std::uint8_t*>(frame.head.data()), frame.head.count()};
      parts[i][2] = {const_cast<std::uint8_t*>(frame.tail.data()), frame.tail.count()};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = parts[i];
      messages[i].msg_hdr.msg_iovlen = frame.tail.empty() ? 2 : 3;
    }
    ++counters_.tx_calls;
    const int done = sendmmsg(descriptor(), messages, unsigned(count), MSG_DONTWAIT);
    if (done > 0) {
      sent += std::size_t(done);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == ENOBUFS) break;
    ++counters_.tx_errors;  // this frame will never go: a link that is down, a frame too large
    ++sent;
  }
  counters_.tx_dropped += frames.count() - sent;
  return sent;
}

template <class T>
Result<void, OsError> set_option(const Descriptor& socket, int level, int option, const T& value) {
  return os_check(setsockopt(socket.number(), level, option, &value, sizeof value));
}

}  // namespace

Result<Boxed<FramePort>, OsError> LinuxFramePorts::open_link(Text name) {
  OVS_TRY(auto link, LinkRequests::open(name));
  OVS_TRY(const int index, link.index());
  OVS_TRY(const MacAddress mac, link.mac());
  // Bound to no protocol until it is bound to its link: nothing of other links comes in.
  Descriptor socket(::socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return last_os_error();
  const int on = 1;
  OVS_TRY(set_option(socket, SOL_PACKET, PACKET_VNET_HDR, on));
  OVS_TRY(set_option(socket, SOL_PACKET, PACKET_AUXDATA, on));
  OVS_TRY(set_option(socket, SOL_PACKET, PACKET_IGNORE_OUTGOING, on));
  (void)set_option(socket, SOL_PACKET, PACKET_QDISC_BYPASS, on);  // faster where it exists
  (void)set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, kReceiveBuffer);
  packet_mreq promiscuous{};
  promiscuous.mr_ifindex = index;
  promiscuous.mr_type = PACKET_MR_PROMISC;
  OVS_TRY(set_option(socket, SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous));
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = __builtin_bswap16(ETH_P_ALL);
  address.sll_ifindex = index;
  OVS_TRY(
      os_check(bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address)));
  return make_boxed<FramePort, LinkPort>(std::move(link), std::move(socket), mac);
}

}  // namespace ovs::platform
