// A flow-mod's match as its bytes have it, before anything is understood: what very verbose texts
// show.
#pragma once
#include <optional>
#include <string>

#include "openflow/message/kind.h"

namespace ovs::openflow {

// Nothing for encodings whose match is shown as it was understood.
std::optional<std::string> literal_match(const Envelope& flow_mod);

}  // namespace ovs::openflow
