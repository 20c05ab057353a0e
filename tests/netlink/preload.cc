// The functions of the C library by which a program uses netlink, for LD_PRELOAD: sockets of
// NETLINK_GENERIC and NETLINK_NETFILTER become handles of the device that the environment's
// OVS_DEVICE names; those of NETLINK_ROUTE stay the kernel's, but make no links; all others are
// left alone. Without OVS_DEVICE nothing changes. A test's, never shipped.
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <unordered_map>

#include "netlink/errno_of.h"
#include "netlink/netlink_socket.h"
#include "netlink/route_requests.h"

namespace ovs::netlink {
namespace {

constexpr int kMaxDescriptor = 4096;  // netlink sockets beyond it are refused

// The sockets of this process. The one mutable object that is everybody's: its callers are C
// functions.
class Sockets {
 public:
  using Shared = std::shared_ptr<NetlinkSocket>;

  int open(Protocol protocol);
  void watch_routes(int descriptor);
  bool makes_links(int descriptor) const;
  Shared find(int descriptor);
  Shared find_pid(std::uint32_t pid);
  void forget(int descriptor);
  const char* device() const { return device_; }

 private:
  static bool in_range(int descriptor) { return descriptor >= 0 && descriptor < kMaxDescriptor; }

  const char* const device_ = std::getenv("OVS_DEVICE");
  Trace trace_{std::getenv("NETLINK_TRACE")};
  std::mutex mutex_;
  std::unordered_map<int, Shared> sockets_;
  // Read for every descriptor of the program, without the lock.
  std::array<std::atomic<bool>, kMaxDescriptor> is_ours_{}, is_route_{};
};

int Sockets::open(Protocol protocol) {
  Shared socket = NetlinkSocket::open(device_, protocol, trace_);
  if (socket == nullptr) return -1;
  const int descriptor = socket->descriptor();
  if (!in_range(descriptor)) {
    errno = EMFILE;
    return -1;
  }
  const std::lock_guard lock(mutex_);
  sockets_[descriptor] = std::move(socket);
  is_ours_[std::size_t(descriptor)] = true;
  return descriptor;
}

void Sockets::watch_routes(int descriptor) {
  if (in_range(descriptor)) is_route_[std::size_t(descriptor)] = true;
}

bool Sockets::makes_links(int descriptor) const {
  return in_range(descriptor) && is_route_[std::size_t(descriptor)];
}

Sockets::Shared Sockets::find(int descriptor) {
  if (!in_range(descriptor) || !is_ours_[std::size_t(descriptor)]) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto found = sockets_.find(descriptor);
  return found == sockets_.end() ? nullptr : found->second;
}

Sockets::Shared Sockets::find_pid(std::uint32_t pid) {
  const std::lock_guard lock(mutex_);
  for (const auto& [descriptor, socket] : sockets_) {
    if (socket->pid() == pid) return socket;
  }
  return nullptr;
}

void Sockets::forget(int descriptor) {
  if (!in_range(descriptor)) return;
  is_route_[std::size_t(descriptor)] = false;
  if (!is_ours_[std::size_t(descriptor)].exchange(false)) return;
  const std::lock_guard lock(mutex_);
  sockets_.erase(descriptor);
}

// Lives as long as the process: descriptors are closed after every destructor has run.
Sockets& sockets() {
  static Sockets* const all = new Sockets;
  return *all;
}

long fail(int error) {
  errno = error;
  return -1;
}

long fail(Error error) {
  return fail(error == Error::Closed ? ENODEV : errno_of(wire::error_number(error)));
}

Buffer gather(const msghdr& message) {
  Buffer bytes;
  for (std::size_t i = 0; i < message.msg_iovlen; ++i) {
    const auto* const part = static_cast<const std::uint8_t*>(message.msg_iov[i].iov_base);
    bytes.insert(bytes.end(), part, part + message.msg_iov[i].iov_len);
  }
  return bytes;
}

// What fits. Sets MSG_TRUNC if that is not all.
std::size_t scatter(Bytes bytes, msghdr& message) {
  std::size_t done = 0;
  for (std::size_t i = 0; i < message.msg_iovlen && done < bytes.count(); ++i) {
    const std::size_t left = bytes.count() - done;
    const std::size_t part = std::min(left, message.msg_iov[i].iov_len);
    std::memcpy(message.msg_iov[i].iov_base, bytes.data() + done, part);
    done += part;
  }
  message.msg_flags = done < bytes.count() ? MSG_TRUNC : 0;
  return done;
}

long send_to_device(NetlinkSocket& socket, Bytes bytes) {
  // Whoever is named as a receiver of upcalls must be one before the port is.
  for (const std::uint32_t pid : upcall_pids(bytes)) {
    const auto receiver = sockets().find_pid(pid);
    if (receiver == nullptr) continue;
    if (const auto done = receiver->take_upcalls(); !done) return fail(done.error());
  }
  const auto done = socket.send(bytes);
  return done ? long(bytes.count()) : fail(done.error());
}

long send_to_kernel(int descriptor, const msghdr& message, int flags) {
  Buffer bytes = gather(message);
  spoil_link_creation(bytes);
  iovec whole{bytes.data(), bytes.size()};
  msghdr changed = message;
  changed.msg_iov = &whole;
  changed.msg_iovlen = 1;
  return syscall(SYS_sendmsg, descriptor, &changed, flags);
}

long receive_from_device(NetlinkSocket& socket, msghdr& message, int flags) {
  for (;;) {
    const auto datagram = socket.receive();
    if (datagram) {
      const std::size_t size = scatter(*datagram, message);
      message.msg_controllen = 0;
      const sockaddr_nl kernel{AF_NETLINK, 0, 0, 0};
      if (message.msg_name != nullptr) {
        std::memcpy(message.msg_name, &kernel,
                    std::min<std::size_t>(sizeof kernel, message.msg_namelen));
        message.msg_namelen = sizeof kernel;
      }
      return long((flags & MSG_TRUNC) != 0 ? datagram->size() : size);
    }
    if (datagram.error() != Error::WouldBlock) return fail(datagram.error());
    if ((flags & MSG_DONTWAIT) != 0) return fail(EAGAIN);
    pollfd readable{socket.descriptor(), POLLIN, 0};
    if (::poll(&readable, 1, -1) < 0) return -1;
  }
}

}  // namespace
}  // namespace ovs::netlink

