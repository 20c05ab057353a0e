// The machine's name, for log lines.
#pragma once
#include <string>

namespace ovs::daemon {

std::string host_name();  // empty if it has none

}  // namespace ovs::daemon
