#include "datapath/datapath.h"

#include "base/bytes/hash.h"
#include "datapath/pipeline/executor.h"
#include "datapath/pipeline/segmenter.h"

namespace ovs::datapath {

struct Datapath::Parts {
  const platform::Clock& clock;
  Reclaimer& reclaimer;
  PacketEvents& events;
  std::uint64_t entropy_secret;
  Owned<FlowTable> flows;
  Owned<PortTable> ports;
  OwnedArray<Owned<Processor>> processors;
};

Datapath::Datapath(Parts parts)
    : clock_(parts.clock),
      reclaimer_(parts.reclaimer),
      events_(parts.events),
      entropy_secret_(parts.entropy_secret),
      flows_(std::move(parts.flows)),
      ports_(std::move(parts.ports)),
      processors_(std::move(parts.processors)),
      underlay_(parts.reclaimer) {}

Result<Owned<Datapath>> Datapath::create(const Config& config, const platform::Clock& clock,
                                         Reclaimer& reclaimer, PacketEvents& events) {
  OVS_TRY(auto flows,
          FlowTable::create({config.processors, config.cache_bits, config.secret}, reclaimer));
  OVS_TRY(auto ports, PortTable::create());
  OVS_TRY(auto processors, try_make_array<Owned<Processor>>(config.processors, kTag));
  for (unsigned id = 0; id < config.processors; ++id) {
    OVS_TRY(processors[id], try_make<Processor>(id, config.secret ^ (id + 1) * 0x9e3779b97f4a7c15));
  }
  return try_make<Datapath>(Parts{clock, reclaimer, events, hash_mix(config.secret, 1),
                                  std::move(flows), std::move(ports), std::move(processors)});
}

// ---- passes ------------------------------------------------------------------------------------

void Datapath::receive(Processor& processor, Span<Packet* const> packets) {
  const RcuReader reader;
  receive(processor, packets, reader);
}

void Datapath::receive(Processor& processor, Span<Packet* const> packets, const RcuReader& reader) {
  OVS_ASSERT(packets.count() <= kBatch && processor.host != nullptr);
  if (packets.empty()) return;
  processor.now_ms = clock_.now_ms();
  count_received(processor, packets, reader);
  pass(processor, packets.data(), unsigned(packets.count()), reader);
  drain(processor, reader);
}

// Packets that came in together come in on one port, as a rule.
void Datapath::count_received(Processor& processor, Span<Packet* const> packets,
                              const RcuReader& reader) {
  const std::size_t count = packets.count();
  for (std::size_t i = 0; i < count;) {
    const std::uint32_t in_port = packets.data()[i]->in_port;
    std::uint64_t bytes = 0;
    std::size_t run = i;
    for (; run < count && packets.data()[run]->in_port == in_port; ++run) {
      bytes += packets.data()[run]->size();
    }
    if (const Vport* port = ports_->find(PortNo{in_port}, reader)) {
      VportCounters& counters = port->counters(processor.id);
      counters.rx_packets.add_unshared(run - i);
      counters.rx_bytes.add_unshared(bytes);
    }
    i = run;
  }
}

void Datapath::execute(Processor& processor, Packet* packet, const Program& program) {
  OVS_ASSERT(processor.host != nullptr);
  processor.now_ms = clock_.now_ms();
  const RcuReader reader;
  learn_headers(*packet, processor.keys[0]);
  processor.lists[0].packets[0] = packet;
  processor.lists[0].count = 1;
  Executor(*this, processor, reader).run(program);
  drain(processor, reader);
}

// To be looked up (once more).
void Datapath::enqueue(Processor& processor, Packet* packet) {
  if (packet->passes >= kMaxPasses) return processor.drop(Drop::TooManyPasses, packet);
  if (processor.under_way_count == kMaxUnderWay) return processor.drop(Drop::QueueFull, packet);
  const unsigned at = (processor.under_way_first + processor.under_way_count++) % kMaxUnderWay;
  processor.under_way[at] = packet;
}

void Datapath::drain(Processor& processor, const RcuReader& reader) {
  Packet* batch[kBatch];
  while (processor.under_way_count != 0) {
    unsigned count = 0;
    while (processor.under_way_count != 0 && count < kBatch) {
      batch[count++] = processor.under_way[processor.under_way_first];
      processor.under_way_first = (processor.under_way_first + 1) % kMaxUnderWay;
      --processor.under_way_count;
    }
    pass(processor, batch, count, reader);
  }
  for (TxQueue& queue : processor.tx) {
    if (queue.port != nullptr) flush_queue(processor, queue);
  }
  events_.flush(processor);
}

void Datapath::learn_headers(Packet& packet, flow::PacketKey& key) const {
  packet.at = flow::extract(packet.head(), packet.metadata(), key);
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(key.hot);
  packet.eth_type = load<Be16>(bytes + flow::storage(flow::StorageId::EthType).offset()).host();
  packet.nw_proto = bytes[flow::storage(flow::StorageId::NwProto).offset()];
  packet.nw_frag = bytes[flow::storage(flow::StorageId::NwFrag).offset()];
}

void Datapath::pass(Processor& processor, Packet* const* packets, unsigned count,
                    const RcuReader& reader) {
  for (unsigned i = 0; i < count; ++i) {
    if (i + 4 < count) prefetch(packets[i + 4]->data);
    ++packets[i]->passes;
    learn_headers(*packets[i], processor.keys[i]);
  }
  flows_->lookup(Span<flow::PacketKey>(processor.keys, count), processor.found, processor.id,
                 reader);
  count_flows(processor, packets, count);
  act(processor, packets, count, reader);
}

namespace {

std::uint32_t tcp_flags_of(const flow::PacketKey& key) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(key.hot);
  return load<Be16>(bytes + flow::storage(flow::StorageId::TcpFlags).offset()).host();
}

}  // namespace

