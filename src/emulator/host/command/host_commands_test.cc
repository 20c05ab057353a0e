#include "emulator/host/command/host_commands.h"

#include <doctest/doctest.h>

#include "emulator/host/machine/fake_machine_test.h"
#include "wire/json/write.h"

namespace ovs::emulator {
namespace {

struct Host : test::FakeMachine {
  // The text that a person reads, or the error.
  std::string run(const std::vector<std::string>& words) {
    const HostCommand* command = find_host_command(words.front());
    REQUIRE(command != nullptr);
    const auto answer = run_host_command(*command, machine, std::span(words).subspan(1));
    return answer ? answer->text() : answer.error().text;
  }
  std::string json(const std::vector<std::string>& words) {
    const auto answer =
        run_host_command(*find_host_command(words.front()), machine, std::span(words).subspan(1));
    return answer ? wire::json_text(answer->json()) : answer.error().text;
  }
  test::FakePort& port(std::size_t index = 0) {
    auto& ports = made.front()->ports;
    REQUIRE(ports.size() > index);
    return std::next(ports.begin(), long(index))->second;
  }
  static test::FakeNic& nic(const MachineAdapter& adapter) {
    return static_cast<test::FakeNic&>(*adapter.nic);
  }
};

TEST_CASE("Host commands: an external switch gives the host an adapter, unless it is told not to") {
  Host host;
  CHECK(host.run({"New-VMSwitch", "external", "-AllowManagementOS", "$true", "-NetAdapterName",
                  "Ethernet1"}) ==
        "Name     SwitchType NetAdapterInterfaceDescription\n"
        "----     ---------- ------------------------------\n"
        "external External   Ethernet1\n");
  REQUIRE(host.nics.taps.size() == 1);
  CHECK(host.nics.taps[0].link == "vEth-external");
  CHECK(host.nics.taps[0].alias == "vEthernet (external)");
  CHECK(host.nics.taps[0].name_space == "");
  CHECK(host.port().spec.kind == PortKind::Internal);
  CHECK(host.port().nic.friendly_name == "vEthernet (external)");
  CHECK(host.run({"new-vmswitch", "second", "--net-adapter-name", "Ethernet2",
                  "--allow-management-os=false"}) != "");
  CHECK(host.nics.taps.size() == 1);
}

TEST_CASE("Host commands: internal switches have the host in them, private ones have not") {
  Host host;
  host.run({"new-vmswitch", "in", "--switch-type", "internal"});
  host.run({"new-vmswitch", "alone", "--switch-type", "Private"});
  CHECK(host.nics.taps.size() == 1);
  CHECK(host.run({"get-vmswitch"}) ==
        "Name  SwitchType NetAdapterInterfaceDescription\n"
        "----  ---------- ------------------------------\n"
        "in    Internal\n"
        "alone Private\n");
  CHECK(host.json({"get-vmswitch", "alone"})
            .starts_with(R"([{"Name":"alone","SwitchType":"Private")"));
}

TEST_CASE("Host commands: switches that cannot be made say why, and leave nothing") {
  Host host;
  CHECK(host.run({"new-vmswitch", "x"}) ==
        "new-vmswitch: give --net-adapter-name, or --switch-type");
  CHECK(host.run({"new-vmswitch", "x", "--switch-type", "public"}) ==
        "new-vmswitch: --switch-type is External, Internal or Private, not \"public\"");
  CHECK(host.run({"new-vmswitch", "x", "--net-adapter-name", "none0"}) ==
        "new-vmswitch: network adapter none0: No such device");
  CHECK(host.run({"new-vmswitch", "x", "--switch-type", "Private", "--net-adapter-name", "e"}) ==
        "new-vmswitch: only an external switch has a --net-adapter-name");
  host.run({"new-vmswitch", "x", "--net-adapter-name", "e"});
  CHECK(host.run({"new-vmswitch", "X", "--switch-type", "Private"}) ==
        "new-vmswitch: there is a switch \"X\" already");
  CHECK(host.run({"new-vmswitch", "y", "--net-adapter-name", "e"}) ==
        "new-vmswitch: adapter \"e\" belongs to switch \"x\"");
  CHECK(host.machine.switches().size() == 1);
  CHECK(host.run({"remove-vmswitch", "z"}) == "remove-vmswitch: there is no switch \"z\"");
}

TEST_CASE("Host commands: the extension is meant by any of its names, in both orders") {
  Host host;
  host.run({"new-vmswitch", "external", "--switch-type", "Private"});
  CHECK(host.run({"Enable-VMSwitchExtension", "openvswitch", "-VMSwitchName", "external"}) ==
        "Id            : 1A7FA0B7-AAFC-492A-B870-424D1FF85470\n"
        "Name          : Open vSwitch Extension\n"
        "ExtensionType : Forwarding\n"
        "SwitchId      : " +
            host.machine.switches()[0]->id +
            "\n"
            "SwitchName    : external\n"
            "Enabled       : True\n"
            "Running       : True\n");
  host.run({"disable-vmswitchextension", "external", "Open vSwitch Extension"});
  CHECK(!host.made[0]->view().extension.enabled);
  CHECK(host.run({"enable-vmswitchextension", "external", "other"}) ==
        "enable-vmswitchextension: switch \"external\" has no extension \"other\"");
}

TEST_CASE("Host commands: a VM's adapter is a TAP where the VM is, plugged in or not") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--namespace", "ns1", "--static-mac-address",
                  "02-00-00-00-00-01"}) == "");
  const MachineAdapter& adapter = *host.machine.adapters()[0];
  CHECK(host.nics.taps[0].name_space == "ns1");
  CHECK(host.nics.taps[0].link == "eth0");
  CHECK(!Host::nic(adapter).has_carrier());
  CHECK(!Host::nic(adapter).is_reading());
  CHECK(host.run({"connect-vmnetworkadapter", "vm1", "-SwitchName", "s"}) == "");
  CHECK(Host::nic(adapter).has_carrier());
  CHECK(Host::nic(adapter).is_reading());
  CHECK(host.port().nic.vm_name == "VM1");
  CHECK(host.run({"get-vmnetworkadapter", "VM1"}) ==
        "Name            IsManagementOs VMName SwitchName MacAddress   Status OVSPortName Link\n"
        "----            -------------- ------ ---------- ----------   ------ ----------- ----\n"
        "Network Adapter False          VM1    s          020000000001 {Ok}               eth0\n");
  CHECK(host.run({"disconnect-vmnetworkadapter", "VM1"}) == "");
  CHECK(!Host::nic(adapter).has_carrier());
  CHECK(host.made[0]->ports.empty());
  host.run({"connect-vmnetworkadapter", "VM1", "s"});
  CHECK(host.run({"remove-vmnetworkadapter", "VM1"}) == "");
  CHECK(host.made[0]->ports.empty());
  CHECK(host.machine.adapters().empty());
}

