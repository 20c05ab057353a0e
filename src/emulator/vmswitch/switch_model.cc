#include "emulator/vmswitch/switch_model.h"

namespace ovs::emulator {

NicCounters SharedCounters::read() const {
  return {sent_frames,     sent_bytes,    delivered_frames,
          delivered_bytes, dropped_sends, dropped_deliveries};
}

NicKind nic_kind_of(PortKind kind) {
  switch (kind) {
    case PortKind::External: return NicKind::External;
    case PortKind::Synthetic: return NicKind::Synthetic;
    case PortKind::Emulated: return NicKind::Emulated;
    case PortKind::Internal: return NicKind::Internal;
  }
  return NicKind::Synthetic;
}

SwitchNic* SwitchPort::find_nic(std::uint16_t index) const {
  for (const auto& nic : nics) {
    if (nic->address.index == index) return nic.get();
  }
  return nullptr;
}

SwitchPort* SwitchModel::find_port(PortId id) const {
  const auto found = ports_.find(id);
  return found == ports_.end() ? nullptr : found->second.get();
}

SwitchNic* SwitchModel::find_nic(NicAddress address) const {
  const SwitchPort* port = find_port(address.port);
  return port == nullptr ? nullptr : port->find_nic(address.index);
}

SwitchPort* SwitchModel::external_port() const {
  for (const auto& [id, port] : ports_) {
    if (port->spec.kind == PortKind::External && !port->is_validation) return port.get();
  }
  return nullptr;
}

SwitchView SwitchModel::view() const {
  SwitchView view;
  view.spec = spec_;
  view.active = is_active_;
  const ReadLock lock(mutex_);
  for (const auto& [id, port] : ports_) {
    if (port->is_validation) continue;
    PortView& shown = view.ports.emplace_back();
    shown.id = id;
    shown.spec = port->spec;
    shown.policies = port->policies;
    shown.torn_down = port->is_torn_down;
    for (const auto& nic : port->nics) {
      shown.nics.push_back({nic->address.index, nic->spec, nic->state, nic->counters.read()});
    }
  }
  return view;
}

}  // namespace ovs::emulator
