#include "emulator/vmswitch/oid_buffer.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include "emulator/ndis/buffers/guarded_memory.h"

namespace ovs::emulator {
namespace {

constexpr std::byte kGarbage{0xa5};
constexpr UINT kNdis640 = 0x00060028;
constexpr std::size_t kUnknownTail = 16;  // of a revision that nobody knows yet

std::size_t utf8_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

// The code point at `text`'s start, which is taken off; U+FFFD for what is none.
char32_t take_code_point(std::string_view& text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t length = utf8_length(lead);
  if (length > text.size() || (lead >= 0x80 && lead < 0xc2)) {
    text.remove_prefix(1);
    return 0xfffd;
  }
  char32_t point = length == 1 ? lead : lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (text[i] & 0x3f);
  text.remove_prefix(length);
  return point;
}

std::u16string utf16_of(std::string_view utf8) {
  std::u16string out;
  while (!utf8.empty()) {
    const char32_t point = take_code_point(utf8);
    if (point < 0x10000) {
      out.push_back(static_cast<char16_t>(point));
      continue;
    }
    out.push_back(static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10)));
    out.push_back(static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff)));
  }
  return out;
}

NDIS_OBJECT_HEADER header_of(UCHAR revision, std::size_t size) {
  return {NDIS_OBJECT_TYPE_DEFAULT, revision, static_cast<USHORT>(size)};
}

// A GUID that a name always gives; never the zero one.
GUID guid_of(std::string_view name) {
  const std::uint64_t low = std::hash<std::string_view>{}(name);
  const std::uint64_t high = std::hash<std::uint64_t>{}(low ^ 0x9e3779b97f4a7c15u) | 1;
  GUID guid{};
  static_assert(sizeof guid == sizeof low + sizeof high);
  std::memcpy(&guid, &low, sizeof low);
  std::memcpy(reinterpret_cast<std::byte*>(&guid) + sizeof low, &high, sizeof high);
  return guid;
}

NDIS_SWITCH_PORT_TYPE type_of(PortKind kind) {
  switch (kind) {
    case PortKind::External: return NdisSwitchPortTypeExternal;
    case PortKind::Synthetic: return NdisSwitchPortTypeSynthetic;
    case PortKind::Emulated: return NdisSwitchPortTypeEmulated;
    case PortKind::Internal: return NdisSwitchPortTypeInternal;
  }
  return NdisSwitchPortTypeGeneric;
}

NDIS_SWITCH_NIC_TYPE type_of(NicKind kind) {
  switch (kind) {
    case NicKind::External: return NdisSwitchNicTypeExternal;
    case NicKind::Synthetic: return NdisSwitchNicTypeSynthetic;
    case NicKind::Emulated: return NdisSwitchNicTypeEmulated;
    case NicKind::Internal: return NdisSwitchNicTypeInternal;
  }
  return NdisSwitchNicTypeSynthetic;
}

NDIS_SWITCH_NIC_STATE state_of(NicState state) {
  switch (state) {
    case NicState::None: return NdisSwitchNicStateUnknown;
    case NicState::Created: return NdisSwitchNicStateCreated;
    case NicState::Connected: return NdisSwitchNicStateConnected;
    case NicState::Disconnected: return NdisSwitchNicStateDisconnected;
  }
  return NdisSwitchNicStateUnknown;
}

void put_mac(UCHAR* to, const MacAddress& mac) {
  std::memset(to, 0, NDIS_MAX_PHYS_ADDRESS_LENGTH);
  std::memcpy(to, mac.bytes.items, sizeof mac.bytes.items);
}

void put_vlan(NDIS_SWITCH_PORT_PROPERTY_VLAN& to, const VlanPolicy& policy) {
  auto& properties = to.VlanProperties;
  std::memset(&properties, 0, sizeof properties);
  to.OperationMode =
      policy.mode == VlanMode::Trunk ? NdisSwitchPortVlanModeTrunk : NdisSwitchPortVlanModeAccess;
  properties.AccessVlanId = policy.access;
  properties.NativeVlanId = policy.native;
  for (std::size_t vlan = 0; vlan < policy.trunk.size(); ++vlan) {
    const UINT64 bit = UINT64{1} << (vlan % 64);
    (policy.trunk[vlan] ? properties.TrunkVlanIdArray : properties.PruneVlanIdArray)[vlan / 64] |=
        bit;
  }
}

