#include "platform/posix/net/frame_port_parts.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace ovs::platform {

Result<LinkRequests, OsError> LinkRequests::open(Text name) {
  const auto fixed = FixedText<IFNAMSIZ - 1>::of(name);
  if (!fixed || name.empty()) return os_error_of(ENODEV);
  Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return last_os_error();
  return LinkRequests(std::move(socket), *fixed);
}

Result<ifreq, OsError> LinkRequests::ask(unsigned long request) const {
  ifreq asked{};
  std::memcpy(asked.ifr_name, name().data(), name().size());
  OVS_TRY(os_check(ioctl(socket_.number(), request, &asked)));
  return asked;
}

Result<int, OsError> LinkRequests::index() const {
  OVS_TRY(const ifreq answer, ask(SIOCGIFINDEX));
  return answer.ifr_ifindex;
}

Result<MacAddress, OsError> LinkRequests::mac() const {
  OVS_TRY(const ifreq answer, ask(SIOCGIFHWADDR));
  return load<MacAddress>(answer.ifr_hwaddr.sa_data);
}

Result<std::uint32_t, OsError> LinkRequests::mtu() const {
  OVS_TRY(const ifreq answer, ask(SIOCGIFMTU));
  return std::uint32_t(answer.ifr_mtu);
}

bool LinkRequests::is_up() const {
  const auto answer = ask(SIOCGIFFLAGS);
  return answer && (answer->ifr_flags & IFF_UP) != 0;
}

Result<void, OsError> LinkRequests::set_up(bool up) const {
  OVS_TRY(ifreq wanted, ask(SIOCGIFFLAGS));
  wanted.ifr_flags = short(up ? wanted.ifr_flags | IFF_UP : wanted.ifr_flags & ~IFF_UP);
  return os_check(ioctl(socket_.number(), SIOCSIFFLAGS, &wanted));
}

Result<void, OsError> LinkRequests::set_mac(const MacAddress& mac) const {
  OVS_TRY(ifreq wanted, ask(SIOCGIFHWADDR));
  store(wanted.ifr_hwaddr.sa_data, mac);
  return os_check(ioctl(socket_.number(), SIOCSIFHWADDR, &wanted));
}

Result<void, OsError> LinkRequests::set_mtu(std::uint32_t mtu) const {
  OVS_TRY(ifreq wanted, ask(SIOCGIFMTU));
  wanted.ifr_mtu = int(mtu);
  return os_check(ioctl(socket_.number(), SIOCSIFMTU, &wanted));
}

}  // namespace ovs::platform
