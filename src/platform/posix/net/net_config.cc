#include "platform/posix/net/net_config.h"

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "platform/posix/boxed.h"
#include "platform/posix/net/rtnetlink.h"
#include "platform/posix/os_error.h"

namespace ovs::platform {
namespace {

constexpr std::size_t kReceiveRoom = 32768;  // what the kernel fills at most per datagram of a dump
constexpr int kEventBuffer = 4 << 20;        // a burst of thousands of routes before on_lost()
constexpr int kDumpAttempts = 8;             // a dump that changes underneath is begun again

Result<Descriptor, OsError> open_netlink(std::uint32_t groups, int flags) {
  Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE));
  if (!socket) return last_os_error();
  sockaddr_nl self = {};
  self.nl_family = AF_NETLINK;
  self.nl_groups = groups;
  OVS_TRY(os_check(bind(socket.number(), reinterpret_cast<sockaddr*>(&self), sizeof self)));
  return socket;
}

// As the driver says it; 0 when it does not know.
std::uint64_t link_speed_mbps(Text name) {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || name.size() >= IFNAMSIZ) return 0;
  ethtool_cmd command = {};
  command.cmd = ETHTOOL_GSET;
  ifreq request = {};
  std::memcpy(request.ifr_name, name.data(), name.size());
  request.ifr_data = reinterpret_cast<char*>(&command);
  if (ioctl(socket.number(), SIOCETHTOOL, &request) < 0) return 0;
  const std::uint32_t speed = ethtool_cmd_speed(&command);
  return speed == std::uint32_t(SPEED_UNKNOWN) ? 0 : speed;
}

// The kernel's answer at the end of a request.
Result<void, OsError> outcome_of(const nlmsghdr& message) {
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(nlmsgerr)) return os_error_of(EBADMSG);
  const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message));
  if (error->error != 0) return os_error_of(-error->error);
  return kOk;
}

class RouteEvents final : public NetEvents {
 public:
  explicit RouteEvents(Descriptor socket) : socket_(std::move(socket)), room_(kReceiveRoom) {}

  WaitHandle wait_handle() const override { return WaitHandle(socket_.number()); }

  Result<void, OsError> deliver(NetListener& listener) override {
    for (;;) {
      const ssize_t size =
          retry_interrupted([&] { return recv(socket_.number(), room_.data(), room_.size(), 0); });
      if (size >= 0) {
        deliver_all(std::size_t(size), listener);
      } else if (errno == ENOBUFS) {
        listener.on_lost();
      } else if (errno == EAGAIN) {
        return kOk;
      } else {
        return last_os_error();
      }
    }
  }

 private:
  void deliver_all(std::size_t size, NetListener& listener) {
    int left = int(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(room_.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      deliver_event(*message, listener);
    }
  }

  Descriptor socket_;
  std::vector<char> room_;
};

}  // namespace

// A request under construction: large enough for any that we send.
struct SystemNetConfig::Request {
  template <class Header>
  Request(int type, int flags, const Header& header) {
    message = mnl_nlmsg_put_header(room);
    message->nlmsg_type = std::uint16_t(type);
    message->nlmsg_flags = std::uint16_t(NLM_F_REQUEST | flags);
    std::memcpy(mnl_nlmsg_put_extra_header(message, sizeof header), &header, sizeof header);
  }
  void put(int attribute, const void* bytes, std::size_t size) {
    mnl_attr_put(message, std::uint16_t(attribute), size, bytes);
  }

  alignas(nlmsghdr) char room[512];
  nlmsghdr* message;
};

namespace {

ifinfomsg link_header(LinkIndex link) {
  ifinfomsg header = {};
  header.ifi_index = int(link);
  return header;
}

}  // namespace

Result<Owned<SystemNetConfig>, OsError> SystemNetConfig::create() {
  OVS_TRY(auto socket, open_netlink(0, 0));
  return try_make<SystemNetConfig>(std::move(socket)).value();
}

Result<void, OsError> SystemNetConfig::transact(Request& request,
                                                FunctionRef<void(const void*)> each) {
  request.message->nlmsg_seq = ++sequence_;
  OVS_TRY(os_check(send(socket_.number(), request.message, request.message->nlmsg_len, 0)));
  std::vector<char> room(kReceiveRoom);
  bool interrupted = false;
  for (;;) {
    const ssize_t size =
        retry_interrupted([&] { return recv(socket_.number(), room.data(), room.size(), 0); });
    if (size < 0) return last_os_error();
    int left = int(size);
    const auto* message = reinterpret_cast<const nlmsghdr*>(room.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left)) {
      if (message->nlmsg_seq != sequence_) continue;  // of a request that failed half-way
      if (message->nlmsg_type == NLMSG_ERROR) return outcome_of(*message);
      interrupted = interrupted || (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
      if (message->nlmsg_type == NLMSG_DONE) {
        if (interrupted) return os_error_of(EINTR);
        return kOk;
      }
      each(message);
    }
  }
}

Result<void, OsError> SystemNetConfig::change(Request& request) {
  return transact(request, [](const void*) {});
}

// Nobody is told of a dump before it is known to be consistent.
template <class T>
Result<void, OsError> SystemNetConfig::list(int type, int header_size,
                                            FunctionRef<void(const T&)> each) {
  std::vector<T> found;
  for (int attempt = 0; attempt < kDumpAttempts; ++attempt) {
    found.clear();
    char header[sizeof(ifinfomsg)] =
        {};  // the largest of the headers; all zero asks for everything
    Request request(type, NLM_F_DUMP, header);
    request.message->nlmsg_len = std::uint32_t(NLMSG_LENGTH(std::size_t(header_size)));
    const auto done = transact(request, [&](const void* message) {
      T value;
      if (parse_message(*static_cast<const nlmsghdr*>(message), value)) found.push_back(value);
    });
    if (!done.ok() && done.error().number == EINTR) continue;
    if (!done.ok()) return done.error();
    for (const T& value : found) each(value);
    return kOk;
  }
  return OsError{Error::Busy, EINTR};
}