void Datapath::count_flows(Processor& processor, Packet* const* packets, unsigned count) {
  for (unsigned i = 0; i < count;) {
    const FlowIndex flow = processor.found[i];
    std::uint64_t bytes = 0;
    std::uint32_t flags = 0;
    unsigned run = i;
    for (; run < count && processor.found[run] == flow; ++run) {
      bytes += packets[run]->size();
      flags |= tcp_flags_of(processor.keys[run]);
    }
    FlowCounters& counters = flows_->counters(processor.id, flow);
    counters.packets.add_unshared(run - i);
    counters.bytes.add_unshared(bytes);
    counters.used_ms.store(processor.now_ms, Order::Relaxed);
    if ((flags & ~counters.tcp_flags.load(Order::Relaxed)) != 0) {
      counters.tcp_flags.store(counters.tcp_flags.load(Order::Relaxed) | flags, Order::Relaxed);
    }
    i = run;
  }
}

// Flows that only output come first and cheaply, neighbours with the same port together; the others
// are gathered by program.
void Datapath::act(Processor& processor, Packet* const* packets, unsigned count,
                   const RcuReader& reader) {
  std::uint32_t ports[kBatch];
  for (unsigned i = 0; i < count; ++i) {
    ports[i] = flows_->record(processor.found[i]).only_port.load(Order::Acquire);
    if (processor.found[i] == kNoFlow) ports[i] = kNoOnlyPort;
  }
  std::uint64_t left = 0;
  for (unsigned i = 0; i < count;) {
    unsigned run = i + 1;
    while (run < count && ports[run] == ports[i]) ++run;
    if (ports[i] == kNoOnlyPort) {
      left |= ((std::uint64_t{1} << (run - i)) - 1) << i;
    } else {
      output(processor, PortNo{ports[i]}, Span<Packet* const>(packets + i, run - i), reader);
    }
    i = run;
  }
  if (left != 0) run_rest(processor, packets, left, reader);
}

