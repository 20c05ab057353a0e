// What a rule does: OpenFlow actions as they were checked when the rule was made. Shared by
// versions of the rule.
#pragma once
#include "openflow/action/action.h"
#include "vswitch/tables/shared.h"

namespace ovs::vswitch {

struct RuleActions : SharedCount {
  explicit RuleActions(openflow::Actions actions) : list(std::move(actions)) {}

  const openflow::Actions list;
};

}  // namespace ovs::vswitch
