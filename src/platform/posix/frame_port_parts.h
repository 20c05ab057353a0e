// What Linux's frame ports share: a link's name, state and index, by ioctl. For frame_port_*.cc.
#pragma once
#include <linux/if.h>

#include "base/core/result.h"
#include "base/text/fixed_text.h"
#include "platform/api/frame_port.h"
#include "platform/posix/descriptor.h"
#include "platform/posix/os_error.h"

namespace ovs::platform {

class LinkRequests {
 public:
  // NotFound: no such link; Range: no link can have such a name.
  static Result<LinkRequests, OsError> open(Text name);

  Text name() const { return name_.text(); }
  Result<int, OsError> index() const;
  Result<MacAddress, OsError> mac() const;
  Result<std::uint32_t, OsError> mtu() const;
  bool is_up() const;
  Result<void, OsError> set_up(bool up) const;
  Result<void, OsError> set_mac(const MacAddress& mac) const;
  Result<void, OsError> set_mtu(std::uint32_t mtu) const;

 private:
  LinkRequests(Descriptor socket, FixedText<IFNAMSIZ - 1> name)
      : socket_(std::move(socket)), name_(name) {}
  Result<ifreq, OsError> ask(unsigned long request) const;

  Descriptor socket_;
  FixedText<IFNAMSIZ - 1> name_;
};

}  // namespace ovs::platform
