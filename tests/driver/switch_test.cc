// The driver attached to emulated Hyper-V switches: modules, requests, ports, names.
#include <doctest/doctest.h>

#include "tests/driver/switch_net.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr MacAddress kBroadcast{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};

std::string run(const SwitchResult<void>& done) {
  return done ? "" : done.error().text;
}

TEST_CASE("Driver: its module attaches to a switch, runs, pauses, detaches, and nothing is left") {
  DriverHost host;
  REQUIRE(host.status() == STATUS_SUCCESS);
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  CHECK(at.view().extension.running);
  REQUIRE(run(at.disable_extension()) == "");
  REQUIRE(run(at.enable_extension()) == "");
  CHECK(at.view().extension.running);
}

TEST_CASE("Driver: without configuration a switch connects its machines") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  const Adapter one = host.plug(at, ""), two = host.plug(at, ""), three = host.plug(at, "");
  host.send(at, one, kBroadcast);
  CHECK(host.wait_for(two, 1));
  CHECK(host.wait_for(three, 1));
  host.send(at, two, one.mac);
  CHECK(host.wait_for(one, 1));
  CHECK(three.nic->count() == 1);
}

TEST_CASE("Driver: a port that comes by name carries what flows say") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  const Adapter one = host.plug(at, "port1"), two = host.plug(at, "port2");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("port1", wire::VportType::Netdev, 1) == "");
  REQUIRE(client.add_port("port2", wire::VportType::Netdev, 2) == "");
  CHECK(host.link_of(client, "port1") == "up");
  REQUIRE(client.put_flow("in_port(1),eth(),eth_type(0x88b5)", "2") == "");
  host.send(at, one, kBroadcast);
  CHECK(host.wait_for(two, 1));
  CHECK(client.del_port(1) == "");
  CHECK(client.del_port(2) == "");
}

TEST_CASE("Driver: a port that is added first waits for its adapter, and is bound when it comes") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("port1", wire::VportType::Netdev, 1) == "");
  CHECK(host.link_of(client, "port1") == "waiting for a network adapter of this name");
  const Adapter one = host.plug(at, "port1");
  CHECK(host.wait_for_link(client, "port1", "up"));
  REQUIRE(run(at.disconnect_nic(one.address.port)) == "");
  CHECK(host.wait_for_link(client, "port1", "waiting for a network adapter of this name"));
}

TEST_CASE(
    "36 Driver: a physical adapter's cable is its port's carrier, also when it was cut before") {
  DriverHost host;
  Net net(host, SwitchKind::External);
  VirtualSwitch& at = net.hyperv();
  const std::string name = at.spec().physical.front().nic.name;
  DatapathClient client(host.device());
  REQUIRE(client.add_port(kWire, wire::VportType::Netdev, 1) == "");
  CHECK(host.link_of(client, kWire) == "up");
  REQUIRE(run(at.set_link(name, LinkState::Cut)) == "");
  CHECK(host.wait_for_link(client, kWire, "down"));
  REQUIRE(run(at.disable_extension()) == "");
  CHECK(host.wait_for_link(client, kWire, "waiting for a network adapter of this name"));
  REQUIRE(run(at.enable_extension()) == "");
  CHECK(host.wait_for_link(client, kWire, "down"));
  REQUIRE(run(at.set_link(name, LinkState::There)) == "");
  CHECK(host.wait_for_link(client, kWire, "up"));
  // Of others' status nothing follows.
  REQUIRE(run(at.indicate_nic_status(net.address(kWire), NDIS_STATUS_LINK_STATE)) == "");
  CHECK(host.link_of(client, kWire) == "up");
}

TEST_CASE("Driver: a port that is renamed while it is connected goes to its new name") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  const Adapter one = host.plug(at, "old");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("new", wire::VportType::Netdev, 1) == "");
  REQUIRE(run(at.rename_port(one.address.port, "new")) == "");
  CHECK(host.wait_for_link(client, "new", "up"));
}

TEST_CASE("38 Driver: lists that grow and whose elements are padded are read to the end") {
  DriverHost host;
  SwitchSpec spec = private_switch();
  spec.habits.growing_answers = 4;
  spec.habits.element_padding = 72;
  VirtualSwitch& at = host.add_switch(spec);
  std::vector<Adapter> adapters;
  for (int i = 1; i <= 20; ++i) adapters.push_back(host.plug(at, "port" + std::to_string(i)));
  REQUIRE(run(at.enable_extension()) == "");
  DatapathClient client(host.device());
  for (int i = 1; i <= 20; ++i) {
    const std::string name = "port" + std::to_string(i);
    REQUIRE(client.add_port(name, wire::VportType::Netdev, unsigned(i)) == "");
    CHECK(host.link_of(client, name) == "up");
  }
}

