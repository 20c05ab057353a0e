// Printers of bodies about flows and packets.
#include <fmt/format.h>

#include "flow/match/extract.h"
#include "flow/match/match_text.h"
#include "openflow/action/action_text.h"
#include "openflow/action/names.h"
#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

using flow::FieldId;

constexpr BitName kFlagNames[] = {{kSendFlowRemoved, "send_flow_rem"},
                                  {kCheckOverlap, "check_overlap"},
                                  {kResetCounts, "reset_counts"},
                                  {kNoPacketCounts, "no_packet_counts"},
                                  {kNoByteCounts, "no_byte_counts"}};

// Each flag followed by a space; nothing for none.
std::string flags_text(std::uint16_t flags) {
  return flags == 0 ? std::string() : bit_names(flags, kFlagNames, " ") + " ";
}

std::string dotted(const ByteString& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : ".", byte);
  }
  return text;
}

std::string command_text(FlowCommand command) {
  switch (command) {
    case FlowCommand::Add: return "ADD";
    case FlowCommand::Modify: return "MOD";
    case FlowCommand::ModifyStrict: return "MOD_STRICT";
    case FlowCommand::Delete: return "DEL";
    case FlowCommand::DeleteStrict: return "DEL_STRICT";
  }
  return "unknown";
}

std::string with_space(std::string text) {
  if (!text.empty()) text += ' ';
  return text;
}

std::string counted_text(const FlowStats& m) {
  const auto count = [](std::uint64_t n) {
    return n == kUnknownCount ? std::string("?") : fmt::format("{}", n);
  };
  return fmt::format("n_packets={}, n_bytes={}, ", count(m.packets), count(m.bytes));
}

// The fields that a packet's own headers have, exactly.
constexpr FieldId kPacketFields[] = {
    FieldId::VlanTci,    FieldId::EthSrc,     FieldId::EthDst,   FieldId::EthType,
    FieldId::IpSrc,      FieldId::IpDst,      FieldId::Ipv6Src,  FieldId::Ipv6Dst,
    FieldId::Ipv6Label,  FieldId::NwProto,    FieldId::IpDscp,   FieldId::NwEcn,
    FieldId::NwTtl,      FieldId::IpFrag,     FieldId::ArpSpa,   FieldId::ArpTpa,
    FieldId::ArpOp,      FieldId::ArpSha,     FieldId::ArpTha,   FieldId::TcpSrc,
    FieldId::TcpDst,     FieldId::TcpFlags,   FieldId::UdpSrc,   FieldId::UdpDst,
    FieldId::SctpSrc,    FieldId::SctpDst,    FieldId::IcmpType, FieldId::IcmpCode,
    FieldId::Icmpv6Type, FieldId::Icmpv6Code, FieldId::NdTarget, FieldId::NdSll,
    FieldId::NdTll};

flow::Match match_of_packet(Bytes packet) {
  flow::MatchKey key;
  key.flow = flow::extract(packet, flow::PacketMetadata{});
  flow::Match match;
  for (const FieldId id : kPacketFields) {
    if (match.may_match(id))
      match.set_masked(id, field_value(key, id), flow::Match::exact_mask(id));
  }
  return match;
}

struct ChecksumPlace {
  std::uint8_t protocol;
  const char* name;
  std::size_t offset;  // from the transport header
  std::size_t size;    // of that header
};
constexpr ChecksumPlace kChecksums[] = {
    {6, "tcp", 16, 20}, {17, "udp", 6, 8}, {1, "icmp", 2, 8}, {58, "icmp6", 2, 8}};

std::string checksum_text(Bytes packet) {
  flow::PacketKey key;
  const flow::HeaderOffsets offsets = flow::extract(packet, flow::PacketMetadata{}, key);
  if (offsets.l4 == 0) return {};
  flow::MatchKey whole;
  whole.flow = key.expanded();
  const auto protocol = std::uint8_t(field_value(whole, FieldId::NwProto).low());
  for (const ChecksumPlace& place : kChecksums) {
    if (place.protocol != protocol || packet.count() < offsets.l4 + place.size) continue;
    const std::uint16_t sum = load<Be16>(packet.data() + offsets.l4 + place.offset).host();
    return fmt::format(" {}_csum:{:x}", place.name, sum);
  }
  return {};
}