Result<void, OsError> SystemNetConfig::list_links(FunctionRef<void(const Link&)> each) {
  return list<Link>(RTM_GETLINK, sizeof(ifinfomsg), [&](const Link& found) {
    Link link = found;
    link.speed_mbps = link_speed_mbps(link.name);
    each(link);
  });
}

Result<void, OsError> SystemNetConfig::list_addresses(FunctionRef<void(const LinkAddress&)> each) {
  return list<LinkAddress>(RTM_GETADDR, sizeof(ifaddrmsg), each);
}

Result<void, OsError> SystemNetConfig::list_routes(FunctionRef<void(const Route&)> each) {
  return list<Route>(RTM_GETROUTE, sizeof(rtmsg), each);
}

Result<void, OsError> SystemNetConfig::list_neighbours(FunctionRef<void(const Neighbour&)> each) {
  return list<Neighbour>(RTM_GETNEIGH, sizeof(ndmsg), each);
}

Result<Boxed<NetEvents>, OsError> SystemNetConfig::follow() {
  constexpr std::uint32_t kGroups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                                    RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_NEIGH;
  OVS_TRY(auto socket, open_netlink(kGroups, SOCK_NONBLOCK));
  const int room = kEventBuffer;
  const int forced = setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  if (forced < 0) (void)setsockopt(socket.number(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return make_boxed<NetEvents, RouteEvents>(std::move(socket));
}

Result<Link, OsError> SystemNetConfig::find_link(Text name) {
  if (name.empty() || name.size() >= IFNAMSIZ) return os_error_of(ENODEV);
  Request request(RTM_GETLINK, NLM_F_ACK, link_header({}));
  mnl_attr_put_strz(request.message, IFLA_IFNAME, std::string(name).c_str());
  Link link;
  OVS_TRY(transact(request, [&](const void* message) {
    (void)parse_message(*static_cast<const nlmsghdr*>(message), link);
  }));
  link.speed_mbps = link_speed_mbps(name);
  return link;
}

Result<LinkCounters, OsError> SystemNetConfig::link_counters(LinkIndex link) {
  Request request(RTM_GETLINK, NLM_F_ACK, link_header(link));
  LinkCounters counters;
  OVS_TRY(transact(request, [&](const void* message) {
    (void)parse_counters(*static_cast<const nlmsghdr*>(message), counters);
  }));
  return counters;
}

Result<void, OsError> SystemNetConfig::set_admin_state(LinkIndex link, LinkState state) {
  ifinfomsg header = link_header(link);
  header.ifi_change = IFF_UP;
  header.ifi_flags = state == LinkState::Up ? IFF_UP : 0;
  Request request(RTM_NEWLINK, NLM_F_ACK, header);
  return change(request);
}

Result<void, OsError> SystemNetConfig::set_mtu(LinkIndex link, std::uint32_t mtu) {
  Request request(RTM_NEWLINK, NLM_F_ACK, link_header(link));
  request.put(IFLA_MTU, &mtu, sizeof mtu);
  return change(request);
}

Result<void, OsError> SystemNetConfig::set_mac(LinkIndex link, const ovs::MacAddress& mac) {
  Request request(RTM_NEWLINK, NLM_F_ACK, link_header(link));
  request.put(IFLA_ADDRESS, &mac, sizeof mac);
  return change(request);
}

Result<void, OsError> SystemNetConfig::set_alias(Text name, Text alias) {
  OVS_TRY(const Link link, find_link(name));
  Request request(RTM_NEWLINK, NLM_F_ACK, link_header(link.index));
  if (alias.size() >= IFALIASZ) return os_error_of(EINVAL);
  request.put(IFLA_IFALIAS, alias.data(), alias.size());
  return change(request);
}

namespace {

ifaddrmsg address_header(const LinkAddress& address, const RawAddress& raw) {
  ifaddrmsg header = {};
  header.ifa_family = raw.family;
  header.ifa_prefixlen = address.prefix_length;
  header.ifa_index = std::uint32_t(address.link);
  return header;
}

}  // namespace

Result<void, OsError> SystemNetConfig::add_address(const LinkAddress& address) {
  const RawAddress raw = raw_address(address.address);
  Request request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, address_header(address, raw));
  request.put(IFA_LOCAL, raw.bytes, raw.size);
  request.put(IFA_ADDRESS, raw.bytes, raw.size);
  return change(request);
}

Result<void, OsError> SystemNetConfig::remove_address(const LinkAddress& address) {
  const RawAddress raw = raw_address(address.address);
  Request request(RTM_DELADDR, NLM_F_ACK, address_header(address, raw));
  request.put(IFA_LOCAL, raw.bytes, raw.size);
  request.put(IFA_ADDRESS, raw.bytes, raw.size);
  return change(request);
}

// NTF_USE: the kernel behaves as if it had a packet for the address.
Result<void, OsError> SystemNetConfig::resolve(LinkIndex link, const IpAddress& address) {
  const RawAddress raw = raw_address(address);
  ndmsg header = {};
  header.ndm_family = raw.family;
  header.ndm_ifindex = int(link);
  header.ndm_flags = NTF_USE;
  Request request(RTM_NEWNEIGH, NLM_F_ACK | NLM_F_CREATE, header);
  request.put(NDA_DST, raw.bytes, raw.size);
  return change(request);
}

}  // namespace ovs::platform
