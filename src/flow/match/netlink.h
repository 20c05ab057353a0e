// Datapath keys and masks as OVS_KEY_ATTR_* attributes and back, by walking the rows of
// flow/field/odp.h.
#pragma once
#include "flow/match/key.h"
#include "wire/netlink/attribute.h"

namespace ovs::flow {

// Why a key or a mask was refused: the offending attribute, for the extended acknowledgement.
struct KeyRefusal {
  Error error = Error::Malformed;
  std::uint16_t attribute = 0;  // OVS_KEY_ATTR_*
  Text reason;                  // static
};

// Loose: attributes that the packet must have by what others say (an IPv4 header behind its
// EtherType) may be missing: their fields are zero. And a mask may look at fields of a protocol
// that it does not look at. Exact: neither, as Linux's datapath has it of a flow.
enum class Fit : bool { Loose, Exact };
// The value of OVS_FLOW_ATTR_KEY. Unknown attributes, wrong sizes and contradictions are refused.
Result<FlowKey, KeyRefusal> parse_key(Bytes attributes, Fit fit = Fit::Loose);
// The value of OVS_FLOW_ATTR_MASK for that key. Attributes that are missing are wildcards. Bits of
// fields that the key's protocol does not have are refused.
Result<FlowMask, KeyRefusal> parse_mask(Bytes attributes, const FlowKey& key, Fit fit = Fit::Loose);
// The mask that an absent OVS_FLOW_ATTR_MASK means: every field that this key's packet has.
FlowMask exact_mask_of(const FlowKey& key);

// Appends the attributes. A field that is zero because the packet has no such header is not
// written.
void put_key(wire::Writer& writer, const FlowKey& key);
void put_mask(wire::Writer& writer, const FlowMask& mask, const FlowKey& key);
// The tunnel attribute's content alone (OVS_TUNNEL_KEY_ATTR_*), for OVS_PACKET_ATTR_EGRESS_TUN_KEY
// and set(tunnel()).
void put_tunnel(wire::Writer& writer, const FlowKey& key);

// What a set action writes: under `mask`, into the words of a key.
struct FieldSet {
  FlowKey value;
  FlowMask mask;
};
// The nested attribute of OVS_ACTION_ATTR_SET, or of SET_MASKED (value, then mask, in one payload).
enum class SetForm : bool { Whole, Masked };
Result<FieldSet, KeyRefusal> parse_set(Bytes nested, SetForm form);
// One set or set_masked action for each header of `packet` that `set` touches, a header being one
// attribute; written as complete actions. Tunnel fields are put_set_tunnel's (action/action.h).
void put_set_actions(wire::Writer& writer, const FieldSet& set, const FlowKey& packet);

}  // namespace ovs::flow
