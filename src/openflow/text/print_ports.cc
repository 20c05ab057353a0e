// Printers of bodies about ports, queues and tables.
#include <fmt/format.h>

#include <algorithm>

#include "flow/field/value_text.h"
#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

constexpr BitName kFeatureNames[] = {{1u << 0, "10MB-HD"},   {1u << 1, "10MB-FD"},
                                     {1u << 2, "100MB-HD"},  {1u << 3, "100MB-FD"},
                                     {1u << 4, "1GB-HD"},    {1u << 5, "1GB-FD"},
                                     {1u << 6, "10GB-FD"},   {1u << 7, "40GB-FD"},
                                     {1u << 8, "100GB-FD"},  {1u << 9, "1TB-FD"},
                                     {kOther, "OTHER"},      {kCopper, "COPPER"},
                                     {kFiber, "FIBER"},      {kAutoNegotiation, "AUTO_NEG"},
                                     {kPause, "AUTO_PAUSE"}, {kPauseAsymmetric, "AUTO_PAUSE_ASYM"}};
constexpr BitName kConfigNames[] = {{kPortDown, "PORT_DOWN"},     {kNoStp, "NO_STP"},
                                    {kNoReceive, "NO_RECV"},      {kNoReceiveStp, "NO_RECV_STP"},
                                    {kNoFlood, "NO_FLOOD"},       {kNoForward, "NO_FWD"},
                                    {kNoPacketIn, "NO_PACKET_IN"}};
constexpr BitName kStateNames[] = {
    {kLinkDown, "LINK_DOWN"}, {kBlocked, "BLOCKED"}, {kLive, "LIVE"}};
constexpr const char* kStpNames[] = {"STP_LISTEN", "STP_LEARN", "STP_FORWARD", "STP_BLOCK"};

std::string mac_text(const MacAddress& mac) {
  return flow::mac_text(flow::FieldValue::of(Bytes(mac.bytes)));
}

std::string state_text(std::uint32_t state) {
  const std::uint32_t stp = (state & kStpMask) >> 8;
  std::string text = bit_names(state & ~kStpMask, kStateNames, " ");
  if (stp == 0) return text;
  if (text == "0") text.clear();
  return text + (text.empty() ? "" : " ") + kStpNames[stp];
}

std::string features_line(const char* label, LinkFeatures features) {
  if (features == 0) return {};
  return fmt::format("     {:<12}{}\n", label, bit_names(features, kFeatureNames, " "));
}

// Names come from outside: from the first character that cannot be printed on they are cut.
std::string printable(const std::string& name) {
  const auto end =
      std::find_if(name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; });
  return std::string(name.begin(), end);
}

std::string count_text(std::uint64_t count) {
  return count == kUnknownCount ? "?" : fmt::format("{}", count);
}

struct Counter {
  const char* name;
  std::uint64_t value;
};
std::string counters(std::initializer_list<Counter> list) {
  std::string text;
  for (const Counter& counter : list) {
    text +=
        fmt::format("{}{}{}", text.empty() ? "" : ", ", counter.name, count_text(counter.value));
  }
  return text + "\n";
}

std::string custom_text(const PortStats& m) {
  if (m.custom.empty()) return {};
  std::string text = "           CUSTOM Statistics\n";
  for (std::size_t i = 0; i < m.custom.size(); ++i) {
    if (i % 3 == 0) text += "                      ";
    const bool last = i % 3 == 2 || i + 1 == m.custom.size();
    text += fmt::format("{}={},{}", m.custom[i].first, m.custom[i].second, last ? "\n" : " ");
  }
  return text;
}

std::string queue_text(std::uint32_t queue) {
  return queue == kAllQueues ? "ALL" : fmt::format("{}", queue);
}

}  // namespace

std::string format_port(const Port& port, const PrintOptions& options) {
  std::string text = fmt::format(" {}", flow::format_port(port.number, nullptr));
  const std::string name = printable(port.name);
  text += fmt::format("({}): addr:{}\n", name, mac_text(port.address));
  text += fmt::format("     config:     {}\n", bit_names(port.config, kConfigNames, " "));
  text += fmt::format("     state:      {}\n", state_text(port.state));
  text += features_line("current:", port.current);
  text += features_line("advertised:", port.advertised);
  text += features_line("supported:", port.supported);
  text += features_line("peer:", port.peer);
  (void)options;
  return text + fmt::format("     speed: {} Mbps now, {} Mbps max\n", port.current_kbps / 1000,
                            port.maximum_kbps / 1000);
}

std::string format_ports(std::vector<Port> ports, const PrintOptions& options) {
  std::stable_sort(ports.begin(), ports.end(),
                   [](const Port& a, const Port& b) { return a.number < b.number; });
  std::string text;
  for (const Port& port : ports) text += format_port(port, options);
  return text;
}

