// What Linux's controller of generic netlink ("nlctrl", family 16) answers when it is asked for a
// family by name: the device's static family ids and its multicast group. Pure.
#pragma once
#include "netlink/device_link.h"

namespace ovs::netlink {

inline constexpr std::uint16_t kControllerFamily = 16;

// A whole message: the family, or an error (of Linux's) as a negative number.
Buffer answer_controller(Bytes request, std::uint32_t pid);

// A netlink error message with Linux's errno, 0 for an acknowledgement. `request`: at least its
// netlink header.
Buffer error_message(Bytes request, std::uint32_t pid, int error);

}  // namespace ovs::netlink