std::string packet_text(const ByteString& packet, const PrintOptions& options) {
  std::string text;
  if (options.verbosity > 0) text += format_packet(packet) + "\n";
  if (options.verbosity > 2) text += hex_dump(packet, Characters::No);
  return text;
}

}  // namespace

namespace {
std::string fields_text(const flow::Match& match) {
  std::string text = flow::format_match(match);
  // A tag says that there could be a second one; that there is none is said too.
  const std::size_t behind_vlan = text.find(",dl_src=");
  if (text.find("dl_vlan=") < behind_vlan && behind_vlan != std::string::npos) {
    text.insert(behind_vlan, ",vlan_tci1=0x0000");
  }
  return text;
}
}  // namespace

std::string format_packet(Bytes packet) {
  return fields_text(match_of_packet(packet)) + checksum_text(packet);
}

std::string format_received_packet(Bytes packet) {
  flow::Match match = match_of_packet(packet);
  match.set(FieldId::InPort, kPortAny);
  return fields_text(match);
}

std::string print_body(const PacketIn& m, const Message&, const PrintOptions& options) {
  std::string text;
  if (m.table != 0) text += fmt::format(" table_id={}", table_text(m.table, options));
  if (m.cookie && *m.cookie != kUnknownCount) text += fmt::format(" cookie=0x{:x}", *m.cookie);
  text += fmt::format(" total_len={} ", m.total_length);
  text += with_space(flow::format_match(m.metadata, options.ports));
  text += fmt::format("(via {}) data_len={}", name_in(kReasonNames, std::size_t(m.reason)),
                      m.packet.size());
  text += m.buffer == kNoBuffer ? " (unbuffered)" : fmt::format(" buffer=0x{:08x}", m.buffer);
  if (m.total_length < m.packet.size()) text += " (***total_len < data_len***)";
  text += "\n";
  if (!m.userdata.empty()) text += fmt::format(" userdata={}\n", dotted(m.userdata));
  if (m.has_continuation) {
    text += fmt::format(" continuation={} bytes\n", m.continuation.size());
  }
  return text + packet_text(m.packet, options);
}

std::string print_body(const Resume& m, const Message& message, const PrintOptions& options) {
  return print_body(m.packet_in, message, options);
}

std::string print_body(const PacketOut& m, const Message&, const PrintOptions& options) {
  std::string text = " " + with_space(flow::format_match(m.metadata, options.ports));
  text += "actions=" + format_actions(m.actions, options.ports);
  if (m.buffer != kNoBuffer) return text + fmt::format(" buffer=0x{:08x}\n", m.buffer);
  text += fmt::format(" data_len={}\n", m.packet.size());
  if (m.packet.empty()) return text;
  return text + packet_text(m.packet, options);
}

std::string format_flow_mod(const FlowMod& m, const PrintOptions& options) {
  std::string text = command_text(m.command);
  if (m.table != 0) text += " table:" + table_text(m.table, options);
  text += " ";
  text += with_space(
      options.literal_match.value_or(flow::format_match(m.match, options.ports, m.priority)));
  if (m.new_cookie != 0 && m.new_cookie != kUnknownCount) {
    text += fmt::format("cookie:0x{:x} ", m.new_cookie);
  }
  if (m.cookie_mask != 0) text += fmt::format("cookie:0x{:x}/0x{:x} ", m.cookie, m.cookie_mask);
  if (m.idle_timeout != 0) text += fmt::format("idle:{} ", m.idle_timeout);
  if (m.hard_timeout != 0) text += fmt::format("hard:{} ", m.hard_timeout);
  const bool says_priority = !options.literal_match || m.priority == flow::kDefaultPriority;
  if (!says_priority) text += fmt::format("pri:{} ", m.priority);
  if (m.importance != 0) text += fmt::format("importance:{} ", m.importance);
  if (m.buffer != kNoBuffer) text += fmt::format("buf:0x{:x} ", m.buffer);
  if (m.out_port != kPortAny) text += "out_port:" + port_text(m.out_port, options) + " ";
  if (m.out_group != kGroupAny) text += fmt::format("out_group:{} ", m.out_group);
  text += flags_text(m.flags);
  return text + "actions=" + format_actions(m.actions, options.ports);
}

