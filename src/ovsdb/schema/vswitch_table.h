// The Open_vSwitch database, as one table of columns: from it come the schema file, the server's
// checks and the typed access of clients (client/typed.h). Nobody else lists these columns.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "ovsdb/data/atom.h"
#include "ovsdb/data/type.h"

namespace ovs::ovsdb::vswitch {

// What a constexpr can say of a BaseType.
struct BaseSpec {
  AtomType type = AtomType::Void;
  std::int64_t low = INT64_MIN, high = INT64_MAX;
  std::string_view allowed = {};  // words
  std::string_view refers = {};   // a table
  RefType strength = RefType::Strong;
};

struct TypeSpec {
  BaseSpec key, value;
  std::uint32_t min = 1, max = 1;
  constexpr TypeSpec(BaseSpec scalar) : key(scalar) {}
  constexpr TypeSpec(BaseSpec key_spec, BaseSpec value_spec, std::uint32_t least,
                     std::uint32_t most)
      : key(key_spec), value(value_spec), min(least), max(most) {}
};

enum ColumnFlags : std::uint8_t { kPlain = 0, kImmutable = 1, kEphemeral = 2 };

struct ColumnSpec {
  std::string_view table, name;
  TypeSpec type;
  ColumnFlags flags = kPlain;
};

struct TableSpec {
  std::string_view name;
  bool is_root = false;
  std::uint32_t max_rows = UINT32_MAX;
  std::string_view index = {};  // the columns of its one index, as words
};

inline constexpr std::string_view kDatabaseName = "Open_vSwitch";
inline constexpr std::string_view kSchemaVersion = "8.8.0";
// Open vSwitch's own file of this version carries it; equal schemas must look equal to
// "needs-conversion".
inline constexpr std::string_view kSchemaChecksum = "2823623553 27869";

inline constexpr TableSpec kTables[] = {
    {"Open_vSwitch", true, 1},
    {"Bridge", false, UINT32_MAX, "name"},
    {"Port", false, UINT32_MAX, "name"},
    {"Interface", false, UINT32_MAX, "name"},
    {"Flow_Table"},
    {"QoS", true},
    {"Queue", true},
    {"Mirror"},
    {"NetFlow"},
    {"sFlow"},
    {"IPFIX"},
    {"Flow_Sample_Collector_Set", true, UINT32_MAX, "id bridge"},
    {"Controller"},
    {"Manager", false, UINT32_MAX, "target"},
    {"Datapath"},
    {"CT_Zone"},
    {"CT_Timeout_Policy"},
    {"SSL", false, 1},
    {"AutoAttach"},
};

namespace spec {

inline constexpr std::int64_t kMaxU32 = UINT32_MAX;
constexpr BaseSpec integer() {
  return {AtomType::Integer};
}
constexpr BaseSpec between(std::int64_t low, std::int64_t high) {
  return {AtomType::Integer, low, high};
}
constexpr BaseSpec at_least(std::int64_t low) {
  return {AtomType::Integer, low};
}
constexpr BaseSpec boolean() {
  return {AtomType::Boolean};
}
constexpr BaseSpec text() {
  return {AtomType::String};
}
constexpr BaseSpec one_of(std::string_view words) {
  return {AtomType::String, INT64_MIN, INT64_MAX, words};
}
constexpr BaseSpec strong(std::string_view table) {
  return {AtomType::Uuid, INT64_MIN, INT64_MAX, "", table, RefType::Strong};
}
constexpr BaseSpec weak(std::string_view table) {
  return {AtomType::Uuid, INT64_MIN, INT64_MAX, "", table, RefType::Weak};
}
constexpr TypeSpec optional(BaseSpec of) {
  return {of, {}, 0, 1};
}
constexpr TypeSpec set(BaseSpec of) {
  return {of, {}, 0, kUnlimited};
}
constexpr TypeSpec some(BaseSpec of) {
  return {of, {}, 1, kUnlimited};
}
constexpr TypeSpec up_to(std::uint32_t most, BaseSpec of) {
  return {of, {}, 0, most};
}
constexpr TypeSpec map(BaseSpec key, BaseSpec value) {
  return {key, value, 0, kUnlimited};
}
constexpr TypeSpec texts_by_text() {
  return map(text(), text());
}

inline constexpr ColumnSpec kColumns[] = {
    // clang-format off

    {"Open_vSwitch", "datapaths", map(text(), strong("Datapath"))},
    {"Open_vSwitch", "bridges", set(strong("Bridge"))},
    {"Open_vSwitch", "manager_options", set(strong("Manager"))},
    {"Open_vSwitch", "ssl", optional(strong("SSL"))},
    {"Open_vSwitch", "other_config", texts_by_text()},
    {"Open_vSwitch", "external_ids", texts_by_text()},
    {"Open_vSwitch", "next_cfg", integer()},
    {"Open_vSwitch", "cur_cfg", integer()},
    {"Open_vSwitch", "statistics", texts_by_text(), kEphemeral},
    {"Open_vSwitch", "ovs_version", optional(text())},
    {"Open_vSwitch", "db_version", optional(text())},
    {"Open_vSwitch", "system_type", optional(text())},
    {"Open_vSwitch", "system_version", optional(text())},
    {"Open_vSwitch", "datapath_types", set(text())},
    {"Open_vSwitch", "iface_types", set(text())},
    {"Open_vSwitch", "dpdk_initialized", boolean()},
    {"Open_vSwitch", "dpdk_version", optional(text())},

    {"Bridge", "name", text(), kImmutable},
    {"Bridge", "datapath_type", text()},
    {"Bridge", "datapath_version", text()},
    {"Bridge", "datapath_id", optional(text()), kEphemeral},
    {"Bridge", "stp_enable", boolean()},
    {"Bridge", "rstp_enable", boolean()},
    {"Bridge", "mcast_snooping_enable", boolean()},
    {"Bridge", "ports", set(strong("Port"))},
    {"Bridge", "mirrors", set(strong("Mirror"))},
    {"Bridge", "netflow", optional(strong("NetFlow"))},
    {"Bridge", "sflow", optional(strong("sFlow"))},
    {"Bridge", "ipfix", optional(strong("IPFIX"))},
    {"Bridge", "controller", set(strong("Controller"))},
    {"Bridge", "protocols", set(one_of("OpenFlow10 OpenFlow11 OpenFlow12 OpenFlow13 OpenFlow14 OpenFlow15"))},
    {"Bridge", "fail_mode", optional(one_of("standalone secure"))},
    {"Bridge", "status", texts_by_text(), kEphemeral},
    {"Bridge", "rstp_status", texts_by_text(), kEphemeral},
    {"Bridge", "other_config", texts_by_text()},
    {"Bridge", "external_ids", texts_by_text()},
    {"Bridge", "flood_vlans", up_to(4096, between(0, 4095))},
    {"Bridge", "flow_tables", map(between(0, 254), strong("Flow_Table"))},
    {"Bridge", "auto_attach", optional(strong("AutoAttach"))},

    {"Port", "name", text(), kImmutable},
    {"Port", "interfaces", some(strong("Interface"))},
    {"Port", "trunks", up_to(4096, between(0, 4095))},
    {"Port", "cvlans", up_to(4096, between(0, 4095))},
    {"Port", "tag", optional(between(0, 4095))},
    {"Port", "vlan_mode", optional(one_of("trunk access native-tagged native-untagged dot1q-tunnel"))},
    {"Port", "qos", optional(strong("QoS"))},
    {"Port", "mac", optional(text())},
    {"Port", "bond_mode", optional(one_of("balance-tcp balance-slb active-backup"))},
    {"Port", "lacp", optional(one_of("active passive off"))},
    {"Port", "bond_updelay", integer()},
    {"Port", "bond_downdelay", integer()},
    {"Port", "bond_active_slave", optional(text())},
    {"Port", "bond_fake_iface", boolean()},
    {"Port", "fake_bridge", boolean()},
    {"Port", "status", texts_by_text(), kEphemeral},
    {"Port", "rstp_status", texts_by_text(), kEphemeral},
    {"Port", "rstp_statistics", map(text(), integer()), kEphemeral},
    {"Port", "statistics", map(text(), integer()), kEphemeral},
    {"Port", "protected", boolean()},
    {"Port", "other_config", texts_by_text()},
    {"Port", "external_ids", texts_by_text()},

    {"Interface", "name", text(), kImmutable},
    {"Interface", "type", text()},
    {"Interface", "options", texts_by_text()},
    {"Interface", "ingress_policing_rate", at_least(0)},
    {"Interface", "ingress_policing_burst", at_least(0)},
    {"Interface", "ingress_policing_kpkts_rate", at_least(0)},
    {"Interface", "ingress_policing_kpkts_burst", at_least(0)},
    {"Interface", "mac_in_use", optional(text()), kEphemeral},
    {"Interface", "mac", optional(text())},
    {"Interface", "ifindex", optional(between(0, kMaxU32)), kEphemeral},
    {"Interface", "external_ids", texts_by_text()},
    {"Interface", "ofport", optional(integer())},
    {"Interface", "ofport_request", optional(between(1, 65279))},
    {"Interface", "bfd", texts_by_text()},
    {"Interface", "bfd_status", texts_by_text(), kEphemeral},
    {"Interface", "cfm_mpid", optional(integer())},
    {"Interface", "cfm_remote_mpids", set(integer()), kEphemeral},
    {"Interface", "cfm_flap_count", optional(integer())},
    {"Interface", "cfm_fault", optional(boolean()), kEphemeral},
    {"Interface", "cfm_fault_status", set(text()), kEphemeral},
    {"Interface", "cfm_remote_opstate", optional(one_of("up down")), kEphemeral},
    {"Interface", "cfm_health", optional(between(0, 100)), kEphemeral},
    {"Interface", "lacp_current", optional(boolean()), kEphemeral},
    {"Interface", "lldp", texts_by_text()},
    {"Interface", "other_config", texts_by_text()},
    {"Interface", "statistics", map(text(), integer()), kEphemeral},
    {"Interface", "status", texts_by_text(), kEphemeral},
    {"Interface", "admin_state", optional(one_of("up down")), kEphemeral},
    {"Interface", "link_state", optional(one_of("up down")), kEphemeral},
    {"Interface", "link_resets", optional(integer()), kEphemeral},
    {"Interface", "link_speed", optional(integer()), kEphemeral},
    {"Interface", "duplex", optional(one_of("half full")), kEphemeral},
    {"Interface", "mtu", optional(integer()), kEphemeral},
    {"Interface", "mtu_request", optional(at_least(1))},
    {"Interface", "error", optional(text())},

    {"Flow_Table", "name", optional(text())},
    {"Flow_Table", "flow_limit", optional(at_least(0))},
    {"Flow_Table", "overflow_policy", optional(one_of("refuse evict"))},
    {"Flow_Table", "groups", set(text())},
    {"Flow_Table", "prefixes", up_to(4, text())},
    {"Flow_Table", "external_ids", texts_by_text()},

    {"QoS", "type", text()},
    {"QoS", "queues", map(between(0, kMaxU32), strong("Queue"))},
    {"QoS", "other_config", texts_by_text()},
    {"QoS", "external_ids", texts_by_text()},

    {"Queue", "dscp", optional(between(0, 63))},
    {"Queue", "other_config", texts_by_text()},
    {"Queue", "external_ids", texts_by_text()},

    {"Mirror", "name", text()},
    {"Mirror", "select_all", boolean()},
    {"Mirror", "select_src_port", set(weak("Port"))},
    {"Mirror", "select_dst_port", set(weak("Port"))},
    {"Mirror", "select_vlan", up_to(4096, between(0, 4095))},
    {"Mirror", "output_port", optional(weak("Port"))},
    {"Mirror", "output_vlan", optional(between(1, 4095))},
    {"Mirror", "snaplen", optional(between(14, 65535))},
    {"Mirror", "statistics", map(text(), integer()), kEphemeral},
    {"Mirror", "filter", optional(text())},
    {"Mirror", "external_ids", texts_by_text()},

    {"NetFlow", "targets", some(text())},
    {"NetFlow", "engine_type", optional(between(0, 255))},
    {"NetFlow", "engine_id", optional(between(0, 255))},
    {"NetFlow", "add_id_to_interface", boolean()},
    {"NetFlow", "active_timeout", at_least(-1)},
    {"NetFlow", "external_ids", texts_by_text()},

    {"sFlow", "targets", some(text())},
    {"sFlow", "sampling", optional(integer())},
    {"sFlow", "polling", optional(integer())},
    {"sFlow", "header", optional(integer())},
    {"sFlow", "agent", optional(text())},
    {"sFlow", "external_ids", texts_by_text()},

    {"IPFIX", "targets", set(text())},
    {"IPFIX", "sampling", optional(between(1, kMaxU32))},
    {"IPFIX", "obs_domain_id", optional(between(0, kMaxU32))},
    {"IPFIX", "obs_point_id", optional(between(0, kMaxU32))},
    {"IPFIX", "cache_active_timeout", optional(between(0, 4200))},
    {"IPFIX", "cache_max_flows", optional(between(0, kMaxU32))},
    {"IPFIX", "stats_interval", optional(between(1, 3600))},
    {"IPFIX", "template_interval", optional(between(1, 3600))},
    {"IPFIX", "other_config", texts_by_text()},
    {"IPFIX", "external_ids", texts_by_text()},

    {"Flow_Sample_Collector_Set", "id", between(0, kMaxU32)},
    {"Flow_Sample_Collector_Set", "bridge", strong("Bridge")},
    {"Flow_Sample_Collector_Set", "ipfix", optional(strong("IPFIX"))},
    {"Flow_Sample_Collector_Set", "local_group_id", optional(between(0, kMaxU32))},
    {"Flow_Sample_Collector_Set", "external_ids", texts_by_text()},

    {"Controller", "type", optional(one_of("primary service"))},
    {"Controller", "target", text()},
    {"Controller", "max_backoff", optional(at_least(1000))},
    {"Controller", "inactivity_probe", optional(integer())},
    {"Controller", "connection_mode", optional(one_of("in-band out-of-band"))},
    {"Controller", "local_ip", optional(text())},
    {"Controller", "local_netmask", optional(text())},
    {"Controller", "local_gateway", optional(text())},
    {"Controller", "enable_async_messages", optional(boolean())},
    {"Controller", "controller_queue_size", optional(between(1, 512))},
    {"Controller", "controller_rate_limit", optional(at_least(100))},
    {"Controller", "controller_burst_limit", optional(at_least(25))},
    {"Controller", "other_config", texts_by_text()},
    {"Controller", "external_ids", texts_by_text()},
    {"Controller", "is_connected", boolean(), kEphemeral},
    {"Controller", "role", optional(one_of("other master slave")), kEphemeral},
    {"Controller", "status", texts_by_text(), kEphemeral},

    {"Manager", "target", text()},
    {"Manager", "max_backoff", optional(at_least(1000))},
    {"Manager", "inactivity_probe", optional(integer())},
    {"Manager", "connection_mode", optional(one_of("in-band out-of-band"))},
    {"Manager", "other_config", texts_by_text()},
    {"Manager", "external_ids", texts_by_text()},
    {"Manager", "is_connected", boolean(), kEphemeral},
    {"Manager", "status", texts_by_text(), kEphemeral},

    {"Datapath", "datapath_version", text()},
    {"Datapath", "ct_zones", map(between(0, 65535), strong("CT_Zone"))},
    {"Datapath", "capabilities", texts_by_text()},
    {"Datapath", "ct_zone_default_limit", optional(between(0, kMaxU32))},
    {"Datapath", "external_ids", texts_by_text()},

    {"CT_Zone", "timeout_policy", optional(strong("CT_Timeout_Policy"))},
    {"CT_Zone", "limit", optional(between(0, kMaxU32))},
    {"CT_Zone", "external_ids", texts_by_text()},

    {"CT_Timeout_Policy", "timeouts", map(one_of("tcp_syn_sent tcp_syn_recv tcp_established tcp_fin_wait tcp_close_wait tcp_last_ack tcp_time_wait tcp_close tcp_syn_sent2 tcp_retransmit tcp_unack udp_first udp_single udp_multiple icmp_first icmp_reply"), between(0, kMaxU32))},
    {"CT_Timeout_Policy", "external_ids", texts_by_text()},

    {"SSL", "private_key", text()},
    {"SSL", "certificate", text()},
    {"SSL", "ca_cert", text()},
    {"SSL", "bootstrap_ca_cert", boolean()},
    {"SSL", "external_ids", texts_by_text()},

    {"AutoAttach", "system_name", text()},
    {"AutoAttach", "system_description", text()},
    {"AutoAttach", "mappings", map(between(0, 16777215), between(0, 4095))},
    // clang-format on
};

}  // namespace spec

inline constexpr auto& kColumns = spec::kColumns;

// Null if there is no such column: a compile error where a constant is wanted.
constexpr const ColumnSpec* find_column(std::string_view table, std::string_view name) {
  for (const ColumnSpec& column : kColumns) {
    if (column.table == table && column.name == name) return &column;
  }
  return nullptr;
}

constexpr bool table_is_sound() {
  for (const ColumnSpec& column : kColumns) {
    if (find_column(column.table, column.name) != &column) return false;
    bool known = false;
    bool target = column.type.key.refers.empty();
    for (const TableSpec& table : kTables) {
      known |= table.name == column.table;
      target |= table.name == column.type.key.refers;
    }
    if (!known || !target) return false;
  }
  return true;
}
static_assert(table_is_sound());

}  // namespace ovs::ovsdb::vswitch
