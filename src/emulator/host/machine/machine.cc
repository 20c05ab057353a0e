#include "emulator/host/machine/machine.h"

#include <algorithm>
#include <cstdio>

#include "emulator/host/machine/machine_parts.h"

namespace ovs::emulator {

namespace {

constexpr std::size_t kMaxLinkName = 15;  // of Linux

std::uint16_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (const char c : text) hash = (hash ^ std::uint8_t(c)) * 16777619u;
  return std::uint16_t(hash ^ hash >> 16);
}

// What a link may be called: no blanks, no slashes.
std::string as_link(std::string_view text, std::size_t most) {
  std::string link;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (is_plain && link.size() < most) link += c;
  }
  return link;
}

}  // namespace

std::string management_name(std::string_view name) {
  return "vEthernet (" + std::string(name) + ")";
}

Machine::Machine(Parts parts) : parts_(std::move(parts)), machine_hash_(hash_of(parts_.name)) {}

Machine::~Machine() {
  while (!adapters_.empty()) (void)remove_adapter(*adapters_.back());
  while (!switches_.empty()) (void)remove_switch(switches_.back()->name);
}

std::string Machine::next_id() {
  char text[40];
  std::snprintf(text, sizeof text, "4D616368-%04X-4000-8000-%012X", machine_hash_, next_id_++);
  return text;
}

// As Hyper-V makes them: Microsoft's prefix, two bytes of the host, a number.
MacAddress Machine::next_mac() {
  MacAddress mac;
  mac.bytes = {
      {0x00, 0x15, 0x5d, std::uint8_t(machine_hash_ >> 8), std::uint8_t(machine_hash_), next_mac_}};
  ++next_mac_;
  return mac;
}

// --- finding

CommandResult<MachineSwitch*> Machine::find_switch(std::string_view name) const {
  for (const auto& each : switches_) {
    if (equal_ignoring_case(each->name, name)) return each.get();
  }
  return CommandError{"there is no switch " + quoted(name)};
}

CommandResult<std::vector<MachineAdapter*>> Machine::find_adapters(
    const AdapterChoice& choice) const {
  std::vector<MachineAdapter*> found;
  for (const auto& each : adapters_) {
    const bool is_meant = choice.everyone || each->is_management() == choice.management;
    if (!is_meant) continue;
    if (!choice.vm.empty() && !equal_ignoring_case(choice.vm, each->vm)) continue;
    if (!choice.name.empty() && !equal_ignoring_case(choice.name, each->name)) continue;
    found.push_back(each.get());
  }
  if (!found.empty() || choice.everyone) return found;
  const std::string owner = choice.management   ? "the management OS"
                            : choice.vm.empty() ? "no VM"
                                                : "VM " + quoted(choice.vm);
  const std::string which = choice.name.empty() ? "adapter" : "adapter " + quoted(choice.name);
  return CommandError{owner + " has " + (choice.vm.empty() && !choice.management ? "an " : "no ") +
                      which};
}

CommandResult<MachineAdapter*> Machine::find_adapter(const AdapterChoice& choice) const {
  OVS_TRY(const auto found, find_adapters(choice));
  if (found.size() == 1) return found.front();
  std::string text = "say which adapter by its name:";
  for (const MachineAdapter* each : found)
    text += " " + (each->vm.empty() ? "" : each->vm + " ") + quoted(each->name);
  return CommandError{std::move(text)};
}

// --- switches

PhysicalNicSpec physical_spec(HostNic& nic) {
  PhysicalNicSpec physical;
  physical.nic.name = nic.link();
  physical.nic.friendly_name = nic.link();
  physical.nic.mac = nic.mac();
  physical.nic.mtu = nic.mtu();
  physical.nic.offloads.checksum = true;  // by the backend's device, or in its place
  physical.nic.guest_memory = false;
  physical.backend = &nic;
  return physical;
}

CommandResult<void> start_physical(MachineSwitch& of, MachineUplink& uplink) {
  const auto at = of.door->find_physical_nic(uplink.nic->link());
  if (!at) return CommandError{"switch " + quoted(of.name) + " did not take " + uplink.nic->link()};
  uplink.nic->start([door = of.door.get(), to = *at](Span<const NicFrame> frames) {
    return door->transmit(to, frames);
  });
  return kOk;
}

SwitchSpec Machine::spec_of(const MachineSwitch& made) const {
  SwitchSpec spec;
  spec.name = made.id;
  spec.friendly_name = made.name;
  spec.kind = made.kind;
  for (const MachineUplink& uplink : made.physical)
    spec.physical.push_back(physical_spec(*uplink.nic));
  return spec;
}

