#include "driver/extension/switch_facts.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>
#include <vector>

#include "driver/extension/port_properties.h"

namespace ovs::driver {
namespace {

template <class T>
Bytes bytes_of(const T& structure, std::size_t size = sizeof(T)) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(&structure), size);
}

void set_name(NDIS_IF_COUNTED_STRING& name, std::u16string_view text) {
  std::memset(name.String, 0xa5, sizeof name.String);  // what follows the text is anything
  name.Length = USHORT(text.size() * 2);
  std::memcpy(name.String, text.data(), text.size() * 2);
}

std::string name_of(std::u16string_view text) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(text.data());
  return std::string(port_name_of(Bytes(data, text.size() * 2)).text());
}

NDIS_SWITCH_NIC_PARAMETERS nic_of(NDIS_SWITCH_PORT_ID port) {
  NDIS_SWITCH_NIC_PARAMETERS nic = {};
  nic.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_SWITCH_NIC_PARAMETERS_REVISION_1,
                NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1};
  nic.PortId = port;
  nic.NicIndex = 1;
  nic.NicType = NdisSwitchNicTypeExternal;
  nic.NicState = NdisSwitchNicStateConnected;
  nic.MTU = 9000;
  nic.CurrentMacAddress[5] = 7;
  set_name(nic.NicFriendlyName, u"Ethernet1");
  return nic;
}

TEST_CASE("SwitchFacts: names become UTF-8") {
  CHECK(name_of(u"port1") == "port1");
  CHECK(name_of(u"Büro") == "B\xc3\xbcro");
  CHECK(name_of(u"€") == "\xe2\x82\xac");
  CHECK(name_of(u"\U0001f600") == "\xf0\x9f\x98\x80");
  CHECK(name_of(std::u16string_view(u"ab\0\0", 4)) == "ab");
}

TEST_CASE("SwitchFacts: half a surrogate pair is replaced") {
  const char16_t lone_high[] = {u'a', 0xd800, u'b'}, lone_low[] = {0xdc00};
  CHECK(name_of({lone_high, 3}) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(name_of({lone_low, 1}) == "\xef\xbf\xbd");
  CHECK(name_of({lone_high, 2}) == "a\xef\xbf\xbd");
}

TEST_CASE("SwitchFacts: a name that no port can have is none") {
  CHECK(name_of(std::u16string(255, u'x')).size() == 255);
  CHECK(name_of(std::u16string(256, u'x')).empty());
  CHECK(name_of(std::u16string(128, u'ü')).empty());
}

TEST_CASE("SwitchFacts: an adapter is read, whatever its revision and size") {
  NDIS_SWITCH_NIC_PARAMETERS nic = nic_of(3);
  struct Row {
    UCHAR revision;
    USHORT stated;
    std::size_t given;
  };
  for (const Row& row : {Row{1, 2208, 2208}, Row{2, 2224, 2224}, Row{3, 2224 + 64, 2224}}) {
    nic.Header.Revision = row.revision;
    nic.Header.Size = row.stated;
    const auto facts = parse_nic(bytes_of(nic, row.given));
    REQUIRE(facts.ok());
    CHECK(facts->port == 3);
    CHECK(facts->index == 1);
    CHECK(facts->kind == NicKind::External);
    CHECK(std::string(facts->friendly_name.text()) == "Ethernet1");
    CHECK(facts->mtu == 9000);
    CHECK(facts->mac.bytes.items[5] == 7);
    CHECK(facts->is_connected);
  }
}

TEST_CASE("SwitchFacts: what is shorter than its format is not read") {
  const NDIS_SWITCH_NIC_PARAMETERS nic = nic_of(3);
  for (std::size_t size = 0; size < NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1; ++size) {
    const std::vector<std::uint8_t> exact(bytes_of(nic).data(), bytes_of(nic).data() + size);
    REQUIRE(!parse_nic(Bytes(exact.data(), exact.size())).ok());
  }
}

TEST_CASE("SwitchFacts: an id that no packet can bear is refused") {
  NDIS_SWITCH_NIC_PARAMETERS nic = nic_of(0x10000);
  CHECK(parse_nic(bytes_of(nic)).error() == Error::Range);
  nic.PortId = 3;
  nic.NicIndex = 256;
  CHECK(parse_nic(bytes_of(nic)).error() == Error::Range);
}

TEST_CASE("SwitchFacts: a port tells its name and what it is for") {
  NDIS_SWITCH_PORT_PARAMETERS port = {};
  port.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1};
  port.PortId = 8;
  port.IsValidationPort = TRUE;
  set_name(port.PortFriendlyName, u"port1");
  const auto facts = parse_port(bytes_of(port));
  REQUIRE(facts.ok());
  CHECK(facts->id == 8);
  CHECK(facts->is_validation);
  CHECK(std::string(facts->friendly_name.text()) == "port1");
}

TEST_CASE("SwitchFacts: an array is walked by what it says of itself") {
  std::vector<std::uint8_t> array(64 + 3 * 40, 0);
  NDIS_SWITCH_PORT_ARRAY head = {};
  head.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, NDIS_SIZEOF_NDIS_SWITCH_PORT_ARRAY_REVISION_1};
  head.FirstElementOffset = 64;
  head.NumElements = 3;
  head.ElementSize = 40;
  std::memcpy(array.data(), &head, sizeof head);
  for (int i = 0; i < 3; ++i) array[64 + 40 * i] = std::uint8_t(i + 1);
  const auto walked = FactsArray::parse(Bytes(array.data(), array.size()));
  REQUIRE(walked.ok());
  CHECK(walked->count() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(walked->element(i).data()[0] == i + 1);
  CHECK(FactsArray::parse(Bytes(array.data(), array.size() - 1)).error() == Error::Truncated);
}

