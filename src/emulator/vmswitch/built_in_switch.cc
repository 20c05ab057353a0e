#include "emulator/vmswitch/built_in_switch.h"

namespace ovs::emulator {
namespace {

// A guest that makes up addresses must not make the host run out of memory.
constexpr std::size_t kMaxLearned = 8192;

}  // namespace

std::uint64_t BuiltInSwitch::Key::as_number(const MacAddress& mac) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : mac.bytes) number = number << 8 | byte;
  return number;
}

void BuiltInSwitch::learn(const Key& key, NicAddress at) {
  if (key.mac.is_multicast()) return;
  const std::lock_guard lock(mutex_);
  if (learned_.size() >= kMaxLearned && !learned_.contains(key)) learned_.clear();
  learned_[key] = at;
}

std::optional<NicAddress> BuiltInSwitch::find(const Key& key) {
  if (key.mac.is_multicast()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto found = learned_.find(key);
  if (found == learned_.end()) return std::nullopt;
  return found->second;
}

void BuiltInSwitch::forget() {
  const std::lock_guard lock(mutex_);
  learned_.clear();
}

void BuiltInSwitch::forget(NicAddress address) {
  const std::lock_guard lock(mutex_);
  std::erase_if(learned_, [&](const auto& entry) { return entry.second == address; });
}

void BuiltInSwitch::send_to(NicAddress address, std::uint16_t vlan, const Parcel& parcel) {
  SwitchPort* port = model_.find_port(address.port);
  SwitchNic* nic = port == nullptr ? nullptr : port->find_nic(address.index);
  if (nic == nullptr) return;
  const std::optional<std::uint16_t> outside = egress_vlan(*port, vlan);
  if (!outside) return;
  Parcel own = parcel;
  own.tag.vlan = *outside;
  if (*outside == 0 && !port->policies.security.allow_priority_tag) own.tag.priority = 0;
  deliver(*port, *nic, own, model_.habits());
}

void BuiltInSwitch::forward(SwitchNic& from, const Parcel& parcel) {
  const SwitchPort& port = *model_.find_port(from.address.port);
  const MacAddress source = source_of(parcel.frame);
  if (ingress_denial(port, from, source, parcel.tag) != nullptr) {
    ++from.counters.dropped_sends;
    return;
  }
  const std::uint16_t vlan = vlan_of(port, parcel.tag);
  learn({vlan, source}, from.address);
  const auto known = find({vlan, destination_of(parcel.frame)});
  if (known == from.address) return;
  if (known && model_.find_nic(*known) != nullptr) return send_to(*known, vlan, parcel);
  for (const auto& [id, other] : model_.ports()) {
    // A team is one wire: what came from a member does not go out by another.
    if (id == port.id || other->nics.empty()) continue;
    send_to({id, 0}, vlan, parcel);
  }
}

}  // namespace ovs::emulator