CommandResult<void> Machine::open_physical(const NewSwitch& wanted, MachineSwitch& made) {
  for (const std::string& link : wanted.links) {
    for (const auto& other : switches_) {
      for (const MachineUplink& uplink : other->physical) {
        if (uplink.nic->link() == link)
          return CommandError{"adapter " + quoted(link) + " belongs to switch " +
                              quoted(other->name)};
      }
    }
    auto nic = parts_.nics.open_link(link);
    if (!nic) return CommandError{"network adapter " + nic.error().text};
    made.physical.push_back({std::move(nic).value()});
  }
  return kOk;
}

CommandResult<MachineSwitch*> Machine::new_switch(const NewSwitch& wanted) {
  if (wanted.name.empty()) return CommandError{"a switch needs a name"};
  if (find_switch(wanted.name))
    return CommandError{"there is a switch " + quoted(wanted.name) + " already"};
  if (switches_.size() == kMaxSwitches) return CommandError{"there are too many switches"};
  auto made = std::make_unique<MachineSwitch>();
  made->id = next_id();
  made->name = wanted.name;
  made->kind = wanted.kind;
  made->allow_management_os = wanted.allow_management_os;
  OVS_TRY(open_physical(wanted, *made));
  OVS_TRY(made->door, translated(parts_.make_switch(spec_of(*made))));
  switches_.push_back(std::move(made));
  MachineSwitch& last = *switches_.back();
  CommandResult<void> ready = kOk;
  for (MachineUplink& uplink : last.physical) {
    if (ready) ready = start_physical(last, uplink);
  }
  if (ready && wanted.allow_management_os) ready = add_management_adapter(last);
  if (ready) return &last;
  (void)remove_switch(last.name);
  return ready.error();
}

CommandResult<void> Machine::add_management_adapter(MachineSwitch& made) {
  NewAdapter adapter;
  adapter.name = made.name;
  OVS_TRY(MachineAdapter* const added, add_adapter(adapter));
  auto plugged = plug(*added, made);
  if (!plugged) (void)remove_adapter(*added);
  return plugged;
}

CommandResult<void> Machine::remove_switch(std::string_view name) {
  OVS_TRY(MachineSwitch* const gone, find_switch(name));
  for (std::size_t i = adapters_.size(); i-- > 0;) {
    MachineAdapter& adapter = *adapters_[i];
    if (adapter.plugged != gone) continue;
    // The management OS has an adapter only in a switch.
    adapter.is_management() ? (void)remove_adapter(adapter) : (void)unplug(adapter);
  }
  for (const MachineUplink& uplink : gone->physical) uplink.nic->stop();
  std::erase_if(switches_, [gone](const auto& each) { return each.get() == gone; });
  return kOk;
}

// --- adapters

bool Machine::is_link_taken(std::string_view name_space, std::string_view link) const {
  return std::any_of(adapters_.begin(), adapters_.end(), [&](const auto& each) {
    return each->name_space == name_space && each->nic->link() == link;
  });
}

std::string Machine::free_link(const NewAdapter& wanted) const {
  const bool is_management = wanted.vm.empty();
  const std::string base =
      is_management ? as_link("vEth-" + wanted.name, kMaxLinkName) : std::string("eth");
  for (unsigned number = 0;; ++number) {
    const std::string digits = is_management && number == 0 ? "" : std::to_string(number);
    std::string link = base.substr(0, kMaxLinkName - digits.size()) + digits;
    if (!is_link_taken(wanted.name_space, link)) return link;
  }
}

CommandResult<MachineAdapter*> Machine::add_adapter(const NewAdapter& wanted) {
  const AdapterChoice same{wanted.vm, wanted.name, wanted.vm.empty(), false};
  if (find_adapters(same))
    return CommandError{(wanted.vm.empty() ? "the management OS" : "VM " + quoted(wanted.vm)) +
                        " has an adapter " + quoted(wanted.name) + " already"};
  if (adapters_.size() == kMaxAdapters) return CommandError{"there are too many adapters"};
  auto made = std::make_unique<MachineAdapter>();
  made->id = next_id();
  made->vm = wanted.vm;
  made->name = wanted.name;
  made->name_space = wanted.name_space;
  made->mac = wanted.mac.is_zero() ? next_mac() : wanted.mac;
  made->offloads = wanted.offloads;
  made->mtu = wanted.mtu;
  TapSpec tap{wanted.name_space,
              wanted.link.empty() ? free_link(wanted) : wanted.link,
              wanted.vm.empty() ? management_name(wanted.name) : wanted.name,
              made->mac,
              wanted.mtu,
              wanted.offloads};
  if (tap.link.size() > kMaxLinkName)
    return CommandError{tap.link + ": a link's name has at most 15 bytes"};
  if (is_link_taken(tap.name_space, tap.link))
    return CommandError{"another adapter has the link " + tap.link + " there"};
  auto nic = parts_.nics.make_tap(tap);
  if (!nic) return CommandError{nic.error().text};
  made->nic = std::move(nic).value();
  made->nic->set_carrier(false);
  adapters_.push_back(std::move(made));
  return adapters_.back().get();
}

