// Flows as people write them: "table=1,priority=10,tcp,actions=output:2".
#pragma once
#include <optional>
#include <string_view>

#include "openflow/core/remarks.h"
#include "openflow/message/body.h"
#include "openflow/text/words.h"

namespace ovs::openflow {

struct TextContext {
  const flow::PortNames* ports = nullptr;
  const flow::PortNames* tables = nullptr;
  Remarks* remarks = nullptr;
};

// `usable` loses the protocols that cannot carry the flow.
Result<FlowMod, flow::TextError> parse_flow_mod(std::string_view text, FlowCommand command,
                                                const TextContext& context, Protocols& usable);
// As in files: the first word may be a command; `otherwise` if it is none.
Result<FlowMod, flow::TextError> parse_flow_line(std::string_view text, FlowCommand otherwise,
                                                 const TextContext& context, Protocols& usable);
Result<FlowStatsRequest, flow::TextError> parse_flow_stats_request(std::string_view text,
                                                                   const TextContext& context,
                                                                   Protocols& usable);
// "in_port=1,packet=HEX,actions=2"
Result<PacketOut, flow::TextError> parse_packet_out(std::string_view text,
                                                    const TextContext& context, Protocols& usable);
// "table=1,in_port=2,!initial": what a flow monitor watches.
Result<FlowMonitor, flow::TextError> parse_flow_monitor(std::string_view text,
                                                        const TextContext& context);
Result<std::uint8_t, flow::TextError> parse_table(std::string_view text,
                                                  const TextContext& context);
// Removes what its protocols do not need, saying so in the remarks, as the switch would.
void normalize(flow::Match& match, const TextContext& context);

}  // namespace ovs::openflow