void put_security(NDIS_SWITCH_PORT_PROPERTY_SECURITY& to, const SecurityPolicy& policy) {
  to.AllowMacSpoofing = policy.allow_mac_spoofing;
  to.AllowIeeePriorityTag = policy.allow_priority_tag;
  to.VirtualSubnetId = policy.virtual_subnet;
  to.AllowTeaming = policy.allow_teaming;
  if (to.Header.Revision >= NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_2) {
    to.DynamicIPAddressLimit = 0;
  }
}

void put_isolation(NDIS_SWITCH_PORT_PROPERTY_ISOLATION& to, const IsolationPolicy& policy) {
  to.IsolationMode = static_cast<NDIS_ISOLATION_MODE>(policy.mode);
  to.AllowUntaggedTraffic = policy.allow_untagged;
  to.DefaultIsolationId = policy.default_id;
}

}  // namespace

OidBuffer::OidBuffer(std::size_t size)
    : size_((size + 7) & ~std::size_t{7}), bytes_(allocate_guarded(size_, 26)) {
  std::fill_n(bytes_, size_, kGarbage);
}

OidBuffer::~OidBuffer() {
  free_guarded(bytes_, size_);
}

std::uint64_t OidBuffer::hash() const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(data()), size_});
}

NDIS_OBJECT_HEADER Layouts::plain(std::size_t size) const {
  if (revisions == Revisions::Longer) return header_of(2, size + kUnknownTail);
  return header_of(1, size);
}

NDIS_OBJECT_HEADER Layouts::port() const {
  return plain(sizeof(NDIS_SWITCH_PORT_PARAMETERS));
}

NDIS_OBJECT_HEADER Layouts::nic() const {
  if (revisions == Revisions::Oldest || ndis_version < kNdis640) {
    return header_of(NDIS_SWITCH_NIC_PARAMETERS_REVISION_1,
                     NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1);
  }
  const std::size_t size = NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_2;
  if (revisions == Revisions::Newest) return header_of(2, size);
  return header_of(3, size + kUnknownTail);
}

NDIS_OBJECT_HEADER Layouts::security() const {
  if (revisions == Revisions::Oldest || ndis_version < kNdis640) {
    return header_of(1, NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_1);
  }
  const std::size_t size = sizeof(NDIS_SWITCH_PORT_PROPERTY_SECURITY);
  if (revisions == Revisions::Newest) return header_of(2, size);
  return header_of(3, size + kUnknownTail);
}

void put_name(NDIS_IF_COUNTED_STRING& to, std::string_view utf8) {
  std::u16string text = utf16_of(utf8);
  text.resize(std::min(text.size(), IF_MAX_STRING_SIZE));
  std::memset(to.String, static_cast<int>(kGarbage), sizeof to.String);
  std::memcpy(to.String, text.data(), text.size() * sizeof(char16_t));
  to.Length = static_cast<USHORT>(text.size() * sizeof(char16_t));
}

NDIS_SWITCH_PORT_ID ndis_id(PortId id) {
  return static_cast<NDIS_SWITCH_PORT_ID>(id);
}

void put_port(NDIS_SWITCH_PORT_PARAMETERS& to, const SwitchPort& port, const Layouts& layouts) {
  to.Header = layouts.port();
  to.Flags = 0;
  to.PortId = ndis_id(port.id);
  put_name(to.PortName, port.spec.name);
  put_name(to.PortFriendlyName, port.spec.friendly_name);
  to.PortType = type_of(port.spec.kind);
  to.IsValidationPort = port.is_validation;
  to.PortState = port.is_torn_down ? NdisSwitchPortStateTeardown : NdisSwitchPortStateCreated;
}

