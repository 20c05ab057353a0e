#include "vswitch/bridge/config.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/parse.h"
#include "flow/field/value_text.h"

namespace ovs::vswitch {

using ovsdb::Datum;
using ovsdb::ReplicaRow;

namespace {

constexpr std::int64_t kMaxRequestedPort = 65279;
constexpr std::uint64_t kMinProbeMs = 1000;

template <class T>
std::optional<T> number_of(std::string_view text, Radix radix = Radix::Decimal) {
  const auto parsed = parse_integer<T>(text, radix);
  return parsed ? std::optional<T>(*parsed) : std::nullopt;
}

std::bitset<kVlanCount> vlans_of(const Datum& datum) {
  std::bitset<kVlanCount> vlans;
  for (std::size_t i = 0; i < datum.count(); ++i) {
    const std::int64_t vlan = datum.key(i).integer();
    if (vlan >= 0 && vlan < std::int64_t(kVlanCount)) vlans.set(std::size_t(vlan));
  }
  return vlans;
}

std::uint32_t protocols_of(const Datum& datum) {
  constexpr std::string_view kNames[] = {"OpenFlow10", "OpenFlow11", "OpenFlow12",
                                         "OpenFlow13", "OpenFlow14", "OpenFlow15"};
  std::uint32_t versions = 0;
  for (std::size_t i = 0; i < datum.count(); ++i) {
    for (unsigned wire = 1; wire <= std::size(kNames); ++wire) {
      if (datum.key(i).string() == kNames[wire - 1]) versions |= 1u << wire;
    }
  }
  return versions;
}

VlanMode vlan_mode_of(const ReplicaRow& row, bool has_tag) {
  const std::string mode = text_of(row["vlan_mode"]);
  if (mode == "access") return VlanMode::Access;
  if (mode == "trunk") return VlanMode::Trunk;
  if (mode == "native-tagged") return VlanMode::NativeTagged;
  if (mode == "native-untagged") return VlanMode::NativeUntagged;
  return has_tag ? VlanMode::Access : VlanMode::Trunk;
}

PriorityTags priority_tags_of(std::string_view text) {
  if (text == "always") return PriorityTags::Always;
  return text == "if-nonzero" || text == "true" ? PriorityTags::IfNonzero : PriorityTags::Never;
}

}  // namespace

std::vector<Uuid> uuids_of(const Datum& datum) {
  std::vector<Uuid> uuids;
  for (std::size_t i = 0; i < datum.count(); ++i) uuids.push_back(datum.key(i).uuid());
  return uuids;
}

std::string text_of(const Datum& datum) {
  return datum.empty() ? std::string() : std::string(datum.key(0).string());
}

std::optional<std::int64_t> integer_of(const Datum& datum) {
  if (datum.empty()) return std::nullopt;
  return datum.key(0).integer();
}

std::optional<MacAddress> parse_mac_address(std::string_view text) {
  const auto parsed = parse_mac(text);
  if (!parsed) return std::nullopt;
  return *parsed;
}

std::string format_mac_address(const MacAddress& mac) {
  return flow::mac_text(flow::FieldValue::of(Bytes(mac.bytes)));
}

std::optional<OfPort> last_ofport(const ReplicaRow& row) {
  const auto port = integer_of(row["ofport"]);
  if (!port || *port < 1 || *port >= kMaxOfPorts) return std::nullopt;
  return OfPort(*port);
}

InterfaceConfig read_interface(const ReplicaRow& row, TunnelTypes tunnels) {
  InterfaceConfig config;
  config.name = text_of(row["name"]);
  config.type = text_of(row["type"]);
  if (config.type.empty()) config.type = "system";
  const auto requested = integer_of(row["ofport_request"]);
  if (requested && *requested >= 1 && *requested <= kMaxRequestedPort) {
    config.requested = OfPort(*requested);
  }
  config.mac = parse_mac_address(text_of(row["mac"]));
  if (const auto mtu = integer_of(row["mtu_request"])) config.mtu = std::uint32_t(*mtu);
  const Datum& options = row["options"];
  if (config.type == "patch") {
    config.peer = options.empty() ? "" : std::string(options.text_of("peer"));
    if (config.peer.empty()) {
      config.error = fmt::format("{}: patch type requires valid 'peer' argument", config.name);
    } else if (config.peer == config.name) {
      config.error = fmt::format("{}: patch peer must not be self", config.name);
    }
  } else if (tunnels == TunnelTypes::Tunnels && is_tunnel_type(config.type)) {
    std::string error;
    config.tunnel = read_tunnel_options(config.type, options, error);
    if (!error.empty()) config.error = fmt::format("{}: {}", config.name, error);
  } else {
    for (std::size_t i = 0; i < options.count(); ++i) {
      config.device_options.emplace(options.key(i).string(), options.value(i).string());
    }
  }
  return config;
}

PortConfig read_port(const ReplicaRow& row) {
  PortConfig config;
  config.name = text_of(row["name"]);
  config.interfaces = uuids_of(row["interfaces"]);
  const auto tag = integer_of(row["tag"]);
  config.bundle.name = config.name;
  config.bundle.mode = vlan_mode_of(row, tag.has_value());
  config.bundle.trunks = vlans_of(row["trunks"]);
  // An access or native port without a VLAN of its own is in VLAN 0; a trunk port has none.
  config.bundle.vlan = config.bundle.mode == VlanMode::Trunk ? 0 : std::uint16_t(tag.value_or(0));
  const Datum& other = row["other_config"];
  if (!other.empty()) {
    config.bundle.priority_tags = priority_tags_of(other.text_of("priority-tags"));
  }
  const Datum& is_protected = row["protected"];
  config.bundle.is_protected = !is_protected.empty() && is_protected.key(0).boolean();
  if (config.interfaces.size() > 1) {
    config.error = fmt::format("{}: bonds are not supported yet", config.name);
  }
  return config;
}

BridgeConfig read_bridge(const ReplicaRow& row, const std::string& version) {
  BridgeConfig config;
  config.name = text_of(row["name"]);
  config.datapath_type = text_of(row["datapath_type"]);
  if (config.datapath_type.empty()) config.datapath_type = "system";
  config.ports = uuids_of(row["ports"]);
  config.controllers = uuids_of(row["controller"]);
  config.fail_mode =
      text_of(row["fail_mode"]) == "secure" ? FailMode::Secure : FailMode::Standalone;
  config.protocols = protocols_of(row["protocols"]);
  config.mac_table.flood_vlans = vlans_of(row["flood_vlans"]);
  config.description.software = version;
  const Datum& other = row["other_config"];
  if (other.empty()) return config;
  const std::string_view id = other.text_of("datapath-id");
  config.datapath_id =
      number_of<std::uint64_t>(id.rfind("0x", 0) == 0 ? id.substr(2) : id, Radix::Hex);
  if (config.datapath_id == 0) config.datapath_id.reset();  // no switch has it
  config.hwaddr = parse_mac_address(other.text_of("hwaddr"));
  const auto idle = number_of<std::uint64_t>(other.text_of("mac-aging-time"));
  if (idle) config.mac_table.idle_ms = *idle * 1000;
  const auto entries = number_of<std::size_t>(other.text_of("mac-table-size"));
  if (entries) config.mac_table.max_entries = *entries;
  config.description.datapath = other.text_of("dp-desc", "None");
  config.description.serial = other.text_of("dp-sn", "None");
  return config;
}

BackerSettings read_backer_settings(const ReplicaRow& root) {
  constexpr std::uint64_t kLeastIdleMs = 500, kLeastRevalidatorMs = 100;  // the schema's minima
  BackerSettings settings;
  const Datum& other = root["other_config"];
  if (other.empty()) return settings;
  const auto limit = number_of<std::uint32_t>(other.text_of("flow-limit"));
  if (limit) settings.flow_limit = *limit;
  const auto idle = number_of<std::uint64_t>(other.text_of("max-idle"));
  if (idle && *idle >= kLeastIdleMs) settings.max_idle_ms = *idle;
  const auto revalidator = number_of<std::uint64_t>(other.text_of("max-revalidator"));
  if (revalidator && *revalidator >= kLeastRevalidatorMs)
    settings.max_revalidator_ms = *revalidator;
  settings.handler_threads =
      number_of<std::uint32_t>(other.text_of("n-handler-threads")).value_or(0);
  settings.revalidator_threads =
      number_of<std::uint32_t>(other.text_of("n-revalidator-threads")).value_or(0);
  return settings;
}

std::uint64_t read_statistics_interval(const ReplicaRow& root) {
  const Datum& other = root["other_config"];
  if (other.empty()) return kLeastStatisticsMs;
  const auto interval = number_of<std::uint64_t>(other.text_of("stats-update-interval"));
  return std::max(interval.value_or(0), kLeastStatisticsMs);
}

ControllerSettings read_controller(const ReplicaRow& row) {
  ControllerSettings controller;
  controller.target = text_of(row["target"]);
  if (const auto backoff = integer_of(row["max_backoff"]); backoff && *backoff >= 1000) {
    controller.max_backoff_ms = std::uint64_t(*backoff);
  }
  if (const auto probe = integer_of(row["inactivity_probe"]); probe && *probe >= 0) {
    const auto ms = std::uint64_t(*probe);
    controller.probe_interval_ms = ms == 0 ? 0 : std::max(ms, kMinProbeMs);
  }
  if (text_of(row["connection_mode"]) == "in-band") controller.band = ControllerBand::In;
  const Datum& async = row["enable_async_messages"];
  controller.enable_async = async.empty() || async.key(0).boolean();
  const std::string type = text_of(row["type"]);
  if (!type.empty()) controller.is_primary = type == "primary";
  return controller;
}

}  // namespace ovs::vswitch
