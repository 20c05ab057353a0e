#include "netlink/device_link.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

#include "base/bytes/big.h"
#include "platform/api/device.h"

namespace ovs::netlink {

namespace {

constexpr std::size_t kRoom = 128 * 1024;  // for any answer

}  // namespace

// System calls are made as such: their functions are the ones that this library stands in for.
std::unique_ptr<DeviceLink> DeviceLink::open(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (std::strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return nullptr;
  }
  std::strcpy(address.sun_path, path);
  const int descriptor = int(syscall(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (descriptor < 0) return nullptr;
  std::unique_ptr<DeviceLink> link(new DeviceLink(descriptor));
  if (syscall(SYS_connect, descriptor, &address, sizeof address) < 0) return nullptr;
  const auto opened = link->await(0);
  const auto pid = opened ? link->call(std::uint32_t(platform::DeviceControl::GetPid), {})
                          : Result<Buffer>(opened.error());
  if (!pid || pid->size() != sizeof link->pid_) {
    errno = ENODEV;
    return nullptr;
  }
  link->pid_ = load<std::uint32_t>(pid->data());
  return link;
}

DeviceLink::~DeviceLink() {
  syscall(SYS_close, descriptor_);
}

Result<std::uint32_t> DeviceLink::send(std::uint32_t code, Bytes input) {
  if (input.count() > wire::kMaxDevicePayload) return Error::Range;
  const std::uint32_t id = ++last_id_ == 0 ? ++last_id_ : last_id_;
  Buffer packet(wire::kDeviceFrameHeader);
  wire::put_device_frame_header(
      packet,
      {.id = id, .code = code, .capacity = std::uint32_t(kRoom), .failure = {}, .payload = input});
  packet.insert(packet.end(), input.begin(), input.end());
  const long sent =
      syscall(SYS_sendto, descriptor_, packet.data(), packet.size(), MSG_NOSIGNAL, nullptr, 0);
  if (sent != long(packet.size())) return Error::Closed;
  return id;
}

Result<wire::DeviceFrame> DeviceLink::receive(Wait wait) {
  packet_.resize(wire::kMaxDeviceFrame);
  const int flags = wait == Wait::Yes ? 0 : MSG_DONTWAIT;
  long size = -1;
  do {
    size =
        syscall(SYS_recvfrom, descriptor_, packet_.data(), packet_.size(), flags, nullptr, nullptr);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return Error::WouldBlock;
  if (size <= 0) return Error::Closed;
  return wire::parse_device_frame(Bytes(packet_.data(), std::size_t(size)));
}

Result<Buffer> DeviceLink::await(std::uint32_t id) {
  bool wake_again = false;
  for (;;) {
    OVS_TRY(const wire::DeviceFrame frame, receive(Wait::Yes));
    if (frame.id != id) {
      wake_again = wake_again || frame.id == pended_id_;
      if (frame.id == pended_id_) pended_id_ = 0;
      continue;
    }
    Result<Buffer> outcome = frame.failure ? Result<Buffer>(*frame.failure)
                                           : Buffer(frame.payload.begin(), frame.payload.end());
    // The frame that would have woken the program is taken: another one will come at once.
    if (wake_again) {
      OVS_TRY(pend(pended_input_));
    }
    return outcome;
  }
}

Result<Buffer> DeviceLink::call(std::uint32_t code, Bytes input) {
  OVS_TRY(const std::uint32_t id, send(code, input));
  return await(id);
}

Result<void> DeviceLink::pend(Bytes input) {
  if (pended_id_ != 0) return kOk;
  Buffer kept(input.begin(), input.end());
  OVS_TRY(pended_id_, send(std::uint32_t(platform::DeviceControl::Write), kept));
  pended_input_ = std::move(kept);
  return kOk;
}

Result<bool> DeviceLink::is_pended() {
  if (pended_id_ == 0) return false;
  const auto frame = receive(Wait::No);
  if (!frame) return frame.error() == Error::WouldBlock ? Result<bool>(true) : frame.error();
  if (frame->id == pended_id_) pended_id_ = 0;
  return pended_id_ != 0;
}

}  // namespace ovs::netlink
