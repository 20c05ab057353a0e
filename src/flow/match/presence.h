// What kind of packet a key describes: which attributes, headers and fields it can have.
#pragma once
#include "flow/field/odp.h"
#include "flow/match/key.h"

namespace ovs::flow {

bool has(const FlowKey& key, When when);
// Whether every packet that a flow under this mask matches is of the kind that its key is.
bool is_pinned(const FlowMask& mask, When when);
// Whether a key that describes such a packet has to say what the attribute is about, at its
// innermost level.
bool is_expected(const OdpAttr& attr, const FlowKey& key);
// Tags of the key, 0 to 2.
unsigned tag_count(const FlowKey& key);

struct TagStorage {
  StorageId tpid, tci;
};
inline constexpr TagStorage kTagStorage[] = {{StorageId::VlanTpid, StorageId::VlanTci},
                                             {StorageId::Vlan2Tpid, StorageId::Vlan2Tci}};
inline constexpr unsigned kMaxTags = 2;

}  // namespace ovs::flow