TEST_CASE("Host commands: an adapter is meant by its VM's name where that has only one") {
  Host host;
  host.run({"add-vmnetworkadapter", "VM1"});
  host.run({"add-vmnetworkadapter", "VM1", "--name", "Second"});
  CHECK(host.nics.taps[1].link == "eth1");
  CHECK(host.nics.taps[1].name_space == "VM1");
  CHECK(host.run({"remove-vmnetworkadapter", "VM1"}) ==
        "remove-vmnetworkadapter: say which adapter by its name: VM1 \"Network Adapter\" VM1 "
        "\"Second\"");
  CHECK(host.run({"remove-vmnetworkadapter", "VM2"}) ==
        "remove-vmnetworkadapter: VM \"VM2\" has no adapter");
  CHECK(host.run({"remove-vmnetworkadapter", "VM1", "--name", "Third"}) ==
        "remove-vmnetworkadapter: VM \"VM1\" has no adapter \"Third\"");
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--name", "second"}) ==
        "add-vmnetworkadapter: VM \"VM1\" has an adapter \"second\" already");
  CHECK(host.run({"rename-vmnetworkadapter", "VM1", "--name", "Second", "--new-name",
                  "network adapter"}) ==
        "rename-vmnetworkadapter: there is an adapter \"network adapter\" already");
  CHECK(host.run({"rename-vmnetworkadapter", "VM1", "--name", "Second", "--new-name", "SECOND"}) ==
        "");
  CHECK(host.machine.adapters()[1]->name == "SECOND");
}

TEST_CASE("Host commands: an adapter that cannot be made says why") {
  Host host;
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--namespace", "nowhere"}) ==
        "add-vmnetworkadapter: network namespace \"nowhere\": No such file or directory");
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"}) ==
        "add-vmnetworkadapter: there is no switch \"s\"");
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--static-mac-address", "01:00:00:00:00:00"}) ==
        "add-vmnetworkadapter: \"01:00:00:00:00:00\" is no adapter's MAC address");
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--mtu", "20"}) ==
        "add-vmnetworkadapter: --mtu is from 576 to 9216");
  CHECK(host.run({"add-vmnetworkadapter"}) ==
        "add-vmnetworkadapter: give --vm-name, or --management-os");
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--link", "much-too-long-a-name"}) ==
        "add-vmnetworkadapter: much-too-long-a-name: a link's name has at most 15 bytes");
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.made[0]->refuse_nics = true;
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"}) ==
        "add-vmnetworkadapter: the driver vetoed the NIC");
  CHECK(host.machine.adapters().empty());
  CHECK(host.made[0]->ports.empty());
}

