// Messages as `ovs-ofctl ofp-print` and the logs of connections show them.
#pragma once
#include <string>

#include "base/bytes/span.h"
#include "flow/match/port_names.h"
#include "openflow/message/codec.h"

namespace ovs::openflow {

struct PrintOptions {
  int verbosity = 1;  // from 3 on packets are dumped too
  const flow::PortNames* ports = nullptr;
  const flow::PortNames* tables = nullptr;
  bool statistics = true;  // of flows: counters and ages
  Remarks* remarks = nullptr;
};

// The whole text of one message, with its last newline. Bytes that are no message are dumped.
std::string print_message(Bytes message, const PrintOptions& options = {});
// "OFPT_FLOW_MOD (OF1.3) (xid=0x2):"
std::string message_title(Encoding encoding, std::uint8_t wire_version, std::uint32_t xid);

// The parts, for those who have them decoded.
std::string format_flow_stats(const FlowStats& flow, const PrintOptions& options = {});
std::string format_flow_mod(const FlowMod& mod, const PrintOptions& options = {});
std::string format_port(const Port& port, const PrintOptions& options = {});
std::string format_group_mod(const GroupMod& mod, Version version,
                             const PrintOptions& options = {});
std::string format_group(const GroupDesc& group, Version version, const PrintOptions& options = {});
std::string format_port_stats(const PortStats& stats, const PrintOptions& options = {});
// Sixteen bytes a line, with offsets; with characters beside them on demand.
enum class Characters : bool { No, Yes };
std::string hex_dump(Bytes bytes, Characters characters);
// What a packet's headers say: "tcp,vlan_tci=0x0000,... tcp_csum:26e8".
std::string format_packet(Bytes packet);
std::string format_duration(std::uint32_t seconds, std::uint32_t nanoseconds);

}  // namespace ovs::openflow
