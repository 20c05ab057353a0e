// What several commands share: parameters that mean the same everywhere, and objects as they are
// shown. For this folder.
#pragma once
#include "emulator/host/command/host_commands.h"

namespace ovs::emulator {

// The part of a switch, of an adapter and of an extension that `hvemu get-...` shows.
Record switch_record(const MachineSwitch& each);
Record adapter_record(const MachineAdapter& each);
Record extension_record(const MachineSwitch& each);
Record vlan_record(const MachineAdapter& each);
Record isolation_record(const MachineAdapter& each);
Answer switch_answer(std::vector<Record> records);
Answer adapter_answer(std::vector<Record> records);

std::string mac_text(const MacAddress& mac);  // 00155D010203, as PowerShell shows it
std::string_view kind_text(SwitchKind kind);
std::string_view isolation_text(IsolationMode mode);
std::string_view offload_text(const NicOffloads& offloads);  // LargeSend, Checksum or None
std::string vlan_list_text(const VlanPolicy& policy);
// "openvswitch", the driver's own name, the service's: all mean the extension that there is,
// if there is one.
bool names_extension(std::string_view name, const ExtensionView& extension);

// Of the parameters vm-name, name or vm-network-adapter-name, and management-os.
AdapterChoice choice_of(const Arguments& arguments);

std::vector<HostCommand> switch_commands();
std::vector<HostCommand> extension_commands();
std::vector<HostCommand> adapter_commands();
std::vector<HostCommand> setting_commands();
std::vector<HostCommand> vm_commands();
std::vector<HostCommand> fault_commands();
// What is plugged in where, drawn.
CommandResult<Answer> topology(Machine& machine, const Arguments& arguments);

}  // namespace ovs::emulator