void Datapath::run_rest(Processor& processor, Packet* const* packets, std::uint64_t left,
                        const RcuReader& reader) {
  const FlowProgram* programs[kBatch];
  for (std::uint64_t rest = left; rest != 0; rest &= rest - 1) {
    const unsigned i = unsigned(__builtin_ctzll(rest));
    programs[i] = nullptr;
    if (processor.found[i] == kNoFlow) continue;
    const FlowBody* body = flows_->record(processor.found[i]).body.load(Order::Acquire);
    programs[i] = body->program.load(Order::Acquire);
  }
  while (left != 0) {
    const unsigned first = unsigned(__builtin_ctzll(left));
    const FlowProgram* const program = programs[first];
    if (program == nullptr) {
      miss(processor, packets[first], processor.keys[first], reader);
      left &= left - 1;
      continue;
    }
    PacketList& list = processor.lists[0];
    list.count = 0;
    for (std::uint64_t rest = left; rest != 0; rest &= rest - 1) {
      const unsigned i = unsigned(__builtin_ctzll(rest));
      if (programs[i] != program) continue;
      list.packets[list.count++] = packets[i];
      left &= ~(std::uint64_t{1} << i);
    }
    Executor(*this, processor, reader).run(*static_cast<const Program*>(program));
  }
}

// Readers take packets as they come from a wire: whole, and none larger than a device would send.
bool Datapath::send_up(const Upcall& upcall, Packet& packet, Processor& processor) {
  if (packet.segment_size == 0) {
    close_checksum(packet, *processor.host);
    return events_.upcall(upcall, processor);
  }
  bool are_all_seen = true;
  const unsigned lost = for_each_segment(packet, *processor.host, [&](Packet* segment) {
    const Upcall part{.reason = upcall.reason,
                      .packet = *segment,
                      .key = upcall.key,
                      .in_port = upcall.in_port,
                      .action = upcall.action,
                      .userdata = upcall.userdata};
    are_all_seen = events_.upcall(part, processor) && are_all_seen;
    processor.host->release(Span<Packet* const>(&segment, 1));
  });
  return are_all_seen && lost == 0;
}

void Datapath::miss(Processor& processor, Packet* packet, const flow::PacketKey& key,
                    const RcuReader& reader) {
  const Vport* port = ports_->find(PortNo{packet->in_port}, reader);
  const Upcall upcall{.packet = *packet, .key = key, .in_port = port};
  if (send_up(upcall, *packet, processor)) {
    processor.host->release(Span<Packet* const>(&packet, 1));
    return;
  }
  if (port != nullptr) port->count_lost_upcall();
  processor.drop(Drop::NoListener, packet);
}

// ---- output ------------------------------------------------------------------------------------

void Datapath::output(Processor& processor, PortNo number, Span<Packet* const> packets,
                      const RcuReader& reader) {
  if (packets.empty()) return;
  const Vport* port = ports_->find(number, reader);
  if (port == nullptr) return processor.drop(Drop::NoPort, packets);
  switch (port->kind()) {
    case VportKind::Device: return transmit(processor, *port, packets);
    case VportKind::Internal:
      for (Packet* packet : packets) send_to_internal(processor, *port, packet, reader);
      return;
    case VportKind::Gre:
    case VportKind::Vxlan:
      for (Packet* packet : packets) send_through_tunnel(processor, *port, packet, reader);
      return;
  }
}

namespace {

// Of a frame with all of its tags.
std::uint32_t largest_frame(const Vport& port) {
  constexpr std::uint32_t kEthernetAndTags = 14 + 2 * 4;
  return port.mtu() + kEthernetAndTags;
}

}  // namespace

