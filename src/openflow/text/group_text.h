// Groups as people write them: "group_id=1,type=select,bucket=weight:5,actions=output:1".
#pragma once
#include <optional>
#include <string_view>

#include "openflow/text/flow_text.h"

namespace ovs::openflow {

// `usable` loses the protocols that cannot carry the change. An empty deletion is of all groups.
Result<GroupMod, flow::TextError> parse_group_mod(std::string_view text, GroupCommand command,
                                                  const TextContext& context, Protocols& usable);
// As in files: the first word may be a command; `otherwise` if it is none.
Result<GroupMod, flow::TextError> parse_group_line(std::string_view text, GroupCommand otherwise,
                                                   const TextContext& context, Protocols& usable);
// A group's number, "all" or "any".
std::optional<std::uint32_t> parse_group_id(std::string_view text);

}  // namespace ovs::openflow
