// Asking a program through its control socket, blocking, for ovs-appctl and for tools that talk to
// one daemon once.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/maybe.h"
#include "base/core/result.h"
#include "daemon/stream/io_error.h"
#include "wire/json/json.h"

namespace ovs::daemon {

struct ControlReply {
  bool is_error = false;
  wire::Json body;
};

class ControlClient {
 public:
  // Waits at most `timeout_ms` for all that follows; unset: for ever. Running out of time is
  // ETIMEDOUT.
  static Result<ControlClient, IoError> connect(const std::string& path,
                                                Maybe<std::uint64_t> timeout_ms);
  ControlClient(ControlClient&&) noexcept;
  ControlClient& operator=(ControlClient&&) noexcept;
  ~ControlClient();

  Result<ControlReply, IoError> transact(std::string_view command,
                                         const std::vector<std::string>& arguments);

 private:
  struct Impl;
  explicit ControlClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ovs::daemon
