// Errors as the device reports them: Microsoft's errno values, sent negative, on every system
// alike.
#pragma once
#include <cstdint>

#include "base/core/error.h"

namespace ovs::wire {

enum class ErrorNumber : std::int32_t {
  None = 0,
  Perm = 1,
  NoEntry = 2,
  Interrupted = 4,
  Io = 5,
  NoDeviceAddress = 6,
  TooBig = 7,
  BadHandle = 9,
  Again = 11,
  NoMemory = 12,
  Access = 13,
  Fault = 14,
  Busy = 16,
  Exists = 17,
  CrossDevice = 18,
  NoDevice = 19,
  Invalid = 22,
  NoSpace = 28,
  Pipe = 32,
  Range = 34,
  NameTooLong = 38,
  NoSystem = 40,
  AddressInUse = 100,
  AddressNotAvailable = 101,
  FamilyNotSupported = 102,
  BadMessage = 104,
  Cancelled = 105,
  ConnectionRefused = 107,
  ConnectionReset = 108,
  HostUnreachable = 110,
  Loop = 114,
  MessageSize = 115,
  NetworkDown = 116,
  NetworkUnreachable = 118,
  NoBuffers = 119,
  NotConnected = 126,
  NotSupported = 129,
  NotSupportedHere = 130,
  Overflow = 132,
  ProtocolNotSupported = 135,
  TimedOut = 138,
  WouldBlock = 140,
};

// The number for an error of ours, and back. Sent as -number.
ErrorNumber error_number(Error error);
Error error_of(ErrorNumber number);
// What the C library of Microsoft says: "No such file or directory". "Unknown error" for others.
const char* error_text(ErrorNumber number);

}  // namespace ovs::wire
