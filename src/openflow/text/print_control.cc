// Printers of bodies about the connection and the switch as a whole.
#include <fmt/format.h>

#include <algorithm>

#include "openflow/action/names.h"
#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

constexpr BitName kCapabilityNames[] = {{kFlowStats, "FLOW_STATS"},
                                        {kTableStats, "TABLE_STATS"},
                                        {kPortStats, "PORT_STATS"},
                                        {kGroupStats, "GROUP_STATS"},
                                        {kIpReassembly, "IP_REASM"},
                                        {kQueueStats, "QUEUE_STATS"},
                                        {kArpMatchIp, "ARP_MATCH_IP"},
                                        {kPortBlocked, "PORT_BLOCKED"},
                                        {kStp, "STP"},
                                        {kBundles, "BUNDLES"},
                                        {kFlowMonitoring, "FLOW_MONITORING"}};

constexpr const char* kActionNames10[] = {
    "output",     "set_vlan_vid", "set_vlan_pcp", "strip_vlan", "mod_dl_src", "mod_dl_dst",
    "mod_nw_src", "mod_nw_dst",   "mod_nw_tos",   "mod_tp_src", "mod_tp_dst", "enqueue"};

// Enqueue is named behind output, though its number is the last.
std::string action_names10(std::uint32_t actions) {
  constexpr unsigned kEnqueue = 11;
  std::string text;
  for (unsigned i = 0; i < kEnqueue; ++i) {
    if (actions >> i & 1) text += fmt::format(" {}", kActionNames10[i]);
    if (i == 0 && (actions >> kEnqueue & 1)) text += fmt::format(" {}", kActionNames10[kEnqueue]);
  }
  return text;
}

constexpr const char* kFragmentNames[] = {"normal", "drop", "reassemble", "nx-match"};
constexpr const char* kRoleNames[] = {"nochange", "equal", "primary", "secondary"};

constexpr const char* kPacketInReasons[] = {"no_match",   "action", "invalid_ttl",
                                            "action_set", "group",  "packet_out"};
constexpr const char* kPortReasons[] = {"add", "delete", "modify"};
constexpr const char* kRemovedReasons[] = {"idle",         "hard",         "delete",
                                           "group_delete", "meter_delete", "eviction"};

constexpr const char* kRoleReasons[] = {"primary_request", "configuration_changed",
                                        "experimenter_data_changed"};
constexpr const char* kTableReasons[] = {"0", "1", "2", "vacancy_down", "vacancy_up"};
constexpr const char* kForwardReasons[] = {"group_mod_request", "meter_mod_request"};

std::string async_line(const char* name, std::uint32_t bits, Span<const char* const> reasons) {
  std::string text = fmt::format("{:>16}:", name);
  bool any = false;
  for (std::size_t i = 0; i < reasons.count(); ++i) {
    if ((bits >> i & 1) == 0) continue;
    text += fmt::format(" {}", reasons[i]);
    any = true;
  }
  return text + (any ? "\n" : " (off)\n");
}

std::string async_text(const AsyncConfig& m, unsigned role) {
  std::string text = role == 0 ? " primary:\n" : " secondary:\n";
  text += async_line("PACKET_IN", m.packet_in[role], kPacketInReasons);
  text += async_line("PORT_STATUS", m.port_status[role], kPortReasons);
  text += async_line("FLOW_REMOVED", m.flow_removed[role], kRemovedReasons);
  text += async_line("ROLE_STATUS", m.role_status[role], kRoleReasons);
  text += async_line("TABLE_STATUS", m.table_status[role], kTableReasons);
  return text + async_line("REQUESTFORWARD", m.request_forward[role], kForwardReasons);
}

std::string escaped(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    const bool plain = byte >= ' ' && byte <= '~' && byte != '\\';
    text += plain ? std::string(1, char(byte)) : fmt::format("\\{:03o}", byte);
  }
  return text;
}

}  // namespace

std::string print_body(const Empty&, const Message& message, const PrintOptions&) {
  if (message.encoding == Encoding::Ofpst10PortDescRequest) return " port=ANY";
  return {};
}

std::string print_body(const Hello& m, const Message&, const PrintOptions&) {
  std::string text = fmt::format("\n version bitmap: {}", format_versions(m.versions));
  if (m.understood) return text;
  return text + "\n unknown data in hello:\n" + hex_dump(m.whole, Characters::Yes);
}

std::string print_body(const ErrorMessage& m, const Message&, const PrintOptions& options) {
  if (!m.error) {
    return fmt::format(" ***decode error: type={} code={}***\n", m.code.type, m.code.code);
  }
  std::string text = fmt::format(" {}\n", error_name(*m.error));
  const bool hello = *m.error == OfError::OFPHFC_INCOMPATIBLE || *m.error == OfError::OFPHFC_EPERM;
  const Bytes payload(m.payload.data(), m.payload.size());
  if (hello) return text + escaped(payload) + "\n";
  return text +
         print_message(payload, {1, options.ports, options.tables, true, options.remarks, {}});
}

