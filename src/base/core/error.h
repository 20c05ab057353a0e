// What can go wrong below the control plane, in one byte. Hosted libraries that must explain
// themselves (OVSDB, text parsers) carry their own error type in Result<T, E>; a control operation
// fills a Refusal beside it.
#pragma once
#include <cstdint>

namespace ovs {

enum class Error : std::uint8_t {
  Truncated,    // fewer bytes than the format needs
  Malformed,    // bytes that contradict their format
  Unsupported,  // well formed, and not implemented
  Invalid,      // well formed, and not acceptable here
  Range,        // a number outside its limits
  NoMemory,     // the allocator said no
  NoSpace,      // the caller's buffer is too small
  NotFound,
  Exists,
  Busy,        // in use, or already under way
  Full,        // a named limit is reached
  Denied,      // not permitted
  Down,        // the port or link is down
  Closed,      // the other side has gone
  WouldBlock,  // nothing now; try again when readiness says so
  TimedOut,
  Cancelled,
  Io,  // the operating system or a device failed
};

// The name of an error in lower case, for messages: "not found". Static storage.
const char* error_name(Error error);

}  // namespace ovs
