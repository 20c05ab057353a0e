#include "emulator/vmswitch/port_policy.h"

namespace ovs::emulator {
namespace {

bool is_external(const SwitchPort& port) {
  return port.spec.kind == PortKind::External;
}

// VLAN isolation is an access VLAN by another name.
std::uint16_t access_vlan(const SwitchPort& port) {
  if (port.policies.vlan.mode == VlanMode::Access) return port.policies.vlan.access;
  const IsolationPolicy& isolation = port.policies.isolation;
  if (isolation.mode != IsolationMode::Vlan) return 0;
  return static_cast<std::uint16_t>(isolation.default_id & 0xfff);
}

}  // namespace

const char* ingress_denial(const SwitchPort& port, const SwitchNic& nic, const MacAddress& source,
                           const Tag& tag) {
  if (is_external(port)) return nullptr;
  if (!port.policies.security.allow_mac_spoofing && port.spec.kind != PortKind::Internal &&
      source != nic.spec.mac) {
    return "its source MAC address is not its NIC's";
  }
  const VlanPolicy& vlan = port.policies.vlan;
  if (access_vlan(port) != 0 && tag.vlan != 0)
    return "it has a tag, and its port is in access mode";
  if (vlan.mode == VlanMode::Trunk && tag.vlan != 0 && !vlan.trunk[tag.vlan]) {
    return "its VLAN is not of its port's trunk";
  }
  return nullptr;
}

std::uint16_t vlan_of(const SwitchPort& port, const Tag& tag) {
  if (tag.vlan != 0) return tag.vlan;
  if (is_external(port)) return 0;
  if (const std::uint16_t access = access_vlan(port); access != 0) return access;
  return port.policies.vlan.mode == VlanMode::Trunk ? port.policies.vlan.native : 0;
}

std::optional<std::uint16_t> egress_vlan(const SwitchPort& port, std::uint16_t vlan) {
  if (is_external(port)) return vlan;
  const VlanPolicy& policy = port.policies.vlan;
  if (policy.mode == VlanMode::Trunk) {
    if (vlan == policy.native) return std::uint16_t{0};
    if (vlan == 0 || !policy.trunk[vlan]) return std::nullopt;
    return vlan;
  }
  if (vlan != access_vlan(port)) return std::nullopt;
  return std::uint16_t{0};
}

const char* egress_denial(const SwitchPort& port, std::uint16_t vlan, const Tag& tag) {
  if (is_external(port)) return nullptr;
  const VlanPolicy& policy = port.policies.vlan;
  if (policy.mode == VlanMode::Trunk) {
    if (tag.vlan != 0 && !policy.trunk[tag.vlan]) return "its VLAN is not of the port's trunk";
    if (tag.vlan == 0 && vlan != policy.native) return "it has lost the tag of its VLAN";
    return nullptr;
  }
  const std::uint16_t access = access_vlan(port);
  if (access == 0) return nullptr;
  if (tag.vlan != 0) return "it has a tag, and the port is in access mode";
  return vlan == access ? nullptr : "it is of another VLAN than the port's";
}

}  // namespace ovs::emulator
