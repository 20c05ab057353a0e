// What a rule does: OpenFlow actions as they were checked when the rule was made. Shared by
// versions of the rule.
#pragma once
#include "vswitch/ofproto/shared.h"

namespace ovs::vswitch {

struct RuleActions : SharedCount {};

}  // namespace ovs::vswitch
