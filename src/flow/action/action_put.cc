// The writers of actions. See action.h.
#include "flow/action/action.h"
#include "flow/action/wire_forms.h"
#include "flow/match/netlink.h"

namespace ovs::flow {
void put_output(wire::Writer& writer, std::uint32_t port) {
  writer.put_u32(ActionType::Output, port);
}

void put_userspace(wire::Writer& writer, const UserspaceAction& action) {
  const auto nest = writer.begin_nest(ActionType::Userspace);
  writer.put_u32(wire::UserspaceAttr::Pid, action.pid);
  if (action.has_userdata) writer.put(wire::UserspaceAttr::Userdata, action.userdata);
  if (action.egress_tunnel_port)
    writer.put_u32(wire::UserspaceAttr::EgressTunPort, *action.egress_tunnel_port);
  if (action.with_actions) writer.put_flag(wire::UserspaceAttr::Actions);
  writer.end_nest(nest);
}

void put_push_vlan(wire::Writer& writer, Be16 tpid, Be16 tci) {
  writer.put_value(ActionType::PushVlan, PushVlanForm{tpid, tci});
}
void put_pop_vlan(wire::Writer& writer) {
  writer.put_flag(ActionType::PopVlan);
}
void put_recirc(wire::Writer& writer, std::uint32_t recirc_id) {
  writer.put_u32(ActionType::Recirc, recirc_id);
}
void put_hash(wire::Writer& writer, const HashAction& action) {
  writer.put_value(ActionType::Hash, HashForm{action.algorithm, action.basis});
}
void put_trunc(wire::Writer& writer, std::uint32_t max_length) {
  writer.put_u32(ActionType::Trunc, max_length);
}
void put_meter(wire::Writer& writer, std::uint32_t meter_id) {
  writer.put_u32(ActionType::Meter, meter_id);
}
void put_drop(wire::Writer& writer, std::uint32_t reason) {
  writer.put_u32(ActionType::Drop, reason);
}
void put_push_mpls(wire::Writer& writer, const PushMplsAction& action) {
  writer.put_value(ActionType::PushMpls, PushMplsForm{action.lse, action.ethertype, 0});
}
void put_pop_mpls(wire::Writer& writer, Be16 ethertype) {
  writer.put_value(ActionType::PopMpls, ethertype);
}
void put_push_eth(wire::Writer& writer, const PushEthAction& action) {
  writer.put_value(ActionType::PushEth, action);
}
void put_pop_eth(wire::Writer& writer) {
  writer.put_flag(ActionType::PopEth);
}
void put_ct_clear(wire::Writer& writer) {
  writer.put_flag(ActionType::CtClear);
}

void put_set_tunnel(wire::Writer& writer, const FlowKey& key) {
  const auto set = writer.begin_nest(ActionType::Set);
  const auto tunnel = writer.begin_nest(wire::KeyAttr::Tunnel);
  put_tunnel(writer, key);
  writer.end_nest(tunnel);
  writer.end_nest(set);
}

SampleNest begin_sample(wire::Writer& writer, std::uint32_t probability) {
  const auto outer = writer.begin_nest(ActionType::Sample);
  writer.put_u32(wire::SampleAttr::Probability, probability);
  return {outer, writer.begin_nest(wire::SampleAttr::Actions)};
}
void end_sample(wire::Writer& writer, SampleNest nest) {
  writer.end_nest(nest.inner);
  writer.end_nest(nest.outer);
}
wire::Writer::Nest begin_clone(wire::Writer& writer) {
  return writer.begin_nest(ActionType::Clone);
}
void end_clone(wire::Writer& writer, wire::Writer::Nest nest) {
  writer.end_nest(nest);
}

}  // namespace ovs::flow
