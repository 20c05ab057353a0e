// A failure of the operating system: what it means to us, and its own number for messages to
// people.
#pragma once
#include "base/core/error.h"
#include "base/text/text.h"

namespace ovs::platform {

struct OsError {
  Error kind;
  int number;  // errno, or a Windows error code

  constexpr bool operator==(const OsError&) const = default;
};

// "No such file or directory". Static storage. Defined by the backend.
Text os_error_text(int number);
inline Text os_error_text(const OsError& error) {
  return os_error_text(error.number);
}

}  // namespace ovs::platform
