// A device that another process hosts, reached through its socket: an open handle is a connection.
// Any thread may use it. When the other process goes, whatever is outstanding completes with
// Closed; the handles are dead then, and opening anew works as soon as somebody listens again.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "platform/api/device.h"

namespace ovs::daemon {

struct SocketDeviceTimes {
  std::uint32_t open_ms = 5'000;      // connected, but nobody accepts
  std::uint32_t control_ms = 10'000;  // a request that is to answer at once: TimedOut
};

class SocketDevice final : public platform::Device {
 public:
  explicit SocketDevice(std::string path, SocketDeviceTimes times = {});
  // Every handle is closed.
  ~SocketDevice();

  const std::string& path() const;

  // As platform::Device says; control() of a request that pends ends with TimedOut here, because
  // this side does not read requests. Errors also: TimedOut, Malformed (no device behind the
  // socket). Requests are completed on a thread of this object: completed() may close handles
  // there, but not wait for other requests.
  Result<platform::OpenDevice> open() override;

 private:
  class Handle;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ovs::daemon
