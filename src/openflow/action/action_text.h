// Actions as ovs-ofctl prints and reads them.
#pragma once
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "flow/match/match_text.h"
#include "openflow/action/action.h"
#include "openflow/action/verify.h"

namespace ovs::openflow {

// "output:1,goto_table:2"; "drop" for an empty list. Without "actions=".
std::string format_actions(const Actions& actions, const flow::PortNames* ports = nullptr);
// "NXM_NX_REG0[0..15]"
std::string format_subfield(const Subfield& bits);

// Reads what format_actions prints, and the other ways to say it. `usable` loses the protocols that
// cannot carry what the text says.
Result<Actions, flow::TextError> parse_actions(
    std::string_view text, const flow::PortNames* ports, Protocols& usable,
    ActionsContext context = ActionsContext::Instructions);
// "NXM_NX_REG0[0..15]", "reg0[]", "eth_src"
Result<Subfield, flow::TextError> parse_subfield(std::string_view text);

}  // namespace ovs::openflow
