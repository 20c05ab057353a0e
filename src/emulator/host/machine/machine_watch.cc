// What happens to adapters after they were plugged in: VMs that are saved and started, wires that
// are cut, MTUs that their users change.
#include <algorithm>

#include "emulator/host/machine/machine.h"
#include "emulator/host/machine/machine_parts.h"

namespace ovs::emulator {

// --- saved VMs

CommandResult<void> Machine::save_vm(std::string_view vm) {
  OVS_TRY(const auto adapters, find_adapters({std::string(vm), "", false, false}));
  for (MachineAdapter* each : adapters) {
    if (each->saved) return CommandError{"VM " + quoted(each->vm) + " is saved already"};
  }
  for (MachineAdapter* each : adapters) {
    SavedAdapter saved;
    if (each->plugged != nullptr) {
      saved.switch_name = each->plugged->name;
      OVS_TRY(saved.data, translated(each->plugged->door->save_nic(each->port)));
      OVS_TRY(unplug(*each));
    }
    each->saved = std::move(saved);
  }
  return kOk;
}

CommandResult<void> Machine::start(MachineAdapter& adapter) {
  const SavedAdapter saved = *std::exchange(adapter.saved, std::nullopt);
  if (saved.switch_name.empty()) return kOk;
  const auto into = find_switch(saved.switch_name);
  auto plugged = into ? plug(adapter, **into) : CommandResult<void>(into.error());
  if (plugged) return translated((*into)->door->restore_nic(adapter.port, saved.data));
  adapter.saved = saved;
  return plugged;
}

CommandResult<void> Machine::start_vm(std::string_view vm) {
  OVS_TRY(const auto adapters, find_adapters({std::string(vm), "", false, false}));
  for (const MachineAdapter* each : adapters) {
    if (!each->saved) return CommandError{"VM " + quoted(each->vm) + " runs already"};
  }
  for (MachineAdapter* each : adapters) OVS_TRY(start(*each));
  return kOk;
}

// --- what Linux alone knows

CommandResult<void> Machine::join(MachineSwitch& at, MachineUplink& uplink) {
  OVS_TRY(translated(at.door->add_physical_nic(physical_spec(*uplink.nic))));
  uplink.is_in = true;
  return start_physical(at, uplink);
}

void Machine::leave(MachineSwitch& at, MachineUplink& uplink) {
  uplink.nic->stop();
  uplink.is_in = !translated(at.door->remove_physical_nic(uplink.nic->link())).ok();
  if (uplink.is_in) (void)start_physical(at, uplink);
}

// Who comes back does so before others leave. Where every wire is cut, none is better than another.
void Machine::watch_team(MachineSwitch& at) {
  const auto is_wired = [](const MachineUplink& uplink) { return uplink.nic->has_carrier(); };
  if (at.physical.size() < 2 || std::none_of(at.physical.begin(), at.physical.end(), is_wired))
    return;
  for (MachineUplink& uplink : at.physical) {
    if (!uplink.is_in && is_wired(uplink)) (void)join(at, uplink);
  }
  for (MachineUplink& uplink : at.physical) {
    if (uplink.is_in && !is_wired(uplink)) leave(at, uplink);
  }
}

void Machine::watch() {
  for (const auto& each : switches_) {
    watch_team(*each);
    for (const MachineUplink& uplink : each->physical) {
      const auto state = uplink.nic->has_carrier() ? LinkState::There : LinkState::Cut;
      if (uplink.is_in) (void)each->door->set_link(uplink.nic->link(), state);
    }
  }
  for (const auto& each : adapters_) {
    const std::uint32_t mtu = each->nic->mtu();
    if (each->plugged == nullptr || each->nic->has_gone() || mtu == each->mtu) continue;
    NicUpdate update;
    update.mtu = mtu;
    if (each->plugged->door->update_nic(each->port, update)) each->mtu = mtu;
  }
}

}  // namespace ovs::emulator
