// Datapath keys and masks as dpctl/dump-flows prints and netdev-dummy/receive reads them; hosted.
// Like
// recirc_id(0),in_port(1),eth(src=...,dst=...),eth_type(0x0800),ipv4(src=1.1.1.1/255.0.0.0,frag=no)
#pragma once
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "flow/match/key.h"
#include "flow/match/port_names.h"
#include "wire/netlink/families.h"

namespace ovs::flow {

// Normal leaves out what the mask does not look at; Verbose prints it with its mask, as -m does.
enum class OdpStyle : bool { Normal, Verbose };
// A datapath in user space also speaks of the packet type, and of connection tracking (none yet:
// zeros).
enum class OdpDialect : bool { Kernel, Userspace };

// A key alone: every attribute of the packet it describes.
std::string format_odp_key(const FlowKey& key, const PortNames* ports = nullptr,
                           OdpDialect dialect = OdpDialect::Kernel);
std::string format_odp(const FlowKey& key, const FlowMask& mask, const PortNames* ports = nullptr,
                       OdpStyle style = OdpStyle::Normal, OdpDialect dialect = OdpDialect::Kernel);
// "ipv4(src=1.2.3.4,dst=5.0.0.0/255.0.0.0)": what a set action of this attribute writes; a tunnel
// whole.
std::string format_odp_set(const FlowKey& value, const FlowMask& mask, wire::KeyAttr attr);

struct OdpFlow {
  FlowKey key;
  FlowMask mask;  // all ones over what was given without a mask, zero over what was not given
  std::uint64_t named = 0;       // a bit for each attribute behind all tags
  bool is_cut_at_a_tag = false;  // a vlan without an encap
};
// Whether it has the attributes that such a packet's key has, and no others: a datapath refuses any
// other.
bool is_whole(const OdpFlow& flow);
// A leading "ufid:...," is passed over. What a datapath here cannot match is refused unless it says
// zero.
Result<OdpFlow, TextError> parse_odp(std::string_view text, const PortNames* ports = nullptr);
// One attribute for a set action, "ipv4(src=1.2.3.4)"; the mask tells what it sets.
struct OdpSet {
  wire::KeyAttr attr = wire::KeyAttr::Unspec;
  FlowKey value;
  FlowMask mask;
};
Result<OdpSet, TextError> parse_odp_set(std::string_view text);

}  // namespace ovs::flow