// ---- the C library's names ---------------------------------------------------------------------

#define PRELOADED extern "C" __attribute__((visibility("default")))

using ovs::netlink::fail;
using ovs::netlink::sockets;

PRELOADED int socket(int domain, int type, int protocol) noexcept {
  const bool is_netlink = domain == AF_NETLINK && sockets().device() != nullptr;
  if (is_netlink && (protocol == NETLINK_GENERIC || protocol == NETLINK_NETFILTER)) {
    return sockets().open(protocol == NETLINK_GENERIC ? ovs::netlink::Protocol::Generic
                                                      : ovs::netlink::Protocol::Netfilter);
  }
  const int descriptor = int(syscall(SYS_socket, domain, type, protocol));
  if (is_netlink && protocol == NETLINK_ROUTE) sockets().watch_routes(descriptor);
  return descriptor;
}

PRELOADED int close(int descriptor) {
  // The last owner of a socket of ours closes its descriptor.
  if (sockets().find(descriptor) != nullptr) {
    sockets().forget(descriptor);
    return 0;
  }
  sockets().forget(descriptor);
  return int(syscall(SYS_close, descriptor));
}

PRELOADED int connect(int descriptor, const sockaddr* address, socklen_t size) {
  if (sockets().find(descriptor) != nullptr) return 0;
  return int(syscall(SYS_connect, descriptor, address, size));
}

PRELOADED int bind(int descriptor, const sockaddr* address, socklen_t size) noexcept {
  if (sockets().find(descriptor) != nullptr) return 0;
  return int(syscall(SYS_bind, descriptor, address, size));
}

PRELOADED int getsockname(int descriptor, sockaddr* address, socklen_t* size) noexcept {
  const auto ours = sockets().find(descriptor);
  if (ours == nullptr) return int(syscall(SYS_getsockname, descriptor, address, size));
  const sockaddr_nl name{AF_NETLINK, 0, ours->pid(), 0};
  std::memcpy(address, &name, std::min<std::size_t>(sizeof name, *size));
  *size = sizeof name;
  return 0;
}

PRELOADED int setsockopt(int descriptor, int level, int option, const void* value,
                         socklen_t size) noexcept {
  const auto ours = level == SOL_NETLINK ? sockets().find(descriptor) : nullptr;
  if (ours == nullptr) {
    return int(syscall(SYS_setsockopt, descriptor, level, option, value, size));
  }
  if (option != NETLINK_ADD_MEMBERSHIP || size != sizeof(std::uint32_t)) return 0;
  std::uint32_t group = 0;
  std::memcpy(&group, value, sizeof group);
  const auto done = ours->join(group);
  return done ? 0 : int(fail(done.error()));
}

PRELOADED ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  if (const auto ours = sockets().find(descriptor)) {
    return ovs::netlink::send_to_device(*ours, ovs::netlink::gather(*message));
  }
  if (sockets().makes_links(descriptor)) {
    return ovs::netlink::send_to_kernel(descriptor, *message, flags);
  }
  return syscall(SYS_sendmsg, descriptor, message, flags);
}

PRELOADED ssize_t sendto(int descriptor, const void* bytes, size_t size, int flags,
                         const sockaddr* to, socklen_t to_size) {
  if (sockets().find(descriptor) == nullptr && !sockets().makes_links(descriptor)) {
    return syscall(SYS_sendto, descriptor, bytes, size, flags, to, to_size);
  }
  iovec whole{const_cast<void*>(bytes), size};
  msghdr message{};
  message.msg_name = const_cast<sockaddr*>(to);
  message.msg_namelen = to_size;
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  return sendmsg(descriptor, &message, flags);
}

PRELOADED ssize_t send(int descriptor, const void* bytes, size_t size, int flags) {
  return sendto(descriptor, bytes, size, flags, nullptr, 0);
}

PRELOADED ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  if (const auto ours = sockets().find(descriptor)) {
    return ovs::netlink::receive_from_device(*ours, *message, flags);
  }
  return syscall(SYS_recvmsg, descriptor, message, flags);
}

PRELOADED ssize_t recvfrom(int descriptor, void* bytes, size_t size, int flags, sockaddr* from,
                           socklen_t* from_size) {
  if (sockets().find(descriptor) == nullptr) {
    return syscall(SYS_recvfrom, descriptor, bytes, size, flags, from, from_size);
  }
  iovec whole{bytes, size};
  msghdr message{};
  message.msg_name = from;
  message.msg_namelen = from_size == nullptr ? 0 : *from_size;
  message.msg_iov = &whole;
  message.msg_iovlen = 1;
  const ssize_t received = recvmsg(descriptor, &message, flags);
  if (from_size != nullptr) *from_size = message.msg_namelen;
  return received;
}

PRELOADED ssize_t recv(int descriptor, void* bytes, size_t size, int flags) {
  return recvfrom(descriptor, bytes, size, flags, nullptr, nullptr);
}
