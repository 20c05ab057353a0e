// What is set on a NIC's port: its OVS port name, its VLANs, what it may send.
#include <algorithm>
#include <charconv>

#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

constexpr auto kText = ParameterKind::Text;
constexpr auto kNumber = ParameterKind::Number;
constexpr auto kBoolean = ParameterKind::Boolean;
constexpr auto kAdapters = PipeInput::Adapters;
constexpr std::uint64_t kLastVlan = 4094;
constexpr std::uint64_t kLastSubnet = 0xffffff;

CommandResult<Answer> set_ovs_port(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  OVS_TRY(machine.set_ovs_port(*found, arguments.text("ovs-port-name")));
  return Answer();
}

// What is not given stays as it is.
CommandResult<void> set_switch(const Arguments& arguments, std::string_view name, bool& into) {
  if (!arguments.has(name)) return kOk;
  into = equal_ignoring_case(arguments.text(name), "On");
  if (into || equal_ignoring_case(arguments.text(name), "Off")) return kOk;
  return CommandError{"--" + std::string(name) + " is On or Off"};
}

CommandResult<std::uint32_t> subnet_of(const Arguments& arguments, std::string_view name) {
  const std::uint64_t number = arguments.number(name);
  if (number <= kLastSubnet) return std::uint32_t(number);
  return CommandError{"--" + std::string(name) + " is from 0 to 16777215"};
}

CommandResult<Answer> set_adapter(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  SecurityPolicy policy = found->security;
  OVS_TRY(set_switch(arguments, "mac-address-spoofing", policy.allow_mac_spoofing));
  OVS_TRY(set_switch(arguments, "ieee-priority-tag", policy.allow_priority_tag));
  OVS_TRY(set_switch(arguments, "allow-teaming", policy.allow_teaming));
  if (arguments.has("virtual-subnet-id")) {
    OVS_TRY(policy.virtual_subnet, subnet_of(arguments, "virtual-subnet-id"));
  }
  if (policy == found->security) return Answer();
  OVS_TRY(machine.set_security(*found, policy));
  return Answer();
}

CommandResult<Answer> set_isolation(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  constexpr IsolationMode kModes[] = {IsolationMode::None, IsolationMode::NativeVirtualSubnet,
                                      IsolationMode::ExternalVirtualSubnet, IsolationMode::Vlan};
  const std::string& name = arguments.text("isolation-mode");
  const auto* const mode = std::find_if(std::begin(kModes), std::end(kModes), [&](auto each) {
    return equal_ignoring_case(isolation_text(each), name);
  });
  if (mode == std::end(kModes)) {
    return CommandError{
        "--isolation-mode is None, NativeVirtualSubnet, ExternalVirtualSubnet or Vlan, not \"" +
        name + "\""};
  }
  IsolationPolicy policy;
  policy.mode = *mode;
  policy.allow_untagged = arguments.flag("allow-untagged-traffic");
  OVS_TRY(policy.default_id, subnet_of(arguments, "default-isolation-id"));
  if (*mode == IsolationMode::Vlan && policy.default_id > kLastVlan)
    return CommandError{"--default-isolation-id is from 0 to 4094 where VLANs isolate"};
  if (*mode == IsolationMode::None) policy = {};
  OVS_TRY(machine.set_isolation(*found, policy));
  return Answer();
}

// --- VLANs

CommandResult<std::uint16_t> vlan_of(const Arguments& arguments, std::string_view name,
                                     std::uint64_t least) {
  const std::uint64_t number = arguments.number(name);
  const std::string parameter = "--" + std::string(name);
  if (!arguments.has(name)) return CommandError{parameter + " is required here"};
  if (number < least || number > kLastVlan)
    return CommandError{parameter + " is from " + std::to_string(least) + " to 4094"};
  return std::uint16_t(number);
}

// "5" or "5-9".
CommandResult<void> add_range(std::string_view text, std::bitset<4096>& vlans) {
  unsigned from = 0, to = 0;
  const char* const end = text.data() + text.size();
  auto read = std::from_chars(text.data(), end, from);
  to = from;
  if (read.ec == std::errc() && read.ptr != end && *read.ptr == '-')
    read = std::from_chars(read.ptr + 1, end, to);
  if (read.ec != std::errc() || read.ptr != end || from > to || to > kLastVlan)
    return CommandError{"\"" + std::string(text) + "\" is no VLAN and no range of VLANs"};
  for (unsigned vlan = from; vlan <= to; ++vlan) vlans.set(vlan);
  return kOk;
}

