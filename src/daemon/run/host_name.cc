// gethostname() as Asio wraps it on each system.
#include "daemon/run/host_name.h"

#include "daemon/run/asio_setup.h"
//
#include <asio/ip/host_name.hpp>

namespace ovs::daemon {

std::string host_name() {
  asio::error_code error;
  return asio::ip::host_name(error);
}

}  // namespace ovs::daemon
