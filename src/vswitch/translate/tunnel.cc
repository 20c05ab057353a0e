// Tunnel ports: many OpenFlow ports over one vport of the datapath. Which of them a packet came in
// by is told by its tunnel metadata; which metadata a packet leaves with, by the port and the
// packet.
#include "flow/match/extract.h"
#include "vswitch/translate/translator.h"

namespace ovs::vswitch {

namespace {

// How exactly a port says what it takes; 0 is the most exact. Nothing: it does not take this
// packet.
std::optional<unsigned> tunnel_rank(const PortView& port, const flow::MatchKey& key) {
  const TunnelSettings& settings = *port.tunnel;
  const auto local = std::uint32_t(stored(key, StorageId::TunDst));
  const auto remote = std::uint32_t(stored(key, StorageId::TunSrc));
  const std::uint64_t id = stored(key, StorageId::TunId);
  if (!settings.in_key_by_flow && settings.in_key.value_or(0) != id) return std::nullopt;
  if (!settings.remote_by_flow && settings.remote_ip && *settings.remote_ip != remote) {
    return std::nullopt;
  }
  if (!settings.local_by_flow && settings.local_ip && *settings.local_ip != local) {
    return std::nullopt;
  }
  const unsigned by_local = settings.local_by_flow ? 2 : settings.local_ip ? 0 : 1;
  return (settings.in_key_by_flow ? 6u : 0u) + (settings.remote_by_flow ? 3u : 0u) + by_local;
}

}  // namespace

PortPlace find_ingress(const SwitchView& view, const flow::FlowKey& key) {
  const auto number = std::uint32_t(flow::load_stored<StorageId::InPort>(key));
  const PlaceTable& places = *view.places;
  const auto tunnels = places.tunnels.find(number);
  if (tunnels == places.tunnels.end()) {
    const auto at = places.by_datapath_port.find(number);
    return at == places.by_datapath_port.end() ? PortPlace{} : view.at(at->second);
  }
  const flow::MatchKey packet{key, {}};
  PortPlace best;
  unsigned best_rank = ~0u;
  for (const PlaceTable::Place& place : tunnels->second) {
    const auto rank = tunnel_rank(*place.port, packet);
    if (rank && *rank < best_rank) {
      best = view.at(place);
      best_rank = *rank;
    }
  }
  return best;
}

void Translator::look_at_tunnel() {
  look_at(StorageId::TunId);
  if (number(StorageId::TunDst) != 0) {
    look_at(StorageId::TunSrc);
    look_at(StorageId::TunDst);
  } else {
    look_at(StorageId::TunIpv6Src);
    look_at(StorageId::TunIpv6Dst);
  }
  look_at(StorageId::TunFlags);
  look_at(StorageId::TunTos);
  // RFC 6040: whether the outer header's congestion mark may be carried over depends on the inner
  // one.
  if (is_ip() && (number(StorageId::TunTos) & 3) == 3) look_at(StorageId::NwTos, 3);
}

// The tunnel metadata that the packet is to be sent with; false if it must not be sent.
bool Translator::prepare_tunnel(const PortView& port) {
  const TunnelSettings& settings = *port.tunnel;
  const std::uint64_t came_to = stored(request_.key, StorageId::TunDst);
  if (!settings.local_by_flow) set_number(StorageId::TunSrc, settings.local_ip.value_or(0));
  if (!settings.remote_by_flow) set_number(StorageId::TunDst, settings.remote_ip.value_or(0));
  if (number(StorageId::TunDst) != 0 && number(StorageId::TunDst) == came_to) {
    note(NoteKind::Warning, "not tunneling to our own address");
    return false;
  }
  if (!settings.out_key_by_flow) set_number(StorageId::TunId, settings.out_key.value_or(0));
  std::uint64_t tos = settings.tos, ttl = settings.ttl;
  if (is_ip()) {
    if (settings.ttl_inherit) {
      look_at(StorageId::NwTtl);
      ttl = number(StorageId::NwTtl);
    }
    look_at(StorageId::NwTos, settings.tos_inherit ? 0xff : 3);
    if (settings.tos_inherit) tos = number(StorageId::NwTos) & 0xfc;
    // RFC 6040: "congestion experienced" inside becomes "capable" outside.
    const std::uint64_t ecn = number(StorageId::NwTos) & 3;
    tos = (tos & 0xfc) | (ecn == 3 ? 2 : ecn);
  }
  set_number(StorageId::TunTos, tos);
  set_number(StorageId::TunTtl, ttl);
  set_number(StorageId::TunTpSrc, 0);
  set_number(StorageId::TunTpDst, port.tunnel_udp_port);
  const bool has_key = settings.out_key_by_flow || settings.out_key.has_value();
  set_number(StorageId::TunFlags, (settings.dont_fragment ? flow::kTunnelDontFragment : 0) |
                                      (settings.checksum ? flow::kTunnelChecksum : 0) |
                                      (has_key ? flow::kTunnelKey : 0));
  flow::MatchMask all;
  for (const StorageId id : kTunnelStorage) mark(all, id);
  if (!key_.flow.equals_under(base_, all.flow)) {
    flow::put_set_tunnel(writer_, key_.flow);
    for (unsigned i = 0; i < flow::kFlowWords; ++i) {
      base_.words[i] =
          (base_.words[i] & ~all.flow.words[i]) | (key_.flow.words[i] & all.flow.words[i]);
    }
  }
  return true;
}

}  // namespace ovs::vswitch
