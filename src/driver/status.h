// What an Error is to Windows: the one table. Called where a request or a callback is answered.
#pragma once
#include <ntddk.h>

#include "base/core/error.h"

namespace ovs::driver {

constexpr NTSTATUS to_status(Error error) {
  switch (error) {
    case Error::Truncated: return STATUS_BUFFER_TOO_SMALL;
    case Error::Malformed: return STATUS_INVALID_PARAMETER;
    case Error::Unsupported: return STATUS_NOT_SUPPORTED;
    case Error::Invalid: return STATUS_INVALID_PARAMETER;
    case Error::Range: return STATUS_INVALID_PARAMETER;
    case Error::NoMemory: return STATUS_INSUFFICIENT_RESOURCES;
    case Error::NoSpace: return STATUS_BUFFER_TOO_SMALL;
    case Error::NotFound: return STATUS_NOT_FOUND;
    case Error::Exists: return STATUS_OBJECT_NAME_COLLISION;
    case Error::Busy: return STATUS_DEVICE_BUSY;
    case Error::Full: return STATUS_INSUFFICIENT_RESOURCES;
    case Error::Denied: return STATUS_ACCESS_DENIED;
    case Error::Down: return STATUS_DEVICE_NOT_READY;
    case Error::Closed: return STATUS_INVALID_HANDLE;
    case Error::WouldBlock: return STATUS_DEVICE_NOT_READY;
    case Error::TimedOut: return STATUS_TIMEOUT;
    case Error::Cancelled: return STATUS_CANCELLED;
    case Error::Io: return STATUS_UNSUCCESSFUL;
  }
  return STATUS_UNSUCCESSFUL;
}

}  // namespace ovs::driver