bool Datapath::output_copies(Processor& processor, PortNo number, Span<Packet* const> packets,
                             const RcuReader& reader) {
  const Vport* port = ports_->find(number, reader);
  if (port == nullptr || port->kind() != VportKind::Device || port->device() == nullptr)
    return false;
  const std::uint32_t largest = largest_frame(*port);
  for (const Packet* packet : packets) {
    if (packet->limit != 0 || packet->wire_size() > largest) return false;
  }
  TxQueue& queue = processor.tx[std::uint32_t(number) % kTxQueues];
  if (queue.port == port) flush_queue(processor, queue);
  const PacketHost::Sent sent = processor.host->transmit_copies(port->device(), packets);
  VportCounters& counters = port->counters(processor.id);
  counters.tx_packets.add_unshared(sent.packets);
  counters.tx_bytes.add_unshared(sent.bytes);
  const auto lost = packets.count() - sent.packets;
  if (lost != 0) processor.drops[unsigned(Drop::NoBuffer)].add_unshared(lost);
  return true;
}

void Datapath::transmit(Processor& processor, const Vport& port, Span<Packet* const> packets) {
  VportCounters& counters = port.counters(processor.id);
  if (port.device() == nullptr) {
    counters.tx_dropped.add_unshared(packets.count());
    return processor.drop(Drop::NoDevice, packets);
  }
  const std::uint32_t largest = largest_frame(port);
  TxQueue& queue = processor.tx[std::uint32_t(port.number()) % kTxQueues];
  if (queue.port != &port) {
    if (queue.port != nullptr) flush_queue(processor, queue);
    queue.port = &port;
  }
  std::uint64_t bytes = 0, sent = 0;
  for (Packet* packet : packets) {
    const std::uint32_t size = packet->size();
    if (packet->wire_size() > largest) {
      counters.tx_dropped.add_unshared(1);
      processor.drop(Drop::TooLarge, packet);
      continue;
    }
    if (queue.count == kTxQueueLength) {
      flush_queue(processor, queue);
      queue.port = &port;
    }
    queue.packets[queue.count++] = packet;
    bytes += size;
    ++sent;
  }
  counters.tx_packets.add_unshared(sent);
  counters.tx_bytes.add_unshared(bytes);
}

void Datapath::transmit(Processor& processor, const Vport& port, Packet* packet) {
  transmit(processor, port, Span<Packet* const>(&packet, 1));
}

void Datapath::flush_queue(Processor& processor, TxQueue& queue) {
  if (queue.count == 0) {
    queue.port = nullptr;
    return;
  }
  processor.host->transmit(queue.port->device(), Span<Packet* const>(queue.packets, queue.count));
  queue.port = nullptr;
  queue.count = 0;
}

// ---- tunnels -----------------------------------------------------------------------------------

const TunnelClaims::Row* Datapath::claim(const Packet& packet, const RcuReader& reader) const {
  constexpr std::uint8_t kUdp = 17, kGre = 47;
  const TunnelClaims* claims = claims_.read(reader);
  if (claims == nullptr || packet.eth_type != 0x0800 || packet.nw_frag != 0) return nullptr;
  if (packet.nw_proto != kUdp && packet.nw_proto != kGre) return nullptr;
  std::uint16_t udp_port = 0;
  if (packet.nw_proto == kUdp) {
    if (packet.at.l4 == 0 || packet.at.l4 + 8u > packet.head_size) return nullptr;
    udp_port = load<Be16>(packet.data + packet.at.l4 + 2).host();
  }
  for (const TunnelClaims::Row& row : claims->rows) {
    const bool is_gre = row.kind == VportKind::Gre;
    if (is_gre == (packet.nw_proto == kGre) && (is_gre || row.udp_port == udp_port)) return &row;
  }
  return nullptr;
}

// A packet to a local tunnel endpoint does not reach the port: what it carries comes in again,
// through the tunnel.
void Datapath::send_to_internal(Processor& processor, const Vport& port, Packet* packet,
                                const RcuReader& reader) {
  const TunnelClaims::Row* row = claim(*packet, reader);
  if (row == nullptr || packet->at.l3 + 20u > packet->head_size)
    return transmit(processor, port, packet);
  const auto destination = load<Ipv4Address>(packet->data + packet->at.l3 + 16);
  if (underlay_.owner_of(destination, reader) != port.number())
    return transmit(processor, port, packet);
  const Vport* tunnel = ports_->find(row->number, reader);
  if (tunnel == nullptr) return processor.drop(Drop::NoPort, packet);
  VportCounters& counters = tunnel->counters(processor.id);
  if (!decapsulate(*packet, row->kind, *processor.host)) {
    counters.rx_errors.add_unshared(1);
    return processor.drop(Drop::BadTunnel, packet);
  }
  counters.rx_packets.add_unshared(1);
  counters.rx_bytes.add_unshared(packet->size());
  packet->in_port = std::uint32_t(row->number);
  packet->skb_priority = packet->dp_hash = 0;
  enqueue(processor, packet);
}

