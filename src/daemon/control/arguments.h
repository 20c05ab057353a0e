// The arguments of set-options, read as a command line. Called by unixctl.cc.
#pragma once
#include <string>
#include <vector>

#include "base/core/result.h"

namespace ovs::daemon {

// `arguments[0]` is the command. Leaves `value` empty if no --format was given.
Result<void, std::string> parse_format_option(const std::vector<std::string>& arguments,
                                              std::string& value);

}  // namespace ovs::daemon
