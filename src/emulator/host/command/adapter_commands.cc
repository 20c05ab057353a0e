// Add-, Remove-, Rename-, Connect-, Disconnect- and Get-VMNetworkAdapter.
#include "base/text/parse.h"
#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

constexpr auto kText = ParameterKind::Text;
constexpr auto kBoolean = ParameterKind::Boolean;
constexpr auto kAdapters = PipeInput::Adapters;
constexpr std::string_view kDefaultName = "Network Adapter";
constexpr std::uint64_t kSmallestMtu = 576, kLargestMtu = 9216;

std::vector<Record> records_of(const std::vector<MachineAdapter*>& adapters) {
  std::vector<Record> records;
  for (const MachineAdapter* each : adapters) records.push_back(adapter_record(*each));
  return records;
}

// 02:00:00:00:00:01, 02-00-00-00-00-01 or 020000000001.
CommandResult<MacAddress> parse_mac_address(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    if (c == ':' || c == '-') continue;
    if (!plain.empty() && plain.size() % 3 == 2) plain += ':';
    plain += c;
  }
  const auto mac = parse_mac(Text(plain.data(), plain.size()));
  if (!mac || plain.size() != 17 || mac->is_multicast() || mac->is_zero())
    return CommandError{"\"" + text + "\" is no adapter's MAC address"};
  return *mac;
}

CommandResult<NicOffloads> parse_offloads(const std::string& text) {
  for (const NicOffloads each :
       {NicOffloads{}, NicOffloads{true, false}, NicOffloads{true, true}}) {
    if (equal_ignoring_case(text, offload_text(each))) return each;
  }
  return CommandError{"--offload is LargeSend, Checksum or None, not \"" + text + "\""};
}

CommandResult<NewAdapter> new_adapter_of(const Arguments& arguments) {
  NewAdapter wanted;
  wanted.vm = arguments.text("vm-name");
  const bool is_management = arguments.flag("management-os");
  if (wanted.vm.empty() != is_management) return CommandError{"give --vm-name, or --management-os"};
  wanted.name = arguments.has("name") ? arguments.text("name") : std::string(kDefaultName);
  if (is_management && arguments.has("namespace"))
    return CommandError{"the management OS is in this host's own namespace"};
  if (!is_management)
    wanted.name_space = arguments.has("namespace") ? arguments.text("namespace") : wanted.vm;
  wanted.link = arguments.text("link");
  if (arguments.has("static-mac-address")) {
    OVS_TRY(wanted.mac, parse_mac_address(arguments.text("static-mac-address")));
  }
  if (arguments.has("mtu")) {
    const std::uint64_t mtu = arguments.number("mtu");
    if (mtu < kSmallestMtu || mtu > kLargestMtu) return CommandError{"--mtu is from 576 to 9216"};
    wanted.mtu = std::uint32_t(mtu);
  }
  if (arguments.has("offload")) {
    OVS_TRY(wanted.offloads, parse_offloads(arguments.text("offload")));
  }
  return wanted;
}

CommandResult<Answer> add(Machine& machine, const Arguments& arguments) {
  OVS_TRY(const NewAdapter wanted, new_adapter_of(arguments));
  const std::string& into = arguments.text("switch-name");
  if (into.empty() && wanted.vm.empty())
    return CommandError{"an adapter of the management OS needs --switch-name"};
  MachineSwitch* plugged = nullptr;
  if (!into.empty()) {
    OVS_TRY(plugged, machine.find_switch(into));
    if (wanted.vm.empty() && plugged->kind == SwitchKind::Private)
      return CommandError{"the management OS has no adapter in a private switch"};
  }
  OVS_TRY(MachineAdapter* const added, machine.add_adapter(wanted));
  if (plugged == nullptr) return Answer();
  if (const auto done = machine.plug(*added, *plugged); !done) {
    (void)machine.remove_adapter(*added);
    return done.error();
  }
  return Answer();
}

CommandResult<Answer> remove(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  OVS_TRY(machine.remove_adapter(*found));
  return Answer();
}

CommandResult<Answer> rename(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  OVS_TRY(machine.rename_adapter(*found, arguments.text("new-name")));
  return Answer();
}

CommandResult<Answer> connect(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  OVS_TRY(MachineSwitch* const into, machine.find_switch(arguments.text("switch-name")));
  OVS_TRY(machine.plug(*found, *into));
  return Answer();
}

CommandResult<Answer> disconnect(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineAdapter* const found, machine.find_adapter(choice_of(arguments)));
  OVS_TRY(machine.unplug(*found));
  return Answer();
}

CommandResult<Answer> show(Machine& machine, const Arguments& arguments) {
  AdapterChoice choice = choice_of(arguments);
  // Get-VMNetworkAdapter with nothing said would ask for a VM; here it shows all.
  choice.everyone =
      arguments.flag("all") || (choice.vm.empty() && choice.name.empty() && !choice.management);
  OVS_TRY(const auto found, machine.find_adapters(choice));
  return adapter_answer(records_of(found));
}

}  // namespace

std::vector<HostCommand> adapter_commands() {
  const Parameter vm = {"vm-name", "VM", kText, 0, Need::Optional, "whose"};
  const Parameter name = {"name",     "NAME",         kText,
                          kNamedOnly, Need::Optional, "which, where there are several"};
  const Parameter management = {"management-os", "", kBoolean, kNamedOnly, Need::Optional,
                                "the host's own"};
  return {
      {{"add-vmnetworkadapter",
        "gives a VM a NIC: a TAP in its network namespace",
        {vm,
         {"name", "NAME", kText, kNamedOnly, Need::Optional, "(default: Network Adapter)"},
         {"switch-name", "SWITCH", kText, kNamedOnly, Need::Optional, "plug it in there at once"},
         {"static-mac-address", "MAC", kText, kNamedOnly, Need::Optional, "(default: a new one)"},
         {"namespace", "NAMESPACE", kText, kNamedOnly, Need::Optional,
          "where the VM is (default: the one of its name)"},
         {"link", "LINK", kText, kNamedOnly, Need::Optional,
          "the device's name there (default: eth0, eth1, ...)"},
         {"mtu", "BYTES", ParameterKind::Number, kNamedOnly, Need::Optional, "(default: 1500)"},
         {"offload", "LargeSend|Checksum|None", kText, kNamedOnly, Need::Optional,
          "what the VM leaves to its NIC and takes from it (default: LargeSend, with checksums)"},
         management}},
       add},
      {{"remove-vmnetworkadapter", "takes a NIC away", {vm, name, management}, kAdapters}, remove},
      {{"rename-vmnetworkadapter",
        "gives a NIC another name",
        {vm,
         name,
         {"new-name", "NAME", kText, kNamedOnly, Need::Required, "its name from now on"},
         management},
        kAdapters},
       rename},
      {{"connect-vmnetworkadapter",
        "plugs a VM's NIC into a switch, out of the one that it was in",
        {vm, {"switch-name", "SWITCH", kText, 1, Need::Required, "into which"}, name},
        kAdapters},
       connect},
      {{"disconnect-vmnetworkadapter", "pulls a VM's NIC out of its switch", {vm, name}, kAdapters},
       disconnect},
      {{"get-vmnetworkadapter",
        "shows NICs",
        {vm, name, management, {"all", "", kBoolean, kNamedOnly, Need::Optional, "of everybody"}}},
       show},
  };
}

}  // namespace ovs::emulator
