#include "driver/extension/port_bindings.h"

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "platform/fake/failing_allocator.h"
#include "platform/fake/list_trace.h"
#include "platform/fake/rcu.h"
#include "platform/fake/worker.h"

namespace ovs::driver {
namespace {

using datapath::PortNo;
using datapath::VportKind;

// Nothing here looks into a module.
const SwitchModule& nobody() {
  alignas(16) static unsigned char bytes[16];
  return reinterpret_cast<const SwitchModule&>(bytes);
}

PortFacts port_of(NDIS_SWITCH_PORT_ID id, Text name) {
  PortFacts facts;
  facts.id = id;
  facts.friendly_name = datapath::PortName::cut(name);
  return facts;
}

NicFacts nic_of(NDIS_SWITCH_PORT_ID port, Text name, NicKind kind = NicKind::Vm,
                NDIS_SWITCH_NIC_INDEX index = 0) {
  NicFacts facts;
  facts.port = port;
  facts.index = index;
  facts.kind = kind;
  facts.friendly_name = datapath::PortName::cut(name);
  facts.mac = mac_of(0x020000000000 + port);
  facts.mtu = 1500;
  return facts;
}

class Rig {
 public:
  Rig() { bindings.add_switch(ports); }
  ~Rig() {
    if (ports.is_linked()) bindings.remove_switch(ports, Passive::here());
    worker.run_due();
  }

  void plug(NDIS_SWITCH_PORT_ID port, Text ovs_name, const NicFacts& nic) {
    REQUIRE(bindings.port_created(ports, port_of(port, ovs_name)).ok());
    REQUIRE(bindings.nic_created(ports, nic).ok());
    bindings.nic_connected(ports, port, nic.index);
  }
  void unplug(const NicFacts& nic) {
    REQUIRE(bindings.nic_disconnected(ports, nic, Passive::here()).ok());
    bindings.nic_left(ports, nic.port);
    bindings.nic_deleted(ports, nic);
  }
  void* add_vport(Text name, std::uint32_t number, VportKind kind = VportKind::Device) {
    const auto device = bindings.attach(name, kind, PortNo{number});
    REQUIRE(device.ok());
    return device->device;
  }
  void remove_vport(void* device) {
    bindings.detach(device);
    bindings.release(device);
  }
  // The number of the vport that this adapter's packets come in on; 0: none.
  std::uint32_t number_of(NDIS_SWITCH_PORT_ID port, NDIS_SWITCH_NIC_INDEX index = 0) {
    const RcuReader reader;
    const HypervNic* nic = ports.find(port, index, reader);
    REQUIRE(nic != nullptr);
    return nic->number() == datapath::kNoPort ? 0 : std::uint32_t(nic->number());
  }

