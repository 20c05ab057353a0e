// Printers of bodies about watching flows, and of Nicira's extensions.
#include <fmt/format.h>

#include <algorithm>

#include "flow/field/value_text.h"
#include "openflow/action/action_text.h"
#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

constexpr BitName kFlagNames[] = {{kMonitorInitial, "initial"}, {kMonitorAdd, "add"},
                                  {kMonitorDelete, "delete"},   {kMonitorModify, "modify"},
                                  {kMonitorActions, "actions"}, {kMonitorNoAbbrev, "no-abbrev"},
                                  {kMonitorOwn, "own"}};

std::string monitor_text(const FlowMonitor& m, const PrintOptions& options) {
  if (m.command == MonitorCommand::Delete) return fmt::format("\n id={} command=delete", m.id);
  std::string text = fmt::format("\n id={} flags={}", m.id, bit_names(m.flags, kFlagNames, ","));
  if (m.out_port != kPortNone) text += " out_port=" + port_text(m.out_port, options);
  if (m.out_group != 0 && m.out_group != kGroupAny) {
    text += fmt::format(" out_group={}", std::int32_t(m.out_group));
  }
  if (m.table != kAllTables) text += " table=" + table_text(m.table, options);
  const std::string match = flow::format_match(m.match, options.ports);
  return match.empty() ? text : text + " " + match;
}

std::string event_text(const FlowUpdate& m) {
  switch (m.event) {
    case FlowEvent::Initial: return "INITIAL";
    case FlowEvent::Added: return "ADDED";
    case FlowEvent::Deleted: return "DELETED reason=" + removed_reason_text(m.reason);
    case FlowEvent::Modified: return "MODIFIED";
    case FlowEvent::Abbreviated: return fmt::format("ABBREV xid=0x{:x}", m.xid);
    case FlowEvent::Paused: return "PAUSED";
    case FlowEvent::Resumed: return "RESUMED";
  }
  return {};
}

std::string update_text(const FlowUpdate& m, const PrintOptions& options) {
  std::string text = "\n event=" + event_text(m);
  if (m.event >= FlowEvent::Abbreviated) return text;
  text += " table=" + table_text(m.table, options);
  if (m.idle_timeout != 0) text += fmt::format(" idle_timeout={}", m.idle_timeout);
  if (m.hard_timeout != 0) text += fmt::format(" hard_timeout={}", m.hard_timeout);
  text += " cookie=" + flow::sharp_hex_text(m.cookie) + " ";
  text += flow::format_match(m.match, options.ports);
  if (m.actions.empty()) return text;
  if (text.back() != ' ') text += ' ';
  return text + "actions=" + format_actions(m.actions, options.ports);
}

std::string maps_text(const std::vector<TlvMap>& maps) {
  std::string text =
      " mapping table:\n"
      "  class  type  length  match field\n"
      " ------  ----  ------  --------------";
  for (const TlvMap& map : maps) {
    text += fmt::format("\n {:>6}  {:>4}  {:>6}  tun_metadata{}",
                        flow::sharp_hex_text(map.option_class), flow::sharp_hex_text(map.type),
                        map.length, map.index);
  }
  return text;
}

std::string ipfix_text(const IpfixStats& m, std::size_t indent) {
  return fmt::format(
      "flows={}, current flows={}, sampled pkts={}, ipv4 ok={}, ipv6 ok={}, tx pkts={}\n"
      "{}pkts errs={}, ipv4 errs={}, ipv6 errs={}, tx errs={}\n",
      m.total_flows, m.current_flows, m.packets, m.ipv4_packets, m.ipv6_packets, m.tx_packets,
      std::string(indent, ' '), m.error_packets, m.ipv4_errors, m.ipv6_errors, m.tx_errors);
}

