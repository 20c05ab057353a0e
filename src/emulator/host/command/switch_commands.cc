// New-, Get- and Remove-VMSwitch, and the extension of a switch.
#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

constexpr auto kText = ParameterKind::Text;
constexpr auto kBoolean = ParameterKind::Boolean;

CommandResult<SwitchKind> kind_of(const Arguments& arguments) {
  const std::string& type = arguments.text("switch-type");
  const bool has_links = arguments.has("net-adapter-name");
  if (type.empty() && has_links) return SwitchKind::External;
  if (type.empty()) return CommandError{"give --net-adapter-name, or --switch-type"};
  if (equal_ignoring_case(type, "External")) {
    if (!has_links) return CommandError{"an external switch needs --net-adapter-name"};
    return SwitchKind::External;
  }
  if (has_links) return CommandError{"only an external switch has a --net-adapter-name"};
  if (equal_ignoring_case(type, "Internal")) return SwitchKind::Internal;
  if (equal_ignoring_case(type, "Private")) return SwitchKind::Private;
  return CommandError{"--switch-type is External, Internal or Private, not \"" + type + "\""};
}

CommandResult<Answer> new_switch(Machine& machine, const Arguments& arguments) {
  NewSwitch wanted;
  wanted.name = arguments.text("name");
  OVS_TRY(wanted.kind, kind_of(arguments));
  wanted.links = comma_list(arguments.text("net-adapter-name"));
  if (wanted.kind != SwitchKind::External && arguments.has("allow-management-os"))
    return CommandError{"--allow-management-os is for external switches"};
  if (wanted.links.size() > kMaxTeamMembers)
    return CommandError{"a team has at most " + std::to_string(kMaxTeamMembers) + " adapters"};
  if (wanted.links.size() > 1 && !arguments.flag("enable-embedded-teaming", true))
    return CommandError{"several adapters are a team: --enable-embedded-teaming"};
  // As New-VMSwitch has it where nothing is said. A private switch has no end at the host.
  wanted.allow_management_os =
      wanted.kind == SwitchKind::Internal ||
      (wanted.kind == SwitchKind::External && arguments.flag("allow-management-os", true));
  OVS_TRY(const MachineSwitch* made, machine.new_switch(wanted));
  std::vector<Record> records;
  records.push_back(switch_record(*made));
  return switch_answer(std::move(records));
}

CommandResult<std::vector<MachineSwitch*>> chosen(Machine& machine, const std::string& name) {
  std::vector<MachineSwitch*> found;
  if (!name.empty()) {
    OVS_TRY(MachineSwitch* const only, machine.find_switch(name));
    found.push_back(only);
    return found;
  }
  for (const auto& each : machine.switches()) found.push_back(each.get());
  return found;
}

CommandResult<Answer> show_switches(Machine& machine, const Arguments& arguments) {
  OVS_TRY(const auto found, chosen(machine, arguments.text("name")));
  std::vector<Record> records;
  for (const MachineSwitch* each : found) records.push_back(switch_record(*each));
  return switch_answer(std::move(records));
}

CommandResult<Answer> remove_switch(Machine& machine, const Arguments& arguments) {
  OVS_TRY(machine.remove_switch(arguments.text("name")));
  return Answer();
}

// --- the extension

Answer extension_answer(std::vector<Record> records) {
  Answer answer;
  answer.layout = Layout::List;
  answer.records = std::move(records);
  return answer;
}

CommandResult<MachineSwitch*> with_extension(Machine& machine, const Arguments& arguments) {
  OVS_TRY(MachineSwitch* const found, machine.find_switch(arguments.text("vm-switch-name")));
  const std::string& name = arguments.text("name");
  if (!names_extension(name, found->door->view().extension))
    return CommandError{"switch \"" + found->name + "\" has no extension \"" + name + "\""};
  return found;
}

CommandResult<Answer> set_extension(Machine& machine, const Arguments& arguments, bool enabled) {
  OVS_TRY(MachineSwitch* const found, with_extension(machine, arguments));
  const auto done = enabled ? found->door->enable_extension() : found->door->disable_extension();
  if (!done) return CommandError{done.error().text};
  std::vector<Record> records;
  records.push_back(extension_record(*found));
  return extension_answer(std::move(records));
}

CommandResult<Answer> enable_extension(Machine& machine, const Arguments& arguments) {
  return set_extension(machine, arguments, true);
}

CommandResult<Answer> disable_extension(Machine& machine, const Arguments& arguments) {
  return set_extension(machine, arguments, false);
}

CommandResult<Answer> show_extensions(Machine& machine, const Arguments& arguments) {
  OVS_TRY(const auto found, chosen(machine, arguments.text("vm-switch-name")));
  std::vector<Record> records;
  for (const MachineSwitch* each : found) {
    const ExtensionView extension = each->door->view().extension;
    const std::string& name = arguments.text("name");
    if (extension.name.empty()) continue;
    if (name.empty() || names_extension(name, extension))
      records.push_back(extension_record(*each));
  }
  return extension_answer(std::move(records));
}

}  // namespace

std::vector<HostCommand> switch_commands() {
  const auto required = Need::Required;
  return {
      {{"new-vmswitch",
        "makes a virtual switch",
        {{"name", "NAME", kText, 0, required, "what to call it"},
         {"net-adapter-name", "LINK[,LINK]", kText, kNamedOnly, Need::Optional,
          "the physical adapter, a link of this namespace: an external switch"},
         {"switch-type", "TYPE", kText, kNamedOnly, Need::Optional,
          "Internal (VMs and the host), Private (VMs) or External"},
         {"allow-management-os", "", kBoolean, kNamedOnly, Need::Optional,
          "the host gets an adapter in it (default: true)"},
         {"enable-embedded-teaming", "", kBoolean, kNamedOnly, Need::Optional,
          "several adapters make a team"}}},
       new_switch},
      {{"get-vmswitch",
        "shows the virtual switches",
        {{"name", "NAME", kText, 0, Need::Optional, "this one only"}}},
       show_switches},
      {{"remove-vmswitch",
        "removes a virtual switch; VMs lose their connection to it",
        {{"name", "NAME", kText, 0, required, "which"},
         {"force", "", kBoolean, kNamedOnly, Need::Optional, "nothing is asked in any case"}}},
       remove_switch},
  };
}

std::vector<HostCommand> extension_commands() {
  const std::vector<Parameter> both = {
      {"vm-switch-name", "SWITCH", kText, 0, Need::Required, "of which switch"},
      {"name", "EXTENSION", kText, 1, Need::Required,
       "which: openvswitch, or what get-vmswitchextension calls it"}};
  std::vector<Parameter> either = both;
  for (Parameter& parameter : either) parameter.need = Need::Optional;
  return {
      {{"enable-vmswitchextension", "lets the driver forward what the switch carries", both},
       enable_extension},
      {{"disable-vmswitchextension", "the switch forwards by itself again", both},
       disable_extension},
      {{"get-vmswitchextension", "shows the extensions of the switches", either}, show_extensions},
  };
}

}  // namespace ovs::emulator