std::string format_port_stats(const PortStats& m, const PrintOptions& options) {
  const std::string port = port_text(m.port, options);
  std::string text = fmt::format("  port {:>2}: rx ", port);
  text += counters({{"pkts=", m.rx_packets},
                    {"bytes=", m.rx_bytes},
                    {"drop=", m.rx_dropped},
                    {"errs=", m.rx_errors},
                    {"frame=", m.rx_frame_errors},
                    {"over=", m.rx_overruns},
                    {"crc=", m.rx_crc_errors}});
  text += "           tx ";
  text += counters({{"pkts=", m.tx_packets},
                    {"bytes=", m.tx_bytes},
                    {"drop=", m.tx_dropped},
                    {"errs=", m.tx_errors},
                    {"coll=", m.collisions}});
  if (says_duration(m.duration_s)) {
    text += "           duration=" + format_duration(m.duration_s, m.duration_ns) + "\n";
  }
  return text + custom_text(m);
}

std::string print_body(const PortStatus& m, const Message&, const PrintOptions& options) {
  constexpr const char* kNames[] = {"ADD", "DEL", "MOD"};
  return fmt::format(" {}:", kNames[std::size_t(m.reason)]) + format_port(m.port, options);
}

std::string print_body(const PortMod& m, const Message&, const PrintOptions& options) {
  std::string text =
      fmt::format(" port: {}: addr:{}\n", port_text(m.port, options), mac_text(m.address));
  text += fmt::format("     config: {}\n", bit_names(m.config, kConfigNames, " "));
  text += fmt::format("     mask:   {}\n", bit_names(m.mask, kConfigNames, " "));
  return text +
         fmt::format("     advertise: {}\n",
                     m.advertise == 0 ? "UNCHANGED" : bit_names(m.advertise, kFeatureNames, " "));
}

std::string print_body(const PortDescReply& m, const Message&, const PrintOptions& options) {
  return "\n" + format_ports(m.ports, options);
}

std::string print_body(const PortRequest& m, const Message& message, const PrintOptions& options) {
  const bool desc = message.kind() == Kind::PortDescStatsRequest;
  return fmt::format(" {}={}", desc ? "port" : "port_no", port_text(m.port, options));
}

std::string print_body(const PortStatsReply& m, const Message&, const PrintOptions& options) {
  std::string text = fmt::format(" {} ports\n", m.ports.size());
  for (const PortStats& port : m.ports) text += format_port_stats(port, options);
  return text;
}

std::string print_body(const QueueRequest& m, const Message&, const PrintOptions& options) {
  return fmt::format(" port={} queue={}", port_text(m.port, options), queue_text(m.queue));
}

std::string print_body(const QueueStatsReply& m, const Message&, const PrintOptions& options) {
  std::string text = fmt::format(" {} queues\n", m.queues.size());
  for (const QueueStats& queue : m.queues) {
    const std::string duration = says_duration(queue.duration_s)
                                     ? format_duration(queue.duration_s, queue.duration_ns)
                                     : "?";
    text += fmt::format("  port {} queue {}: bytes={}, pkts={}, errors={}, duration={}\n",
                        port_text(queue.port, options), queue_text(queue.queue),
                        count_text(queue.tx_bytes), count_text(queue.tx_packets),
                        count_text(queue.tx_errors), duration);
  }
  return text;
}

namespace {

// Rates above 1000 tenths are none.
std::string rate_text(const char* name, std::uint16_t rate) {
  if (rate == kNoRate) return {};
  if (rate > 1000) return fmt::format(" {}:(disabled)", name);
  return fmt::format(" {}:{}.{}%", name, rate / 10, rate % 10);
}

std::string config_line(const QueueConfig& queue) {
  return fmt::format("queue {}:", queue.queue) + rate_text("min_rate", queue.minimum_rate) +
         rate_text("max_rate", queue.maximum_rate) + "\n";
}

}  // namespace

std::string print_body(const QueueConfigRequest& m, const Message& message,
                       const PrintOptions& options) {
  std::string text = " port=" + port_text(m.port, options);
  if (message.version >= Version::V14) text += " queue=" + queue_text(m.queue);
  return text;
}

std::string print_body(const QueueConfigReply& m, const Message& message,
                       const PrintOptions& options) {
  std::vector<QueueConfig> queues = m.queues;
  std::stable_sort(queues.begin(), queues.end(),
                   [](const QueueConfig& a, const QueueConfig& b) { return a.queue < b.queue; });
  const bool one = message.version <= Version::V13;
  if (!one) {
    std::stable_sort(queues.begin(), queues.end(),
                     [](const QueueConfig& a, const QueueConfig& b) { return a.port < b.port; });
  }
  std::string text = " ";
  if (one) text += "port=" + port_text(m.port, options) + "\n";
  for (std::size_t i = 0; i < queues.size(); ++i) {
    if (!one && (i == 0 || queues[i].port != queues[i - 1].port)) {
      text += "port=" + port_text(queues[i].port, options) + "\n";
    }
    text += config_line(queues[i]);
  }
  return text;
}

