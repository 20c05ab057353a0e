#include "driver/extension/hyperv_ports.h"

namespace ovs::driver {

HypervPorts::~HypervPorts() {
  for (Atomic<Page*>& slot : pages_) {
    (void)Owned<Page>::adopt(slot.load(Order::Relaxed));
  }
}

const HypervPort* HypervPorts::find_port(NDIS_SWITCH_PORT_ID id, const RcuReader&) const {
  if (id > kMaxPortId) return nullptr;
  const Page* page = pages_[id / kPagePorts].load(Order::Acquire);
  return page != nullptr ? page->ports[id % kPagePorts].load(Order::Acquire) : nullptr;
}

const HypervNic* HypervPorts::find(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index,
                                   const RcuReader& reader) const {
  const HypervPort* port = find_port(id, reader);
  const HypervNic* nic = port != nullptr ? port->first_nic(reader) : nullptr;
  while (nic != nullptr && nic->index() != index) nic = nic->next(reader);
  return nic;
}

}  // namespace ovs::driver
