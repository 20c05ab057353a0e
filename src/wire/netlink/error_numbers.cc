#include "wire/netlink/error_numbers.h"

namespace ovs::wire {
namespace {

// The first row of an error is the number it is sent as; of a number, the error it is read as.
struct Row {
  Error error;
  ErrorNumber number;
};
constexpr Row kRows[] = {
    {Error::Truncated, ErrorNumber::BadMessage},
    {Error::Malformed, ErrorNumber::Invalid},
    {Error::Unsupported, ErrorNumber::NotSupportedHere},
    {Error::Unsupported, ErrorNumber::NotSupported},
    {Error::Unsupported, ErrorNumber::NoSystem},
    {Error::Invalid, ErrorNumber::Invalid},
    {Error::Range, ErrorNumber::Range},
    {Error::NoMemory, ErrorNumber::NoMemory},
    {Error::NoSpace, ErrorNumber::NoBuffers},
    {Error::NoSpace, ErrorNumber::MessageSize},
    {Error::NotFound, ErrorNumber::NoEntry},
    {Error::NotFound, ErrorNumber::NoDevice},
    {Error::Exists, ErrorNumber::Exists},
    {Error::Busy, ErrorNumber::Busy},
    {Error::Full, ErrorNumber::TooBig},
    {Error::Full, ErrorNumber::NoSpace},
    {Error::Denied, ErrorNumber::Access},
    {Error::Denied, ErrorNumber::Perm},
    {Error::Down, ErrorNumber::NetworkDown},
    {Error::Closed, ErrorNumber::Pipe},
    {Error::WouldBlock, ErrorNumber::Again},
    {Error::WouldBlock, ErrorNumber::WouldBlock},
    {Error::TimedOut, ErrorNumber::TimedOut},
    {Error::Cancelled, ErrorNumber::Cancelled},
    {Error::Io, ErrorNumber::Io},
};

struct TextRow {
  ErrorNumber number;
  const char* text;
};
constexpr TextRow kTexts[] = {
    {ErrorNumber::None, "No error"},
    {ErrorNumber::Perm, "Operation not permitted"},
    {ErrorNumber::NoEntry, "No such file or directory"},
    {ErrorNumber::Interrupted, "Interrupted function call"},
    {ErrorNumber::Io, "Input/output error"},
    {ErrorNumber::NoDeviceAddress, "No such device or address"},
    {ErrorNumber::TooBig, "Arg list too long"},
    {ErrorNumber::BadHandle, "Bad file descriptor"},
    {ErrorNumber::Again, "Resource temporarily unavailable"},
    {ErrorNumber::NoMemory, "Not enough space"},
    {ErrorNumber::Access, "Permission denied"},
    {ErrorNumber::Fault, "Bad address"},
    {ErrorNumber::Busy, "Resource device"},
    {ErrorNumber::Exists, "File exists"},
    {ErrorNumber::CrossDevice, "Improper link"},
    {ErrorNumber::NoDevice, "No such device"},
    {ErrorNumber::Invalid, "Invalid argument"},
    {ErrorNumber::NoSpace, "No space left on device"},
    {ErrorNumber::Pipe, "Broken pipe"},
    {ErrorNumber::Range, "Result too large"},
    {ErrorNumber::NameTooLong, "Filename too long"},
    {ErrorNumber::NoSystem, "Function not implemented"},
    {ErrorNumber::AddressInUse, "address in use"},
    {ErrorNumber::AddressNotAvailable, "address not available"},
    {ErrorNumber::FamilyNotSupported, "address family not supported"},
    {ErrorNumber::BadMessage, "bad message"},
    {ErrorNumber::Cancelled, "operation canceled"},
    {ErrorNumber::ConnectionRefused, "connection refused"},
    {ErrorNumber::ConnectionReset, "connection reset"},
    {ErrorNumber::HostUnreachable, "host unreachable"},
    {ErrorNumber::Loop, "too many symbolic link levels"},
    {ErrorNumber::MessageSize, "message size"},
    {ErrorNumber::NetworkDown, "network down"},
    {ErrorNumber::NetworkUnreachable, "network unreachable"},
    {ErrorNumber::NoBuffers, "no buffer space"},
    {ErrorNumber::NotConnected, "not connected"},
    {ErrorNumber::NotSupported, "not supported"},
    {ErrorNumber::NotSupportedHere, "operation not supported"},
    {ErrorNumber::Overflow, "value too large"},
    {ErrorNumber::ProtocolNotSupported, "protocol not supported"},
    {ErrorNumber::TimedOut, "timed out"},
    {ErrorNumber::WouldBlock, "operation would block"},
};

}  // namespace

ErrorNumber error_number(Error error) {
  for (const Row& row : kRows) {
    if (row.error == error) return row.number;
  }
  return ErrorNumber::Invalid;
}

Error error_of(ErrorNumber number) {
  // A number that several errors are sent as says least with the last of them.
  if (number == ErrorNumber::Invalid) return Error::Invalid;
  for (const Row& row : kRows) {
    if (row.number == number) return row.error;
  }
  return Error::Io;
}

const char* error_text(ErrorNumber number) {
  for (const TextRow& row : kTexts) {
    if (row.number == number) return row.text;
  }
  return "Unknown error";
}

}  // namespace ovs::wire
