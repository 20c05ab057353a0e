#include "driver/extension/port_bindings.h"

namespace ovs::driver {

using datapath::PortNo;
using datapath::VportKind;

namespace {

constexpr unsigned kNewsBatch = 32;

VportDevice& device_of(void* device) {
  return *static_cast<VportDevice*>(device);
}

std::uint32_t bit_of(INT property) {
  return 1u << (unsigned(property) & 31);
}

}  // namespace

// ---- life --------------------------------------------------------------------------------------

PortBindings::~PortBindings() {
  const Passive passive = Passive::here();
  worker_.cancel(*this, passive);
  OVS_ASSERT(switches_.empty() && devices_.empty());
  reclaimer_.drain(passive);
}

void PortBindings::stop(Passive passive) {
  worker_.cancel(*this, passive);
  const MutexHolder hold(lock_, passive);
  control_ = nullptr;
}

void PortBindings::add_switch(HypervPorts& ports) {
  const MutexHolder hold(lock_, Passive::here());
  switches_.push_back(ports);
}

void PortBindings::remove_switch(HypervPorts& ports, Passive passive) {
  {
    const MutexHolder hold(lock_, passive);
    while (HypervPort* port = ports.next_port(0)) remove(ports, *port);
    for (VportDevice& device : devices_) {
      if (device.home_ == &ports) leave_home(device);
    }
    switches_.remove(ports);
  }
  worker_.submit(*this);
  synchronize(passive);
}

void PortBindings::name_switch(HypervPorts& ports, const datapath::PortName& name) {
  const MutexHolder hold(lock_, Passive::here());
  ports.switch_name_ = name;
  for (HypervPort* port = ports.next_port(0); port != nullptr;
       port = ports.next_port(port->id() + 1)) {
    rename(ports, *port, port->friendly_name_);
  }
}

// ---- names -------------------------------------------------------------------------------------

// The external port's own adapter stands for those that really are there: it is nobody's. A
// switch's name is another one for its way out.
PortBindings::Fit PortBindings::fit_of(const VportDevice& device, const HypervPorts& ports,
                                       const HypervNic& nic) {
  const bool is_external = nic.kind() == NicKind::External;
  if (is_external && nic.index() == NDIS_SWITCH_DEFAULT_NIC_INDEX) return Fit::None;
  if (device.kind_ == VportKind::Internal && nic.kind() != NicKind::Internal) return Fit::None;
  const Text name = device.name_.text();
  if (nic.port_.friendly_name_.text() == name) return Fit::OvsName;
  if (nic.friendly_name_.text() == name) return Fit::AdapterName;
  return is_external && ports.switch_name_.text() == name ? Fit::SwitchName : Fit::None;
}

void PortBindings::bind(HypervPorts& ports, VportDevice& device, HypervNic& nic) {
  nic.device_ = &device;
  device.nic_.store(&nic, Order::Release);
  nic.number_.store(std::uint32_t(device.number_), Order::Release);
  if (device.home_ != &ports) {
    leave_home(device);
    device.home_ = &ports;
    ports.claim_count_.fetch_add(1, Order::AcquireRelease);
  }
  device.is_changed_ = true;
}

void PortBindings::unbind(HypervNic& nic) {
  VportDevice& device = *std::exchange(nic.device_, nullptr);
  nic.number_.store(std::uint32_t(datapath::kNoPort), Order::Release);
  device.nic_.store(nullptr, Order::Release);
  device.is_changed_ = true;
}

void PortBindings::leave_home(VportDevice& device) {
  if (HypervPorts* home = std::exchange(device.home_, nullptr)) {
    home->claim_count_.fetch_sub(1, Order::AcquireRelease);
  }
}

// The vport whose name fits best gets the adapter, even if another had it.
void PortBindings::find_device_for(HypervPorts& ports, HypervNic& nic) {
  VportDevice* best = nullptr;
  Fit best_fit = Fit::None;
  for (VportDevice& device : devices_) {
    const HypervNic* has = device.nic_.load(Order::Relaxed);
    if (has != nullptr && has != &nic) continue;
    const Fit fit = fit_of(device, ports, nic);
    if (fit < best_fit || (fit == best_fit && fit != Fit::None && has == &nic)) {
      best = &device;
      best_fit = fit;
    }
  }
  VportDevice* const before = nic.device_;
  if (before == best) return;
  if (before != nullptr) unbind(nic);
  if (best != nullptr) bind(ports, *best, nic);
  if (before != nullptr) find_nic_for(*before);
}

void PortBindings::find_nic_for(VportDevice& device) {
  HypervPorts* best_ports = nullptr;
  HypervNic* best = nullptr;
  Fit best_fit = Fit::None;
  for (HypervPorts& ports : switches_) {
    for (HypervPort* port = ports.next_port(0); port != nullptr;
         port = ports.next_port(port->id() + 1)) {
      HypervNic* nic = port->first_nic_.load(Order::Relaxed);
      for (; nic != nullptr; nic = nic->next_.load(Order::Relaxed)) {
        if (nic->device_ != nullptr) continue;
        const Fit fit = fit_of(device, ports, *nic);
        if (fit >= best_fit) continue;
        best_ports = &ports;
        best = nic;
        best_fit = fit;
      }
    }
  }
  if (best != nullptr) bind(*best_ports, device, *best);
}

void PortBindings::rename(HypervPorts& ports, HypervPort& port, const datapath::PortName& name) {
  port.friendly_name_ = name;
  HypervNic* nic = port.first_nic_.load(Order::Relaxed);
  for (; nic != nullptr; nic = nic->next_.load(Order::Relaxed)) find_device_for(ports, *nic);
}

// ---- ports and adapters ------------------------------------------------------------------------

Result<HypervPort*> PortBindings::find_or_make(HypervPorts& ports, const PortFacts& facts) {
  if (HypervPort* known = ports.port(facts.id)) return known;
  OVS_TRY(auto policy, try_make<PublishedPolicy>(PortPolicy()));
  OVS_TRY(auto port, try_make<HypervPort>(facts.id, std::move(policy)));
  HypervPort* const made = port.raw();
  made->friendly_name_ = facts.friendly_name;
  OVS_TRY(ports.add(port));
  return made;
}

Result<HypervNic*> PortBindings::find_or_make(HypervPorts& ports, const NicFacts& facts) {
  if (HypervNic* known = ports.nic(facts.port, facts.index)) return known;
  OVS_TRY(HypervPort* const port, find_or_make(ports, PortFacts{.id = facts.port}));
  OVS_TRY(auto nic, try_make<HypervNic>(ports.module_, *port, facts.index, facts.kind));
  HypervNic* const made = nic.raw();
  ports.add(std::move(nic));
  return made;
}

void PortBindings::update(HypervPorts& ports, HypervNic& nic, const NicFacts& facts) {
  nic.mac_.store(mac_bits(facts.mac), Order::Relaxed);
  nic.mtu_.store(facts.mtu, Order::Relaxed);
  nic.friendly_name_ = facts.friendly_name;
  if (nic.device_ != nullptr) nic.device_->is_changed_ = true;
  find_device_for(ports, nic);
}

void PortBindings::remove(HypervPorts& ports, HypervNic& nic) {
  VportDevice* const device = nic.device_;
  if (device != nullptr) unbind(nic);
  reclaimer_.take(ports.remove(nic));
  if (device != nullptr) find_nic_for(*device);
}

void PortBindings::remove(HypervPorts& ports, HypervPort& port) {
  while (HypervNic* nic = port.first_nic_.load(Order::Relaxed)) remove(ports, *nic);
  reclaimer_.take(ports.remove(port));
}

void PortBindings::remove_refused(HypervPorts& ports) {
  std::uint32_t next_id = 0;
  while (HypervPort* port = ports.next_port(next_id)) {
    next_id = port->id() + 1;
    for (HypervNic* nic = port->first_nic_.load(Order::Relaxed); nic != nullptr;) {
      HypervNic* const next = nic->next_.load(Order::Relaxed);
      if (nic->is_refused_.load(Order::Acquire) != 0) {
        ports.bury_nic(nic->port_id(), nic->index());
        remove(ports, *nic);
      }
      nic = next;
    }
    if (port->is_refused_.load(Order::Acquire) == 0) continue;
    ports.bury_port(port->id());
    remove(ports, *port);
  }
}

Result<void> PortBindings::port_created(HypervPorts& ports, const PortFacts& facts) {
  return port_updated(ports, facts);
}

Result<void> PortBindings::port_updated(HypervPorts& ports, const PortFacts& facts) {
  const MutexHolder hold(lock_, Passive::here());
  remove_refused(ports);
  OVS_TRY(HypervPort* const port, find_or_make(ports, facts));
  rename(ports, *port, facts.friendly_name);
  worker_.submit(*this);
  return kOk;
}

void PortBindings::port_torn_down(HypervPorts& ports, NDIS_SWITCH_PORT_ID id) {
  const MutexHolder hold(lock_, Passive::here());
  if (HypervPort* port = ports.port(id)) port->is_torn_down_ = true;
}

void PortBindings::port_deleted(HypervPorts& ports, NDIS_SWITCH_PORT_ID id) {
  const MutexHolder hold(lock_, Passive::here());
  ports.bury_port(id);
  if (HypervPort* port = ports.port(id)) remove(ports, *port);
  worker_.submit(*this);
}

Result<void> PortBindings::nic_created(HypervPorts& ports, const NicFacts& facts) {
  return nic_updated(ports, facts);
}

Result<void> PortBindings::nic_updated(HypervPorts& ports, const NicFacts& facts) {
  const MutexHolder hold(lock_, Passive::here());
  remove_refused(ports);
  OVS_TRY(HypervNic* const nic, find_or_make(ports, facts));
  update(ports, *nic, facts);
  worker_.submit(*this);
  return kOk;
}

Result<void> PortBindings::nic_disconnected(HypervPorts& ports, const NicFacts& facts,
                                            Passive passive) {
  {
    const MutexHolder hold(lock_, passive);
    const auto nic = find_or_make(ports, facts);
    if (!nic) {
      ports.bury_nic(facts.port, facts.index);
      return nic.error();
    }
    (*nic)->port_.leaving_count_.fetch_add(1, Order::AcquireRelease);
    (*nic)->is_connected_.store(0, Order::Release);
    (*nic)->is_changed_.store(1, Order::Release);
  }
  worker_.submit(*this);
  synchronize(passive);
  return kOk;
}

void PortBindings::nic_deleted(HypervPorts& ports, const NicFacts& facts) {
  const MutexHolder hold(lock_, Passive::here());
  ports.bury_nic(facts.port, facts.index);
  if (HypervNic* nic = ports.nic(facts.port, facts.index)) remove(ports, *nic);
  worker_.submit(*this);
}

void PortBindings::port_refused(HypervPorts& ports, NDIS_SWITCH_PORT_ID id) {
  const RcuReader reader;
  if (HypervPort* port = ports.port(id)) port->is_refused_.store(1, Order::Release);
  worker_.submit(*this);
}

void PortBindings::nic_refused(HypervPorts& ports, NDIS_SWITCH_PORT_ID id,
                               NDIS_SWITCH_NIC_INDEX index) {
  const RcuReader reader;
  if (HypervNic* nic = ports.nic(id, index)) nic->is_refused_.store(1, Order::Release);
  worker_.submit(*this);
}

void PortBindings::nic_connected(HypervPorts& ports, NDIS_SWITCH_PORT_ID id,
                                 NDIS_SWITCH_NIC_INDEX index) {
  const RcuReader reader;
  HypervNic* const nic = ports.nic(id, index);
  if (nic == nullptr) return;
  nic->is_connected_.store(1, Order::Release);
  nic->is_changed_.store(1, Order::Release);
  worker_.submit(*this);
}

void PortBindings::nic_linked(HypervPorts& ports, NDIS_SWITCH_PORT_ID id,
                              NDIS_SWITCH_NIC_INDEX index, Link link) {
  const RcuReader reader;
  HypervNic* const nic = ports.nic(id, index);
  if (nic == nullptr) return;
  nic->is_cut_.store(link == Link::Cut ? 1 : 0, Order::Relaxed);
  nic->is_changed_.store(1, Order::Release);
  worker_.submit(*this);
}

void PortBindings::nic_left(HypervPorts& ports, NDIS_SWITCH_PORT_ID id) {
  const RcuReader reader;
  if (HypervPort* port = ports.port(id)) port->leaving_count_.fetch_sub(1, Order::AcquireRelease);
}

void PortBindings::set_property(HypervPorts& ports, NDIS_SWITCH_PORT_ID id, INT type, Source source,
                                Owned<PublishedPolicy> fresh) {
  const RcuReader reader;
  HypervPort* const port = ports.port(id);
  if (port == nullptr) return;
  const SpinHolder hold(policy_lock_);
  if (source == Source::Question && (port->heard_properties_ & bit_of(type)) != 0) return;
  if (source == Source::Event) port->heard_properties_ |= bit_of(type);
  PortPolicy whole = port->policy_.current()->policy;
  copy_property(whole, fresh->policy, type);
  fresh->policy = whole;
  reclaimer_.take(port->policy_.publish(std::move(fresh)));
}

// ---- lists -------------------------------------------------------------------------------------

Result<void> PortBindings::begin_lists(HypervPorts& ports) {
  OVS_TRY(auto graves, try_make<HypervPorts::Graves>());
  const MutexHolder hold(lock_, Passive::here());
  ports.graves_ = std::move(graves);
  return kOk;
}

Result<void> PortBindings::list_port(HypervPorts& ports, const PortFacts& facts) {
  const MutexHolder hold(lock_, Passive::here());
  if (facts.is_validation || ports.is_buried(facts.id)) return kOk;
  const HypervPort* const known = ports.port(facts.id);
  OVS_TRY(HypervPort* const port, find_or_make(ports, facts));
  port->wants_policy_ = !facts.is_torn_down && !port->is_torn_down_;
  // What an adapter's request has made known has no name yet.
  if (known == nullptr || port->friendly_name_.empty()) rename(ports, *port, facts.friendly_name);
  if (facts.is_torn_down) port->is_torn_down_ = true;
  return kOk;
}

Result<void> PortBindings::list_nic(HypervPorts& ports, const NicFacts& facts) {
  const MutexHolder hold(lock_, Passive::here());
  if (ports.is_buried(facts.port) || ports.is_buried(facts.port, facts.index)) return kOk;
  if (ports.nic(facts.port, facts.index) != nullptr) return kOk;
  OVS_TRY(HypervNic* const nic, find_or_make(ports, facts));
  nic->is_connected_.store(facts.is_connected ? 1 : 0, Order::Release);
  update(ports, *nic, facts);
  worker_.submit(*this);
  return kOk;
}

void PortBindings::end_lists(HypervPorts& ports) {
  const MutexHolder hold(lock_, Passive::here());
  ports.graves_ = nullptr;
}

Maybe<NDIS_SWITCH_PORT_ID> PortBindings::take_port_to_ask(HypervPorts& ports) {
  const MutexHolder hold(lock_, Passive::here());
  for (HypervPort* port = ports.next_port(0); port != nullptr;
       port = ports.next_port(port->id() + 1)) {
    if (!std::exchange(port->wants_policy_, false) || port->is_torn_down_) continue;
    return port->id();
  }
  return kNone;
}

PortBindings::Presence PortBindings::presence(HypervPorts& ports, NDIS_SWITCH_PORT_ID id) {
  const MutexHolder hold(lock_, Passive::here());
  const HypervPort* port = ports.port(id);
  if (port == nullptr || port->is_torn_down_) return Presence::Gone;
  const bool is_leaving = port->leaving_count_.load(Order::Acquire) != 0;
  return is_leaving ? Presence::Leaving : Presence::There;
}

// ---- PortProvider ------------------------------------------------------------------------------

Result<datapath::PortDevice> PortBindings::attach(Text name, VportKind kind, PortNo number) {
  OVS_TRY(const auto whole, datapath::PortName::of(name));
  OVS_TRY(auto made, try_make<VportDevice>(whole, kind, number));
  VportDevice& device = *made.release();
  const MutexHolder hold(lock_, Passive::here());
  devices_.push_back(device);
  find_nic_for(device);
  device.is_changed_ = false;
  datapath::PortDevice found;
  found.device = &device;
  if (HypervNic* nic = device.nic_.load(Order::Relaxed)) {
    nic->is_changed_.store(0, Order::Release);  // what happened before is no news of this vport
    found.mac = mac_of(nic->mac_bits());
    found.mtu = nic->mtu();
  }
  return found;
}

void PortBindings::detach(void* raw) {
  const Passive passive = Passive::here();
  {
    const MutexHolder hold(lock_, passive);
    VportDevice& device = device_of(raw);
    HypervNic* const nic = device.nic_.load(Order::Relaxed);
    HypervPorts* const home = device.home_;
    devices_.remove(device);
    if (nic != nullptr) unbind(*nic);
    leave_home(device);
    if (nic != nullptr) find_device_for(*home, *nic);
  }
  worker_.submit(*this);
  // Packets that found its number have been switched when this returns.
  synchronize(passive);
}

void PortBindings::release(void* raw) {
  reclaimer_.take(Retired<VportDevice>(Owned<VportDevice>::adopt(&device_of(raw))));
}

datapath::PortState PortBindings::state(void* raw) {
  const RcuReader reader;
  const VportDevice& device = device_of(raw);
  const HypervNic* nic = device.nic(reader);
  datapath::PortState state;
  if (nic == nullptr) {
    state.status = device.kind_ == VportKind::Internal
                       ? "waiting for a network adapter of the host's own of this name"
                       : "waiting for a network adapter of this name";
    return state;
  }
  state.mac = mac_of(nic->mac_bits());
  state.mtu = nic->mtu();
  state.is_up = true;
  state.has_carrier = nic->is_connected() && nic->has_link();
  return state;
}

// Adapters are Hyper-V's to set up; that they be up is what they are.
Result<void> PortBindings::change(void*, const datapath::PortChange& change) {
  if (change.mac || change.mtu || !change.up.value_or(true)) return Error::Unsupported;
  return kOk;
}

// ---- news --------------------------------------------------------------------------------------

unsigned PortBindings::take_changed(Span<PortNo> numbers, Passive passive) {
  const MutexHolder hold(lock_, passive);
  unsigned count = 0;
  for (VportDevice& device : devices_) {
    if (count == numbers.count()) break;
    HypervNic* const nic = device.nic_.load(Order::Relaxed);
    const bool nic_changed = nic != nullptr && nic->is_changed_.exchange(0, Order::Acquire) != 0;
    if (!std::exchange(device.is_changed_, false) && !nic_changed) continue;
    numbers.data()[count++] = device.number_;
  }
  return count;
}

void PortBindings::run(Passive passive) {
  {
    const MutexHolder hold(lock_, passive);
    for (HypervPorts& ports : switches_) remove_refused(ports);
  }
  PortNo numbers[kNewsBatch];
  unsigned count = 0;
  do {
    count = take_changed(Span<PortNo>(numbers, kNewsBatch), passive);
    for (unsigned i = 0; i < count && control_ != nullptr; ++i) control_->port_changed(numbers[i]);
  } while (count == kNewsBatch);
}

}  // namespace ovs::driver