CommandResult<VlanPolicy> vlan_policy_of(const Arguments& arguments) {
  const bool access = arguments.flag("access"), trunk = arguments.flag("trunk");
  if (int(access) + int(trunk) + int(arguments.flag("untagged")) != 1)
    return CommandError{"give one of --untagged, --access and --trunk"};
  VlanPolicy policy;
  if (access) {
    policy.mode = VlanMode::Access;
    OVS_TRY(policy.access, vlan_of(arguments, "vlan-id", 1));
  } else if (trunk) {
    policy.mode = VlanMode::Trunk;
    OVS_TRY(policy.native, vlan_of(arguments, "native-vlan-id", 0));
    if (!arguments.has("allowed-vlan-id-list"))
      return CommandError{"--allowed-vlan-id-list is required here"};
    for (const std::string& range : comma_list(arguments.text("allowed-vlan-id-list")))
      OVS_TRY(add_range(range, policy.trunk));
  }
  return policy;
}

CommandResult<Answer> set_vlan(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  OVS_TRY(const VlanPolicy policy, vlan_policy_of(arguments));
  OVS_TRY(machine.set_vlan(*found, policy));
  return Answer();
}

// A record of each adapter that is meant; of all, where none is named.
CommandResult<Answer> show(Machine& machine, const Arguments& arguments,
                           Record (*record)(const MachineAdapter&)) {
  AdapterChoice choice = choice_of(arguments);
  choice.everyone = choice.vm.empty() && choice.name.empty() && !choice.management;
  OVS_TRY(const auto found, machine.find_adapters(choice));
  Answer answer;
  for (const MachineAdapter* each : found) answer.records.push_back(record(*each));
  return answer;
}

CommandResult<Answer> show_vlans(Machine& machine, const Arguments& arguments) {
  return show(machine, arguments, vlan_record);
}

CommandResult<Answer> show_isolation(Machine& machine, const Arguments& arguments) {
  return show(machine, arguments, isolation_record);
}

}  // namespace

std::vector<HostCommand> setting_commands() {
  const Parameter vm = {"vm-name", "VM", kText, 0, Need::Optional, "whose"};
  const Parameter name = {
      "vm-network-adapter-name",       "NAME", kText, kNamedOnly, Need::Optional,
      "which, where there are several"};
  const Parameter management = {"management-os", "", kBoolean, kNamedOnly, Need::Optional,
                                "the host's own"};
  return {
      {{"set-vmnetworkadapterovsport",
        "names the port of a NIC as Open vSwitch is to know it",
        {vm,
         name,
         {"ovs-port-name", "PORT", kText, 1, Need::Required, "what ovs-vsctl add-port says"},
         management},
        kAdapters},
       set_ovs_port},
      {{"set-vmnetworkadaptervlan",
        "sets the VLANs of a NIC",
        {vm,
         name,
         management,
         {"untagged", "", kBoolean, kNamedOnly, Need::Optional, "no VLAN"},
         {"access", "", kBoolean, kNamedOnly, Need::Optional, "one VLAN, which it does not see"},
         {"vlan-id", "VLAN", kNumber, kNamedOnly, Need::Optional, "with --access: from 1 to 4094"},
         {"trunk", "", kBoolean, kNamedOnly, Need::Optional, "several VLANs, by their tags"},
         {"native-vlan-id", "VLAN", kNumber, kNamedOnly, Need::Optional,
          "with --trunk: that of frames without a tag, or 0"},
         {"allowed-vlan-id-list", "1-9,20", kText, kNamedOnly, Need::Optional,
          "with --trunk: those that pass"}},
        kAdapters},
       set_vlan},
      {{"get-vmnetworkadaptervlan", "shows the VLANs of NICs", {vm, name, management}}, show_vlans},
      {{"set-vmnetworkadapter",
        "sets what a NIC may do",
        {vm,
         name,
         management,
         {"mac-address-spoofing", "On|Off", kText, kNamedOnly, Need::Optional,
          "whether it may send from other MAC addresses than its own"},
         {"ieee-priority-tag", "On|Off", kText, kNamedOnly, Need::Optional,
          "whether priorities pass that stand in a tag without a VLAN"},
         {"allow-teaming", "On|Off", kText, kNamedOnly, Need::Optional,
          "whether the VM may make a team of its NICs"},
         {"virtual-subnet-id", "N", kNumber, kNamedOnly, Need::Optional,
          "the virtual subnet that it is in; 0: none"}},
        kAdapters},
       set_adapter},
      {{"set-vmnetworkadapterisolation",
        "keeps a NIC's traffic apart from that of others",
        {vm,
         name,
         management,
         {"isolation-mode", "MODE", kText, kNamedOnly, Need::Required,
          "None, NativeVirtualSubnet, ExternalVirtualSubnet or Vlan"},
         {"default-isolation-id", "N", kNumber, kNamedOnly, Need::Optional,
          "the VLAN or virtual subnet of what says none"},
         {"allow-untagged-traffic", "", kBoolean, kNamedOnly, Need::Optional,
          "what says none passes"}},
        kAdapters},
       set_isolation},
      {{"get-vmnetworkadapterisolation", "shows how NICs are isolated", {vm, name, management}},
       show_isolation},
  };
}

}  // namespace ovs::emulator
