#include "driver/extension/hyperv_ports.h"

namespace ovs::driver {
namespace {

template <std::size_t N>
void set_bit(std::uint64_t (&bits)[N], std::uint32_t at) {
  if (at < N * 64) bits[at / 64] |= std::uint64_t{1} << at % 64;
}
template <std::size_t N>
bool has_bit(const std::uint64_t (&bits)[N], std::uint32_t at) {
  return at < N * 64 && (bits[at / 64] >> at % 64 & 1) != 0;
}

}  // namespace

HypervPorts::~HypervPorts() {
  OVS_ASSERT(next_port(0) == nullptr);
  for (Atomic<Page*>& slot : pages_) {
    (void)Owned<Page>::adopt(slot.load(Order::Relaxed));
  }
}

HypervPort* HypervPorts::port(NDIS_SWITCH_PORT_ID id) const {
  if (id > kMaxPortId) return nullptr;
  const Page* page = pages_[id / kPagePorts].load(Order::Acquire);
  return page != nullptr ? page->ports[id % kPagePorts].load(Order::Acquire) : nullptr;
}

HypervNic* HypervPorts::nic(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index) const {
  const HypervPort* at = port(id);
  HypervNic* nic = at != nullptr ? at->first_nic_.load(Order::Acquire) : nullptr;
  while (nic != nullptr && nic->index() != index) nic = nic->next_.load(Order::Acquire);
  return nic;
}

HypervPort* HypervPorts::next_port(std::uint32_t from) const {
  while (from <= kMaxPortId) {
    if (pages_[from / kPagePorts].load(Order::Acquire) == nullptr) {
      from = (from / kPagePorts + 1) * kPagePorts;
      continue;
    }
    if (HypervPort* found = port(from)) return found;
    ++from;
  }
  return nullptr;
}

Result<void> HypervPorts::add(Owned<HypervPort>& port) {
  const NDIS_SWITCH_PORT_ID id = port->id();
  OVS_ASSERT(id <= kMaxPortId && this->port(id) == nullptr);
  Atomic<Page*>& slot = pages_[id / kPagePorts];
  if (slot.load(Order::Relaxed) == nullptr) {
    OVS_TRY(auto page, try_make<Page>());
    slot.store(page.release(), Order::Release);
  }
  slot.load(Order::Relaxed)->ports[id % kPagePorts].store(port.release(), Order::Release);
  return kOk;
}

void HypervPorts::add(Owned<HypervNic> nic) {
  HypervNic* const added = nic.release();
  Atomic<HypervNic*>& first = added->port_.first_nic_;
  added->next_.store(first.load(Order::Relaxed), Order::Relaxed);
  first.store(added, Order::Release);
}

Retired<HypervPort> HypervPorts::remove(HypervPort& port) {
  OVS_ASSERT(port.first_nic_.load(Order::Relaxed) == nullptr);
  const NDIS_SWITCH_PORT_ID id = port.id();
  pages_[id / kPagePorts]
      .load(Order::Relaxed)
      ->ports[id % kPagePorts]
      .store(nullptr, Order::Release);
  return Retired<HypervPort>(Owned<HypervPort>::adopt(&port));
}

Retired<HypervNic> HypervPorts::remove(HypervNic& nic) {
  Atomic<HypervNic*>* link = &nic.port_.first_nic_;
  while (link->load(Order::Relaxed) != &nic) link = &link->load(Order::Relaxed)->next_;
  link->store(nic.next_.load(Order::Relaxed), Order::Release);
  return Retired<HypervNic>(Owned<HypervNic>::adopt(&nic));
}

void HypervPorts::bury_port(NDIS_SWITCH_PORT_ID id) {
  if (graves_) set_bit(graves_->ports, id);
}

void HypervPorts::bury_nic(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index) {
  if (!graves_) return;
  // Only one port, the external, has adapters at other indices.
  if (index == NDIS_SWITCH_DEFAULT_NIC_INDEX) {
    set_bit(graves_->nics, id);
  } else {
    set_bit(graves_->members, index);
  }
}

bool HypervPorts::is_buried(NDIS_SWITCH_PORT_ID id) const {
  return graves_ && has_bit(graves_->ports, id);
}

bool HypervPorts::is_buried(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index) const {
  if (!graves_) return false;
  if (index == NDIS_SWITCH_DEFAULT_NIC_INDEX) return has_bit(graves_->nics, id);
  return has_bit(graves_->members, index);
}

}  // namespace ovs::driver
