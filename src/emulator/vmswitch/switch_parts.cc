#include "emulator/vmswitch/switch_parts.h"

#include <algorithm>
#include <functional>

#include "emulator/nt/kernel.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

StackConfig stack_config(const SwitchSpec& spec) {
  StackConfig config;
  config.miniport_name = "\\DEVICE\\{" + spec.name + "}";
  config.if_index = static_cast<NET_IFINDEX>(std::hash<std::string>{}(spec.name) % 0xffff + 1);
  config.net_luid = config.if_index;
  return config;
}

// The places that a list is to go to, in an order of no meaning.
std::vector<std::uint64_t> places_of(const NET_BUFFER_LIST* list) {
  std::vector<std::uint64_t> places;
  const ForwardingContext* context = context_of(const_cast<NET_BUFFER_LIST*>(list));
  if (context == nullptr) return places;
  for (const auto& destination : context->committed) {
    places.push_back(std::uint64_t{destination.PortId} << 16 | destination.NicIndex);
  }
  std::sort(places.begin(), places.end());
  return places;
}

}  // namespace

VirtualSwitch::Parts::Parts(Ndis& host, const SwitchSpec& spec)
    : ndis(host),
      model(spec),
      desk(model, host.config().unique_name),
      control(model, host.config().version),
      runs(model, control, host.config().unique_name),
      packets(model, desk),
      stack(make_stack(host, *this, stack_config(spec))) {}

VirtualSwitch::Parts::~Parts() = default;

// --- Edge

NDIS_STATUS VirtualSwitch::Parts::switch_handlers(FilterModule&, NDIS_SWITCH_CONTEXT& context,
                                                  NDIS_SWITCH_OPTIONAL_HANDLERS& handlers) {
  desk.give(context, handlers);
  return NDIS_STATUS_SUCCESS;
}

void VirtualSwitch::Parts::sent(FilterModule& module, NET_BUFFER_LIST* chain, ULONG) {
  packets.sent(module, chain);
}

void VirtualSwitch::Parts::send_completed(FilterModule&, NET_BUFFER_LIST* chain, ULONG) {
  packets.completed(chain);
}

// Nothing waits at the lower edge.
void VirtualSwitch::Parts::cancel_send(FilterModule&, void*) {}

void VirtualSwitch::Parts::received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) {
  packets.received(module, chain, flags);
}

void VirtualSwitch::Parts::returned(FilterModule&, NET_BUFFER_LIST* chain, ULONG) {
  packets.completed(chain);
}

bool VirtualSwitch::Parts::is_destination_group(const NET_BUFFER_LIST* chain) {
  const auto first = places_of(chain);
  for (const NET_BUFFER_LIST* list = chain; list != nullptr; list = list->Next) {
    if (places_of(list) != first) return false;
  }
  return first.size() == 1;
}

NDIS_STATUS VirtualSwitch::Parts::oid_request(FilterModule& module, NDIS_OID_REQUEST* request) {
  return control.answer(module, *request);
}

// Nothing is pended at the lower edge.
void VirtualSwitch::Parts::cancel_oid(FilterModule&, void*) {}

void VirtualSwitch::Parts::status_indicated(FilterModule&, const NDIS_STATUS_INDICATION& status) {
  runs.judge_indication(status);
}

NDIS_STATUS VirtualSwitch::Parts::net_pnp_event(FilterModule&, NET_PNP_EVENT_NOTIFICATION&) {
  return NDIS_STATUS_SUCCESS;
}

void VirtualSwitch::Parts::state_changed(FilterModule& module) {
  const ModuleState state = module.state();
  is_running = state == ModuleState::Running;
  switch (state) {
    case ModuleState::Attaching: return;
    case ModuleState::Paused:
      packets.use_nothing();
      desk.check_paused();
      return control.set_module(&module);
    case ModuleState::Restarting: return control.restart_begins();
    case ModuleState::Running: control.restart_ends(); return packets.use_extension(module);
    case ModuleState::Pausing: return packets.use_nothing();
    case ModuleState::Detaching: return control.set_module(nullptr);
    case ModuleState::Detached: desk.take_back(); return packets.use_built_in();
  }
}

// --- steps

