// The texts of IoError.
#include "daemon/stream/io_error.h"

#include <cstring>

namespace ovs::daemon {

std::string IoError::text() const {
  if (!detail.empty()) return detail;
  if (number == kEndOfFile) return "End of file";
  return std::strerror(number);
}

}  // namespace ovs::daemon