void Datapath::send_through_tunnel(Processor& processor, const Vport& tunnel, Packet* packet,
                                   const RcuReader& reader) {
  VportCounters& counters = tunnel.counters(processor.id);
  const auto refuse = [&](Drop why) {
    counters.tx_dropped.add_unshared(1);
    processor.drop(why, packet);
  };
  if (!packet->has_tunnel || packet->tunnel.dst == 0) return refuse(Drop::NoTunnelKey);
  const auto path = underlay_.find_path(Ipv4Address{Be32(packet->tunnel.dst)},
                                        Ipv4Address{Be32(packet->tunnel.src)}, reader);
  if (!path) return refuse(Drop::NoRoute);
  if (!path->resolved) {
    events_.neighbour_wanted(path->port, path->next_hop, processor);
    return hold(processor, HeldPacket{.packet = packet,
                                      .tunnel = tunnel.number(),
                                      .next_hop = path->next_hop,
                                      .port = path->port,
                                      .until_ms = processor.now_ms + kHoldMs});
  }
  if (packet->segment_size == 0) {
    return encapsulate_and_enqueue(processor, tunnel, *path, packet, reader);
  }
  const unsigned lost = for_each_segment(*packet, *processor.host, [&](Packet* segment) {
    encapsulate_and_enqueue(processor, tunnel, *path, segment, reader);
  });
  counters.tx_dropped.add_unshared(lost);
  processor.drops[unsigned(Drop::NoSegment)].add_unshared(lost);
  processor.host->release(Span<Packet* const>(&packet, 1));
}

void Datapath::encapsulate_and_enqueue(Processor& processor, const Vport& tunnel,
                                       const UnderlayPath& path, Packet* packet,
                                       const RcuReader& reader) {
  VportCounters& counters = tunnel.counters(processor.id);
  const Vport* underlay_port = ports_->find(path.port, reader);
  const std::uint32_t around = encapsulation_size(tunnel.kind(), packet->tunnel);
  const auto refuse = [&](Drop why) {
    counters.tx_dropped.add_unshared(1);
    processor.drop(why, packet);
  };
  if (underlay_port == nullptr) return refuse(Drop::NoRoute);
  if (packet->headroom() < around) return refuse(Drop::NoHeadroom);
  constexpr std::uint32_t kEthernetSize = 14, kLargestIp = 0xffff;
  if (packet->size() + around > kLargestIp + kEthernetSize) return refuse(Drop::TooLarge);
  counters.tx_packets.add_unshared(1);
  counters.tx_bytes.add_unshared(packet->size());
  close_checksum(*packet, *processor.host);
  Encapsulation how{tunnel.kind(), tunnel.udp_port(), path, processor.ip_id++};
  if (how.path.source_mac.is_zero()) how.path.source_mac = underlay_port->mac();
  flow::PacketKey& key = processor.action_key;
  packet->has_tunnel = false;
  learn_headers(*packet, key);
  encapsulate(*packet, how, entropy_port(key, entropy_secret_), *processor.host);
  packet->in_port = std::uint32_t(path.port);
  packet->recirc_id = packet->dp_hash = 0;
  enqueue(processor, packet);
}

void Datapath::hold(Processor& processor, const HeldPacket& held) {
  if (processor.held_count == kMaxHeld) return processor.drop(Drop::HoldFull, held.packet);
  processor.held[processor.held_count++] = held;
}

