// Whether actions may stand together and where they stand: the order of instructions, what may be
// inside of what. Knows neither the flow's match (check.h) nor what a switch can do.
#pragma once
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "openflow/action/action.h"
#include "openflow/core/error.h"

namespace ovs::openflow {

enum class ActionsContext : std::uint8_t { List, Instructions };
enum class OuterAction : std::uint8_t { None, WriteActions, Ct, Clone };

struct Misplaced {
  OfError error;
  std::string text;
};
Result<void, Misplaced> verify_actions(const Actions& actions, ActionsContext context,
                                       OuterAction outer, Version version);
// "output", "set_field", ...: the kind of action, as texts about it say.
std::string_view action_name(const Action& action);

}  // namespace ovs::openflow
