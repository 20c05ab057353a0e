// Linux's errno for the device's error numbers, which are those of Microsoft's C library.
#pragma once
#include "wire/netlink/error_numbers.h"

namespace ovs::netlink {

// Positive. EIO for a number that the device should not know.
int errno_of(wire::ErrorNumber number);

}  // namespace ovs::netlink
