// Why a stream, a listener or a lookup failed: the system's number and the text people know for it.
#pragma once
#include <string>

namespace ovs::daemon {

struct IoError {
  static constexpr int kEndOfFile = -1;  // the peer closed in an orderly way
  static constexpr int kMethod = -2;     // the connection method itself is wrong; `detail` says how

  int number = 0;      // errno, or one of the above
  std::string detail;  // instead of the system's text, when there is more to say

  bool is_end_of_file() const { return number == kEndOfFile; }
  std::string text() const;  // "Connection refused", "End of file"
};

}  // namespace ovs::daemon
