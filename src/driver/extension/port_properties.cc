#include "driver/extension/port_properties.h"

namespace ovs::driver {
namespace {

template <class T>
T read(Bytes structure, std::size_t offset) {
  return load<T>(structure.data() + offset);
}

// What its request says lies at this offset of it.
Result<Bytes> part_of(Bytes structure, std::uint64_t offset, std::uint64_t size) {
  if (offset > structure.count() || size > structure.count() - offset) return Error::Truncated;
  return structure.part(std::size_t(offset), std::size_t(size));
}

void read_vlans(VlanSet& vlans, Bytes structure, std::size_t offset) {
  constexpr unsigned kWordBits = 64;
  for (unsigned word = 0; word < kVlanCount / kWordBits; ++word) {
    const auto bits = read<UINT64>(structure, offset + word * sizeof(UINT64));
    for (unsigned bit = 0; bit < kWordBits; ++bit) {
      if ((bits >> bit & 1) != 0) vlans.add(std::uint16_t(word * kWordBits + bit));
    }
  }
}

// A number that no tag has room for would be written over a priority.
Result<void> check_vlans(const PortPolicy& policy) {
  return policy.vlan < kVlanCount && policy.secondary < kVlanCount ? Result<void>(kOk)
                                                                   : Result<void>(Error::Range);
}

void apply_private_vlan(PortPolicy& policy, Bytes value) {
  using S = NDIS_SWITCH_PORT_PROPERTY_VLAN;
  policy.vlan_mode = VlanMode::Private;
  policy.vlan = read<UINT16>(value, offsetof(S, PvlanProperties.PrimaryVlanId));
  switch (read<INT>(value, offsetof(S, PvlanProperties.PvlanMode))) {
    case NdisSwitchPortPvlanModePromiscuous:
      policy.pvlan_mode = PvlanMode::Promiscuous;
      return read_vlans(policy.vlans, value, offsetof(S, PvlanProperties.SecondaryVlanIdArray));
    case NdisSwitchPortPvlanModeCommunity: policy.pvlan_mode = PvlanMode::Community; break;
    case NdisSwitchPortPvlanModeIsolated: policy.pvlan_mode = PvlanMode::Isolated; break;
  }
  policy.secondary = read<UINT16>(value, offsetof(S, PvlanProperties.SecondaryVlanId));
}

Result<void> apply_vlan(PortPolicy& policy, Bytes value) {
  using S = NDIS_SWITCH_PORT_PROPERTY_VLAN;
  OVS_TRY(check_header(value, sizeof(S)));
  copy_property(policy, PortPolicy(), NdisSwitchPortPropertyTypeVlan);
  switch (read<INT>(value, offsetof(S, OperationMode))) {
    case NdisSwitchPortVlanModeAccess:
      // VLAN 0 is what "untagged" is set as: no VLAN.
      policy.vlan = read<UINT16>(value, offsetof(S, VlanProperties.AccessVlanId));
      policy.vlan_mode = policy.vlan != 0 ? VlanMode::Access : VlanMode::None;
      break;
    case NdisSwitchPortVlanModeTrunk:
      policy.vlan_mode = VlanMode::Trunk;
      policy.vlan = read<UINT16>(value, offsetof(S, VlanProperties.NativeVlanId));
      read_vlans(policy.vlans, value, offsetof(S, VlanProperties.TrunkVlanIdArray));
      break;
    case NdisSwitchPortVlanModePrivate: apply_private_vlan(policy, value); break;
  }
  return check_vlans(policy);
}

Result<void> apply_security(PortPolicy& policy, Bytes value) {
  using S = NDIS_SWITCH_PORT_PROPERTY_SECURITY;
  OVS_TRY(check_header(value, NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_1));
  policy.may_spoof_mac = read<BOOLEAN>(value, offsetof(S, AllowMacSpoofing)) != FALSE;
  policy.may_send_priority = read<BOOLEAN>(value, offsetof(S, AllowIeeePriorityTag)) != FALSE;
  return kOk;
}

Result<void> apply_isolation(PortPolicy& policy, Bytes value) {
  using S = NDIS_SWITCH_PORT_PROPERTY_ISOLATION;
  OVS_TRY(check_header(value, RTL_SIZEOF_THROUGH_FIELD(S, DefaultIsolationId)));
  const bool by_vlan = read<INT>(value, offsetof(S, IsolationMode)) == NdisIsolationModeVlan;
  const auto id = read<UINT32>(value, offsetof(S, DefaultIsolationId));
  policy.isolation_vlan = std::uint16_t(by_vlan ? id % kVlanCount : 0);
  return kOk;
}

}  // namespace

Result<PropertyFacts> parse_property(Bytes structure) {
  using S = NDIS_SWITCH_PORT_PROPERTY_PARAMETERS;
  OVS_TRY(check_header(structure, RTL_SIZEOF_THROUGH_FIELD(S, PropertyBufferOffset)));
  OVS_TRY(const Bytes value,
          part_of(structure, read<ULONG>(structure, offsetof(S, PropertyBufferOffset)),
                  read<ULONG>(structure, offsetof(S, PropertyBufferLength))));
  return PropertyFacts{.port = read<NDIS_SWITCH_PORT_ID>(structure, offsetof(S, PortId)),
                       .type = read<INT>(structure, offsetof(S, PropertyType)),
                       .value = value};
}

Result<PropertyFacts> parse_property_delete(Bytes structure) {
  using S = NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS;
  OVS_TRY(check_header(structure, RTL_SIZEOF_THROUGH_FIELD(S, PropertyInstanceId)));
  return PropertyFacts{.port = read<NDIS_SWITCH_PORT_ID>(structure, offsetof(S, PortId)),
                       .type = read<INT>(structure, offsetof(S, PropertyType)),
                       .value = Bytes()};
}

bool is_of_policy(INT type) {
  for (const INT known : kPolicyProperties) {
    if (type == known) return true;
  }
  return false;
}

Result<void> apply_property(PortPolicy& policy, INT type, Bytes value) {
  switch (type) {
    case NdisSwitchPortPropertyTypeVlan: return apply_vlan(policy, value);
    case NdisSwitchPortPropertyTypeSecurity: return apply_security(policy, value);
    case NdisSwitchPortPropertyTypeIsolation: return apply_isolation(policy, value);
  }
  return kOk;
}

void copy_property(PortPolicy& to, const PortPolicy& from, INT type) {
  switch (type) {
    case NdisSwitchPortPropertyTypeVlan:
      to.vlan_mode = from.vlan_mode;
      to.pvlan_mode = from.pvlan_mode;
      to.vlan = from.vlan;
      to.secondary = from.secondary;
      to.vlans = from.vlans;
      return;
    case NdisSwitchPortPropertyTypeSecurity:
      to.may_spoof_mac = from.may_spoof_mac;
      to.may_send_priority = from.may_send_priority;
      return;
    case NdisSwitchPortPropertyTypeIsolation: to.isolation_vlan = from.isolation_vlan; return;
  }
}

void begin_property_query(MutableBytes buffer, NDIS_SWITCH_PORT_ID port, INT type) {
  NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS query = {};
  OVS_ASSERT(buffer.count() >= sizeof query);
  query.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, USHORT(sizeof query)};
  query.PortId = port;
  query.PropertyType = NDIS_SWITCH_PORT_PROPERTY_TYPE(type);
  __builtin_memcpy(buffer.data(), &query, sizeof query);
}

Result<Bytes> parse_property_answer(Bytes buffer) {
  using S = NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS;
  using Info = NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO;
  OVS_TRY(check_header(buffer, RTL_SIZEOF_THROUGH_FIELD(S, NumProperties)));
  if (read<ULONG>(buffer, offsetof(S, NumProperties)) == 0) return Bytes();
  const std::uint32_t first = read<ULONG>(buffer, offsetof(S, FirstPropertyOffset));
  OVS_TRY(const Bytes info, part_of(buffer, first, sizeof(Info)));
  OVS_TRY(check_header(info, RTL_SIZEOF_THROUGH_FIELD(Info, PropertyBufferOffset)));
  // The property lies behind its description.
  const std::uint64_t at =
      std::uint64_t{first} + read<ULONG>(info, offsetof(Info, PropertyBufferOffset));
  return part_of(buffer, at, read<ULONG>(info, offsetof(Info, PropertyBufferLength)));
}

}  // namespace ovs::driver