TEST_CASE("Host commands: an OVS port name holds before and after an adapter is plugged in") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1"});
  CHECK(host.run({"Set-VMNetworkAdapterOVSPort", "VM1", "-OVSPortName", "port1"}) == "");
  host.run({"connect-vmnetworkadapter", "VM1", "s"});
  CHECK(host.port().spec.friendly_name == "port1");
  host.run({"set-vmnetworkadapterovsport", "VM1", "port2"});
  CHECK(host.port().spec.friendly_name == "port2");
  CHECK(host.run({"set-vmnetworkadapterovsport", "VM1", std::string(256, 'x')}) ==
        "set-vmnetworkadapterovsport: an OVS port's name has at most 255 bytes");
  CHECK(host.port().spec.friendly_name == "port2");
}

TEST_CASE("Host commands: VLANs are set by mode, and shown") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  CHECK(host.run({"set-vmnetworkadaptervlan", "VM1", "-Access", "-VlanId", "10"}) == "");
  CHECK(host.port().vlan.access == 10);
  CHECK(host.run({"set-vmnetworkadaptervlan", "VM1", "--trunk", "--native-vlan-id", "5",
                  "--allowed-vlan-id-list", "1-3,7"}) == "");
  CHECK(host.port().vlan.trunk.count() == 4);
  CHECK(host.run({"get-vmnetworkadaptervlan", "VM1"}) ==
        "VMName VMNetworkAdapterName Mode  VlanList\n"
        "------ -------------------- ----  --------\n"
        "VM1    Network Adapter      Trunk 5,1-3,7\n");
  const std::string name = "set-vmnetworkadaptervlan: ";
  CHECK(host.run({"set-vmnetworkadaptervlan", "VM1"}) ==
        name + "give one of --untagged, --access and --trunk");
  CHECK(host.run({"set-vmnetworkadaptervlan", "VM1", "--access", "--vlan-id", "4095"}) ==
        name + "--vlan-id is from 1 to 4094");
  CHECK(host.run({"set-vmnetworkadaptervlan", "VM1", "--trunk", "--native-vlan-id", "0",
                  "--allowed-vlan-id-list", "9-3"}) ==
        name + "\"9-3\" is no VLAN and no range of VLANs");
  CHECK(host.run({"set-vmnetworkadaptervlan", "VM1", "--untagged"}) == "");
  CHECK(host.port().vlan == VlanPolicy());
}

TEST_CASE("Host commands: spoofing is allowed for one adapter, and stays so when it is replugged") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  CHECK(host.run({"set-vmnetworkadapter", "VM1", "-MacAddressSpoofing", "On"}) == "");
  CHECK(host.port().security.allow_mac_spoofing);
  host.run({"connect-vmnetworkadapter", "VM1", "s"});
  CHECK(host.port().security.allow_mac_spoofing);
  CHECK(host.run({"set-vmnetworkadapter", "VM1", "-MacAddressSpoofing", "sure"}) ==
        "set-vmnetworkadapter: --mac-address-spoofing is On or Off");
}

TEST_CASE("Host commands: a switch that goes leaves VMs unplugged, and takes the host's adapters") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Internal"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  host.run({"add-vmnetworkadapter", "--management-os", "--name", "Storage", "--switch-name", "s"});
  CHECK(host.machine.adapters().size() == 3);
  CHECK(host.run({"remove-vmswitch", "s"}) == "");
  REQUIRE(host.machine.adapters().size() == 1);
  CHECK(host.machine.adapters()[0]->plugged == nullptr);
}

TEST_CASE("Host commands: names that links cannot have are cut to such as they can, each its own") {
  Host host;
  host.run({"new-vmswitch", "a switch of many words", "--switch-type", "Internal"});
  host.run({"new-vmswitch", "a switch of many more", "--switch-type", "Internal"});
  CHECK(host.nics.taps[0].link == "vEth-aswitchofm");
  CHECK(host.nics.taps[1].link == "vEth-aswitchof1");
}