CommandResult<void> Machine::remove_adapter(MachineAdapter& adapter) {
  auto out = unplug(adapter);
  std::erase_if(adapters_, [&](const auto& each) { return each.get() == &adapter; });
  return out;
}

CommandResult<void> Machine::rename_adapter(MachineAdapter& adapter, const std::string& name) {
  if (name.empty()) return CommandError{"an adapter needs a name"};
  const auto other = find_adapter({adapter.vm, name, adapter.is_management(), false});
  if (other && *other != &adapter)
    return CommandError{"there is an adapter " + quoted(name) + " already"};
  const std::string shown = adapter.is_management() ? management_name(name) : name;
  if (adapter.plugged != nullptr) {
    NicUpdate update;
    update.friendly_name = shown;
    OVS_TRY(translated(adapter.plugged->door->update_nic(adapter.port, update)));
  }
  adapter.name = name;
  return kOk;
}

CommandResult<void> Machine::connect(MachineAdapter& adapter, MachineSwitch& to, PortId port) {
  NicSpec spec;
  spec.name = adapter.id;
  spec.friendly_name = adapter.is_management() ? management_name(adapter.name) : adapter.name;
  spec.vm_name = adapter.vm;
  spec.vm_friendly_name = adapter.vm;
  spec.mac = adapter.mac;
  spec.mtu = adapter.mtu = adapter.nic->mtu();
  spec.offloads = adapter.offloads;
  spec.guest_memory = !adapter.is_management();
  SwitchDoor& door = *to.door;
  if (adapter.vlan.mode != VlanMode::Untagged) {
    OVS_TRY(translated(door.set_vlan(port, adapter.vlan)));
  }
  if (adapter.security != SecurityPolicy()) {
    OVS_TRY(translated(door.set_security(port, adapter.security)));
  }
  if (adapter.isolation != IsolationPolicy()) {
    OVS_TRY(translated(door.set_isolation(port, adapter.isolation)));
  }
  OVS_TRY(translated(door.connect_nic(port, spec, *adapter.nic)));
  return kOk;
}

CommandResult<void> Machine::plug(MachineAdapter& adapter, MachineSwitch& into) {
  if (adapter.saved)
    return CommandError{"VM " + quoted(adapter.vm) + " is saved; start-vm starts it"};
  OVS_TRY(unplug(adapter));
  PortSpec spec;
  spec.kind = adapter.is_management() ? PortKind::Internal : PortKind::Synthetic;
  spec.friendly_name = adapter.ovs_port;
  OVS_TRY(const PortId port, translated(into.door->add_port(spec)));
  if (const auto connected = connect(adapter, into, port); !connected) {
    (void)into.door->remove_port(port);
    return connected.error();
  }
  adapter.plugged = &into;
  adapter.port = port;
  adapter.nic->set_carrier(true);
  adapter.nic->start([door = into.door.get(), at = NicAddress{port, 0}](
                         Span<const NicFrame> frames) { return door->transmit(at, frames); });
  return kOk;
}

CommandResult<void> Machine::unplug(MachineAdapter& adapter) {
  if (adapter.plugged == nullptr) return kOk;
  adapter.nic->set_carrier(false);
  adapter.nic->stop();
  SwitchDoor& door = *adapter.plugged->door;
  adapter.plugged = nullptr;
  OVS_TRY(translated(door.disconnect_nic(adapter.port)));
  return translated(door.remove_port(adapter.port));
}

CommandResult<void> Machine::set_ovs_port(MachineAdapter& adapter, const std::string& name) {
  constexpr std::size_t kMaxPortName = 255;
  if (name.size() > kMaxPortName) return CommandError{"an OVS port's name has at most 255 bytes"};
  if (adapter.plugged != nullptr) {
    OVS_TRY(translated(adapter.plugged->door->rename_port(adapter.port, name)));
  }
  adapter.ovs_port = name;
  return kOk;
}

CommandResult<void> Machine::set_vlan(MachineAdapter& adapter, const VlanPolicy& policy) {
  if (adapter.plugged != nullptr) {
    OVS_TRY(translated(adapter.plugged->door->set_vlan(adapter.port, policy)));
  }
  adapter.vlan = policy;
  return kOk;
}

CommandResult<void> Machine::set_security(MachineAdapter& adapter, const SecurityPolicy& policy) {
  if (adapter.plugged != nullptr) {
    OVS_TRY(translated(adapter.plugged->door->set_security(adapter.port, policy)));
  }
  adapter.security = policy;
  return kOk;
}

CommandResult<void> Machine::set_isolation(MachineAdapter& adapter, const IsolationPolicy& policy) {
  if (adapter.plugged != nullptr) {
    OVS_TRY(translated(adapter.plugged->door->set_isolation(adapter.port, policy)));
  }
  adapter.isolation = policy;
  return kOk;
}

}  // namespace ovs::emulator