std::string address_text(const Address16& address, std::uint8_t family) {
  const flow::FieldValue value = flow::FieldValue::of(Bytes(address.data(), address.size()));
  const bool zero = value.is_zero();
  return family == 4 && !zero ? flow::ipv4_text(flow::FieldValue::of(value.low() & 0xffffffff))
                              : flow::ipv6_text(value);
}
std::string tuple_text(const CtTuple& m, std::uint8_t protocol, std::uint8_t family) {
  constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58;
  const char* name = family == 4 ? "ct_nw" : "ct_ipv6";
  std::string text = fmt::format("{}_src={},{}_dst={}", name, address_text(m.source, family), name,
                                 address_text(m.destination, family));
  if (protocol == kIcmp || protocol == kIcmpv6) {
    return text + fmt::format(",icmp_id={},icmp_type={},icmp_code={}", m.icmp_id, m.icmp_type,
                              m.icmp_code);
  }
  return text + fmt::format(",ct_tp_src={},ct_tp_dst={}", m.source_port, m.destination_port);
}

std::string label_text(const Address16& label) {
  if (label == Address16{}) return "0";
  return flow::hex_text(flow::FieldValue::of(Bytes(label.data(), label.size())));
}

}  // namespace

std::string format_ct_flush(const CtFlush& m) {
  std::string text;
  if (m.mark_mask != 0) {
    text += "mark=" + flow::sharp_hex_text(m.mark);
    if (m.mark_mask != 0xffffffff) text += "/" + flow::sharp_hex_text(m.mark_mask);
    text += ' ';
  }
  Address16 ones;
  std::fill(ones.begin(), ones.end(), std::uint8_t{0xff});
  if (m.labels_mask != Address16{}) {
    text += "labels=" + label_text(m.labels);
    if (m.labels_mask != ones) text += "/" + label_text(m.labels_mask);
    text += ' ';
  }
  return text + fmt::format("'{},ct_nw_proto={}' '{}'",
                            tuple_text(m.original, m.protocol, m.family), m.protocol,
                            tuple_text(m.reply, m.protocol, m.family));
}

std::string print_body(const FlowMonitorRequest& m, const Message&, const PrintOptions& options) {
  std::string text;
  for (const FlowMonitor& monitor : m.monitors) text += monitor_text(monitor, options);
  return text;
}
std::string print_body(const MonitorCancel& m, const Message&, const PrintOptions&) {
  return fmt::format(" id={}", m.id);
}
std::string print_body(const FlowMonitorReply& m, const Message&, const PrintOptions& options) {
  std::string text;
  for (const FlowUpdate& update : m.updates) text += update_text(update, options);
  return text;
}

std::string print_body(const TlvTableMod& m, const Message&, const PrintOptions&) {
  switch (m.command) {
    case TlvCommand::Add: return "\n ADD" + maps_text(m.maps);
    case TlvCommand::Delete: return "\n DEL" + maps_text(m.maps);
    case TlvCommand::Clear: break;
  }
  return "\n CLEAR";
}
std::string print_body(const TlvTableReply& m, const Message&, const PrintOptions&) {
  unsigned used = 0;
  for (const TlvMap& map : m.maps) used += map.length;
  return fmt::format("\n max option space={} max fields={}\n allocated option space={}\n\n{}",
                     m.max_space, m.max_fields, used, maps_text(m.maps));
}

std::string print_body(const IpfixBridgeReply& m, const Message&, const PrintOptions&) {
  constexpr std::size_t kIndent = 16;
  return "\n  bridge ipfix: " + ipfix_text(m.stats, kIndent);
}
std::string print_body(const IpfixFlowReply& m, const Message&, const PrintOptions&) {
  constexpr std::size_t kIndent = 10;
  std::string text = fmt::format(" {} ids\n", m.sets.size());
  for (const IpfixStats& set : m.sets) {
    text += fmt::format("  id {:>3}: ", set.collector_set) + ipfix_text(set, kIndent);
  }
  return text;
}

std::string print_body(const CtFlush& m, const Message&, const PrintOptions&) {
  return fmt::format(" zone={} ", m.zone.value_or(0)) + format_ct_flush(m);
}

}  // namespace ovs::openflow