TEST_CASE("Host commands: a team loses the member whose wire is cut, and has it again") {
  Host host;
  host.run({"new-vmswitch", "x", "--net-adapter-name", "e1,e2", "--allow-management-os=false"});
  auto& uplinks = host.machine.switches()[0]->physical;
  auto& first = static_cast<test::FakeNic&>(*uplinks[0].nic);
  auto& second = static_cast<test::FakeNic&>(*uplinks[1].nic);
  const std::vector<std::string>& members = host.made[0]->members;
  CHECK(members == std::vector<std::string>{"e1", "e2"});
  first.is_linked = false;
  host.machine.watch();
  CHECK(members == std::vector<std::string>{"e2"});
  CHECK(!first.is_reading());
  CHECK(host.run({"topology"}) ==
        "x  External switch; no extension: it forwards by itself\n"
        "  ├─ e1  physical NIC of a team  no carrier, out\n"
        "  └─ e2  physical NIC of a team\n");
  SUBCASE("it comes back") {
    first.is_linked = true;
    host.machine.watch();
    CHECK(members == std::vector<std::string>{"e2", "e1"});
    CHECK(first.is_reading());
  }
  SUBCASE("the other stays when its wire is cut, too, and goes when the first is back") {
    second.is_linked = false;
    host.machine.watch();
    CHECK(members == std::vector<std::string>{"e2"});
    first.is_linked = true;
    host.machine.watch();
    CHECK(members == std::vector<std::string>{"e1"});
  }
}

TEST_CASE("Host commands: a wire that is cut leaves the only physical NIC where it is") {
  Host host;
  host.run({"new-vmswitch", "x", "--net-adapter-name", "e1", "--allow-management-os=false"});
  static_cast<test::FakeNic&>(*host.machine.switches()[0]->physical[0].nic).is_linked = false;
  host.machine.watch();
  CHECK(host.made[0]->members == std::vector<std::string>{"e1"});
  CHECK(host.made[0]->links["e1"] == LinkState::Cut);
  static_cast<test::FakeNic&>(*host.machine.switches()[0]->physical[0].nic).is_linked = true;
  host.machine.watch();
  CHECK(host.made[0]->links["e1"] == LinkState::There);
}

TEST_CASE("Host commands: a saved VM is out of its switch, and what was kept of it comes back") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  host.run({"add-vmnetworkadapter", "VM1", "--name", "Second"});
  CHECK(host.run({"save-vm", "VM1"}) == "");
  CHECK(host.made[0]->ports.empty());
  CHECK(host.run({"get-vm"}) ==
        "Name State NetworkAdapters           SavedExtensionBytes\n"
        "---- ----- ---------------           -------------------\n"
        "VM1  Saved {Network Adapter, Second}                   1\n");
  CHECK(host.run({"save-vm", "VM1"}) == "save-vm: VM \"VM1\" is saved already");
  CHECK(host.run({"connect-vmnetworkadapter", "VM1", "s", "--name", "Second"}) ==
        "connect-vmnetworkadapter: VM \"VM1\" is saved; start-vm starts it");
  CHECK(host.run({"start-vm", "VM1"}) == "");
  REQUIRE(host.port().restored.size() == 1);
  CHECK(host.port().restored[0].data == std::vector<std::uint8_t>{10});
  CHECK(host.made[0]->ports.size() == 1);
  CHECK(host.run({"start-vm", "VM1"}) == "start-vm: VM \"VM1\" runs already");
  CHECK(host.run({"save-vm", "VM2"}) == "save-vm: VM \"VM2\" has no adapter");
}

TEST_CASE("Host commands: a VM whose switch has gone meanwhile stays saved") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  host.run({"save-vm", "VM1"});
  host.run({"remove-vmswitch", "s"});
  CHECK(host.run({"start-vm", "VM1"}) == "start-vm: there is no switch \"s\"");
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  CHECK(host.run({"start-vm", "VM1"}) == "");
}

