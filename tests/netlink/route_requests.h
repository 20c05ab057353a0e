// Requests of NETLINK_ROUTE go to the kernel, except that it is to refuse the making of links.
// Pure.
#pragma once
#include "netlink/device_link.h"

namespace ovs::netlink {

// If `request` makes a link, its kind becomes one that no kernel has, and true is returned: the
// kernel's answer is then EOPNOTSUPP, with the sequence number and in the order of its answers.
bool spoil_link_creation(MutableBytes request);

}  // namespace ovs::netlink
