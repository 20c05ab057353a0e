// What the families' messages say, decoded: ports, flows, upcalls, statistics. Decoding is total;
// an answer that is not one is Malformed.
#pragma once
#include "vswitch/dpif/dpif.h"
#include "wire/netlink/drops.h"
#include "wire/netlink/message.h"

namespace ovs::vswitch {

struct VportRecord {
  DpPort number{};
  wire::VportType type = wire::VportType::Netdev;
  std::string name;
  DpifPortStats stats;
};
Result<VportRecord> parse_vport(const wire::MessageView& message);
Result<DpifLink> parse_netdev(const wire::MessageView& message);
// NotFound: it does not tell.
Result<std::vector<DpifDrop>> parse_drops(const wire::MessageView& message);
Result<DpifStats> parse_datapath_stats(const wire::MessageView& message);
// Without what the datapath left out: a key that is absent is zero.
Result<DpifFlow> parse_flow(const wire::MessageView& message);
Result<Upcall> parse_upcall(const wire::MessageView& message);

// The 16 bytes of a UFID attribute.
void put_ufid(wire::Writer& writer, const Ufid& ufid);

}  // namespace ovs::vswitch
