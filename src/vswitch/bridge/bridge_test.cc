#include <doctest/doctest.h>

#include "ovsdb/schema/vswitch.h"
#include "vswitch/bridge/config.h"
#include "vswitch/bridge/safe_names.h"
#include "vswitch/bridge/unsupported.h"

namespace ovs::vswitch {
namespace {

using ovsdb::Json;
using ovsdb::Replica;

// A row as a server sends it: {"insert": COLUMNS}.
const ovsdb::ReplicaRow& row_of(Replica& replica, const char* table, Json columns) {
  static std::uint64_t next = 1;
  const Uuid uuid{1, next++};
  Json updates =
      Json::object(table, Json::object(uuid.text(), Json::object("insert", std::move(columns))));
  REQUIRE(replica.apply_update2(updates).ok());
  return *replica.find(table, uuid);
}

Replica vswitch_replica() {
  return Replica(ovsdb::vswitch::make_schema());
}

template <class... Pairs>
Json map_of(Pairs... pairs) {
  ovsdb::JsonArray elements;
  (elements.push_back(Json::array(pairs.first, pairs.second)), ...);
  return Json::array("map", Json(std::move(elements)));
}
using Pair = std::pair<const char*, const char*>;

TEST_CASE("Interface: a tunnel's options become its settings") {
  Replica replica = vswitch_replica();
  const InterfaceConfig config = read_interface(row_of(
      replica, "Interface",
      Json::object(
          "name", "vx0", "type", "vxlan", "options",
          map_of(Pair{"remote_ip", "10.0.0.2"}, Pair{"in_key", "flow"}, Pair{"out_key", "0x2a"},
                 Pair{"dst_port", "8472"}, Pair{"tos", "inherit"}))));
  REQUIRE(config.tunnel);
  CHECK(config.error.empty());
  CHECK(config.tunnel->remote_ip == 0x0a000002);
  CHECK(config.tunnel->in_key_by_flow);
  CHECK(config.tunnel->out_key == 42);
  CHECK(config.tunnel->udp_port == 8472);
  CHECK(config.tunnel->tos_inherit);
  CHECK(config.tunnel->ttl == 64);
}

TEST_CASE("Interface: a tunnel without a remote end says what is missing") {
  Replica replica = vswitch_replica();
  const InterfaceConfig config =
      read_interface(row_of(replica, "Interface", Json::object("name", "gre0", "type", "gre")));
  CHECK(config.error == "gre0: gre type requires valid 'remote_ip' argument");
}

TEST_CASE("Interface: a patch port needs a peer that is another port") {
  Replica replica = vswitch_replica();
  const InterfaceConfig self = read_interface(
      row_of(replica, "Interface",
             Json::object("name", "p0", "type", "patch", "options", map_of(Pair{"peer", "p0"}))));
  CHECK(self.error == "p0: patch peer must not be self");
}

TEST_CASE("Interface: no type is system, and what only the daemon writes changes nothing") {
  Replica replica = vswitch_replica();
  const InterfaceConfig before =
      read_interface(row_of(replica, "Interface", Json::object("name", "eth0")));
  const InterfaceConfig after = read_interface(
      row_of(replica, "Interface", Json::object("name", "eth0", "ofport", 7, "mtu", 1400)));
  CHECK(before.type == "system");
  CHECK(before == after);
}

TEST_CASE("Port: a tag makes an access port, unless the mode says otherwise") {
  Replica replica = vswitch_replica();
  const PortConfig access =
      read_port(row_of(replica, "Port", Json::object("name", "p1", "tag", 10)));
  CHECK(access.bundle.mode == VlanMode::Access);
  CHECK(access.bundle.vlan == 10);
  const PortConfig dead = read_port(
      row_of(replica, "Port",
             Json::object("name", "p2", "tag", 4095, "vlan_mode", "trunk", "trunks", 4095)));
  CHECK(dead.bundle.mode == VlanMode::Trunk);
  CHECK(dead.bundle.trunks.count() == 1);
  CHECK(dead.bundle.vlan == 0);
}

TEST_CASE("Port: a bond is refused by name") {
  Replica replica = vswitch_replica();
  const Json two = Json::array("set", Json::array(Json::array("uuid", Uuid{2, 1}.text()),
                                                  Json::array("uuid", Uuid{2, 2}.text())));
  const PortConfig bond =
      read_port(row_of(replica, "Port", Json::object("name", "bond0", "interfaces", two.clone())));
  CHECK(bond.error == "bond0: bonds are not supported yet");
}

TEST_CASE(
    "Controller: a socket's path stays in the run directory, a listening one's under the bridge's "
    "name") {
  const auto refused = [](const char* target) {
    return !refused_controller(target, "br0", "/run/ovs").empty();
  };
  CHECK_FALSE(refused("tcp:127.0.0.1:6653"));
  CHECK_FALSE(refused("punix:/run/ovs/br0.controller"));
  CHECK_FALSE(refused("unix:/run/ovs/sub/controller"));
  CHECK_FALSE(refused("unix:controller"));
  CHECK(refused("punix:/run/ovs/br1.controller"));
  CHECK(refused("punix:/run/ovs/br0.x/../../../etc/passwd"));
  CHECK(refused("punix:/run/ovs/br0.x/y"));
  CHECK(refused("unix:/etc/socket"));
  CHECK(refused("unix:../socket"));
}

TEST_CASE("Interface: names of datapaths and of their tunnel ports are reserved") {
  CHECK(is_reserved_port_name("ovs-netdev"));
  CHECK(is_reserved_port_name("vxlan_sys_4789"));
  CHECK_FALSE(is_reserved_port_name("ovs-netdev2"));
  CHECK_FALSE(is_reserved_port_name("vxlan0"));
}

TEST_CASE("Bridge: versions, identity and table sizes are read") {
  Replica replica = vswitch_replica();
  const BridgeConfig config = read_bridge(
      row_of(
          replica, "Bridge",
          Json::object("name", "br0", "fail_mode", "secure", "protocols",
                       Json::array("set", Json::array("OpenFlow10", "OpenFlow13")), "other_config",
                       map_of(Pair{"datapath-id", "fedcba9876543210"},
                              Pair{"hwaddr", "aa:55:aa:55:00:00"}, Pair{"mac-aging-time", "60"}))),
      "3.7.1");
  CHECK(config.datapath_type == "system");
  CHECK(config.fail_mode == FailMode::Secure);
  CHECK(config.protocols == (1u << 1 | 1u << 4));
  CHECK(config.datapath_id == 0xfedcba9876543210);
  const Json none = map_of(Pair{"datapath-id", "0x0"});
  CHECK_FALSE(read_bridge(row_of(replica, "Bridge",
                                 Json::object("name", "br1", "other_config", none.clone())),
                          "3.7.1")
                  .datapath_id);
  CHECK(format_mac_address(*config.hwaddr) == "aa:55:aa:55:00:00");
  CHECK(config.mac_table.idle_ms == 60'000);
}

TEST_CASE("Megaflows: limits are read, and what is out of range leaves the default") {
  Replica replica = vswitch_replica();
  const BackerSettings read = read_backer_settings(
      row_of(replica, "Open_vSwitch",
             Json::object("other_config",
                          map_of(Pair{"flow-limit", "5000"}, Pair{"max-idle", "30000"},
                                 Pair{"max-revalidator", "7"}, Pair{"n-handler-threads", "3"}))));
  CHECK(read.flow_limit == 5000);
  CHECK(read.max_idle_ms == 30'000);
  CHECK(read.max_revalidator_ms == BackerSettings().max_revalidator_ms);
  CHECK(thread_counts(read, 8) == ThreadCounts{3, 5});
  CHECK(thread_counts(BackerSettings(), 8) == ThreadCounts{5, 3});
}

TEST_CASE("Statistics: their interval is read, and never less than five seconds") {
  Replica replica = vswitch_replica();
  const auto interval_of = [&](const char* text) {
    return read_statistics_interval(
        row_of(replica, "Open_vSwitch",
               Json::object("other_config", map_of(Pair{"stats-update-interval", text}))));
  };
  CHECK(interval_of("20000") == 20'000);
  CHECK(interval_of("1000") == 5'000);
  CHECK(interval_of("soon") == 5'000);
}

TEST_CASE("Settings: what the switch does not do yet is named, what it does is not") {
  Replica replica = vswitch_replica();
  const Json mirror = Json::array("uuid", Uuid{3, 1}.text());
  const auto asked =
      unsupported_settings(row_of(replica, "Bridge",
                                  Json::object("name", "br0", "mirrors", mirror.clone(),
                                               "stp_enable", true, "rstp_enable", false)));
  CHECK(asked == std::vector<std::string>{"mirrors", "stp_enable"});
  const auto watched = unsupported_settings(
      row_of(replica, "Interface",
             Json::object("name", "p1", "bfd", map_of(Pair{"enable", "true"}), "lldp",
                          map_of(Pair{"enable", "false"}), "ingress_policing_rate", 0)));
  CHECK(watched == std::vector<std::string>{"bfd:enable"});
  const auto tunnelled = unsupported_settings(
      row_of(replica, "Port",
             Json::object("name", "p1", "vlan_mode", "dot1q-tunnel", "lacp", "off", "tag", 3)));
  CHECK(tunnelled == std::vector<std::string>{"vlan_mode=dot1q-tunnel"});
  CHECK(unsupported_settings(row_of(replica, "Controller", Json::object("target", "tcp:1.2.3.4")))
            .empty());
}

}  // namespace
}  // namespace ovs::vswitch
