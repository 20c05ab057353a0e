// Lists of OXM entries as text, entry by entry: "NXM_OF_IN_PORT(0001), NXM_NX_REG0_W(00ab/00ff)".
// What messages are made of, shown as it is; matches as people write them are flow/match's.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "flow/match/match_text.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {

// Entries that make no sense are shown by their numbers.
std::string format_oxm_list(Bytes entries, OxmStyle style);
Result<std::vector<std::uint8_t>, flow::TextError> parse_oxm_list(std::string_view text);

}  // namespace ovs::openflow
