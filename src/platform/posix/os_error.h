// errno as an OsError.
#pragma once
#include <cerrno>

#include "base/core/result.h"
#include "platform/api/os_error.h"

namespace ovs::platform {

OsError os_error_of(int number);
inline OsError last_os_error() {
  return os_error_of(errno);
}

// For calls that return -1 and set errno.
inline Result<void, OsError> os_check(long returned) {
  if (returned < 0) return last_os_error();
  return kOk;
}

// Repeats a call that a signal interrupted.
template <class Call>
auto retry_interrupted(Call call) {
  auto returned = call();
  while (returned == -1 && errno == EINTR) returned = call();
  return returned;
}

}  // namespace ovs::platform
