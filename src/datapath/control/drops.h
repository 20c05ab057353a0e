// The causes of dropped packets by name, as control tells them. Called by the DATAPATH family.
#pragma once
#include "base/text/text.h"
#include "datapath/datapath.h"
#include "wire/netlink/message.h"

namespace ovs::datapath {

// "no_port": for people and scripts; a name stays as it is.
Text drop_name(Drop why);
// The attribute wire::kDatapathDrops.
void put_drops(wire::Writer& writer, const Datapath& datapath);

}  // namespace ovs::datapath