void Datapath::retry_held(Processor& processor) {
  if (processor.held_count == 0) return;
  processor.now_ms = clock_.now_ms();
  const std::uint64_t generation = underlay_.neighbour_generation();
  const bool news = std::exchange(processor.held_generation, generation) != generation;
  const RcuReader reader;
  const unsigned count = std::exchange(processor.held_count, 0);
  for (unsigned i = 0; i < count; ++i) {
    const HeldPacket held = processor.held[i];
    const Vport* tunnel = ports_->find(held.tunnel, reader);
    if (tunnel == nullptr || !is_tunnel(tunnel->kind())) {
      processor.drop(Drop::NoPort, held.packet);
    } else if (processor.now_ms >= held.until_ms) {
      tunnel->counters(processor.id).tx_dropped.add_unshared(1);
      processor.drop(Drop::HeldTooLong, held.packet);
    } else if (news && is_resolved(held, reader)) {
      send_through_tunnel(processor, *tunnel, held.packet, reader);
    } else {
      hold(processor, held);
    }
  }
  drain(processor, reader);
}

void Datapath::count_lost(Processor& processor, PortNo to, Drop why) {
  const RcuReader reader;
  processor.drops[unsigned(why)].add_unshared(1);
  const Vport* port = ports_->find(to, reader);
  if (port != nullptr) port->counters(processor.id).tx_dropped.add_unshared(1);
}

void Datapath::count_refused(Processor& processor, PortNo from, Drop why, unsigned count) {
  const RcuReader reader;
  processor.drops[unsigned(why)].add_unshared(count);
  const Vport* port = ports_->find(from, reader);
  if (port != nullptr) port->counters(processor.id).rx_dropped.add_unshared(count);
}

bool Datapath::is_resolved(const HeldPacket& held, const RcuReader& reader) const {
  const flow::TunnelMetadata& tunnel = held.packet->tunnel;
  const auto path =
      underlay_.find_path(Ipv4Address{Be32(tunnel.dst)}, Ipv4Address{Be32(tunnel.src)}, reader);
  return path && path->resolved;
}

// ---- the writer --------------------------------------------------------------------------------

Result<Owned<TunnelClaims>> Datapath::make_claims(const Vport* added, PortNo removed) const {
  const TunnelClaims* now = claims_.current();
  std::size_t count = added != nullptr ? 1 : 0;
  if (now != nullptr) {
    for (const TunnelClaims::Row& row : now->rows) count += row.number != removed;
  }
  OVS_TRY(auto rows, try_make_array<TunnelClaims::Row>(count, TunnelClaims::kTag));
  std::size_t at = 0;
  if (now != nullptr) {
    for (const TunnelClaims::Row& row : now->rows) {
      if (row.number != removed) rows[at++] = row;
    }
  }
  if (added != nullptr) rows[at] = {added->kind(), added->udp_port(), added->number()};
  return try_make<TunnelClaims>(std::move(rows));
}

Result<void> Datapath::add_port(Owned<Vport>& port) {
  if (is_tunnel(port->kind())) {
    OVS_TRY(auto claims, make_claims(port.raw(), kNoPort));
    ports_->add(std::move(port));
    reclaimer_.take(claims_.publish(std::move(claims)));
    return kOk;
  }
  ports_->add(std::move(port));
  return kOk;
}

Result<void> Datapath::remove_port(PortNo number) {
  const Vport* port = ports_->find(number);
  if (port == nullptr) return Error::NotFound;
  if (is_tunnel(port->kind())) {
    OVS_TRY(auto claims, make_claims(nullptr, number));
    reclaimer_.take(claims_.publish(std::move(claims)));
  }
  reclaimer_.take(ports_->remove(number));
  return kOk;
}

std::uint64_t Datapath::drops(Drop why) const {
  std::uint64_t total = 0;
  for (const Owned<Processor>& processor : processors_) {
    total += processor->drops[unsigned(why)].load(Order::Relaxed);
  }
  return total;
}

}  // namespace ovs::datapath
