// Save-VM, Start-VM and Get-VM: virtual machines as far as their adapters go.
#include <algorithm>

#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

CommandResult<Answer> save(Machine& machine, const Arguments& arguments) {
  OVS_TRY(machine.save_vm(arguments.text("name")));
  return Answer();
}

CommandResult<Answer> start(Machine& machine, const Arguments& arguments) {
  OVS_TRY(machine.start_vm(arguments.text("name")));
  return Answer();
}

Record vm_record(const std::vector<MachineAdapter*>& adapters) {
  Record record;
  std::size_t bytes = 0;
  wire::Json names = wire::Json::empty_array();
  for (const MachineAdapter* each : adapters) {
    names.elements().emplace_back(each->name);
    if (!each->saved) continue;
    for (const SavedNic& piece : each->saved->data) bytes += piece.data.size();
  }
  const bool is_saved = adapters.front()->saved.has_value();
  record.emplace_back("Name", adapters.front()->vm);
  record.emplace_back("State", is_saved ? "Saved" : "Running");
  record.emplace_back("NetworkAdapters", std::move(names));
  record.emplace_back("SavedExtensionBytes", std::uint64_t(bytes));
  return record;
}

CommandResult<Answer> show(Machine& machine, const Arguments& arguments) {
  std::vector<std::string> names;
  for (const auto& each : machine.adapters()) {
    const bool is_new = std::find(names.begin(), names.end(), each->vm) == names.end();
    if (!each->is_management() && is_new) names.push_back(each->vm);
  }
  if (arguments.has("name")) names = {arguments.text("name")};
  Answer answer;
  for (const std::string& name : names) {
    OVS_TRY(const auto adapters, machine.find_adapters({name, "", false, false}));
    answer.records.push_back(vm_record(adapters));
  }
  return answer;
}

}  // namespace

std::vector<HostCommand> vm_commands() {
  const Parameter which = {"name", "VM", ParameterKind::Text, 0, Need::Required, "which"};
  Parameter any = which;
  any.need = Need::Optional;
  return {
      {{"save-vm",
        "saves a VM's state: its NICs leave their switches, the driver's data of them is kept",
        {which}},
       save},
      {{"start-vm", "starts a saved VM: its NICs are back, and the driver gets its data", {which}},
       start},
      {{"get-vm", "shows the VMs that have a NIC", {any}}, show},
  };
}

}  // namespace ovs::emulator
