// Texts of Nicira's extensions: connections to forget, tunnel options that become fields.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "openflow/message/body.h"
#include "openflow/text/words.h"

namespace ovs::openflow {

// "zone=5", "mark=1/0xff", "labels=...", and up to two tuples ("ct_nw_src=10.0.0.1,ct_nw_proto=6"),
// in this order, each optional; an empty tuple says nothing.
Result<CtFlush, flow::TextError> parse_ct_flush(const std::vector<std::string>& words);
// "{class=0xffff,type=0,len=4}->tun_metadata0,..."
Result<std::vector<TlvMap>, flow::TextError> parse_tlv_maps(std::string_view text);

}  // namespace ovs::openflow
