#include "driver/extension/port_policy.h"

namespace ovs::driver {
namespace {

constexpr VlanVerdict kDrop{VlanVerdict::What::Drop, 0};
constexpr VlanVerdict kKeep{VlanVerdict::What::Keep, 0};
constexpr VlanVerdict kPop{VlanVerdict::What::Pop, 0};

VlanVerdict push(std::uint16_t vlan) {
  return vlan != 0 ? VlanVerdict{VlanVerdict::What::Push, vlan} : kKeep;
}

VlanVerdict deliver_trunk(const PortPolicy& policy, std::uint16_t vlan) {
  if (vlan == policy.vlan) return vlan != 0 ? kPop : kKeep;
  return vlan != 0 && policy.vlans.has(vlan) ? kKeep : kDrop;
}

// What comes from a promiscuous port bears the primary VLAN, what comes from others their
// secondary.
VlanVerdict deliver_private(const PortPolicy& policy, std::uint16_t vlan) {
  if (vlan == 0) return kDrop;
  if (vlan == policy.vlan) return kPop;
  switch (policy.pvlan_mode) {
    case PvlanMode::Isolated: return kDrop;
    case PvlanMode::Community: return vlan == policy.secondary ? kPop : kDrop;
    case PvlanMode::Promiscuous: return policy.vlans.has(vlan) ? kPop : kDrop;
  }
  return kDrop;
}

// Isolation by VLAN is an access VLAN by another name.
std::uint16_t access_vlan(const PortPolicy& policy) {
  return policy.vlan_mode == VlanMode::Access ? policy.vlan : policy.isolation_vlan;
}

}  // namespace

VlanVerdict admit(const PortPolicy& policy, Maybe<std::uint16_t> tag) {
  const std::uint16_t vlan = tag.value_or(0);
  if (const std::uint16_t access = access_vlan(policy); access != 0) {
    return vlan == 0 ? push(access) : kDrop;
  }
  switch (policy.vlan_mode) {
    case VlanMode::None:
    case VlanMode::Access: return kKeep;
    case VlanMode::Trunk:
      if (vlan == 0) return push(policy.vlan);
      return policy.vlans.has(vlan) ? kKeep : kDrop;
    case VlanMode::Private:
      if (vlan != 0) return kDrop;
      return push(policy.pvlan_mode == PvlanMode::Promiscuous ? policy.vlan : policy.secondary);
  }
  return kDrop;
}

VlanVerdict deliver(const PortPolicy& policy, Maybe<std::uint16_t> tag) {
  const std::uint16_t vlan = tag.value_or(0);
  if (const std::uint16_t access = access_vlan(policy); access != 0) {
    return vlan == access ? kPop : kDrop;
  }
  switch (policy.vlan_mode) {
    case VlanMode::None:
    case VlanMode::Access: return kKeep;
    case VlanMode::Trunk: return deliver_trunk(policy, vlan);
    case VlanMode::Private: return deliver_private(policy, vlan);
  }
  return kDrop;
}

VlanVerdict deliver_without_flows(const PortPolicy& policy, Maybe<std::uint16_t> tag) {
  const bool has_none = policy.vlan_mode == VlanMode::None && access_vlan(policy) == 0;
  return has_none && tag.value_or(0) != 0 ? kDrop : deliver(policy, tag);
}

}  // namespace ovs::driver
