#include "vswitch/dpif/ufid.h"

namespace ovs::vswitch {

Ufid ufid_of(const flow::FlowKey& key, const flow::FlowMask& mask) {
  const flow::FlowKey masked = key.under(mask);
  return {flow::hash(masked, flow::hash(mask)), flow::hash(masked, ~flow::hash(mask))};
}

}  // namespace ovs::vswitch
