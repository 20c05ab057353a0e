// Families FLOW and PACKET.
#include "datapath/control/families.h"
#include "flow/match/netlink.h"

namespace ovs::datapath {

namespace {

Refusal refusal_of(const flow::KeyRefusal& why) {
  return Refusal(why.error, why.reason, why.attribute);
}

struct FlowRequest {
  FlowId id;
  flow::FlowKey key;
  bool has_key = false;
  Maybe<wire::Attribute> mask, actions;
  bool clears = false;
  std::uint32_t ufid_flags = 0;
};

Outcome parse_id(const wire::AttributeTable<wire::kMaxFlowAttr>& table, FlowRequest& request) {
  const auto& ufid = table[wire::FlowAttr::Ufid];
  if (!ufid) return kOk;
  if (ufid->payload.count() != 16) return Refusal(Error::Malformed, "a UFID has 16 bytes");
  request.id.has_ufid = true;
  request.id.ufid = load<Array<std::uint8_t, 16>>(ufid->payload.data());
  return kOk;
}

Result<FlowRequest, Refusal> parse_request(Bytes attributes) {
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxFlowAttr>::parse(attributes));
  FlowRequest request;
  OVS_TRY(parse_id(table, request));
  if (const auto& key = table[wire::FlowAttr::Key]) {
    const auto parsed = flow::parse_key(key->payload, flow::Fit::Exact);
    if (!parsed) return refusal_of(parsed.error());
    request.key = *parsed;
    request.has_key = true;
  }
  request.mask = table[wire::FlowAttr::Mask];
  request.actions = table[wire::FlowAttr::Actions];
  request.clears = table.has(wire::FlowAttr::Clear);
  if (const auto& flags = table[wire::FlowAttr::UfidFlags]) {
    OVS_TRY(request.ufid_flags, flags->u32());
  }
  return request;
}

Result<flow::FlowMask, Refusal> mask_of(const FlowRequest& request) {
  if (!request.mask) return flow::exact_mask_of(request.key);
  const auto mask = flow::parse_mask(request.mask->payload, request.key, flow::Fit::Exact);
  if (!mask) return refusal_of(mask.error());
  return *mask;
}

}  // namespace

void Families::put_flow(wire::Writer& writer, const wire::Message& request, std::uint16_t flags,
                        const Flow& flow, std::uint32_t ufid_flags) {
  wire::Message header = request;
  header.flags = flags;
  header.command = std::uint8_t(wire::FlowCommand::New);
  const std::size_t at = wire::begin_message(writer, header);
  const bool has_ufid = flow.id().has_ufid;
  if (has_ufid) writer.put(wire::FlowAttr::Ufid, Bytes(flow.id().ufid.data(), 16));
  if (!has_ufid || (ufid_flags & wire::kUfidOmitKey) == 0) {
    const wire::Writer::Nest nest = writer.begin_nest(wire::FlowAttr::Key);
    flow::put_key(writer, flow.key());
    writer.end_nest(nest);
  }
  if (!has_ufid || (ufid_flags & wire::kUfidOmitMask) == 0) {
    const wire::Writer::Nest nest = writer.begin_nest(wire::FlowAttr::Mask);
    flow::put_mask(writer, flow.mask(), flow.key());
    writer.end_nest(nest);
  }
  const FlowTotals totals = flow.totals();
  if (totals.packets != 0) {
    writer.put_value(wire::FlowAttr::Stats, wire::FlowStats{totals.packets, totals.bytes});
    writer.put_u64(wire::FlowAttr::Used, totals.used_ms);
  }
  if (totals.tcp_flags != 0)
    writer.put_u8(wire::FlowAttr::TcpFlags, std::uint8_t(totals.tcp_flags));
  if (!has_ufid || (ufid_flags & wire::kUfidOmitActions) == 0) {
    writer.put(wire::FlowAttr::Actions, flow.actions());
  }
  wire::end_message(writer, at);
}

// What a request that changes a flow is answered if it asks for an answer: the flow, without the
// actions that it has brought.
void Families::echo_flow(const Operation& operation, const Flow& flow, std::uint32_t ufid_flags) {
  if ((operation.request.flags & wire::kFlagEcho) == 0) return;
  put_flow(operation.reply, operation.request, 0, flow, wire::kUfidOmitActions | ufid_flags);
}

