// Datapath keys and masks as dpctl/dump-flows prints them and netdev-dummy/receive reads them;
// hosted:
// "recirc_id(0),in_port(1),eth(src=...,dst=...),eth_type(0x0800),ipv4(src=1.1.1.1/255.0.0.0,frag=no)".
#pragma once
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "flow/match/key.h"
#include "flow/match/port_names.h"

namespace ovs::flow {

// Normal leaves out what the mask does not look at; Verbose prints it with its mask, as -m does.
enum class OdpStyle : bool { Normal, Verbose };

// A key alone: every attribute of the packet it describes.
std::string format_odp_key(const FlowKey& key, const PortNames* ports = nullptr);
std::string format_odp(const FlowKey& key, const FlowMask& mask, const PortNames* ports = nullptr,
                       OdpStyle style = OdpStyle::Normal);

struct OdpFlow {
  FlowKey key;
  FlowMask mask;  // all ones over what was given without a mask
};
Result<OdpFlow, TextError> parse_odp(std::string_view text, const PortNames* ports = nullptr);

}  // namespace ovs::flow
