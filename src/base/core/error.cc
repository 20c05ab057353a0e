#include "base/core/error.h"

namespace ovs {

const char* error_name(Error error) {
  switch (error) {
    case Error::Truncated: return "truncated";
    case Error::Malformed: return "malformed";
    case Error::Unsupported: return "not supported yet";
    case Error::Invalid: return "invalid";
    case Error::Range: return "out of range";
    case Error::NoMemory: return "out of memory";
    case Error::NoSpace: return "buffer too small";
    case Error::NotFound: return "not found";
    case Error::Exists: return "already exists";
    case Error::Busy: return "busy";
    case Error::Full: return "limit reached";
    case Error::Denied: return "permission denied";
    case Error::Down: return "down";
    case Error::Closed: return "connection closed";
    case Error::WouldBlock: return "would block";
    case Error::TimedOut: return "timed out";
    case Error::Cancelled: return "cancelled";
    case Error::Io: return "input/output error";
  }
  return "unknown error";
}

}  // namespace ovs
