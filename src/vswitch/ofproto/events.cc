// What controllers hear unasked: packets, ports that come and go, rules that left.
#include "vswitch/ofproto/ofproto_impl.h"
#include "vswitch/translate/stored.h"

namespace ovs::vswitch {

void Ofproto::Impl::tell_removed(const std::vector<RemovedRule>& removed) {
  for (const RemovedRule& each : removed) {
    const RuleSpec& spec = each.rule->spec;
    if (!spec.has(RuleFlag::SendFlowRemoved)) continue;
    const std::uint64_t age_ms = now_ms() - spec.created_ms;
    openflow::FlowRemoved message;
    message.match = each.rule->match.expanded();
    message.cookie = spec.cookie;
    message.priority = std::uint16_t(spec.priority);
    message.reason = each.reason;
    message.table = spec.table;
    message.duration_s = std::uint32_t(age_ms / 1000);
    message.duration_ns = std::uint32_t(age_ms % 1000 * 1'000'000);
    message.idle_timeout = spec.idle_timeout_s;
    message.hard_timeout = spec.hard_timeout_s;
    message.packets = each.rule->counters->packets;
    message.bytes = each.rule->counters->bytes;
    connections.for_each([&](OfConnection& connection) {
      if (!connection.wants_flow_removed(each.reason)) return;
      openflow::Message out =
          openflow::make_message(openflow::Kind::FlowRemoved, connection.version(), 0, message);
      if (connection.nxm) out.encoding = openflow::Encoding::NxtFlowRemoved;
      connection.send(out);
    });
  }
}

void Ofproto::Impl::tell_port(openflow::PortReason reason, const Port& port, Change change) {
  connections.for_each([&](OfConnection& connection) {
    if (!connection.wants_port_status(reason)) return;
    if (change == Change::Liveness && connection.version() == openflow::Version::V10) return;
    openflow::PortStatus message;
    message.reason = reason;
    message.port = describe(port, connection.version());
    connection.reply(openflow::Kind::PortStatus, 0, message);
  });
}

namespace {

// What a packet-in says of a packet beside its bytes.
flow::Match metadata_of(const ControllerPacket& packet) {
  flow::Match metadata;
  flow::MatchKey key{packet.key, packet.state.pipeline};
  const auto take = [&](flow::FieldId id) {
    const flow::FieldValue value = flow::field_value(key, id);
    if (!value.is_zero()) metadata.set(id, value);
  };
  metadata.set(flow::FieldId::InPort, packet.cookie.in_port);
  take(flow::FieldId::Metadata);
  for (unsigned i = 0; i < 16; ++i) take(flow::FieldId(unsigned(flow::FieldId::Reg0) + i));
  if (packet.state.tun_id != 0) metadata.set(flow::FieldId::TunId, packet.state.tun_id);
  for (const flow::FieldId id : {flow::FieldId::TunSrc, flow::FieldId::TunDst,
                                 flow::FieldId::TunIpv6Src, flow::FieldId::TunIpv6Dst}) {
    take(id);
  }
  take(flow::FieldId::PktMark);
  return metadata;
}

}  // namespace

void Ofproto::Impl::send_packet_in(const ControllerPacket& packet) {
  const auto reason = openflow::PacketInReason(packet.cookie.reason);
  openflow::PacketIn message;
  message.total_length = std::uint16_t(packet.packet.size());
  message.reason = reason;
  message.table = packet.state.table;
  message.cookie = packet.cookie.rule_cookie;
  message.metadata = metadata_of(packet);
  connections.for_each([&](OfConnection& connection) {
    if (connection.controller_id != packet.cookie.controller_id) return;
    if (!connection.wants_packet_in(reason)) return;
    openflow::PacketIn own = message;
    const bool is_miss = reason == openflow::PacketInReason::NoMatch;
    const std::size_t limit = is_miss ? connection.miss_send_length : packet.cookie.max_length;
    const Bytes part = Bytes(packet.packet).first(std::min(limit, packet.packet.size()));
    own.packet.assign(part.begin(), part.end());
    openflow::Message out =
        openflow::make_message(openflow::Kind::PacketIn, connection.version(), 0, std::move(own));
    if (connection.packet_in_format == openflow::PacketInFormat::Nxt) {
      out.encoding = openflow::Encoding::NxtPacketIn;
    } else if (connection.packet_in_format == openflow::PacketInFormat::Nxt2) {
      out.encoding = openflow::Encoding::NxtPacketIn2;
    }
    connection.send(out);
  });
}

}  // namespace ovs::vswitch
