// What the database says of bridges, ports and interfaces, as plain values: read from rows of a
// replica, compared with what was applied before. Applies nothing. Columns that only the daemon
// writes are not part of it, so that its own writes change no configuration.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ovsdb/client/replica.h"
#include "vswitch/backer/settings.h"
#include "vswitch/connmgr/settings.h"
#include "vswitch/tables/settings.h"

namespace ovs::vswitch {

using ovsdb::Uuid;

struct InterfaceConfig {
  std::string name, type;  // "" is "system"
  std::optional<OfPort> requested;
  std::optional<MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  std::string peer;                                   // of a patch port
  std::map<std::string, std::string> device_options;  // of what is neither patch nor tunnel
  std::optional<TunnelSettings> tunnel;
  std::string error;  // of the configuration itself; the interface is then not made
  bool operator==(const InterfaceConfig&) const = default;
};
// Whether interfaces of a tunnel's type are tunnels: for tests they may be devices, as all others.
enum class TunnelTypes : std::uint8_t { Tunnels, Devices };
InterfaceConfig read_interface(const ovsdb::ReplicaRow& row,
                               TunnelTypes tunnels = TunnelTypes::Tunnels);
// The number that the interface had the last time, for a daemon that starts anew.
std::optional<OfPort> last_ofport(const ovsdb::ReplicaRow& row);

struct PortConfig {
  std::string name;
  std::vector<Uuid> interfaces;
  BundleSettings bundle;  // without its ports
  std::string error;
  bool operator==(const PortConfig&) const = default;
};
PortConfig read_port(const ovsdb::ReplicaRow& row);

struct BridgeConfig {
  std::string name, datapath_type;
  std::vector<Uuid> ports;        // sorted
  std::vector<Uuid> controllers;  // sorted
  FailMode fail_mode = FailMode::Standalone;
  std::uint32_t protocols = 0;  // bit 1 << wire version; 0: all
  std::optional<std::uint64_t> datapath_id;
  std::optional<MacAddress> hwaddr;
  SwitchDescription description;
  MacTableSettings mac_table;
};
// `version` is the program's, for the switch's description.
BridgeConfig read_bridge(const ovsdb::ReplicaRow& row, const std::string& version);
ControllerSettings read_controller(const ovsdb::ReplicaRow& row);
// Of the root row's other_config: flow-limit, max-idle, max-revalidator, n-handler-threads,
// n-revalidator-threads. What is no number, or out of the schema's range, leaves the default.
BackerSettings read_backer_settings(const ovsdb::ReplicaRow& root);
// How often statistics are written, by its other_config:stats-update-interval.
inline constexpr std::uint64_t kLeastStatisticsMs = 5000;
std::uint64_t read_statistics_interval(const ovsdb::ReplicaRow& root);

// Options of a tunnel interface: remote_ip, local_ip, key, in_key, out_key, tos, ttl, df_default,
// csum, dst_port. Says in `error` what is wrong with them.
bool is_tunnel_type(std::string_view type);
TunnelSettings read_tunnel_options(std::string_view type, const ovsdb::Datum& options,
                                   std::string& error);

std::optional<MacAddress> parse_mac_address(std::string_view text);
std::string format_mac_address(const MacAddress& mac);

// Parts of datums that columns are made of.
std::vector<Uuid> uuids_of(const ovsdb::Datum& datum);
std::string text_of(const ovsdb::Datum& datum);  // a string, or "" for none
std::optional<std::int64_t> integer_of(const ovsdb::Datum& datum);

}  // namespace ovs::vswitch
