// Messages as `ovs-ofctl ofp-print` and the logs of connections show them.
#pragma once
#include <optional>
#include <string>

#include "base/bytes/span.h"
#include "flow/match/port_names.h"
#include "openflow/message/codec.h"
#include "openflow/text/hex_dump.h"

namespace ovs::openflow {

struct PrintOptions {
  int verbosity = 1;  // from 3 on packets are dumped too
  const flow::PortNames* ports = nullptr;
  const flow::PortNames* tables = nullptr;
  bool statistics = true;  // of flows: counters and ages
  Remarks* remarks = nullptr;
  std::optional<std::string> literal_match =
      std::nullopt;  // of a flow-mod: shown instead of the match
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
std::string format_meter(const MeterConfig& meter);
// "mark=0x1 'ct_nw_src=...' '...'"
std::string format_ct_flush(const CtFlush& flush);
std::string format_port_stats(const PortStats& stats, const PrintOptions& options = {});
// What a packet's headers say: "tcp,vlan_tci=0x0000,... tcp_csum:26e8".
std::string format_packet(Bytes packet);
// The same fields without a checksum, and that it came from no port: as captures are shown.
std::string format_received_packet(Bytes packet);
std::string format_duration(std::uint32_t seconds, std::uint32_t nanoseconds);

}  // namespace ovs::openflow