std::string print_body(const Echo& m, const Message&, const PrintOptions& options) {
  std::string text = fmt::format(" {} bytes of payload\n", m.payload.size());
  if (options.verbosity >= 1) text += hex_dump(m.payload, Characters::Yes);
  return text;
}

std::string print_body(const FeaturesReply& m, const Message& message,
                       const PrintOptions& options) {
  std::string text =
      fmt::format(" dpid:{:016x}\nn_tables:{}, n_buffers:{}", m.datapath_id, m.tables, m.buffers);
  if (m.auxiliary_id != 0) text += fmt::format(", auxiliary_id:{}", m.auxiliary_id);
  text += "\ncapabilities: " + bit_names(m.capabilities, kCapabilityNames, " ") + "\n";
  if (message.version == Version::V10) text += "actions:" + action_names10(m.actions) + "\n";
  return text + format_ports(m.ports, options);
}

std::string print_body(const SwitchConfig& m, const Message&, const PrintOptions&) {
  std::string text = fmt::format(" frags={}", kFragmentNames[std::size_t(m.fragments) & 3]);
  if (m.invalid_ttl_to_controller.value_or(false)) text += " invalid_ttl_to_controller";
  return text + fmt::format(" miss_send_len={}\n", m.miss_send_length);
}

std::string print_body(const Desc& m, const Message&, const PrintOptions&) {
  return fmt::format(
      "\nManufacturer: {}\nHardware: {}\nSoftware: {}\nSerial Num: {}\nDP Description: {}\n",
      m.manufacturer, m.hardware, m.software, m.serial, m.datapath);
}

std::string print_body(const RoleMessage& m, const Message&, const PrintOptions&) {
  std::string text = fmt::format(" role={}", kRoleNames[std::size_t(m.role) & 3]);
  if (m.generation) text += fmt::format(" generation_id={}", *m.generation);
  return text;
}

std::string print_body(const AsyncConfig& m, const Message&, const PrintOptions&) {
  return "\n" + async_text(m, 0) + "\n" + async_text(m, 1);
}

std::string print_body(const SetPacketInFormat& m, const Message&, const PrintOptions&) {
  constexpr const char* kNames[] = {"standard", "nxt_packet_in", "nxt_packet_in2"};
  return fmt::format(" format={}", kNames[std::size_t(m.format)]);
}

std::string print_body(const SetFlowFormat& m, const Message&, const PrintOptions&) {
  return m.nxm ? " format=nxm" : " format=openflow10";
}

std::string print_body(const FlowModTableId& m, const Message&, const PrintOptions&) {
  return m.on ? " enable" : " disable";
}

std::string print_body(const ControllerId& m, const Message&, const PrintOptions&) {
  return fmt::format(" id={}", m.id);
}

namespace {
constexpr BitName kBundleFlags[] = {{kBundleAtomic, "atomic"}, {kBundleOrdered, "ordered"}};
}

std::string print_body(const BundleControl& m, const Message&, const PrintOptions&) {
  constexpr const char* kTypes[] = {"OPEN_REQUEST",    "OPEN_REPLY",     "CLOSE_REQUEST",
                                    "CLOSE_REPLY",     "COMMIT_REQUEST", "COMMIT_REPLY",
                                    "DISCARD_REQUEST", "DISCARD_REPLY"};
  return fmt::format("\n bundle_id={} type={} flags={}", flow::sharp_hex_text(m.id),
                     kTypes[std::size_t(m.type)], bit_names(m.flags, kBundleFlags, " "));
}

std::string print_body(const BundleAdd& m, const Message&, const PrintOptions& options) {
  return fmt::format("\n bundle_id={} flags={}\n", flow::sharp_hex_text(m.id),
                     bit_names(m.flags, kBundleFlags, " ")) +
         print_message(m.message, options);
}

std::string print_body(const RoleStatus& m, const Message&, const PrintOptions&) {
  constexpr const char* kReasons[] = {"primary_request", "configuration_changed",
                                      "experimenter_data_changed", "(unknown)"};
  std::string text = fmt::format(" role={}", kRoleNames[std::size_t(m.role) & 3]);
  if (m.generation) text += fmt::format(" generation_id={}", *m.generation);
  return text +
         fmt::format(" reason={}", kReasons[std::min<std::size_t>(std::size_t(m.reason), 3)]);
}

std::string print_body(const IdRequest& m, const Message& message, const PrintOptions&) {
  const Kind kind = message.kind();
  const bool meter = kind == Kind::MeterStatsRequest || kind == Kind::MeterConfigStatsRequest;
  if (meter) {
    return m.id == 0xffffffff ? " meter=all" : fmt::format(" meter={}", m.id);
  }
  if (m.id == kGroupAny) return " group_id=ANY";
  return m.id == kGroupAll ? " group_id=ALL" : fmt::format(" group_id={}", m.id);
}

std::string print_body(const ZoneFlush& m, const Message&, const PrintOptions&) {
  return fmt::format(" zone_id={}", m.zone);
}

std::string print_body(const Undecoded& m, const Message&, const PrintOptions&) {
  return fmt::format(" {} bytes: not supported yet\n", m.body.size());
}

}  // namespace ovs::openflow
