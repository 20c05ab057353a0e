// Whether actions fit the flow that has them: fields that they use must be in its packets, tables
// that they go to must come later.
#pragma once
#include "flow/match/match.h"
#include "openflow/action/action.h"
#include "openflow/core/error.h"
#include "openflow/core/remarks.h"

namespace ovs::openflow {

// `usable` loses the protocols that would refuse what version 1.0 does leniently. Also tells VLAN
// actions whether a tag is there. The error is what the switch answers.
Result<void, OfError> check_actions(Actions& actions, const flow::Match& match, std::uint8_t table,
                                    Protocols& usable, Remarks* remarks = nullptr);

}  // namespace ovs::openflow