// A property behind its request, as OID_SWITCH_PORT_PROPERTY_ADD has it.
template <class Property>
struct PropertyRequest {
  NDIS_SWITCH_PORT_PROPERTY_PARAMETERS parameters = {};
  alignas(8) Property property = {};

  PropertyRequest(NDIS_SWITCH_PORT_PROPERTY_TYPE type, const Property& value) : property(value) {
    parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof parameters};
    parameters.PortId = 4;
    parameters.PropertyType = type;
    parameters.PropertyBufferLength = sizeof property;
    parameters.PropertyBufferOffset = ULONG(offsetof(PropertyRequest, property));
    property.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof property};
  }
};

TEST_CASE("PortProperties: a trunk's VLANs are read, and forgotten when it is deleted") {
  NDIS_SWITCH_PORT_PROPERTY_VLAN vlan = {};
  vlan.OperationMode = NdisSwitchPortVlanModeTrunk;
  vlan.VlanProperties.NativeVlanId = 1;
  vlan.VlanProperties.TrunkVlanIdArray[1] = 1u << 3;  // VLAN 67
  const PropertyRequest request(NdisSwitchPortPropertyTypeVlan, vlan);
  const auto facts = parse_property(bytes_of(request));
  REQUIRE(facts.ok());
  CHECK(facts->port == 4);
  PortPolicy policy;
  REQUIRE(apply_property(policy, facts->type, facts->value).ok());
  CHECK(policy.vlan_mode == VlanMode::Trunk);
  CHECK(policy.vlan == 1);
  CHECK(policy.vlans.has(67));
  CHECK(!policy.vlans.has(66));
  copy_property(policy, PortPolicy(), facts->type);
  CHECK(policy == PortPolicy());
}

TEST_CASE("PortProperties: one property leaves what others made") {
  NDIS_SWITCH_PORT_PROPERTY_SECURITY security = {};
  security.AllowMacSpoofing = TRUE;
  const PropertyRequest request(NdisSwitchPortPropertyTypeSecurity, security);
  const auto facts = parse_property(bytes_of(request));
  REQUIRE(facts.ok());
  PortPolicy fresh, whole;
  whole.isolation_vlan = 3;
  REQUIRE(apply_property(fresh, facts->type, facts->value).ok());
  copy_property(whole, fresh, facts->type);
  CHECK(whole.may_spoof_mac);
  CHECK(whole.isolation_vlan == 3);
}

TEST_CASE("PortProperties: a property outside its request is not read") {
  const PropertyRequest good(NdisSwitchPortPropertyTypeVlan, NDIS_SWITCH_PORT_PROPERTY_VLAN{});
  PropertyRequest bad = good;
  bad.parameters.PropertyBufferOffset = sizeof bad - 4;
  CHECK(parse_property(bytes_of(bad)).error() == Error::Truncated);
  bad.parameters.PropertyBufferOffset = ~0u;
  CHECK(parse_property(bytes_of(bad)).error() == Error::Truncated);
  PortPolicy policy;
  CHECK(!apply_property(policy, NdisSwitchPortPropertyTypeVlan, bytes_of(good.property, 100)).ok());
  CHECK(policy == PortPolicy());
}

TEST_CASE("PortProperties: a VLAN that no tag has room for is refused") {
  for (const NDIS_SWITCH_PORT_VLAN_MODE mode :
       {NdisSwitchPortVlanModeAccess, NdisSwitchPortVlanModeTrunk, NdisSwitchPortVlanModePrivate}) {
    NDIS_SWITCH_PORT_PROPERTY_VLAN vlan = {};
    vlan.OperationMode = mode;
    PortPolicy policy;
    for (const UINT16 id : {UINT16{4095}, UINT16{4096}, UINT16{0xffff}}) {
      if (mode == NdisSwitchPortVlanModePrivate) vlan.PvlanProperties.PrimaryVlanId = id;
      if (mode == NdisSwitchPortVlanModeAccess) vlan.VlanProperties.AccessVlanId = id;
      if (mode == NdisSwitchPortVlanModeTrunk) vlan.VlanProperties.NativeVlanId = id;
      const PropertyRequest request(NdisSwitchPortPropertyTypeVlan, vlan);
      const auto facts = parse_property(bytes_of(request));
      REQUIRE(facts.ok());
      CHECK(apply_property(policy, facts->type, facts->value).ok() == (id < 4096));
    }
  }
}

TEST_CASE("PortProperties: the answer to a question is found behind its description") {
  struct {
    NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS head = {};
    alignas(8) NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO info = {};
    alignas(8) std::uint8_t value[8] = {42};
  } answer;
  MutableBytes whole(reinterpret_cast<std::uint8_t*>(&answer), sizeof answer);
  begin_property_query(whole, 4, NdisSwitchPortPropertyTypeVlan);
  CHECK(answer.head.PortId == 4);
  CHECK(parse_property_answer(whole)->empty());
  answer.head.NumProperties = 1;
  answer.head.FirstPropertyOffset =
      ULONG(reinterpret_cast<std::uint8_t*>(&answer.info) - whole.data());
  answer.info.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof answer.info};
  answer.info.PropertyBufferLength = 8;
  answer.info.PropertyBufferOffset =
      ULONG(answer.value - reinterpret_cast<std::uint8_t*>(&answer.info));
  const auto value = parse_property_answer(whole);
  REQUIRE(value.ok());
  CHECK(value->count() == 8);
  CHECK(value->data()[0] == 42);
  answer.info.PropertyBufferLength = 9;
  CHECK(parse_property_answer(whole).error() == Error::Truncated);
}

}  // namespace
}  // namespace ovs::driver
