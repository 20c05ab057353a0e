// Bytes as people look at them.
#pragma once
#include <string>

#include "base/bytes/span.h"

namespace ovs::openflow {

// Sixteen bytes a line, with offsets; with characters beside them on demand.
enum class Characters : bool { No, Yes };
std::string hex_dump(Bytes bytes, Characters characters);

}  // namespace ovs::openflow