std::string print_body(const FlowMod& m, const Message&, const PrintOptions& options) {
  return " " + format_flow_mod(m, options);
}

std::string removed_reason_text(FlowRemovedReason reason) {
  constexpr const char* kReasons[] = {"idle",         "hard",         "delete",
                                      "group_delete", "meter_delete", "eviction"};
  return std::size_t(reason) < 6 ? kReasons[std::size_t(reason)] : "unknown";
}

std::string print_body(const FlowRemoved& m, const Message&, const PrintOptions& options) {
  std::string text = " " + flow::format_match(m.match, options.ports, m.priority);
  text += " reason=" + removed_reason_text(m.reason);
  if (m.table != kAllTables) text += " table_id=" + table_text(m.table, options);
  if (m.cookie != 0) text += fmt::format(" cookie:0x{:x}", m.cookie);
  text += " duration" + format_duration(m.duration_s, m.duration_ns);
  text += fmt::format(" idle{}", m.idle_timeout);
  if (m.hard_timeout != 0) text += fmt::format(" hard{}", m.hard_timeout);
  return text + fmt::format(" pkts{} bytes{}\n", m.packets, m.bytes);
}

std::string format_flow_stats(const FlowStats& m, const PrintOptions& options) {
  std::string text;
  if (options.statistics || m.cookie != 0) text += fmt::format("cookie=0x{:x}, ", m.cookie);
  if (options.statistics) {
    text += "duration=" + format_duration(m.duration_s, m.duration_ns) + ", ";
  }
  if (options.statistics || m.table != 0) {
    text += fmt::format("table={}, ", table_text(m.table, options));
  }
  if (options.statistics) text += counted_text(m);
  if (m.idle_timeout != 0) text += fmt::format("idle_timeout={}, ", m.idle_timeout);
  if (m.hard_timeout != 0) text += fmt::format("hard_timeout={}, ", m.hard_timeout);
  text += flags_text(m.flags);
  if (m.importance != 0) text += fmt::format("importance={}, ", m.importance);
  if (options.statistics && m.idle_age_s >= 0) text += fmt::format("idle_age={}, ", m.idle_age_s);
  if (options.statistics && m.hard_age_s >= 0 && std::uint32_t(m.hard_age_s) != m.duration_s) {
    text += fmt::format("hard_age={}, ", m.hard_age_s);
  }
  text += with_space(flow::format_match(m.match, options.ports, m.priority));
  return text + "actions=" + format_actions(m.actions, options.ports);
}

std::string print_body(const FlowStatsReply& m, const Message&, const PrintOptions& options) {
  std::string text = "\n";
  for (const FlowStats& flow : m.flows) text += " " + format_flow_stats(flow, options) + "\n";
  return text;
}

std::string print_body(const FlowStatsRequest& m, const Message&, const PrintOptions& options) {
  std::string text;
  if (m.table != kAllTables) text += " table=" + table_text(m.table, options);
  if (m.out_port != kPortAny) text += " out_port=" + port_text(m.out_port, options);
  const std::string match = flow::format_match(m.match, options.ports);
  return match.empty() ? text : text + " " + match;
}

std::string print_body(const AggregateReply& m, const Message&, const PrintOptions&) {
  return fmt::format(" packet_count={} byte_count={} flow_count={}", m.packets, m.bytes, m.flows);
}

}  // namespace ovs::openflow
