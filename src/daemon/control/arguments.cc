// set-options by way of CommandLine, whose complaints are the right ones.
#include "daemon/control/arguments.h"

#include <span>

#include "daemon/run/command_line.h"

namespace ovs::daemon {

Result<void, std::string> parse_format_option(const std::vector<std::string>& arguments,
                                              std::string& value) {
  CommandLine line;
  line.text("format", 0, value);
  const auto parsed = line.parse(std::span(arguments).subspan(1));
  if (!parsed.ok()) return parsed.error().text;
  return kOk;
}

}  // namespace ovs::daemon
