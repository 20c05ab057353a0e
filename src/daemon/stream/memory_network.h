// A Network inside one process, for tests and for whole systems under one virtual clock: any method
// string is an address, and "tcp:X" or "unix:X" reaches who listens on "ptcp:X" or "punix:X".
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "daemon/run/loop.h"
#include "daemon/stream/stream.h"

namespace ovs::daemon {

class MemoryNetwork final : public Network {
 public:
  explicit MemoryNetwork(Loop& loop);
  ~MemoryNetwork() override;

  Result<std::unique_ptr<Listener>, IoError> listen(std::string_view method, AcceptHandler accept,
                                                    std::uint8_t dscp = kDefaultDscp) override;
  std::unique_ptr<Connecting> connect(std::string_view method, ConnectHandler done,
                                      std::uint8_t dscp = kDefaultDscp) override;

  // Bytes vanish and connects hang, as when a cable is pulled, until mended.
  enum class Cable : bool { Cut, Mended };
  void set_cable(Cable cable);
  // Breaks every open stream: both ends see "Connection reset by peer".
  void reset_streams();

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace ovs::daemon