std::string print_body(const TableMod& m, const Message& message, const PrintOptions& options) {
  constexpr const char* kMiss[] = {"controller", "continue", "drop", "Unknown"};
  std::string text = m.table == kAllTables
                         ? std::string(" table_id=ALL_TABLES")
                         : fmt::format(" table_id={}", table_text(m.table, options));
  if (message.version <= Version::V12) {
    text += fmt::format(", flow_miss_config={}", kMiss[m.config & 3]);
  } else if (message.version >= Version::V14) {
    text += fmt::format(", eviction={}, vacancy={}", m.config & 4 ? "on" : "off",
                        m.config & 8 ? "on" : "off");
  }
  return text;
}

namespace {

struct WildcardName {
  std::uint32_t bits;
  const char* name;
};
// Version 1.0's wildcards in the order of the fields.
constexpr WildcardName kWildcardNames[] = {
    {1u << 0, "in_port"},  {1u << 2, "eth_src"},   {1u << 3, "eth_dst"},   {1u << 4, "eth_type"},
    {1u << 1, "vlan_vid"}, {1u << 20, "vlan_pcp"}, {0x3fu << 8, "ip_src"}, {0x3fu << 14, "ip_dst"},
    {1u << 5, "nw_proto"}, {1u << 21, "nw_tos"},   {1u << 6, "tcp_src"},   {1u << 7, "tcp_dst"}};

// Names that share what stands before their first "_" are said together: eth_{src,dst}.
std::string grouped(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size();) {
    const std::string prefix = names[i].substr(0, names[i].find('_') + 1);
    std::size_t end = i + 1;
    while (end < names.size() && !prefix.empty() && names[end].starts_with(prefix)) ++end;
    if (!text.empty()) text += ' ';
    if (end == i + 1) {
      text += names[i];
    } else {
      text += prefix + "{";
      for (std::size_t k = i; k < end; ++k) {
        text += (k == i ? "" : ",") + names[k].substr(prefix.size());
      }
      text += "}";
    }
    i = end;
  }
  return text;
}

std::string matching_text(const TableStats& table) {
  std::vector<std::string> names;
  for (const WildcardName& row : kWildcardNames) {
    if (table.wildcards & row.bits) names.push_back(row.name);
  }
  return "    matching:\n      exact match or wildcard: " + grouped(names) + "\n";
}

bool same_counts(const TableStats& a, const TableStats& b) {
  return a.active == b.active && a.lookups == b.lookups && a.matches == b.matches &&
         a.maximum == b.maximum && a.wildcards == b.wildcards;
}

std::string title(const TableStats& table, const PrintOptions& options) {
  std::string text = table_text(table.table, options);
  if (!table.name.empty() && table.name != fmt::format("table{}", table.table)) {
    text += fmt::format(" (\"{}\")", table.name);
  }
  return text;
}

std::string table_entry(const TableStats& table, const TableStats* previous, Version version,
                        const PrintOptions& options) {
  std::string text = fmt::format("  table {}:\n    active={}, lookup={}, matched={}\n",
                                 title(table, options), table.active, table.lookups, table.matches);
  if (table.maximum != 0) text += fmt::format("    max_entries={}\n", table.maximum);
  if (version != Version::V10) return text;
  const bool same = previous != nullptr && previous->wildcards == table.wildcards;
  return text + (same ? "    (same matching)\n" : matching_text(table));
}

// A run of tables of which nothing new is to be said.
std::string ditto(const TableStats& first, const TableStats& last, const PrintOptions& options) {
  if (first.table == last.table) {
    return fmt::format("  table {}: ditto\n", title(first, options));
  }
  return fmt::format("  tables {}...{}: ditto\n", first.table, last.table);
}

}  // namespace

std::string print_body(const TableStatsReply& m, const Message& message,
                       const PrintOptions& options) {
  std::string text = "\n";
  const std::vector<TableStats>& tables = m.tables;
  for (std::size_t i = 0; i < tables.size();) {
    std::size_t end = i;
    while (end < tables.size() && end > 0 && same_counts(tables[end], tables[end - 1]) &&
           (end == i || title(tables[end], options) == fmt::format("{}", tables[end].table))) {
      ++end;
    }
    const bool last = (end > i ? end : i + 1) == tables.size();
    if (end > i) {
      text += ditto(tables[i], tables[end - 1], options);
      i = end;
      if (!last) text += "\n";
      continue;
    }
    text += table_entry(tables[i], i == 0 ? nullptr : &tables[i - 1], message.version, options);
    ++i;
    if (!last) text += "\n";
  }
  return text;
}

}  // namespace ovs::openflow
