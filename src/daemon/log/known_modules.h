// Which module names -v and vlog/set take without a component of that name. Called by Log alone.
#pragma once
#include <string_view>

namespace ovs::daemon {

bool is_known_log_module(std::string_view name);  // in lower case

}  // namespace ovs::daemon
