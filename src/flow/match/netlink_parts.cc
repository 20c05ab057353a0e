#include "flow/match/netlink_parts.h"

#include "flow/match/extract.h"

namespace ovs::flow {
namespace {

constexpr std::uint64_t kNoPort = 0xffffffff;

FieldValue swapped32(const FieldValue& value) {
  return FieldValue::of(byte_swap(std::uint32_t(value.low())));
}

Place payload_place(const OdpMember& row) {
  return {Segment::Datapath, row.first_bit, row.bits, row.at.storage};
}

Result<FieldValue> stored_frag(ValueKind kind, std::uint64_t bits) {
  if (kind == ValueKind::Mask) return FieldValue::of(bits != 0 ? kFragAny | kFragLater : 0);
  switch (wire::FragType(bits)) {
    case wire::FragType::None: return FieldValue::of(0);
    case wire::FragType::First: return FieldValue::of(kFragAny);
    case wire::FragType::Later: return FieldValue::of(kFragAny | kFragLater);
  }
  return Error::Range;
}

FieldValue odp_frag(ValueKind kind, std::uint64_t stored) {
  const bool any = (stored & kFragAny) != 0;
  if (kind == ValueKind::Mask) return FieldValue::of(any ? 0xff : 0);
  if (!any) return FieldValue::of(std::uint8_t(wire::FragType::None));
  const bool later = (stored & kFragLater) != 0;
  return FieldValue::of(std::uint8_t(later ? wire::FragType::Later : wire::FragType::First));
}

Result<FieldValue> stored_port(ValueKind kind, std::uint64_t port) {
  if (kind == ValueKind::Mask) return FieldValue::of(port & kNoInPort);
  if (port == kNoPort) return FieldValue::of(kNoInPort);
  if (port >= kNoInPort) return Error::Range;
  return FieldValue::of(port);
}

// A number of more bits than are stored must not lose any; a mask may.
Result<FieldValue> stored_number(const OdpMember& row, ValueKind kind, const FieldValue& bits) {
  const FieldValue ones = FieldValue::ones(row.at.bits);
  if (kind == ValueKind::Value && !(bits & ~ones).is_zero()) return Error::Range;
  return bits & ones;
}

std::size_t width_of(const OdpTunnelMember& row) {
  return row.form == TunnelForm::Flag ? 0 : row.at.bits / 8u;
}

bool is_present(const OdpTunnelMember& row, const FlowKey& key, const FieldValue& value) {
  switch (row.form) {
    case TunnelForm::Id:
      return !value.is_zero() || !load_bits(key.bytes(), kTunnelKeyBit).is_zero();
    case TunnelForm::NonZero:
    case TunnelForm::Flag: return !value.is_zero();
    case TunnelForm::Ttl: return true;
  }
  return false;
}

const OdpTunnelMember* find_tunnel_member(std::uint16_t type) {
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    if (std::uint16_t(row.attr) == type) return &row;
  }
  return nullptr;
}

KeyRefusal refuse_tunnel(Error error, Text reason) {
  return {error, std::uint16_t(KeyAttr::Tunnel), reason};
}

}  // namespace

Result<FieldValue> stored_from_odp(const OdpMember& row, ValueKind kind, const FieldValue& bits) {
  switch (row.coding) {
    case OdpCoding::Network: return stored_number(row, kind, bits);
    case OdpCoding::Host: return swapped32(bits);
    case OdpCoding::HostPort: return stored_port(kind, swapped32(bits).low());
    case OdpCoding::Frag: return stored_frag(kind, bits.low());
  }
  return Error::Malformed;
}

FieldValue odp_from_stored(const OdpMember& row, ValueKind kind, const FieldValue& stored) {
  switch (row.coding) {
    case OdpCoding::Network: return stored;
    case OdpCoding::Host: return swapped32(stored);
    case OdpCoding::HostPort:
      return stored.low() == kNoInPort ? FieldValue::of(kNoPort) : swapped32(stored);
    case OdpCoding::Frag: return odp_frag(kind, stored.low());
  }
  return stored;
}

Result<void, KeyRefusal> take_members(const OdpAttr& attr, Bytes payload, ValueKind kind,
                                      FlowKey& into) {
  const auto id = std::uint16_t(attr.id);
  if (payload.count() != attr.size)
    return KeyRefusal{Error::Malformed, id, "key attribute of a wrong size"};
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr != attr.id) continue;
    const auto stored = stored_from_odp(row, kind, load_bits(payload.data(), payload_place(row)));
    if (!stored) return KeyRefusal{stored.error(), id, "value out of range"};
    store_bits(into.bytes(), row.at, *stored);
  }
  return kOk;
}

void fill_members(const OdpAttr& attr, MutableBytes payload, ValueKind kind, const FlowKey& from) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr != attr.id) continue;
    const FieldValue bits = odp_from_stored(row, kind, load_bits(from.bytes(), row.at));
    store_bits(payload.data(), payload_place(row), bits);
  }
}

void put_members(wire::Writer& writer, const OdpAttr& attr, ValueKind kind, const FlowKey& from) {
  std::uint8_t payload[kMaxOdpPayload] = {};
  const MutableBytes bytes = MutableBytes(payload).first(attr.size);
  fill_members(attr, bytes, kind, from);
  writer.put(attr.id, Bytes(bytes));
}

Result<void, KeyRefusal> take_tunnel(Bytes payload, ValueKind kind, FlowKey& into) {
  const auto attributes = wire::Attributes::parse(payload);
  if (!attributes) return refuse_tunnel(attributes.error(), "tunnel attributes leave their bytes");
  for (const wire::Attribute attribute : *attributes) {
    const OdpTunnelMember* row = find_tunnel_member(attribute.type);
    if (row == nullptr) {
      // Masks carry an empty list where there are no options.
      if (kind == ValueKind::Mask && attribute.payload.empty()) continue;
      return refuse_tunnel(Error::Unsupported, "tunnel key attribute not supported yet");
    }
    if (attribute.payload.count() != width_of(*row)) {
      return refuse_tunnel(Error::Malformed, "tunnel key attribute of a wrong size");
    }
    const bool is_flag = row->form == TunnelForm::Flag;
    store_bits(into.bytes(), row->at,
               is_flag ? FieldValue::of(1) : FieldValue::of(attribute.payload));
    if (row->form == TunnelForm::Id) store_bits(into.bytes(), kTunnelKeyBit, FieldValue::of(1));
  }
  return kOk;
}

void put_tunnel_members(wire::Writer& writer, const FlowKey& from) {
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    const FieldValue value = load_bits(from.bytes(), row.at);
    if (is_present(row, from, value)) writer.put(row.attr, value.wire(width_of(row)));
  }
}

}  // namespace ovs::flow
