#include "driver/extension/switch_facts.h"

namespace ovs::driver {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

constexpr bool is_high(std::uint16_t unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}
constexpr bool is_low(std::uint16_t unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

class Utf16 {
 public:
  explicit Utf16(Bytes bytes) : data_(bytes.data()), units_(bytes.count() / 2) {
    while (units_ > 0 && unit(units_ - 1) == 0) --units_;
  }
  bool at_end() const { return at_ == units_; }
  std::uint32_t next() {
    const std::uint16_t first = unit(at_++);
    if (!is_high(first) && !is_low(first)) return first;
    if (is_low(first) || at_end() || !is_low(unit(at_))) return kReplacement;
    return 0x10000 + ((first - 0xd800u) << 10) + (unit(at_++) - 0xdc00u);
  }

 private:
  std::uint16_t unit(std::size_t at) const {
    return std::uint16_t(data_[2 * at] | data_[2 * at + 1] << 8);
  }

  const std::uint8_t* data_;
  std::size_t units_;
  std::size_t at_ = 0;
};

std::size_t encode(std::uint32_t character, char (&to)[4]) {
  if (character < 0x80) {
    to[0] = char(character);
    return 1;
  }
  const std::size_t size = character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
  for (std::size_t i = size - 1; i > 0; --i, character >>= 6) {
    to[i] = char(0x80 | (character & 0x3f));
  }
  constexpr std::uint8_t kLead[] = {0, 0, 0xc0, 0xe0, 0xf0};
  to[0] = char(kLead[size] | character);
  return size;
}

template <class T>
T read(Bytes structure, std::size_t offset) {
  return load<T>(structure.data() + offset);
}

datapath::PortName read_name(Bytes structure, std::size_t offset) {
  constexpr std::size_t kMaxBytes = IF_MAX_STRING_SIZE * sizeof(WCHAR);
  const std::size_t stated = read<USHORT>(structure, offset);
  const std::size_t text = offset + offsetof(NDIS_IF_COUNTED_STRING, String);
  return port_name_of(structure.part(text, stated < kMaxBytes ? stated : kMaxBytes));
}

MacAddress read_mac(Bytes structure) {
  for (const std::size_t offset : {offsetof(NDIS_SWITCH_NIC_PARAMETERS, CurrentMacAddress),
                                   offsetof(NDIS_SWITCH_NIC_PARAMETERS, VMMacAddress),
                                   offsetof(NDIS_SWITCH_NIC_PARAMETERS, PermanentMacAddress)}) {
    const auto mac = load<MacAddress>(structure.data() + offset);
    if (!mac.is_zero()) return mac;
  }
  return MacAddress{};
}

NicKind kind_of(INT type) {
  if (type == NdisSwitchNicTypeExternal) return NicKind::External;
  return type == NdisSwitchNicTypeInternal ? NicKind::Internal : NicKind::Vm;
}

}  // namespace

datapath::PortName port_name_of(Bytes utf16) {
  char text[255];
  std::size_t used = 0;
  for (Utf16 from(utf16); !from.at_end();) {
    char bytes[4];
    const std::size_t size = encode(from.next(), bytes);
    if (used + size > sizeof text) return datapath::PortName();
    for (std::size_t i = 0; i < size; ++i) text[used++] = bytes[i];
  }
  return datapath::PortName::cut(Text(text, used));
}

Result<void> check_header(Bytes structure, std::size_t size) {
  if (structure.count() < sizeof(NDIS_OBJECT_HEADER)) return Error::Truncated;
  const auto header = load<NDIS_OBJECT_HEADER>(structure.data());
  if (header.Type != NDIS_OBJECT_TYPE_DEFAULT || header.Revision == 0) return Error::Malformed;
  if (header.Size < size || structure.count() < size) return Error::Truncated;
  return kOk;
}

Result<SwitchFacts> parse_switch(Bytes structure) {
  using S = NDIS_SWITCH_PARAMETERS;
  OVS_TRY(check_header(structure, NDIS_SIZEOF_NDIS_SWITCH_PARAMETERS_REVISION_1));
  return SwitchFacts{.friendly_name = read_name(structure, offsetof(S, SwitchFriendlyName)),
                     .is_active = read<BOOLEAN>(structure, offsetof(S, IsActive)) != FALSE};
}

Result<PortFacts> parse_port(Bytes structure) {
  using S = NDIS_SWITCH_PORT_PARAMETERS;
  OVS_TRY(check_header(structure, NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1));
  const auto id = read<NDIS_SWITCH_PORT_ID>(structure, offsetof(S, PortId));
  if (id > HypervPorts::kMaxPortId) return Error::Range;
  return PortFacts{
      .id = id,
      .friendly_name = read_name(structure, offsetof(S, PortFriendlyName)),
      .is_validation = read<BOOLEAN>(structure, offsetof(S, IsValidationPort)) != FALSE,
      .is_torn_down = read<INT>(structure, offsetof(S, PortState)) == NdisSwitchPortStateTeardown};
}

Result<NicFacts> parse_nic(Bytes structure) {
  using S = NDIS_SWITCH_NIC_PARAMETERS;
  OVS_TRY(check_header(structure, NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1));
  const auto port = read<NDIS_SWITCH_PORT_ID>(structure, offsetof(S, PortId));
  const auto index = read<NDIS_SWITCH_NIC_INDEX>(structure, offsetof(S, NicIndex));
  if (port > HypervPorts::kMaxPortId || index > kMaxNicIndex) return Error::Range;
  return NicFacts{
      .port = port,
      .index = index,
      .kind = kind_of(read<INT>(structure, offsetof(S, NicType))),
      .friendly_name = read_name(structure, offsetof(S, NicFriendlyName)),
      .mac = read_mac(structure),
      .mtu = read<ULONG>(structure, offsetof(S, MTU)),
      .is_connected = read<INT>(structure, offsetof(S, NicState)) == NdisSwitchNicStateConnected,
      .has_vf = read<BOOLEAN>(structure, offsetof(S, VFAssigned)) != FALSE};
}

// Port and adapter arrays begin alike.
Result<FactsArray> FactsArray::parse(Bytes array) {
  using S = NDIS_SWITCH_PORT_ARRAY;
  static_assert(offsetof(S, ElementSize) == offsetof(NDIS_SWITCH_NIC_ARRAY, ElementSize) &&
                offsetof(S, NumElements) == offsetof(NDIS_SWITCH_NIC_ARRAY, NumElements) &&
                offsetof(S, FirstElementOffset) ==
                    offsetof(NDIS_SWITCH_NIC_ARRAY, FirstElementOffset));
  OVS_TRY(check_header(array, NDIS_SIZEOF_NDIS_SWITCH_PORT_ARRAY_REVISION_1));
  const std::uint32_t first = read<USHORT>(array, offsetof(S, FirstElementOffset));
  const std::uint32_t count = read<ULONG>(array, offsetof(S, NumElements));
  const std::uint32_t size = read<ULONG>(array, offsetof(S, ElementSize));
  if (count > 0 && size == 0) return Error::Malformed;
  if (first + std::uint64_t{count} * size > array.count()) return Error::Truncated;
  return FactsArray(array, first, count, size);
}

Bytes FactsArray::element(std::uint32_t at) const {
  OVS_ASSERT(at < count_);
  return array_.part(first_ + std::size_t{at} * size_, size_);
}

}  // namespace ovs::driver
