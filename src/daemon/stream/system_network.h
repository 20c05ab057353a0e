// The Network of the system's sockets, over Asio; ssl: and pssl: are tcp: and ptcp: with TLS around
// (tls.h). Relative unix paths are under the run directory.
#pragma once
#include <memory>
#include <string>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/stream.h"

namespace ovs::daemon {

class SystemNetwork final : public Network {
 public:
  // All must outlive it and every stream made by it. `default_port` completes "tcp:HOST" and
  // "ptcp:".
  SystemNetwork(Loop& loop, Log& log, std::string run_directory, std::uint16_t default_port = 6640);
  ~SystemNetwork() override;

  void set_tls(const TlsSettings& settings) override;
  Result<std::unique_ptr<Listener>, IoError> listen(std::string_view method, AcceptHandler accept,
                                                    std::uint8_t dscp = kDefaultDscp) override;
  std::unique_ptr<Connecting> connect(std::string_view method, ConnectHandler done,
                                      std::uint8_t dscp = kDefaultDscp) override;

  struct Shared;

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace ovs::daemon
