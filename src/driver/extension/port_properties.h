// Port properties as requests carry them: added, changed, deleted, or listed in answer to our own
// query; and what each makes of a port's policy. Total, as switch_facts.h is.
#pragma once
#include "driver/extension/switch_facts.h"

namespace ovs::driver {

// A property that bears on a port's policy: `value` is its structure, within the request.
struct PropertyFacts {
  NDIS_SWITCH_PORT_ID port = 0;
  INT type = NdisSwitchPortPropertyTypeUndefined;
  Bytes value;
};

// OID_SWITCH_PORT_PROPERTY_ADD and _UPDATE; _DELETE, whose value is empty.
Result<PropertyFacts> parse_property(Bytes structure);
Result<PropertyFacts> parse_property_delete(Bytes structure);

// A policy is made of these alone.
inline constexpr INT kPolicyProperties[] = {NdisSwitchPortPropertyTypeSecurity,
                                            NdisSwitchPortPropertyTypeVlan,
                                            NdisSwitchPortPropertyTypeIsolation};
bool is_of_policy(INT type);
// Errors: Truncated, Malformed; the policy is then as it was. An unknown mode counts as none.
Result<void> apply_property(PortPolicy& policy, INT type, Bytes value);
// What one property made of `from`, no more. A deleted property is that of a new PortPolicy.
void copy_property(PortPolicy& to, const PortPolicy& from, INT type);

// A query's buffer: for the properties of one type that a port has; and the answer in it.
void begin_property_query(MutableBytes buffer, NDIS_SWITCH_PORT_ID port, INT type);
// The structure of the first property in it; empty: there is none. A port has at most one of each
// of the types that bear on its policy.
Result<Bytes> parse_property_answer(Bytes buffer);

}  // namespace ovs::driver
