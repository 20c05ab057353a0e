// Set and masked set actions over the same rows as keys. See netlink.h.
#include "flow/match/netlink_parts.h"
#include "flow/match/presence.h"

namespace ovs::flow {
namespace {

KeyRefusal refuse(Error error, KeyAttr attribute, Text reason) {
  return {error, std::uint16_t(attribute), reason};
}

// What a set may not write is dropped from a whole set, whose other members say the packet's own
// values; a masked set that asks for it is refused.
Result<void, KeyRefusal> drop_unsettable(const OdpAttr& attr, SetForm form, FlowMask& mask) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr != attr.id || row.settable == Settable::Yes) continue;
    const bool asked = !load_bits(mask.bytes(), row.at).is_zero();
    if (asked && form == SetForm::Masked)
      return refuse(Error::Invalid, attr.id, "a field that cannot be set");
    store_bits(mask.bytes(), row.at, FieldValue{});
  }
  return kOk;
}

void mask_members(KeyAttr attr, FlowMask& mask) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr == attr) store_bits(mask.bytes(), row.at, FieldValue::ones(row.at.bits));
  }
}

bool is_settable(KeyAttr attr) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr == attr && row.settable == Settable::Yes) return true;
  }
  return false;
}

Result<FieldSet, KeyRefusal> parse_set_tunnel(Bytes payload, SetForm form) {
  if (form == SetForm::Masked)
    return refuse(Error::Invalid, KeyAttr::Tunnel, "masked set of a tunnel");
  FieldSet set;
  OVS_TRY(take_tunnel(payload, ValueKind::Value, set.value));
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    store_bits(set.mask.bytes(), row.at, FieldValue::ones(row.at.bits));
  }
  store_bits(set.mask.bytes(), kTunnelKeyBit, FieldValue::ones(1));
  return set;
}

Result<FieldSet, KeyRefusal> parse_set_members(const OdpAttr& attr, Bytes payload, SetForm form) {
  if (!is_settable(attr.id))
    return refuse(Error::Invalid, attr.id, "a key attribute that cannot be set");
  FieldSet set;
  if (form == SetForm::Whole) {
    OVS_TRY(take_members(attr, payload, ValueKind::Value, set.value));
    mask_members(attr.id, set.mask);
  } else {
    if (payload.count() != attr.size * 2u) {
      return refuse(Error::Malformed, attr.id, "masked set of a wrong size");
    }
    OVS_TRY(take_members(attr, payload.first(attr.size), ValueKind::Value, set.value));
    OVS_TRY(take_members(attr, payload.from(attr.size), ValueKind::Mask, set.mask));
  }
  OVS_TRY(drop_unsettable(attr, form, set.mask));
  set.value = set.value.under(set.mask);
  return set;
}

bool touches(const OdpAttr& attr, const FlowMask& mask) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr != attr.id || row.settable == Settable::No) continue;
    if (!load_bits(mask.bytes(), row.at).is_zero()) return true;
  }
  return false;
}

bool is_all_ones(Bytes bytes) {
  for (const std::uint8_t byte : bytes) {
    if (byte != 0xff) return false;
  }
  return true;
}

// Payload of one attribute with what cannot be set left zero.
void fill_settable(const OdpAttr& attr, MutableBytes payload, ValueKind kind, FlowKey from) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr == attr.id && row.settable == Settable::No)
      store_bits(from.bytes(), row.at, FieldValue{});
  }
  fill_members(attr, payload, kind, from);
}

void put_set(wire::Writer& writer, const OdpAttr& attr, const FieldSet& set) {
  std::uint8_t payload[2 * kMaxOdpPayload] = {};
  const MutableBytes both = MutableBytes(payload).first(2u * attr.size);
  const MutableBytes value = both.first(attr.size), mask = both.from(attr.size);
  fill_settable(attr, value, ValueKind::Value, set.value.under(set.mask));
  fill_settable(attr, mask, ValueKind::Mask, set.mask);
  const bool whole = is_all_ones(mask);
  const auto nest = writer.begin_nest(whole ? wire::ActionAttr::Set : wire::ActionAttr::SetMasked);
  writer.put(attr.id, whole ? Bytes(value) : Bytes(both));
  writer.end_nest(nest);
}

}  // namespace

Result<FieldSet, KeyRefusal> parse_set(Bytes nested, SetForm form) {
  const auto attributes = wire::Attributes::parse(nested);
  if (!attributes || attributes->empty()) {
    return refuse(Error::Malformed, KeyAttr::Unspec, "a set without a key attribute");
  }
  const wire::Attribute only = *attributes->begin();
  const auto id = KeyAttr(only.type);
  if (++attributes->begin() != attributes->end())
    return refuse(Error::Invalid, id, "a set of two key attributes");
  if (id == KeyAttr::Tunnel) return parse_set_tunnel(only.payload, form);
  const OdpAttr* attr = find_odp_attr(id);
  if (attr == nullptr) return refuse(Error::Unsupported, id, "key attribute not supported yet");
  return parse_set_members(*attr, only.payload, form);
}

void put_set_actions(wire::Writer& writer, const FieldSet& set, const FlowKey& packet) {
  for (const OdpAttr& attr : kOdpAttrs) {
    if (attr.id == KeyAttr::Tunnel || !has(packet, attr.when) || !touches(attr, set.mask)) continue;
    put_set(writer, attr, set);
  }
}

}  // namespace ovs::flow
