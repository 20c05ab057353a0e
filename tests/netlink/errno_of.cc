#include "netlink/errno_of.h"

#include <cerrno>

namespace ovs::netlink {

namespace {

using wire::ErrorNumber;
struct Row {
  ErrorNumber number;
  int of_linux;
};
// Up to Range they are the same.
constexpr Row kRows[] = {
    {ErrorNumber::NameTooLong, ENAMETOOLONG},
    {ErrorNumber::NoSystem, ENOSYS},
    {ErrorNumber::AddressInUse, EADDRINUSE},
    {ErrorNumber::AddressNotAvailable, EADDRNOTAVAIL},
    {ErrorNumber::FamilyNotSupported, EAFNOSUPPORT},
    {ErrorNumber::BadMessage, EBADMSG},
    {ErrorNumber::Cancelled, ECANCELED},
    {ErrorNumber::ConnectionRefused, ECONNREFUSED},
    {ErrorNumber::ConnectionReset, ECONNRESET},
    {ErrorNumber::HostUnreachable, EHOSTUNREACH},
    {ErrorNumber::Loop, ELOOP},
    {ErrorNumber::MessageSize, EMSGSIZE},
    {ErrorNumber::NetworkDown, ENETDOWN},
    {ErrorNumber::NetworkUnreachable, ENETUNREACH},
    {ErrorNumber::NoBuffers, ENOBUFS},
    {ErrorNumber::NotConnected, ENOTCONN},
    {ErrorNumber::NotSupported, EOPNOTSUPP},
    {ErrorNumber::NotSupportedHere, EOPNOTSUPP},
    {ErrorNumber::Overflow, EOVERFLOW},
    {ErrorNumber::ProtocolNotSupported, EPROTONOSUPPORT},
    {ErrorNumber::TimedOut, ETIMEDOUT},
    {ErrorNumber::WouldBlock, EAGAIN},
};

}  // namespace

int errno_of(ErrorNumber number) {
  if (number <= ErrorNumber::Range) return int(number);
  for (const Row& row : kRows) {
    if (row.number == number) return row.of_linux;
  }
  return EIO;
}

}  // namespace ovs::netlink
