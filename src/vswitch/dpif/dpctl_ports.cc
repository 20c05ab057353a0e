// The dpctl commands about datapaths and their ports.
#include <algorithm>
#include <charconv>

#include "vswitch/dpif/dpctl_call.h"

namespace ovs::vswitch::dpctl {
namespace {

// "NAME[,OPTION=VALUE]...".
struct InterfaceWords {
  std::string name;
  std::optional<std::string> type;
  std::optional<DpPort> number;
  std::optional<std::uint16_t> udp_port;
};

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

// What is wrong with the option, or nothing.
std::optional<std::string> take_interface_option(std::string_view key, std::string_view value,
                                                 InterfaceWords& words) {
  if (key == "type") {
    words.type = std::string(value);
  } else if (key == "port_no") {
    const auto number = parse_number<std::uint32_t>(value);
    if (!number) return fmt::format("port_no: bad number \"{}\"", value);
    words.number = DpPort(*number);
  } else if (key == "dst_port") {
    words.udp_port = parse_number<std::uint16_t>(value);
    if (!words.udp_port) return fmt::format("dst_port: bad number \"{}\"", value);
  } else {
    return fmt::format("option {}: not supported yet", key);
  }
  return std::nullopt;
}

std::optional<InterfaceWords> parse_interface(DpctlCall& call, std::string_view text) {
  InterfaceWords words;
  std::size_t at = std::min(text.find(','), text.size());
  words.name = std::string(text.substr(0, at));
  while (at < text.size()) {
    text.remove_prefix(at + 1);
    at = std::min(text.find(','), text.size());
    const std::string_view option = text.substr(0, at);
    if (option.empty()) continue;
    const std::size_t equals = option.find('=');
    const bool has_value = equals != std::string_view::npos;
    const auto problem = has_value ? take_interface_option(option.substr(0, equals),
                                                           option.substr(equals + 1), words)
                                   : fmt::format("option {} has no value", option);
    if (!problem) continue;
    call.fail(fmt::format("{}: {}", words.name, *problem));
    return std::nullopt;
  }
  return words;
}

void add_interfaces(DpctlCall& call, Dpif& dpif) {
  while (!call.words.empty()) {
    const auto words = parse_interface(call, call.take());
    if (!words) continue;
    DpifPortSpec spec;
    spec.name = words->name;
    spec.type = words->type.value_or("system");
    spec.number = words->number;
    spec.udp_port = words->udp_port.value_or(0);
    const auto added = dpif.port_add(spec);
    if (added) continue;
    call.fail(fmt::format("adding {} to {} failed", spec.name, dpif.full_name()), added.error());
  }
}

std::optional<DpifPort> find_port(DpctlCall& call, Dpif& dpif, const std::string& name) {
  const auto ports = dpif.port_dump();
  if (!ports) {
    call.fail("listing ports", ports.error());
    return std::nullopt;
  }
  const auto number = parse_number<std::uint32_t>(name);
  for (const DpifPort& port : *ports) {
    if (number ? std::uint32_t(port.number) == *number : port.name == name) return port;
  }
  call.fail(fmt::format("no port named {}", name));
  return std::nullopt;
}

void set_interface(DpctlCall& call, Dpif& dpif, const InterfaceWords& words) {
  const auto port = find_port(call, dpif, words.name);
  if (!port) return;
  if (words.type && *words.type != port->type) {
    return call.fail(
        fmt::format("{}: can't change type from {} to {}", words.name, port->type, *words.type));
  }
  if (words.number && *words.number != port->number) {
    return call.fail(fmt::format("{}: can't change port number from {} to {}", words.name,
                                 std::uint32_t(port->number), std::uint32_t(*words.number)));
  }
  if (words.udp_port) {
    call.fail(fmt::format("{}: dst_port of a port that exists: not supported yet", words.name));
  }
}

std::string count_text(std::uint64_t count) {
  return count == kNotCounted ? "?" : std::to_string(count);
}

std::string port_stats_text(const DpifPortStats& stats) {
  return fmt::format(
      "    RX packets:{} errors:{} dropped:{} overruns:? frame:?\n"
      "    TX packets:{} errors:{} dropped:{} aborted:? carrier:?\n"
      "    collisions:?\n"
      "    RX bytes:{}  TX bytes:{}\n"
      "    UPCALL packets:? errors:?\n",
      stats.rx_packets, count_text(stats.rx_errors), count_text(stats.rx_dropped), stats.tx_packets,
      count_text(stats.tx_errors), count_text(stats.tx_dropped), stats.rx_bytes, stats.tx_bytes);
}

void show_port(DpctlCall& call, Dpif& dpif, const DpifPort& port) {
  std::string line = fmt::format("  port {}: {}", std::uint32_t(port.number), port.name);
  if (port.type != "system") line += fmt::format(" ({})", port.type);
  call.print(line + "\n");
  if (!call.options.statistics) return;
  const auto stats = dpif.port_stats(port.number);
  if (stats) return call.print(port_stats_text(*stats));
  call.print(fmt::format(", could not retrieve stats ({})\n", why_text(stats.error())));
}

void show_datapath(DpctlCall& call, Dpif& dpif) {
  const auto stats = dpif.stats();
  auto ports = dpif.port_dump();
  if (!stats || !ports) return call.fail(dpif.full_name(), stats ? ports.error() : stats.error());
  call.print(fmt::format("{}:\n  lookups: hit:{} missed:{} lost:{}\n  flows: {}\n",
                         dpif.full_name(), stats->hit, stats->missed, stats->lost, stats->flows));
  if (dpif.type() == "system") {
    const std::uint64_t packets = stats->hit + stats->missed;
    const double per_packet = packets == 0 ? 0.0 : double(stats->mask_hit) / double(packets);
    call.print(fmt::format("  masks: hit:{} total:{} hit/pkt:{:.2f}\n", stats->mask_hit,
                           stats->masks, per_packet));
  }
  std::sort(ports->begin(), ports->end(),
            [](const DpifPort& a, const DpifPort& b) { return a.number < b.number; });
  for (const DpifPort& port : *ports) show_port(call, dpif, port);
}

}  // namespace

void add_dp(DpctlCall& call) {
  const DatapathName name = parse_datapath_name(call.take());
  const auto created = call.datapaths().create(name.type, name.name);
  if (!created) return call.fail("add_dp", created.error());
  add_interfaces(call, **created);
}

void del_dp(DpctlCall& call) {
  const std::string word = call.words.front();
  if (call.named_datapath() == nullptr) return;
  const DatapathName name = parse_datapath_name(word);
  const auto destroyed = call.datapaths().destroy(name.type, name.name);
  if (!destroyed) call.fail("del_dp", destroyed.error());
}

void add_if(DpctlCall& call) {
  if (Dpif* const dpif = call.named_datapath()) add_interfaces(call, *dpif);
}

void set_if(DpctlCall& call) {
  Dpif* const dpif = call.named_datapath();
  while (dpif != nullptr && !call.words.empty()) {
    const auto words = parse_interface(call, call.take());
    if (words) set_interface(call, *dpif, *words);
  }
}

void del_if(DpctlCall& call) {
  Dpif* const dpif = call.named_datapath();
  while (dpif != nullptr && !call.words.empty()) {
    const std::string name = call.take();
    const auto port = find_port(call, *dpif, name);
    if (!port) continue;
    // A datapath without its own port is none.
    DpifResult<void> done = DpifError{Error::Invalid, "Invalid argument"};
    if (port->number != DpPort{0}) done = dpif->port_del(port->number);
    if (done) continue;
    call.fail(fmt::format("deleting port {} from {} failed", name, dpif->full_name()),
              done.error());
  }
}

void dump_dps(DpctlCall& call) {
  for (const std::string& name : call.datapath_names()) call.print(name + "\n");
}

void show(DpctlCall& call) {
  if (call.words.empty()) call.words = call.datapath_names();
  while (!call.words.empty()) {
    const std::string complaint = fmt::format("opening datapath {} failed", call.words.front());
    if (Dpif* const dpif = call.named_datapath(complaint)) show_datapath(call, *dpif);
  }
}

void show_drops(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(0);
  if (dpif == nullptr) return;
  const auto drops = dpif->drops();
  if (!drops) return call.fail(dpif->full_name(), drops.error());
  call.print(dpif->full_name() + ":\n");
  for (const DpifDrop& drop : *drops) {
    call.print(fmt::format("  {}: {}\n", drop.cause, drop.count));
  }
}

void sync_routes(DpctlCall& call) {
  Dpif* const dpif = call.optional_datapath(0);
  if (dpif == nullptr) return;
  const auto done = call.datapaths().sync_routes(*dpif);
  if (done) return call.print(*done);
  call.fail(fmt::format("sync-routes of {}", dpif->full_name()), done.error());
}

}  // namespace ovs::vswitch::dpctl
