#include "emulator/vmswitch/virtual_switch.h"

#include "emulator/nt/kernel.h"
#include "emulator/vmswitch/switch_parts.h"

namespace ovs::emulator {

// Control calls wait for each other; what changes the extension's state waits for its like first.
// While a module restarts, ports and NICs come and go.
class VirtualSwitch::Parts::Turn {
 public:
  explicit Turn(Parts& parts) : Turn(parts.is_busy) {}
  Turn(const Turn&) = delete;
  ~Turn() {
    Kernel::current().change([this] { taken_ = false; });
  }

 protected:
  explicit Turn(bool& taken) : taken_(taken) { Kernel::current().take(taken); }

 private:
  bool& taken_;
};

class VirtualSwitch::Parts::Transition : Turn {
 public:
  explicit Transition(Parts& parts) : Turn(parts.is_switching) {}
};

VirtualSwitch::VirtualSwitch(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

SwitchResult<std::unique_ptr<VirtualSwitch>> VirtualSwitch::create(Ndis& ndis,
                                                                   const SwitchSpec& spec) {
  const bool is_external = spec.kind == SwitchKind::External;
  auto parts = std::make_unique<Parts>(ndis, spec);
  if (is_external == spec.physical.empty()) {
    return parts->error(is_external ? "an external switch has a physical NIC"
                                    : "an external switch alone has physical NICs");
  }
  if (spec.physical.size() > kMaxTeamMembers) return parts->error("the team is too large");
  for (const PhysicalNicSpec& nic : spec.physical) {
    if (nic.backend == nullptr) return parts->error("'" + nic.nic.name + "' has no backend");
  }
  if (is_external) parts->make_external(spec.physical);
  if (spec.is_active) parts->activate();
  return std::unique_ptr<VirtualSwitch>(new VirtualSwitch(std::move(parts)));
}

VirtualSwitch::~VirtualSwitch() {
  for (const PortId port : parts_->port_ids()) {
    for (const NicAddress nic : parts_->nics_of(port)) static_cast<void>(parts_->unplug(nic));
    static_cast<void>(parts_->unmake_port(port));
  }
  parts_->stack->disable();
}

const SwitchSpec& VirtualSwitch::spec() const {
  return parts_->model.spec();
}

SwitchView VirtualSwitch::view() const {
  SwitchView view = parts_->model.view();
  view.extension.enabled = parts_->is_enabled;
  view.extension.running = parts_->is_running;
  return view;
}

SwitchResult<void> VirtualSwitch::activate() {
  const Parts::Turn turn(*parts_);
  if (parts_->model.is_active()) return parts_->error("it is active");
  parts_->activate();
  return {};
}

// --- ports

SwitchResult<PortId> VirtualSwitch::add_port(const PortSpec& spec) {
  const Parts::Turn turn(*parts_);
  if (spec.kind == PortKind::External) return parts_->error("it has its external port, or none");
  return parts_->make_port(spec, false);
}

SwitchResult<void> VirtualSwitch::remove_port(PortId port) {
  const Parts::Turn turn(*parts_);
  const auto kind = parts_->kind_of(port);
  if (!kind) return parts_->error("no port " + std::to_string(ndis_id(port)));
  if (*kind == PortKind::External) return parts_->error("the external port stays");
  for (const NicAddress nic : parts_->nics_of(port)) OVS_TRY(parts_->unplug(nic));
  return parts_->unmake_port(port);
}

SwitchResult<void> VirtualSwitch::rename_port(PortId port, std::string_view friendly_name) {
  const Parts::Turn turn(*parts_);
  return parts_->check(parts_->control.update_port(port, std::string(friendly_name)),
                       "renaming port " + std::to_string(ndis_id(port)));
}

SwitchResult<void> VirtualSwitch::validate_port(const PortSpec& spec) {
  const Parts::Turn turn(*parts_);
  OVS_TRY(const PortId port, parts_->make_port(spec, true));
  return parts_->unmake_port(port);
}

SwitchResult<void> VirtualSwitch::set_vlan(PortId port, const VlanPolicy& policy) {
  const Parts::Turn turn(*parts_);
  return parts_->set_policy(port, PropertyKind::Vlan, [&](auto& own) { own.vlan = policy; });
}

SwitchResult<void> VirtualSwitch::set_security(PortId port, const SecurityPolicy& policy) {
  const Parts::Turn turn(*parts_);
  return parts_->set_policy(port, PropertyKind::Security,
                            [&](auto& own) { own.security = policy; });
}

SwitchResult<void> VirtualSwitch::set_isolation(PortId port, const IsolationPolicy& policy) {
  const Parts::Turn turn(*parts_);
  return parts_->set_policy(port, PropertyKind::Isolation,
                            [&](auto& own) { own.isolation = policy; });
}

SwitchResult<void> VirtualSwitch::poll(PortId port) {
  const Parts::Turn turn(*parts_);
  if (!parts_->kind_of(port)) return parts_->error("no port " + std::to_string(ndis_id(port)));
  parts_->control.poll(port);
  return {};
}

void VirtualSwitch::refuse_next_creation() {
  const Parts::Turn turn(*parts_);
  parts_->control.refuse_next_creation();
}

// --- NICs

SwitchResult<void> VirtualSwitch::connect_nic(PortId port, const NicSpec& spec,
                                              NicBackend& backend) {
  const Parts::Turn turn(*parts_);
  if (parts_->kind_of(port) == PortKind::External) {
    return parts_->error("the external port's NICs are physical");
  }
  return parts_->plug({port, 0}, spec, &backend);
}

SwitchResult<void> VirtualSwitch::disconnect_nic(PortId port) {
  const Parts::Turn turn(*parts_);
  if (parts_->kind_of(port) == PortKind::External) {
    return parts_->error("the external port's NIC stays");
  }
  if (parts_->nics_of(port).empty()) return parts_->no_nic(port);
  return parts_->unplug({port, 0});
}

SwitchResult<void> VirtualSwitch::update_nic(PortId port, const NicUpdate& update) {
  const Parts::Turn turn(*parts_);
  NicSpec spec;
  {
    const ReadLock lock(parts_->model.mutex());
    const SwitchNic* nic = parts_->model.find_nic({port, 0});
    if (nic == nullptr) return parts_->no_nic(port);
    spec = nic->spec;
  }
  if (!update.friendly_name.empty()) spec.friendly_name = update.friendly_name;
  if (!update.mac.is_zero()) spec.mac = update.mac;
  if (update.mtu != 0) spec.mtu = update.mtu;
  return parts_->check(parts_->control.update_nic({port, 0}, spec), "updating a NIC");
}

SwitchResult<std::vector<SavedNic>> VirtualSwitch::save_nic(PortId port) {
  const Parts::Turn turn(*parts_);
  if (parts_->nics_of(port).empty()) return parts_->no_nic(port);
  return parts_->runs.save({port, 0});
}

SwitchResult<void> VirtualSwitch::restore_nic(PortId port, const std::vector<SavedNic>& saved) {
  const Parts::Turn turn(*parts_);
  if (parts_->nics_of(port).empty()) return parts_->no_nic(port);
  return parts_->check(parts_->runs.restore({port, 0}, saved), "restoring a NIC");
}

std::int32_t VirtualSwitch::request_of_nic(PortId port, std::uint32_t oid) {
  const Parts::Turn turn(*parts_);
  return parts_->runs.request({port, 0}, oid);
}

SwitchResult<void> VirtualSwitch::indicate_nic_status(NicAddress nic, std::int32_t status) {
  const Parts::Turn turn(*parts_);
  FilterModule* const module = parts_->stack->module();
  if (module != nullptr) parts_->runs.indicate(*module, nic, status);
  return {};
}

SwitchResult<void> VirtualSwitch::add_physical_nic(const PhysicalNicSpec& spec) {
  const Parts::Turn turn(*parts_);
  return parts_->plug_physical(spec);
}

SwitchResult<void> VirtualSwitch::remove_physical_nic(std::string_view name) {
  const Parts::Turn turn(*parts_);
  const auto address = find_physical_nic(name);
  if (!address) return parts_->error("no physical NIC '" + std::string(name) + "'");
  return parts_->unplug(*address);
}

std::optional<NicAddress> VirtualSwitch::find_physical_nic(std::string_view name) const {
  const ReadLock lock(parts_->model.mutex());
  const SwitchPort* port = parts_->model.external_port();
  if (port == nullptr) return std::nullopt;
  for (const auto& nic : port->nics) {
    if (nic->address.index != 0 && nic->spec.name == name) return nic->address;
  }
  return std::nullopt;
}

std::size_t VirtualSwitch::transmit(NicAddress nic, Span<const NicFrame> frames) {
  return parts_->packets.transmit(nic, frames);
}

std::size_t VirtualSwitch::transmit_raw(NicAddress nic, Span<const RawList> lists) {
  return parts_->packets.transmit_raw(nic, lists);
}

void VirtualSwitch::lie_by(Lie lie) {
  const Parts::Turn turn(*parts_);
  parts_->model.lie = std::move(lie);
}

// --- the extension

SwitchResult<void> VirtualSwitch::set_link(std::string_view name, LinkState state) {
  const Parts::Turn turn(*parts_);
  const auto address = find_physical_nic(name);
  if (!address) return parts_->error("no physical NIC '" + std::string(name) + "'");
  {
    const WriteLock lock(parts_->model.mutex());
    SwitchNic& nic = *parts_->model.find_nic(*address);
    if (nic.link == state) return {};
    nic.link = state;
  }
  FilterModule* const module = parts_->stack->module();
  if (module != nullptr) parts_->runs.indicate_link(*module, *address, state);
  return {};
}

SwitchResult<void> VirtualSwitch::enable_extension() {
  const Parts::Transition transition(*parts_);
  if (parts_->is_enabled) return parts_->error("its extension is enabled");
  const std::u16string& name = parts_->ndis.config().unique_name;
  NDIS_STATUS status = NDIS_STATUS_SUCCESS;
  FilterModule* module = nullptr;
  {
    const Parts::Turn turn(*parts_);
    parts_->is_enabled = true;
    status = parts_->stack->enable(std::string(name.begin(), name.end()));
    module = parts_->stack->module();
  }
  if (NT_SUCCESS(status) && module != nullptr) status = module->restart();
  const Parts::Turn turn(*parts_);
  if (NT_SUCCESS(status)) {
    if (module != nullptr) parts_->tell_links(*module);
    return {};
  }
  parts_->stack->disable();
  parts_->is_enabled = false;
  return parts_->check(status, "the extension does not start");
}

SwitchResult<void> VirtualSwitch::disable_extension() {
  const Parts::Transition transition(*parts_);
  const Parts::Turn turn(*parts_);
  if (!parts_->is_enabled) return parts_->error("its extension is not enabled");
  parts_->stack->disable();
  parts_->is_enabled = false;
  return {};
}

SwitchResult<void> VirtualSwitch::pause_extension() {
  const Parts::Transition transition(*parts_);
  const Parts::Turn turn(*parts_);
  FilterModule* const module = parts_->stack->module();
  if (module == nullptr || module->state() != ModuleState::Running)
    return parts_->error("its extension is not running");
  module->pause();
  return {};
}

SwitchResult<void> VirtualSwitch::restart_extension() {
  const Parts::Transition transition(*parts_);
  FilterModule* const module = parts_->stack->module();
  if (module == nullptr || module->state() != ModuleState::Paused)
    return parts_->error("its extension is not paused");
  return parts_->check(module->restart(), "the extension does not restart");
}

std::size_t VirtualSwitch::cancel_requests() {
  return parts_->control.cancel_all();
}

SwitchResult<void> VirtualSwitch::cancel_sends(void* cancel_id) {
  const Parts::Turn turn(*parts_);
  FilterModule* const module = parts_->stack->module();
  if (module != nullptr) module->cancel_send(cancel_id);
  return {};
}

}  // namespace ovs::emulator
