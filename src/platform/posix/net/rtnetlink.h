// rtnetlink messages as values: the shapes of linux/rtnetlink.h, parsed once. Not a socket;
// net_config.cc has that.
#pragma once
#include <libmnl/libmnl.h>

#include "base/core/maybe.h"
#include "platform/api/net_config.h"

namespace ovs::platform {

// False when the message lacks what makes it one, or describes something that has no place in our
// tables (a multicast route, a bridge's own neighbour).
bool parse_message(const nlmsghdr& message, Link& link);
bool parse_message(const nlmsghdr& message, LinkAddress& address);
bool parse_message(const nlmsghdr& message, Route& route);
bool parse_message(const nlmsghdr& message, Neighbour& neighbour);
bool parse_counters(const nlmsghdr& message, LinkCounters& counters);

// Tells the listener what one event says; messages of other kinds are ignored.
void deliver_event(const nlmsghdr& message, NetListener& listener);

// An address as the bytes of its family: 4 or 16 of them.
struct RawAddress {
  unsigned char family;
  std::uint16_t size;
  std::uint8_t bytes[16];
};
RawAddress raw_address(const IpAddress& address);

}  // namespace ovs::platform
