// The inside of one key attribute, both ways, by the rows of flow/field/odp.h. Shared by the codecs
// of keys and of set actions.
#pragma once
#include "flow/field/odp.h"
#include "flow/match/netlink.h"

namespace ovs::flow {

// Some codings differ for a value and for a mask of it.
enum class ValueKind : bool { Value, Mask };

// One member's bits as stored, and as the attribute has them. Range: a value too large for what is
// stored.
Result<FieldValue> stored_from_odp(const OdpMember& row, ValueKind kind, const FieldValue& bits);
FieldValue odp_from_stored(const OdpMember& row, ValueKind kind, const FieldValue& stored);

// All members of an attribute with a fixed payload.
Result<void, KeyRefusal> take_members(const OdpAttr& attr, Bytes payload, ValueKind kind,
                                      FlowKey& into);
void fill_members(const OdpAttr& attr, MutableBytes payload, ValueKind kind, const FlowKey& from);
void put_members(wire::Writer& writer, const OdpAttr& attr, ValueKind kind, const FlowKey& from);

// The content of a TUNNEL attribute.
Result<void, KeyRefusal> take_tunnel(Bytes payload, ValueKind kind, FlowKey& into);
void put_tunnel_members(wire::Writer& writer, const FlowKey& from);

inline constexpr std::size_t kMaxOdpPayload = 40;

}  // namespace ovs::flow
