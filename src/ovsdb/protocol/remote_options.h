// How a server treats a connection method that it listens on or connects to.
#pragma once
#include <cstdint>
#include <string>

#include "base/core/maybe.h"
#include "daemon/stream/stream.h"

namespace ovs::ovsdb {

struct RemoteOptions {
  Maybe<std::uint64_t> probe_interval_ms;  // none: by method
  std::uint64_t max_backoff_ms = 8000;
  bool read_only = false;
  std::string role;
  std::uint8_t dscp = daemon::kDefaultDscp;
};
bool operator==(const RemoteOptions& a, const RemoteOptions& b);

}  // namespace ovs::ovsdb