  platform::VirtualClock clock;
  platform::FakeWorker worker{clock};
  platform::ListTrace trace;
  PortBindings bindings{worker, trace};
  HypervPorts ports{nobody()};
};

TEST_CASE("PortBindings: a vport finds the adapter of its name, and packets find the vport") {
  Rig rig;
  rig.plug(3, "port1", nic_of(3, "Network Adapter"));
  void* const device = rig.add_vport("port1", 7);
  CHECK(rig.number_of(3) == 7);
  const datapath::PortState state = rig.bindings.state(device);
  CHECK(state.has_carrier);
  CHECK(mac_bits(state.mac) == 0x020000000003);
  CHECK(state.status.empty());
  rig.remove_vport(device);
  CHECK(rig.number_of(3) == 0);
}

TEST_CASE(
    "PortBindings: a vport that comes first waits, says so, and is bound when its adapter comes") {
  Rig rig;
  void* const device = rig.add_vport("port1", 7);
  CHECK(!rig.bindings.state(device).is_up);
  CHECK(std::string(rig.bindings.state(device).status) ==
        "waiting for a network adapter of this name");
  CHECK(!rig.ports.is_claimed());
  rig.plug(3, "port1", nic_of(3, "Network Adapter"));
  CHECK(rig.number_of(3) == 7);
  CHECK(rig.ports.is_claimed());
  rig.remove_vport(device);
  CHECK(!rig.ports.is_claimed());
}

TEST_CASE(
    "PortBindings: names are the port's, then the adapter's, then, of a way out, the switch's") {
  Rig rig;
  rig.bindings.name_switch(rig.ports, datapath::PortName::cut("external"));
  rig.plug(1, "", nic_of(1, "", NicKind::External));
  REQUIRE(rig.bindings.nic_created(rig.ports, nic_of(1, "Ethernet1", NicKind::External, 1)).ok());
  rig.plug(3, "", nic_of(3, "port1"));
  rig.plug(4, "port1", nic_of(4, "Network Adapter"));
  void* const by_port = rig.add_vport("port1", 7);
  void* const by_switch = rig.add_vport("external", 8);
  CHECK(rig.number_of(4) == 7);
  CHECK(rig.number_of(3) == 0);
  CHECK(rig.number_of(1, 1) == 8);
  CHECK(rig.number_of(1, 0) == 0);
  rig.remove_vport(by_port);
  rig.remove_vport(by_switch);
}

TEST_CASE("PortBindings: an internal vport has an adapter of the host's own, no other") {
  Rig rig;
  rig.plug(3, "br-ex", nic_of(3, "br-ex"));
  void* const device = rig.add_vport("br-ex", 7, VportKind::Internal);
  CHECK(rig.number_of(3) == 0);
  rig.plug(4, "", nic_of(4, "br-ex", NicKind::Internal));
  CHECK(rig.number_of(4) == 7);
  rig.remove_vport(device);
}

TEST_CASE("PortBindings: a port that is renamed goes to the vport of its new name") {
  Rig rig;
  rig.plug(3, "a", nic_of(3, "Network Adapter"));
  void* const a = rig.add_vport("a", 7);
  void* const b = rig.add_vport("b", 8);
  REQUIRE(rig.bindings.port_updated(rig.ports, port_of(3, "b")).ok());
  CHECK(rig.number_of(3) == 8);
  CHECK(!rig.bindings.state(a).is_up);
  REQUIRE(rig.bindings.port_updated(rig.ports, port_of(3, "c")).ok());
  CHECK(rig.number_of(3) == 0);
  rig.remove_vport(a);
  rig.remove_vport(b);
}

TEST_CASE(
    "PortBindings: an adapter that goes leaves its vport waiting, and its switch configured") {
  Rig rig;
  const NicFacts nic = nic_of(3, "Network Adapter");
  rig.plug(3, "port1", nic);
  void* const device = rig.add_vport("port1", 7);
  rig.unplug(nic);
  rig.bindings.port_deleted(rig.ports, 3);
  CHECK(!rig.bindings.state(device).is_up);
  CHECK(rig.ports.is_claimed());
  rig.plug(5, "port1", nic_of(5, "Network Adapter"));
  CHECK(rig.number_of(5) == 7);
  rig.remove_vport(device);
}

TEST_CASE("PortBindings: what the switch refuses is forgotten, and its id is free again") {
  Rig rig;
  void* const device = rig.add_vport("port1", 7);
  REQUIRE(rig.bindings.port_created(rig.ports, port_of(3, "port1")).ok());
  REQUIRE(rig.bindings.nic_created(rig.ports, nic_of(3, "Network Adapter")).ok());
  rig.bindings.nic_refused(rig.ports, 3, 0);
  rig.bindings.port_refused(rig.ports, 3);
  rig.worker.run_due();
  {
    const RcuReader reader;
    CHECK(rig.ports.find_port(3, reader) == nullptr);
  }
  CHECK(!rig.bindings.state(device).is_up);
  rig.plug(3, "port1", nic_of(3, "Network Adapter"));
  CHECK(rig.number_of(3) == 7);
  rig.remove_vport(device);
}

TEST_CASE("PortBindings: a list adds what nobody told, and nothing that has gone meanwhile") {
  Rig rig;
  REQUIRE(rig.bindings.begin_lists(rig.ports).ok());
  rig.bindings.port_deleted(rig.ports, 3);
  const NicFacts left = nic_of(4, "left");
  REQUIRE(rig.bindings.nic_disconnected(rig.ports, left, Passive::here()).ok());
  rig.bindings.nic_left(rig.ports, 4);
  for (const NDIS_SWITCH_PORT_ID id : {3u, 4u, 5u}) {
    REQUIRE(rig.bindings.list_port(rig.ports, port_of(id, "name")).ok());
    NicFacts nic = nic_of(id, "nic");
    nic.is_connected = true;
    REQUIRE(rig.bindings.list_nic(rig.ports, nic).ok());
  }
  rig.bindings.end_lists(rig.ports);
  const RcuReader reader;
  CHECK(rig.ports.find_port(3, reader) == nullptr);
  CHECK(!rig.ports.find(4, 0, reader)->is_connected());
  CHECK(rig.ports.find(5, 0, reader)->is_connected());
}

TEST_CASE("PortBindings: what is asked of a property is older than what was told of it") {
  Rig rig;
  rig.plug(3, "port1", nic_of(3, "nic"));
  const auto policy_of = [](std::uint16_t vlan, bool spoof) {
    PortPolicy policy;
    policy.isolation_vlan = vlan;
    policy.may_spoof_mac = spoof;
    auto made = try_make<PublishedPolicy>(policy);
    REQUIRE(made.ok());
    return std::move(*made);
  };
  using Source = PortBindings::Source;
  rig.bindings.set_property(rig.ports, 3, NdisSwitchPortPropertyTypeIsolation, Source::Event,
                            policy_of(5, false));
  rig.bindings.set_property(rig.ports, 3, NdisSwitchPortPropertyTypeIsolation, Source::Question,
                            policy_of(6, false));
  rig.bindings.set_property(rig.ports, 3, NdisSwitchPortPropertyTypeSecurity, Source::Question,
                            policy_of(0, true));
  const RcuReader reader;
  const PortPolicy& policy = rig.ports.find_port(3, reader)->policy(reader);
  CHECK(policy.isolation_vlan == 5);
  CHECK(policy.may_spoof_mac);
}

TEST_CASE("PortBindings: a switch that goes takes nothing of its vports with it") {
  Rig rig;
  void* const device = rig.add_vport("port1", 7);
  rig.plug(3, "port1", nic_of(3, "nic"));
  rig.bindings.remove_switch(rig.ports, Passive::here());
  CHECK(!rig.bindings.state(device).is_up);
  CHECK(!rig.ports.is_claimed());
  rig.bindings.add_switch(rig.ports);
  rig.plug(3, "port1", nic_of(3, "nic"));
  CHECK(rig.number_of(3) == 7);
  rig.remove_vport(device);
}

TEST_CASE("PortBindings: two switches may have ports of one id") {
  Rig rig;
  HypervPorts other(nobody());
  rig.bindings.add_switch(other);
  rig.plug(3, "a", nic_of(3, "nic"));
  REQUIRE(rig.bindings.port_created(other, port_of(3, "b")).ok());
  REQUIRE(rig.bindings.nic_created(other, nic_of(3, "nic")).ok());
  void* const a = rig.add_vport("a", 7);
  void* const b = rig.add_vport("b", 8);
  CHECK(rig.number_of(3) == 7);
  {
    const RcuReader reader;
    CHECK(other.find(3, 0, reader)->number() == PortNo{8});
  }
  rig.remove_vport(a);
  rig.remove_vport(b);
  rig.bindings.remove_switch(other, Passive::here());
}

TEST_CASE("PortBindings: whichever allocation fails, nothing is left behind") {
  for (int nth = 0;; ++nth) {
    platform::FailingAllocator memory{nth};
    bool done = false;
    {
      Rig rig;
      const auto device = rig.bindings.attach("port1", VportKind::Device, PortNo{7});
      const bool made = rig.bindings.begin_lists(rig.ports).ok() &&
                        rig.bindings.port_created(rig.ports, port_of(3, "port1")).ok() &&
                        rig.bindings.nic_created(rig.ports, nic_of(3, "nic")).ok();
      rig.bindings.end_lists(rig.ports);
      done = device.ok() && made;
      if (device) rig.remove_vport(device->device);
    }
    CHECK(memory.live() == 0);
    if (done) break;
    CHECK(memory.has_failed());
  }
}

}  // namespace
}  // namespace ovs::driver