TEST_CASE("Host commands: isolation is a port's, and stays with the adapter") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  CHECK(host.run({"Set-VMNetworkAdapterIsolation", "VM1", "-IsolationMode", "Vlan",
                  "-DefaultIsolationID", "7", "-AllowUntaggedTraffic", "$true"}) == "");
  CHECK(host.port().isolation == IsolationPolicy{IsolationMode::Vlan, true, 7});
  host.run({"connect-vmnetworkadapter", "VM1", "s"});
  CHECK(host.port().isolation == IsolationPolicy{IsolationMode::Vlan, true, 7});
  CHECK(host.run({"get-vmnetworkadapterisolation"}) ==
        "VMName VMNetworkAdapterName IsolationMode DefaultIsolationID AllowUntaggedTraffic\n"
        "------ -------------------- ------------- ------------------ --------------------\n"
        "VM1    Network Adapter      Vlan                           7 True\n");
  const std::string name = "set-vmnetworkadapterisolation: ";
  CHECK(host.run({"set-vmnetworkadapterisolation", "VM1", "--isolation-mode", "Firm"}) ==
        name +
            "--isolation-mode is None, NativeVirtualSubnet, ExternalVirtualSubnet or Vlan, not "
            "\"Firm\"");
  CHECK(host.run({"set-vmnetworkadapterisolation", "VM1", "--isolation-mode", "Vlan",
                  "--default-isolation-id", "4095"}) ==
        name + "--default-isolation-id is from 0 to 4094 where VLANs isolate");
  CHECK(host.run({"set-vmnetworkadapterisolation", "VM1", "--isolation-mode", "None"}) == "");
  CHECK(host.port().isolation == IsolationPolicy());
}

TEST_CASE("Host commands: a NIC without offloads is given whole checksums") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s", "--offload=none"}) == "");
  CHECK(!host.port().nic.offloads.checksum);
  CHECK(host.json({"get-vmnetworkadapter", "VM1"}).find(R"("Offload":"None")") !=
        std::string::npos);
  CHECK(host.nics.taps.back().offloads.checksum == false);
  CHECK(host.run({"add-vmnetworkadapter", "VM2", "--offload", "all"}) ==
        "add-vmnetworkadapter: --offload is LargeSend, Checksum or None, not \"all\"");
}

TEST_CASE("Host commands: a NIC takes large sends, unless it is told not to") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  CHECK(host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"}) == "");
  CHECK(host.port().nic.offloads.segmentation);
  CHECK(host.nics.taps.back().offloads.segmentation);
  CHECK(host.json({"get-vmnetworkadapter", "VM1"}).find(R"("Offload":"LargeSend")") !=
        std::string::npos);
  CHECK(host.run({"add-vmnetworkadapter", "VM2", "--offload=checksum"}) == "");
  CHECK(host.nics.taps.back().offloads.checksum);
  CHECK(!host.nics.taps.back().offloads.segmentation);
}

TEST_CASE("Host commands: an MTU that its user changes is told to the switch") {
  Host host;
  host.run({"new-vmswitch", "s", "--switch-type", "Private"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "s"});
  Host::nic(*host.machine.adapters()[0]).set_mtu(1400);
  host.machine.watch();
  CHECK(host.port().nic.mtu == 1400);
  CHECK(host.port().nic.friendly_name == "Network Adapter");
}

TEST_CASE("Host commands: what fails on demand is said before and after") {
  Host host;
  CHECK(host.run({"get-allocationfailure"}) ==
        "Nth Asked Failed\n"
        "--- ----- ------\n"
        "        7 False\n");
  CHECK(host.run({"set-allocationfailure", "3"}) ==
        "Nth Asked Failed\n"
        "--- ----- ------\n"
        "  3     7 True\n");
  CHECK(host.run({"set-allocationfailure", "--none"}).find("False") != std::string::npos);
  CHECK(host.run({"set-allocationfailure"}) == "set-allocationfailure: give --nth, or --none");
}

TEST_CASE("Host commands: the drawing shows who is where") {
  Host host;
  CHECK(host.run({"topology"}) == "no switch and no adapter\n");
  host.run({"new-vmswitch", "external", "--net-adapter-name", "Ethernet1"});
  host.run({"enable-vmswitchextension", "external", "openvswitch"});
  host.run({"add-vmnetworkadapter", "VM1", "--switch-name", "external", "--namespace", "n1"});
  host.run({"set-vmnetworkadapterovsport", "VM1", "port1"});
  host.run({"set-vmnetworkadaptervlan", "VM1", "--access", "--vlan-id", "7"});
  host.run({"add-vmnetworkadapter", "VM2"});
  CHECK(host.run({"topology"}) ==
        "external  External switch; Open vSwitch Extension, running\n"
        "  ├─ Ethernet1              physical NIC\n"
        "  ├─ vEthernet (external)   management OS, vEth-external\n"
        "  └─ VM1 \"Network Adapter\"  namespace n1, eth0            OVS port port1, VLAN 7\n"
        "not connected\n"
        "  └─ VM2 \"Network Adapter\"  namespace VM2, eth0\n");
}

}  // namespace
}  // namespace ovs::emulator