void put_nic(NDIS_SWITCH_NIC_PARAMETERS& to, const SwitchNic& nic, NicKind kind,
             const Layouts& layouts) {
  to.Header = layouts.nic();
  to.Flags = 0;
  put_name(to.NicName, nic.spec.name);
  put_name(to.NicFriendlyName, nic.spec.friendly_name);
  to.PortId = ndis_id(nic.address.port);
  to.NicIndex = nic.address.index;
  to.NicType = type_of(kind);
  to.NicState = state_of(nic.state);
  put_name(to.VmName, nic.spec.vm_name);
  put_name(to.VmFriendlyName, nic.spec.vm_friendly_name);
  to.NetCfgInstanceId = kind == NicKind::Synthetic ? GUID{} : guid_of(nic.spec.name);
  to.MTU = nic.spec.mtu;
  to.NumaNodeId = 0;
  put_mac(to.PermanentMacAddress, nic.spec.mac);
  put_mac(to.VMMacAddress, nic.spec.mac);
  put_mac(to.CurrentMacAddress, nic.spec.mac);
  to.VFAssigned = FALSE;
  if (to.Header.Revision >= NDIS_SWITCH_NIC_PARAMETERS_REVISION_2) {
    to.NdisReserved[0] = to.NdisReserved[1] = 0;
  }
}

void put_switch(NDIS_SWITCH_PARAMETERS& to, const SwitchModel& model, const Layouts& layouts) {
  to.Header = layouts.plain(sizeof to);
  to.Flags = 0;
  put_name(to.SwitchName, model.spec().name);
  put_name(to.SwitchFriendlyName, model.spec().friendly_name);
  to.NumSwitchPorts = static_cast<UINT32>(model.ports().size());
  to.IsActive = model.is_active();
}

GUID property_id(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::Security: return guid_of("property security");
    case PropertyKind::Vlan: return guid_of("property vlan");
    case PropertyKind::Isolation: return guid_of("property isolation");
  }
  return {};
}

GUID property_instance(PortId port, PropertyKind kind) {
  return guid_of("instance " + std::to_string(ndis_id(port)) + " " +
                 std::to_string(static_cast<int>(kind)));
}

NDIS_SWITCH_PORT_PROPERTY_TYPE property_type(PropertyKind kind) {
  switch (kind) {
    case PropertyKind::Security: return NdisSwitchPortPropertyTypeSecurity;
    case PropertyKind::Vlan: return NdisSwitchPortPropertyTypeVlan;
    case PropertyKind::Isolation: return NdisSwitchPortPropertyTypeIsolation;
  }
  return NdisSwitchPortPropertyTypeUndefined;
}

std::size_t property_size(PropertyKind kind, const Layouts& layouts) {
  switch (kind) {
    case PropertyKind::Security: return layouts.security().Size;
    case PropertyKind::Vlan: return layouts.plain(sizeof(NDIS_SWITCH_PORT_PROPERTY_VLAN)).Size;
    case PropertyKind::Isolation:
      return layouts.plain(sizeof(NDIS_SWITCH_PORT_PROPERTY_ISOLATION)).Size;
  }
  return 0;
}

void put_property(std::byte* to, PropertyKind kind, const PortPolicies& policies,
                  const Layouts& layouts) {
  auto& header = *reinterpret_cast<NDIS_OBJECT_HEADER*>(to);
  const std::size_t size = property_size(kind, layouts);
  std::memset(to, static_cast<int>(kGarbage), size);
  header = kind == PropertyKind::Security ? layouts.security() : layouts.plain(size);
  header.Size = static_cast<USHORT>(size);
  reinterpret_cast<ULONG*>(&header)[1] = 0;  // Flags
  switch (kind) {
    case PropertyKind::Security:
      return put_security(*reinterpret_cast<NDIS_SWITCH_PORT_PROPERTY_SECURITY*>(to),
                          policies.security);
    case PropertyKind::Vlan:
      return put_vlan(*reinterpret_cast<NDIS_SWITCH_PORT_PROPERTY_VLAN*>(to), policies.vlan);
    case PropertyKind::Isolation:
      return put_isolation(*reinterpret_cast<NDIS_SWITCH_PORT_PROPERTY_ISOLATION*>(to),
                           policies.isolation);
  }
}

}  // namespace ovs::emulator