TEST_CASE("39 Driver: a switch that is not active yet is asked when it comes to life") {
  DriverHost host;
  SwitchSpec spec = private_switch();
  spec.is_active = false;
  VirtualSwitch& at = host.add_switch(spec);
  const Adapter early = host.plug(at, "early");
  REQUIRE(run(at.enable_extension()) == "");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("early", wire::VportType::Netdev, 1) == "");
  CHECK(host.link_of(client, "early") == "waiting for a network adapter of this name");
  REQUIRE(run(at.activate()) == "");
  CHECK(host.wait_for_link(client, "early", "up"));
}

TEST_CASE("28 Driver: what the switch itself refuses is forgotten, port and adapter") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("port1", wire::VportType::Netdev, 1) == "");
  PortSpec port;
  port.friendly_name = "port1";
  at.refuse_next_creation();
  CHECK(!at.add_port(port).ok());
  const auto id = at.add_port(port);
  REQUIRE(id.ok());
  MemoryNic behind;
  NicSpec nic;
  nic.name = nic.friendly_name = "nic";
  nic.mac = MacAddress{{{2, 0, 0, 0, 0, 9}}};
  at.refuse_next_creation();
  CHECK(!at.connect_nic(*id, nic, behind).ok());
  CHECK(host.wait_for_link(client, "port1", "waiting for a network adapter of this name"));
  REQUIRE(run(at.connect_nic(*id, nic, behind)) == "");
  CHECK(host.wait_for_link(client, "port1", "up"));
  REQUIRE(run(at.remove_port(*id)) == "");
}

TEST_CASE("48 Driver: another adapter on a port has nothing of the one before") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  const Adapter first = host.plug(at, "", PortKind::Synthetic, "first");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("first", wire::VportType::Netdev, 1) == "");
  REQUIRE(client.add_port("second", wire::VportType::Netdev, 2) == "");
  CHECK(host.link_of(client, "first") == "up");
  REQUIRE(run(at.disconnect_nic(first.address.port)) == "");
  MemoryNic behind;
  NicSpec nic;
  nic.name = "other";
  nic.friendly_name = "second";
  nic.mac = MacAddress{{{2, 0, 0, 0, 0, 9}}};
  REQUIRE(run(at.connect_nic(first.address.port, nic, behind)) == "");
  CHECK(host.wait_for_link(client, "second", "up"));
  CHECK(host.link_of(client, "first") == "waiting for a network adapter of this name");
  REQUIRE(run(at.disconnect_nic(first.address.port)) == "");
}

TEST_CASE("47 Driver: a validation port leaves nothing") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  REQUIRE(run(at.enable_extension()) == "");
  PortSpec port;
  port.friendly_name = "port1";
  CHECK(run(at.validate_port(port)) == "");
}

TEST_CASE("40 Driver: what comes and goes while a module restarts is known once, and as it is") {
  constexpr int kPorts = 8;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    KernelConfig kernel;
    kernel.seed = seed;
    DriverHost host(kernel);
    SwitchSpec spec = private_switch();
    spec.habits.growing_answers = 2;
    VirtualSwitch& at = host.add_switch(spec);
    DatapathClient client(host.device());
    const auto name_of = [](int i) { return "port" + std::to_string(i); };
    std::vector<Adapter> adapters;
    for (int i = 0; i < kPorts; ++i) {
      REQUIRE(client.add_port(name_of(i), wire::VportType::Netdev, unsigned(i + 1)) == "");
      if (i < kPorts / 2) adapters.push_back(host.plug(at, name_of(i)));
    }
    {
      const HostThread restarting("restarting", [&] { CHECK(run(at.enable_extension()) == ""); });
      for (int i = kPorts / 2; i < kPorts; ++i) {
        adapters.push_back(host.plug(at, name_of(i)));
        const PortId old = adapters[std::size_t(i - kPorts / 2)].address.port;
        if (i % 2 == 0) CHECK(run(at.remove_port(old)) == "");
        if (i % 2 != 0) CHECK(run(at.rename_port(old, "renamed" + std::to_string(i))) == "");
      }
    }
    for (int i = 0; i < kPorts; ++i) {
      const bool is_there = i >= kPorts / 2;
      CAPTURE(i);
      CHECK(host.wait_for_link(client, name_of(i),
                               is_there ? "up" : "waiting for a network adapter of this name"));
    }
  }
}

