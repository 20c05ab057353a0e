// Connection methods ("tcp:[::1]:6640", "punix:db.sock") taken apart. Called by the networks;
// resolves no names.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "daemon/stream/io_error.h"

namespace ovs::daemon {

enum class MethodKind : std::uint8_t { Tcp, Ssl, Unix, PassiveTcp, PassiveSsl, PassiveUnix };

struct Method {
  MethodKind kind = MethodKind::Tcp;
  std::string host;  // without brackets; empty: any address
  std::uint16_t port = 0;
  std::string path;  // of unix and punix, as given
};

// Fails with an IoError whose detail says what is wrong.
Result<Method, IoError> parse_method(std::string_view text, std::uint16_t default_port);

// Under `directory` unless it is absolute.
std::string absolute_path(std::string_view directory, std::string_view path);

}  // namespace ovs::daemon
