// Flows from files and from switches, compared and sorted.
#pragma once
#include <string>
#include <vector>

#include "tools/ovs-ofctl/connection.h"

namespace ovs::tools::ofctl {

// A flow without what it has counted.
struct SourceFlow {
  std::uint8_t table = 0;
  std::uint16_t priority = 0;
  flow::Match match;
  std::uint64_t cookie = 0;
  std::uint16_t idle_timeout = 0, hard_timeout = 0, importance = 0, flags = 0;
  openflow::Actions actions;
};

Result<std::vector<openflow::FlowMod>, Failure> flows_of_file(Call& call, const std::string& path,
                                                              openflow::FlowCommand otherwise,
                                                              const flow::PortNames* ports,
                                                              openflow::Protocols& usable);
Result<std::vector<SourceFlow>, Failure> flows_of_switch(Call& call, const std::string& name);
// A file if there is one of that name, a switch otherwise.
Result<std::vector<SourceFlow>, Failure> flows_of_source(Call& call, const std::string& name);

// Lines of what only one of them has, "-" and "+" first; empty if they are equal.
std::string difference_text(std::vector<SourceFlow> before, std::vector<SourceFlow> after);
// What makes a switch's flows the wanted ones: additions, then deletions. With `readd` those that
// are right already are added again.
std::vector<openflow::FlowMod> replacement(const std::vector<SourceFlow>& present,
                                           const std::vector<openflow::FlowMod>& wanted,
                                           bool readd);
Result<void, Failure> sort_flows(const Call& call, std::vector<openflow::FlowStats>& flows);

Result<openflow::Actions, flow::TextError> parse_packet_actions(std::string_view text,
                                                                const flow::PortNames* ports,
                                                                openflow::Protocols& usable);

}  // namespace ovs::tools::ofctl