Outcome Families::new_flow(const Operation& operation) {
  OVS_TRY(const FlowRequest request, parse_request(operation.attributes));
  if (!request.has_key) return Refusal(Error::Invalid, "the flow's key is missing");
  if (!request.actions) return Refusal(Error::Invalid, "the flow's actions are missing");
  OVS_TRY(const flow::FlowMask mask, mask_of(request));
  FlowStore& flows = *control_.flows_;
  Flow* const known = flows.find(request.id, request.key);
  if (known == nullptr) {
    OVS_TRY(Flow* const added,
            flows.add({request.id, request.key, mask, request.actions->payload}));
    echo_flow(operation, *added, request.ufid_flags);
    return kOk;
  }
  // Either flag says "not an existing one": Linux's programs say CREATE alone.
  constexpr std::uint16_t kNewOnly = wire::kFlagExclusive | wire::kFlagCreate;
  if ((operation.request.flags & kNewOnly) != 0 || known->mask() != mask) {
    return Refusal(Error::Exists, "the flow exists");
  }
  OVS_TRY(flows.set_actions(*known, request.actions->payload));
  echo_flow(operation, *known, request.ufid_flags);
  return kOk;
}

Outcome Families::del_flow(const Operation& operation) {
  OVS_TRY(const FlowRequest request, parse_request(operation.attributes));
  FlowStore& flows = *control_.flows_;
  if (!request.has_key && !request.id.has_ufid) {
    flows.clear();
    return kOk;
  }
  Flow* const flow = flows.find(request.id, request.key);
  if (flow == nullptr) return Refusal(Error::NotFound, "no such flow");
  put_flow(operation.reply, operation.request, 0, *flow,
           wire::kUfidOmitActions | request.ufid_flags);
  flows.remove(*flow);
  return kOk;
}

Outcome Families::flow_family(const Operation& operation) {
  const auto command = wire::FlowCommand{operation.request.command};
  if (command == wire::FlowCommand::New) return new_flow(operation);
  if (command == wire::FlowCommand::Del) return del_flow(operation);
  if (command != wire::FlowCommand::Set && command != wire::FlowCommand::Find) {
    return Refusal(Error::Unsupported, "unknown command of the flow family");
  }
  OVS_TRY(const FlowRequest request, parse_request(operation.attributes));
  if (!request.has_key && !request.id.has_ufid) {
    return Refusal(Error::Invalid, "neither a key nor a UFID is given");
  }
  Flow* const flow = control_.flows_->find(request.id, request.key);
  if (flow == nullptr) return Refusal(Error::NotFound, "no such flow");
  if (command == wire::FlowCommand::Find) {
    put_flow(operation.reply, operation.request, 0, *flow, request.ufid_flags);
    return kOk;
  }
  if (request.actions) {
    OVS_TRY(control_.flows_->set_actions(*flow, request.actions->payload));
  }
  echo_flow(operation, *flow, request.ufid_flags);
  if (request.clears) control_.flows_->clear_totals(*flow);
  return kOk;
}

// ---- PACKET ------------------------------------------------------------------------------------

namespace {

// What a key says that a packet's bytes do not.
flow::PacketMetadata metadata_of(const flow::FlowKey& key, flow::TunnelMetadata& tunnel) {
  using flow::StorageId;
  flow::PacketMetadata metadata;
  metadata.in_port = std::uint16_t(flow::load_stored<StorageId::InPort>(key));
  metadata.recirc_id = std::uint32_t(flow::load_stored<StorageId::RecircId>(key));
  metadata.skb_priority = std::uint32_t(flow::load_stored<StorageId::SkbPriority>(key));
  metadata.pkt_mark = std::uint32_t(flow::load_stored<StorageId::PktMark>(key));
  metadata.dp_hash = std::uint32_t(flow::load_stored<StorageId::DpHash>(key));
  tunnel = tunnel_of(key);
  if (tunnel.src != 0 || tunnel.dst != 0 || tunnel.id != 0) metadata.tunnel = &tunnel;
  return metadata;
}

}  // namespace

Outcome Families::packet_family(const Operation& operation) {
  if (wire::PacketCommand{operation.request.command} != wire::PacketCommand::Execute) {
    return Refusal(Error::Unsupported, "unknown command of the packet family");
  }
  OVS_TRY(const auto table,
          wire::AttributeTable<wire::kMaxPacketAttr>::parse(operation.attributes));
  const auto& packet = table[wire::PacketAttr::Packet];
  const auto& key = table[wire::PacketAttr::Key];
  const auto& actions = table[wire::PacketAttr::Actions];
  if (!packet || !key || !actions)
    return Refusal(Error::Invalid, "packet, key or actions are missing");
  if (packet->payload.count() < 14)
    return Refusal(Error::Truncated, "the packet has no Ethernet header");
  const auto parsed = flow::parse_key(key->payload);
  if (!parsed) return refusal_of(parsed.error());
  auto program = compile(actions->payload);
  if (!program)
    return Refusal(program.error().error, program.error().reason, program.error().offset);
  flow::TunnelMetadata tunnel;
  const auto done =
      control_.hosts_.runner.run(packet->payload, metadata_of(*parsed, tunnel), **program);
  if (!done) return Refusal(done.error());
  return kOk;
}

}  // namespace ovs::datapath
