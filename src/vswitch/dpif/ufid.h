// The name that a flow is given: equal for all packets of one megaflow, and for one who writes the
// same flow by hand. Datapaths know flows by it; it means nothing to them.
#pragma once
#include "vswitch/dpif/dpif.h"

namespace ovs::vswitch {

Ufid ufid_of(const flow::FlowKey& key, const flow::FlowMask& mask);

}  // namespace ovs::vswitch