TEST_CASE("106 Driver: two switches are one datapath, and a flow leads from one to the other") {
  DriverHost host;
  VirtualSwitch& here = host.add_switch(private_switch("here"));
  VirtualSwitch& there = host.add_switch(private_switch("there"));
  REQUIRE(run(here.enable_extension()) == "");
  REQUIRE(run(there.enable_extension()) == "");
  const Adapter one = host.plug(here, "port1"), two = host.plug(there, "port2");
  DatapathClient client(host.device());
  REQUIRE(client.add_port("port1", wire::VportType::Netdev, 1) == "");
  REQUIRE(client.add_port("port2", wire::VportType::Netdev, 2) == "");
  REQUIRE(client.put_flow("in_port(1),eth(),eth_type(0x88b5)", "2") == "");
  host.send(here, one, kBroadcast);
  CHECK(host.wait_for(two, 1));
}

TEST_CASE("80 Driver: VLAN and spoofing policies are set while the port is there") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  const Adapter before = host.plug(at, "");
  VlanPolicy vlan;
  vlan.mode = VlanMode::Access;
  vlan.access = 5;
  REQUIRE(run(at.set_vlan(before.address.port, vlan)) == "");
  REQUIRE(run(at.enable_extension()) == "");
  const Adapter same = host.plug(at, ""), other = host.plug(at, "");
  REQUIRE(run(at.set_vlan(same.address.port, vlan)) == "");
  host.send(at, before, kBroadcast);
  CHECK(host.wait_for(same, 1));
  CHECK(other.nic->count() == 0);
  REQUIRE(run(at.set_vlan(same.address.port, VlanPolicy())) == "");
  host.send(at, same, kBroadcast);
  CHECK(host.wait_for(other, 1));
  CHECK(before.nic->count() == 0);
}

TEST_CASE("20 Driver: requests that pend, and packets that come back late, end once") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    NdisConfig ndis;
    ndis.seed = seed;
    ndis.answers = Answers::Mixed;
    ndis.completions = Completions::Mixed;
    DriverHost host({}, ndis);
    VirtualSwitch& at = host.add_switch(private_switch());
    const Adapter early = host.plug(at, "early");
    REQUIRE(run(at.enable_extension()) == "");
    const Adapter late = host.plug(at, "late");
    DatapathClient client(host.device());
    REQUIRE(client.add_port("early", wire::VportType::Netdev, 1) == "");
    REQUIRE(client.add_port("late", wire::VportType::Netdev, 2) == "");
    REQUIRE(client.put_flow("in_port(1),eth(),eth_type(0x88b5)", "2") == "");
    for (int i = 0; i < 20; ++i) host.send(at, early, late.mac);
    CHECK(host.wait_for(late, 1));
    REQUIRE(run(at.disconnect_nic(late.address.port)) == "");
    REQUIRE(run(at.remove_port(late.address.port)) == "");
    REQUIRE(run(at.disable_extension()) == "");
    REQUIRE(run(at.enable_extension()) == "");
    CHECK(host.wait_for_link(client, "early", "up"));
  }
}

TEST_CASE("12 Driver: whichever allocation fails, an attach that fails leaves nothing") {
  DriverHost host;
  VirtualSwitch& at = host.add_switch(private_switch());
  const Adapter one = host.plug(at, "port1");
  std::int64_t nth = 0;
  for (;; ++nth) {
    CAPTURE(nth);
    host.kernel().failures().fail_nth(nth);
    const auto done = at.enable_extension();
    const bool has_failed = host.kernel().failures().has_failed();
    host.kernel().failures().fail_nth(-1);
    if (at.view().extension.enabled) REQUIRE(run(at.disable_extension()) == "");
    if (!has_failed) {
      CHECK(done.ok());
      break;
    }
  }
  CHECK(nth > 10);
}

TEST_CASE("Driver: it runs at every level of NDIS that it knows") {
  for (const UINT minor : {30u, 40u, 50u, 60u, 80u, 82u, 85u}) {
    CAPTURE(minor);
    KernelConfig kernel;
    kernel.ndis = 0x00060000 | minor;
    kernel.windows = minor == 30 ? 0x0602 : 0x0a00;
    DriverHost host(kernel);
    REQUIRE(host.status() == STATUS_SUCCESS);
    VirtualSwitch& at = host.add_switch(private_switch());
    REQUIRE(run(at.enable_extension()) == "");
    const Adapter one = host.plug(at, ""), two = host.plug(at, "");
    host.send(at, one, kBroadcast);
    CHECK(host.wait_for(two, 1));
  }
}

}  // namespace
}  // namespace ovs::tests
