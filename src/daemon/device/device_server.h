// Lends a device to other processes: each connection to a local socket is a handle on it, each
// frame a request. What the requests say is not looked at. Belongs to the loop's thread; the device
// may complete requests on any.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/io_error.h"
#include "platform/api/device.h"

namespace ovs::daemon {

// Frames have a limit of their own: wire::kMaxDevicePayload.
struct DeviceServerLimits {
  unsigned connections = 128;  // one more is told Full, and closed
  unsigned outstanding = 64;   // requests of one connection; one more is answered Full
};

struct DeviceServerCounts {
  std::uint64_t accepted = 0;               // connections that have a handle
  std::uint64_t turned_away = 0;            // connections: too many, or the device gave no handle
  std::uint64_t requests = 0, refused = 0;  // refused: over the limit of outstanding ones
  std::uint64_t cancels = 0;
  std::uint64_t bad_frames = 0;  // each cost its connection
  std::uint64_t vanished = 0;    // requests cancelled because their client has gone
};

class DeviceServer {
 public:
  // Listens at `path`, where a file may be left from an earlier run; owner and group may connect.
  // All outlive it. Completes no request later than its handle's close() returns.
  static Result<std::unique_ptr<DeviceServer>, IoError> listen(platform::Device& device, Loop& loop,
                                                               Log& log, std::string path,
                                                               DeviceServerLimits limits = {});
  // Closes every handle; clients find their connections closed. Removes the socket.
  ~DeviceServer();
  DeviceServer(const DeviceServer&) = delete;
  DeviceServer& operator=(const DeviceServer&) = delete;

  const DeviceServerCounts& counts() const;
  unsigned connection_count() const;

 private:
  struct Impl;
  class Connection;
  explicit DeviceServer(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace ovs::daemon
