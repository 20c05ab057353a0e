#include "platform/posix/os_error.h"

#include <cstring>

namespace ovs::platform {
namespace {

struct Meaning {
  int number;
  Error kind;
};

constexpr Meaning kMeanings[] = {
    {ENOENT, Error::NotFound},
    {ENODEV, Error::NotFound},
    {ESRCH, Error::NotFound},
    {ENXIO, Error::NotFound},
    {EADDRNOTAVAIL, Error::NotFound},
    {EEXIST, Error::Exists},
    {EACCES, Error::Denied},
    {EPERM, Error::Denied},
    {EROFS, Error::Denied},
    {ENOMEM, Error::NoMemory},
    {ENOBUFS, Error::NoMemory},
    {EBUSY, Error::Busy},
    {ETXTBSY, Error::Busy},
    {EAGAIN, Error::WouldBlock},
    {EINVAL, Error::Invalid},
    {ENOTDIR, Error::Invalid},
    {EISDIR, Error::Invalid},
    {ENAMETOOLONG, Error::Range},
    {ERANGE, Error::Range},
    {ENOSPC, Error::Full},
    {EDQUOT, Error::Full},
    {EMFILE, Error::Full},
    {ENFILE, Error::Full},
    {EFBIG, Error::Full},
    {EPIPE, Error::Closed},
    {ECONNRESET, Error::Closed},
    {ETIMEDOUT, Error::TimedOut},
    {ECANCELED, Error::Cancelled},
    {ENETDOWN, Error::Down},
    {EOPNOTSUPP, Error::Unsupported},
    {ENOSYS, Error::Unsupported},
};

}  // namespace

OsError os_error_of(int number) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.number == number) return {meaning.kind, number};
  }
  return {Error::Io, number};
}

Text os_error_text(int number) {
  const char* text = strerrordesc_np(number);
  return text != nullptr ? text : "Unknown error";
}

}  // namespace ovs::platform
