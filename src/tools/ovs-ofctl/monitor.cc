// Commands that print what a switch sends for as long as they run.
#include "tools/ovs-ofctl/options.h"

namespace ovs::tools::ofctl {

Span<const Command> monitor_commands() {
  return {};
}

}  // namespace ovs::tools::ofctl
