// What a program asked for and was refused, a line each, for whoever looks into a failed test: in
// the file that the environment's NETLINK_TRACE names.
#pragma once
#include "base/text/text.h"
#include "wire/netlink/message.h"

namespace ovs::netlink {

class Trace {
 public:
  // Null or empty: no trace.
  explicit Trace(const char* path);
  Trace(const Trace&) = delete;
  void refused(const wire::Message& request, int error, Text why);

 private:
  int file_ = -1;
};

}  // namespace ovs::netlink