SwitchError VirtualSwitch::Parts::error(std::string text, NDIS_STATUS status) const {
  return {"switch '" + model.spec().friendly_name + "': " + std::move(text), status};
}

SwitchError VirtualSwitch::Parts::no_nic(PortId port) const {
  return error("port " + std::to_string(ndis_id(port)) + " has no NIC");
}

SwitchResult<void> VirtualSwitch::Parts::check(NDIS_STATUS status, const std::string& what) const {
  if (NT_SUCCESS(status)) return {};
  const bool is_veto = status == NDIS_STATUS_DATA_NOT_ACCEPTED;
  return error(what + (is_veto ? ": the extension refuses" : ": failed, " + status_text(status)),
               status);
}

SwitchResult<PortId> VirtualSwitch::Parts::make_port(PortSpec spec, bool is_validation) {
  auto port = std::make_unique<SwitchPort>();
  const std::optional<PortId> refused = control.take_refused_port();
  const PortId id = refused ? *refused : model.next_port_id();
  port->id = id;
  port->spec = std::move(spec);
  if (port->spec.name.empty()) port->spec.name = "port-" + std::to_string(ndis_id(id));
  port->is_validation = is_validation;
  const bool has_security =
      port->spec.kind == PortKind::Synthetic || port->spec.kind == PortKind::Emulated;
  const std::string what = "port '" + port->spec.friendly_name + "'";
  OVS_TRY(check(control.create_port(std::move(port), refused.has_value()), what));
  // Every guest's port has security properties. An extension that will not have them has said so.
  if (has_security && !is_validation) {
    static_cast<void>(control.set_policy(id, PropertyKind::Security, PortPolicies{}));
  }
  return id;
}

// What was begun, and refused half-way, goes on from there.
bool VirtualSwitch::Parts::is_torn_down(PortId id) const {
  const ReadLock lock(model.mutex());
  const SwitchPort* port = model.find_port(id);
  return port != nullptr && port->is_torn_down;
}

bool VirtualSwitch::Parts::is_disconnected(NicAddress address) const {
  const ReadLock lock(model.mutex());
  const SwitchNic* nic = model.find_nic(address);
  return nic != nullptr && nic->state == NicState::Disconnected;
}

SwitchResult<void> VirtualSwitch::Parts::unmake_port(PortId id) {
  const std::string what = "port " + std::to_string(ndis_id(id));
  if (!is_torn_down(id)) {
    OVS_TRY(check(control.tear_down_port(id), what));
  }
  const bool is_free = Kernel::current().wait_until(
      [&] {
        const ReadLock lock(model.mutex());
        return model.find_port(id)->references == 0;
      },
      model.habits().reference_patience_ms);
  if (!is_free) {
    violate(44, "OID_SWITCH_PORT_DELETE waits: the extension keeps its reference to " + what);
  }
  return check(control.delete_port(id), what);
}

SwitchResult<void> VirtualSwitch::Parts::plug(NicAddress address, const NicSpec& spec,
                                              NicBackend* backend) {
  const std::string what = "NIC '" + spec.friendly_name + "'";
  {
    const ReadLock lock(model.mutex());
    const SwitchPort* port = model.find_port(address.port);
    if (port == nullptr || port->is_torn_down) return error(what + ": no such port");
    if (port->find_nic(address.index) != nullptr) return error(what + ": the port has a NIC");
  }
  auto nic = std::make_unique<SwitchNic>();
  nic->address = address;
  nic->spec = spec;
  nic->backend = backend;
  OVS_TRY(check(control.create_nic(std::move(nic)), what));
  auto connected = check(control.connect_nic(address), what);
  if (!connected) static_cast<void>(control.delete_nic(address));
  return connected;
}

SwitchResult<void> VirtualSwitch::Parts::unplug(NicAddress address) {
  if (!is_disconnected(address)) {
    OVS_TRY(check(control.disconnect_nic(address), name_of(address)));
  }
  packets.forget(address);
  const bool is_free = Kernel::current().wait_until(
      [&] {
        const ReadLock lock(model.mutex());
        const SwitchNic* nic = model.find_nic(address);
        return nic->references == 0 && nic->in_flight == 0;
      },
      model.habits().reference_patience_ms);
  if (!is_free) {
    violate(44, "OID_SWITCH_NIC_DELETE waits: the extension keeps a reference to, or packets of, " +
                    name_of(address));
  }
  return check(control.delete_nic(address), name_of(address));
}

