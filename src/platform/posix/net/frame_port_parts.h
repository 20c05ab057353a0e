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

// A port of a link, but for its frames.
class LinkedPort : public FramePort {
 public:
  LinkedPort(LinkRequests link, Descriptor frames, const MacAddress& mac)
      : link_(std::move(link)), frames_(std::move(frames)), mac_(mac) {}

  Text name() const override { return link_.name(); }
  MacAddress mac() const override { return link_.mac().value_or(mac_); }
  std::uint32_t mtu() const override { return link_.mtu().value_or(1500); }
  bool is_up() const override { return link_.is_up(); }
  FramePortCounters counters() const override { return counters_; }
  Result<void, OsError> set_mac(const MacAddress& mac) override { return link_.set_mac(mac); }
  Result<void, OsError> set_mtu(std::uint32_t mtu) override { return link_.set_mtu(mtu); }
  Result<void, OsError> set_up(bool up) override { return link_.set_up(up); }
  std::int64_t readiness() const override { return frames_.number(); }

 protected:
  int descriptor() const { return frames_.number(); }
  FramePortCounters counters_;

 private:
  LinkRequests link_;
  Descriptor frames_;
  MacAddress mac_;
};

}  // namespace ovs::platform
