#include "datapath/pipeline/executor.h"

#include "base/bytes/hash.h"

namespace ovs::datapath {

static_assert(kMaxListDepth == kMaxNesting + 1);

namespace {

constexpr std::uint16_t kTagType = 0x8100, kServiceTagType = 0x88a8;

// Zero: the frame has none.
std::uint16_t outer_type(const Packet& packet) {
  return packet.head_size < 14 ? 0 : load<Be16>(packet.data + 12).host();
}

bool has_tag(const Packet& packet) {
  const std::uint16_t type = outer_type(packet);
  return type == kTagType || type == kServiceTagType;
}

// There is room for one 802.1Q tag beside a frame's bytes, and none for another type's.
void note_tag_change(Packet& packet, bool can_be_beside) {
  (can_be_beside ? packet.is_retagged : packet.is_rewritten) = true;
}

}  // namespace

void cut(Packet& packet, std::uint32_t limit, PacketHost& host) {
  if (limit == 0 || packet.size() <= limit) return;
  if (packet.segment_size == 0 || limit <= packet.wire_size()) {
    close_checksum(packet, host);  // of the whole packet, as its sender meant it
    packet.segment_size = packet.verdict = 0;
  }
  std::uint32_t excess = packet.size() - limit;
  const std::uint32_t of_tail = excess < packet.tail_size ? excess : packet.tail_size;
  packet.tail_size -= of_tail;
  packet.head_size -= excess - of_tail;
  packet.is_rewritten = true;
}

void Executor::run(const Program& program) {
  depth_ = 0;
  for (const Instruction& instruction : program.code()) step(program, instruction);
  processor_.host->release(list().span());
  list().count = 0;
}

void Executor::step(const Program& program, const Instruction& in) {
  if (in.op >= Op::SetEthernet && in.op < Op::PushVlan) {
    for (Packet* packet : list().span()) packet->is_rewritten = true;
  }
  switch (in.op) {
    case Op::Output: return output(in);
    case Op::Userspace: return userspace(program, in);
    case Op::Recirc: return recirculate(in.number);
    case Op::SetPriority:
      return each(
          program.operand<Masked<std::uint32_t>>(in),
          +[](Packet& packet, const Masked<std::uint32_t>& set) {
            packet.skb_priority = (packet.skb_priority & ~set.mask) | (set.value & set.mask);
          });
    case Op::SetMark:
      return each(
          program.operand<Masked<std::uint32_t>>(in),
          +[](Packet& packet, const Masked<std::uint32_t>& set) {
            packet.pkt_mark = (packet.pkt_mark & ~set.mask) | (set.value & set.mask);
          });
    case Op::SetTunnel:
      return each(
          program.operand<flow::TunnelMetadata>(in),
          +[](Packet& packet, const flow::TunnelMetadata& set) {
            packet.tunnel = set;
            packet.has_tunnel = true;
          });
    case Op::SetEthernet: return each(program.operand<EthernetSet>(in), &set_ethernet);
    case Op::SetIpv4: return each(program.operand<Ipv4Set>(in), &set_ipv4);
    case Op::SetIpv6: return each(program.operand<Ipv6Set>(in), &set_ipv6);
    case Op::SetTcp: return each(program.operand<PortsSet>(in), &set_tcp);
    case Op::SetUdp: return each(program.operand<PortsSet>(in), &set_udp);
    case Op::SetSctp: return each(program.operand<PortsSet>(in), &set_sctp);
    case Op::SetIcmp: return each(program.operand<IcmpSet>(in), &set_icmp);
    case Op::SetIcmpv6: return each(program.operand<IcmpSet>(in), &set_icmpv6);
    case Op::SetArp: return each(program.operand<ArpSet>(in), &set_arp);
    case Op::SetNd: return each(program.operand<NdSet>(in), &set_nd);
    case Op::PushVlan: return push_vlan(in.number);
    case Op::PopVlan:
      for (Packet* packet : list().span()) {
        note_tag_change(*packet, outer_type(*packet) == kTagType);
        pop_vlan(*packet);
      }
      return;
    case Op::Trunc:
      for (Packet* packet : list().span()) packet->limit = in.number;
      return;
    case Op::Hash: return hash(in.number);
    case Op::Begin: return begin(in.number);
    case Op::End: return end();
  }
}

Packet* Executor::copy(const Packet& packet) {
  Packet* made = processor_.host->clone(packet);
  if (made == nullptr) processor_.drops[unsigned(Drop::NoBuffer)].add_unshared(1);
  return made;
}

void Executor::output(const Instruction& in) {
  const PortNo port{in.number};
  PacketList& packets = list();
  if (in.last == Last::Yes) {
    for (Packet* packet : packets.span()) cut(*packet, packet->limit, *processor_.host);
    datapath_.output(processor_, port, packets.span(), reader_);
    packets.count = 0;
    return;
  }
  if (datapath_.output_copies(processor_, port, packets.span(), reader_)) return;
  PacketList copies;
  for (Packet* packet : packets.span()) {
    Packet* made = copy(*packet);
    const std::uint32_t limit = std::exchange(packet->limit, 0);
    if (made == nullptr) continue;
    cut(*made, limit, *processor_.host);
    copies.packets[copies.count++] = made;
  }
  datapath_.output(processor_, port, copies.span(), reader_);
}

// The key is taken anew: actions before this one may have changed the packet.
void Executor::userspace(const Program& program, const Instruction& in) {
  const auto& operand = program.operand<UserspaceOperand>(in);
  flow::PacketKey& key = processor_.action_key;
  for (Packet* packet : list().span()) {
    packet->at = flow::extract(packet->head(), packet->metadata(), key);
    const Vport* port = datapath_.ports_->find(PortNo{packet->in_port}, reader_);
    const Upcall upcall{.reason = wire::PacketCommand::Action,
                        .packet = *packet,
                        .key = key,
                        .in_port = port,
                        .action = &operand,
                        .userdata = program.userdata(in)};
    const bool is_seen = datapath_.send_up(upcall, *packet, processor_);
    packet->limit = 0;
    if (is_seen) continue;
    processor_.drops[unsigned(Drop::NoListener)].add_unshared(1);
    if (port != nullptr) port->count_lost_upcall();
  }
}

void Executor::recirculate(std::uint32_t recirc_id) {
  PacketList& packets = list();
  for (Packet* packet : packets.span()) {
    packet->recirc_id = recirc_id;
    datapath_.enqueue(processor_, packet);
  }
  packets.count = 0;
}

void Executor::push_vlan(std::uint32_t tag) {
  PacketList& packets = list();
  unsigned kept = 0;
  const auto type = std::uint16_t(tag);  // in memory's order
  for (Packet* packet : packets.span()) {
    packets.packets[kept] = packet;
    note_tag_change(*packet,
                    load<Be16>(reinterpret_cast<const std::uint8_t*>(&type)).host() == kTagType &&
                        !has_tag(*packet));
    if (datapath::push_vlan(*packet, std::uint16_t(tag), std::uint16_t(tag >> 16))) {
      ++kept;
    } else {
      processor_.drop(Drop::NoHeadroom, packet);
    }
  }
  packets.count = kept;
}

void Executor::hash(std::uint32_t basis) {
  flow::PacketKey& key = processor_.action_key;
  for (Packet* packet : list().span()) {
    packet->at = flow::extract(packet->head(), packet->metadata(), key);
    std::uint64_t hash = basis;
    for (unsigned i = 3; i < 5; ++i) hash = hash_mix(hash, key.hot[i]);
    for (unsigned i = 0; i < 4; ++i) {
      if ((key.present >> i & 1) != 0) hash = hash_mix(hash, key.cold[i]);
    }
    packet->dp_hash = std::uint32_t(hash) == 0 ? 1 : std::uint32_t(hash);
  }
}

void Executor::begin(std::uint32_t probability) {
  const PacketList& originals = processor_.lists[depth_];
  PacketList& copies = processor_.lists[++depth_];
  copies.count = 0;
  for (Packet* packet : originals.span()) {
    if (probability != ~std::uint32_t{0} && processor_.draw() >= probability) continue;
    if (Packet* made = copy(*packet)) copies.packets[copies.count++] = made;
  }
}

void Executor::end() {
  processor_.host->release(list().span());
  list().count = 0;
  --depth_;
}

}  // namespace ovs::datapath