SwitchResult<void> VirtualSwitch::Parts::set_policy(PortId id, PropertyKind kind,
                                                    FunctionRef<void(PortPolicies&)> change) {
  PortPolicies policies;
  {
    const ReadLock lock(model.mutex());
    const SwitchPort* port = model.find_port(id);
    if (port == nullptr) return error("no port " + std::to_string(ndis_id(id)));
    policies = port->policies;
  }
  change(policies);
  ++model.policy_generation;
  const NDIS_STATUS status = control.set_policy(id, kind, policies);
  ++model.policy_generation;
  return check(status, "a property of port " + std::to_string(ndis_id(id)));
}

std::vector<NicAddress> VirtualSwitch::Parts::nics_of(PortId id) const {
  std::vector<NicAddress> nics;
  const ReadLock lock(model.mutex());
  const SwitchPort* port = model.find_port(id);
  if (port == nullptr) return nics;
  for (const auto& nic : port->nics) nics.push_back(nic->address);
  // Members of a team before what stands for the team.
  std::sort(nics.begin(), nics.end(), [](auto& a, auto& b) { return a.index > b.index; });
  return nics;
}

std::vector<PortId> VirtualSwitch::Parts::port_ids() const {
  std::vector<PortId> ids;
  const ReadLock lock(model.mutex());
  for (const auto& [id, port] : model.ports()) ids.push_back(id);
  return ids;
}

void VirtualSwitch::Parts::tell_links(FilterModule& module) {
  std::vector<NicAddress> cut;
  {
    const ReadLock lock(model.mutex());
    const SwitchPort* port = model.external_port();
    if (port == nullptr) return;
    for (const auto& nic : port->nics) {
      if (nic->link == LinkState::Cut) cut.push_back(nic->address);
    }
  }
  for (const NicAddress address : cut) runs.indicate_link(module, address, LinkState::Cut);
}

std::optional<PortKind> VirtualSwitch::Parts::kind_of(PortId id) const {
  const ReadLock lock(model.mutex());
  const SwitchPort* port = model.find_port(id);
  if (port == nullptr) return std::nullopt;
  return port->spec.kind;
}

void VirtualSwitch::Parts::activate() {
  model.set_active();
  FilterModule* const module = stack->module();
  if (module == nullptr) return;
  NET_PNP_EVENT_NOTIFICATION event{};
  event.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof event};
  event.NetPnPEvent.NetEvent = NetEventSwitchActivate;
  control.restart_begins();
  static_cast<void>(module->net_pnp_event(event));
  control.restart_ends();
}

SwitchResult<void> VirtualSwitch::Parts::plug_physical(const PhysicalNicSpec& spec) {
  NicAddress address;
  {
    const ReadLock lock(model.mutex());
    const SwitchPort* port = model.external_port();
    if (port == nullptr) return error("it has no external port");
    address.port = port->id;
    address.index = 1;
    while (port->find_nic(address.index) != nullptr) ++address.index;
  }
  if (address.index > kMaxTeamMembers) return error("the team is full");
  if (spec.backend == nullptr) return error("'" + spec.nic.name + "' has no backend");
  NicSpec nic = spec.nic;
  nic.guest_memory = false;
  return plug(address, nic, spec.backend);
}

// No extension is there yet to refuse anything.
void VirtualSwitch::Parts::make_external(const std::vector<PhysicalNicSpec>& physical) {
  auto port = make_port({PortKind::External, "", model.spec().friendly_name}, false);
  if (!port) return;
  NicSpec own;
  own.name = model.spec().name;
  own.friendly_name = "Default external interface of " + model.spec().friendly_name;
  own.mac = physical.front().nic.mac;
  own.mtu = physical.front().nic.mtu;
  static_cast<void>(plug({*port, 0}, own, nullptr));
  for (const PhysicalNicSpec& nic : physical) static_cast<void>(plug_physical(nic));
}

}  // namespace ovs::emulator
