#include "datapath/port/port_table.h"

namespace ovs::datapath {

Result<Owned<PortTable>> PortTable::create() {
  OVS_TRY(auto ports, try_make_array<RcuPtr<Vport>>(kMaxPorts, kTag));
  return try_make<PortTable>(std::move(ports));
}

const Vport* PortTable::find(Text name) const {
  for (std::uint32_t i = 0; i < end_; ++i) {
    const Vport* port = ports_[i].current();
    if (port != nullptr && port->name().text() == name) return port;
  }
  return nullptr;
}

const Vport* PortTable::next(PortNo from) const {
  for (std::uint32_t i = std::uint32_t(from); i < end_; ++i) {
    if (const Vport* port = ports_[i].current()) return port;
  }
  return nullptr;
}

PortNo PortTable::free_number() const {
  for (std::uint32_t i = 1; i < kMaxPorts; ++i) {
    if (ports_[i].current() == nullptr) return PortNo{i};
  }
  return kNoPort;
}

void PortTable::add(Owned<Vport> port) {
  const std::uint32_t number = std::uint32_t(port->number());
  OVS_ASSERT(number < kMaxPorts && ports_[number].current() == nullptr);
  if (number >= end_) end_ = number + 1;
  ++count_;
  const Retired<Vport> nothing = ports_[number].publish(std::move(port));
  OVS_ASSERT(!nothing);
}

Retired<Vport> PortTable::remove(PortNo number) {
  OVS_ASSERT(find(number) != nullptr);
  --count_;
  return ports_[std::uint32_t(number)].publish(nullptr);
}

}  // namespace ovs::datapath
