#include "driver/packets/arrivals.h"

#include "driver/packets/offload.h"
#include "driver/packets/onward.h"

namespace ovs::driver {
namespace {

using datapath::kBatch;
using datapath::Packet;

constexpr std::uint32_t kEthernetSize = 14, kTagSize = 4;
constexpr unsigned kFirstWithNative = 40;  // NDIS 6.40

std::uint64_t mac_at(const std::uint8_t* at) {
  return load<Be64>(at).host() >> 16;  // two bytes behind it are read, which a frame has
}

std::uint32_t word_of(PVOID entry) {
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(entry));
}

std::uint32_t checksum_of(PNET_BUFFER_LIST list) {
  return word_of(list->NetBufferListInfo[TcpIpChecksumNetBufferListInfo]);
}

// But for checksums. Only what a device received can have been coalesced; that entry lies in
// another line.
bool has_nothing_beside(PNET_BUFFER_LIST list, NicKind sender) {
  const auto entry = [&](unsigned which) {
    return reinterpret_cast<ULONG_PTR>(list->NetBufferListInfo[which]);
  };
  if (sender == NicKind::External && entry(TcpRecvSegCoalesceInfo) != 0) return false;
  return (entry(TcpLargeSendNetBufferListInfo) | entry(Ieee8021QNetBufferListInfo)) == 0;
}

// Of a forwarding detail: who sent it, how much of it no guest can write to, and that it is ours to
// forward.
std::uint64_t sender_of(const NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO& detail) {
  NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO bits = {};
  bits.SourcePortId = 0xffff;
  bits.SourceNicIndex = 0xff;
  bits.NativeForwardingRequired = 1;
  bits.IsPacketDataSafe = 1;
  bits.SafePacketDataSize = 0xfff;
  return detail.AsUINT64 & bits.AsUINT64;
}

// Where the headers are of nearly every frame whose checksums are left to a device: IP without
// options or fragments, and behind it TCP or UDP, all of it there. Else l4 is 0, which says
// nothing.
flow::HeaderOffsets plain_headers(const Packet& packet) {
  constexpr std::uint32_t kIpv4Size = 20, kIpv6Size = 40, kTcpSize = 20, kUdpSize = 8;
  constexpr std::uint8_t kTcp = 6, kUdp = 17;
  const std::uint8_t* const ip = packet.data + kEthernetSize;
  if (packet.head_size < kEthernetSize + kIpv6Size) return {};
  const std::uint16_t type = load<Be16>(packet.data + 12).host();
  const bool is_v4 = type == 0x0800 && ip[0] == 0x45;
  if (!is_v4 && (type != 0x86dd || ip[0] >> 4 != 6)) return {};
  const std::uint8_t protocol = ip[is_v4 ? 9 : 6];
  if (protocol != kTcp && protocol != kUdp) return {};
  if (is_v4 && (load<Be16>(ip + 6).host() & 0x3fff) != 0) return {};
  const std::uint32_t header = is_v4 ? kIpv4Size : kIpv6Size;
  const std::uint32_t size =
      is_v4 ? load<Be16>(ip + 2).host() : kIpv6Size + load<Be16>(ip + 4).host();
  const std::uint32_t least = header + (protocol == kTcp ? kTcpSize : kUdpSize);
  if (size < least || kEthernetSize + size > packet.head_size) return {};
  flow::HeaderOffsets at;
  at.l3 = kEthernetSize;
  at.l4 = std::uint16_t(kEthernetSize + header);
  return at;
}

// What take_offloads() does for a frame with this entry and no other. False: it has to be looked
// at.
bool take_plain_checksum(Packet& packet, std::uint32_t entry, NicKind sender) {
  if (sender == NicKind::External) {
    take_received(packet, entry, 0, {});
    return true;
  }
  const flow::HeaderOffsets at = plain_headers(packet);
  if (at.l4 == 0) return false;
  take_send_checksum(packet, entry, at);
  return true;
}

static_assert(2 * datapath::kMaxSegments <= datapath::kMaxUnderWay);

}  // namespace

// ---- in ----------------------------------------------------------------------------------------

// Whether this is the sender's, and one frame that needs nothing but to be copied: then where that
// lies, and what follows it there; else nothing.
Bytes Arrivals::plain_frame(PNET_BUFFER_LIST list) const {
  const NET_BUFFER& buffer = *NET_BUFFER_LIST_FIRST_NB(list);
  if (sender_of(*NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)) != sender_.bits ||
      !has_nothing_beside(list, sender_.arrival.kind) || buffer.Next != nullptr) {
    return {};
  }
  const std::uint32_t size = buffer.DataLength;
  const Bytes piece = first_piece(buffer);
  if (size < kEthernetSize || size > kPrefixSize || size > piece.count()) return {};
  return piece;
}

PNET_BUFFER_LIST Arrivals::take_plain(PNET_BUFFER_LIST list) {
  const unsigned had = burst_.arrival_count;
  unsigned room = Burst::kArrivals - had;
  if (room > burst_.room) room = burst_.room;
  if (room > frames_.count()) {
    frames_.stock(room);
    if (room > frames_.count()) room = frames_.count();
  }
  Arrival* arrival = &burst_.arrivals[had];
  Packet** packet = &burst_.packets[burst_.packet_count];
  for (; room != 0 && list != nullptr; --room, list = list->Next) {
    const Bytes bytes = plain_frame(list);
    if (bytes.empty()) break;
    Frame& frame = frames_.take_one();
    frame.buffer = NET_BUFFER_LIST_FIRST_NB(list);
    frame.index = 0;
    frame.tail_at = frame.packet.head_size = frame.buffer->DataLength;
    frame.packet.in_port = sender_.in_port;
    copy_prefix(frame.packet.data, bytes, frame.packet.head_size);
    const std::uint32_t checksum = checksum_of(list);
    const bool is_refused = !sender_.may_spoof && mac_at(frame.packet.data + 6) != sender_.mac;
    if (is_refused ||
        (checksum != 0 && !take_plain_checksum(frame.packet, checksum, sender_.arrival.kind))) {
      frames_.give_back(frame);
      break;
    }
    __builtin_memcpy(arrival, &sender_.arrival, sizeof *arrival);
    arrival->list = list;
    frame.arrival = arrival++;
    *packet++ = &frame.packet;
  }
  const auto taken = unsigned(arrival - burst_.arrivals) - had;
  burst_.arrival_count += taken;
  burst_.packet_count += taken;
  burst_.alone_count += taken;
  burst_.room -= taken;
  return list;
}

// What follows a list that was taken may be like it.
void Arrivals::learn_sender(const Arrival& arrival, const HypervNic& nic) {
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(arrival.list);
  const PortPolicy& policy = nic.port().policy(reader_);
  if (policy.rules_vlans()) return;
  sender_.bits = sender_of(detail);
  sender_.mac = nic.mac_bits();
  sender_.may_spoof = nic.kind() != NicKind::Vm || policy.may_spoof_mac;
  sender_.in_port = std::uint32_t(nic.number());
  sender_.arrival.source = arrival.source;
  sender_.arrival.kind = arrival.kind;
  sender_.arrival.count = 1;
  sender_.arrival.is_alone = true;
  sender_.arrival.is_plain = detail.IsPacketDataSafe != 0;
  sender_.arrival.is_guests = !is_safe(arrival.list, kEthernetSize);
}

PNET_BUFFER Arrivals::take(PNET_BUFFER_LIST list, PNET_BUFFER buffer) {
  Arrival& arrival = burst_.arrivals[burst_.arrival_count++];
  arrival = Arrival{};
  arrival.list = list;
  const HypervNic* const nic = admit(arrival);
  if (nic == nullptr || arrival.fate != Fate::Open) return nullptr;
  const bool is_learning = nic->number() == datapath::kNoPort;
  if (is_learning && (module_.is_configured() || !must_learn_from_copies(arrival, *nic))) {
    arrival.fate = module_.is_configured() ? Fate::NoPort : learn(arrival, *nic, *buffer);
    return nullptr;
  }
  arrival.must_copy = is_learning || buffer != NET_BUFFER_LIST_FIRST_NB(list);
  const unsigned cost = cost_of(list);
  const NET_BUFFER* const first = buffer;
  for (; buffer != nullptr && burst_.room > 0; buffer = buffer->Next) {
    burst_.room -= cost < burst_.room ? cost : burst_.room;
    const Fate fate = read(arrival, *nic, *buffer);
    if (fate == Fate::Open) continue;
    refuse(arrival, fate, *nic, count_from(first));
    return nullptr;
  }
  if (is_learning) {
    learn_from_copies(arrival, *nic);
    return buffer;
  }
  if (buffer != nullptr) arrival.must_copy = true;
  arrival.is_alone = arrival.count == 1 && !arrival.must_copy;
  burst_.alone_count += arrival.is_alone;
  learn_sender(arrival, *nic);
  const bool is_bare =
      arrival.is_alone && arrival.tag == 0 && has_nothing_beside(list, nic->kind());
  arrival.is_plain = is_bare && is_safe(list, ~std::uint32_t{0});
  arrival.is_guests = is_bare && !is_safe(list, kEthernetSize);
  return buffer;
}

const HypervNic* Arrivals::admit(Arrival& arrival) {
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(arrival.list);
  arrival.source = source_of(arrival.list);
  if (module_.ndis_minor() >= kFirstWithNative && detail.NativeForwardingRequired != 0) {
    departures_.add(arrival.list, arrival.source, nullptr);
    arrival.fate = Fate::Goes;
    return nullptr;
  }
  if (nic_ == nullptr || nic_->port_id() != detail.SourcePortId ||
      nic_->index() != detail.SourceNicIndex) {
    nic_ = module_.ports().find(detail.SourcePortId, detail.SourceNicIndex, reader_);
  }
  if (nic_ == nullptr || !nic_->is_connected()) {
    arrival.fate = Fate::NoPort;
    return nullptr;
  }
  arrival.kind = nic_->kind();
  arrival.tag = word_of(NET_BUFFER_LIST_INFO(arrival.list, Ieee8021QNetBufferListInfo));
  return nic_;
}

Fate Arrivals::read(Arrival& arrival, const HypervNic& nic, const NET_BUFFER& buffer) {
  const std::uint32_t size = buffer.DataLength;
  if (size < kEthernetSize) return Fate::Unread;
  Frame* const frame = frames_.take();
  if (frame == nullptr) return Fate::Full;
  burst_.packets[burst_.packet_count++] = &frame->packet;
  const std::uint32_t prefix = size < kPrefixSize ? size : kPrefixSize;
  Packet& packet = frame->packet;
  packet.head_size = prefix;
  packet.tail_size = size - prefix;
  packet.in_port = std::uint32_t(nic.number());
  frame->arrival = &arrival;
  frame->index = arrival.count++;
  frame->buffer = const_cast<PNET_BUFFER>(&buffer);
  frame->tail_at = prefix;
  frame->has_arrived_tail = packet.tail_size > 0;
  const Bytes piece = first_piece(buffer);
  if (piece.count() >= prefix) {
    copy_prefix(packet.data, piece, prefix);
  } else if (!copy_from(buffer, 0, prefix, packet.data)) {
    return Fate::Unread;
  }
  return accept(arrival, nic, *frame);
}

// What the port's owner has set is done to the frame's tag. False: it may not come in.
bool Arrivals::admit_tag(Arrival& arrival, const PortPolicy& policy, Packet& packet) {
  const Maybe<std::uint16_t> vlan = vlan_of(packet);
  const bool is_beside =
      word_of(NET_BUFFER_LIST_INFO(arrival.list, Ieee8021QNetBufferListInfo)) != 0;
  const bool is_inside = !is_beside && bool(vlan);
  const VlanVerdict verdict = driver::admit(policy, vlan);
  switch (verdict.what) {
    case VlanVerdict::What::Keep: return true;
    case VlanVerdict::What::Drop: return false;
    case VlanVerdict::What::Pop:
      (void)take_tag(packet);
      arrival.tag = 0;
      arrival.must_copy |= is_inside;
      return true;
    case VlanVerdict::What::Push:
      set_vlan(packet, verdict.vlan);
      arrival.tag = tag_in(packet);
      arrival.must_copy |= is_inside;
      return true;
  }
  return false;
}

Fate Arrivals::accept(Arrival& arrival, const HypervNic& nic, Frame& frame) {
  Packet& packet = frame.packet;
  const PortPolicy& policy = nic.port().policy(reader_);
  const std::uint64_t sender = mac_at(packet.data + 6);
  if (nic.kind() == NicKind::Vm && !may_send_from(policy, sender, nic.mac_bits())) {
    return Fate::Policy;
  }
  const std::uint32_t beside =
      word_of(NET_BUFFER_LIST_INFO(arrival.list, Ieee8021QNetBufferListInfo));
  if (beside != 0) put_tag(packet, tci_of(beside));
  if (policy.rules_vlans() && !admit_tag(arrival, policy, packet)) return Fate::Policy;
  if (!has_offloads(arrival.list) || take_offloads(arrival, packet)) return Fate::Open;
  return Fate::Unread;
}

bool Arrivals::has_offloads(PNET_BUFFER_LIST list) {
  return NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) != nullptr ||
         NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) != nullptr ||
         NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) != nullptr;
}

// What its sender left to a device, or a device did. False: it makes no sense.
bool Arrivals::take_offloads(Arrival& arrival, Packet& packet) {
  const std::uint32_t checksum =
      word_of(NET_BUFFER_LIST_INFO(arrival.list, TcpIpChecksumNetBufferListInfo));
  const bool is_received = arrival.kind == NicKind::External;
  const std::uint32_t segments = word_of(NET_BUFFER_LIST_INFO(
      arrival.list, is_received ? TcpRecvSegCoalesceInfo : TcpLargeSendNetBufferListInfo));
  if ((checksum | segments) == 0) return true;
  flow::PacketKey& key = host_.scratch_key();
  const auto headers = [&] {
    packet.at = flow::extract(packet.head(), packet.metadata(), key);
    return packet.at;
  };
  if (is_received) {
    take_received(packet, checksum, segments, headers());
    arrival.is_coalesced = packet.segment_size != 0;
    return true;
  }
  if (segments == 0) {
    take_send_checksum(packet, checksum, headers());
    return true;
  }
  fix_ip_length(packet, headers().l3);
  const flow::HeaderOffsets at = headers();
  if (!take_large_send(packet, segments, at)) return false;
  arrival.payload += packet.size() - at.payload;
  return true;
}

// The list is not taken in, if not in whole.
void Arrivals::refuse(Arrival& arrival, Fate fate, const HypervNic& nic, unsigned count) {
  take_back(arrival);
  arrival.fate = fate;
  const datapath::Drop why = fate == Fate::Policy   ? datapath::Drop::Policy
                             : fate == Fate::Unread ? datapath::Drop::Unreadable
                                                    : datapath::Drop::NoHostRoom;
  host_.count_refused(nic.number(), why, count);
}

// The frames of a list that cannot be read to its end.
void Arrivals::take_back(const Arrival& arrival) {
  for (unsigned i = 0; i < arrival.count; ++i) {
    frames_.give_back(Frame::of(*burst_.packets[--burst_.packet_count]));
  }
}

// ---- a switch that nobody configured -----------------------------------------------------------

// Whether the guest could write another sender or tag behind whoever looks; or the frames may
// differ, or have a tag that cannot be changed where it is.
bool Arrivals::must_learn_from_copies(const Arrival& arrival, const HypervNic& nic) {
  const NET_BUFFER& first = *NET_BUFFER_LIST_FIRST_NB(arrival.list);
  if (nic.kind() == NicKind::Vm && !is_safe(arrival.list, kEthernetSize + kTagSize)) return true;
  if (first.Next != nullptr) return true;
  Array<std::uint8_t, kEthernetSize + kTagSize> bytes = {};
  if (arrival.tag != 0 || first.DataLength < bytes.size()) return false;
  return copy_from(first, 0, bytes.size(), bytes.data()) && has_tag(bytes.data());
}

// The frames that were read last go out as copies, and the engine does not see them.
void Arrivals::learn_from_copies(Arrival& arrival, const HypervNic& nic) {
  burst_.packet_count -= arrival.count;
  for (unsigned i = 0; i < arrival.count; ++i) {
    Frame& frame = Frame::of(*burst_.packets[burst_.packet_count + i]);
    macs_.learn(mac_at(frame.packet.data + 6), MacPlace{std::uint16_t(nic.port_id())});
    Target targets[kMaxTargets];
    const std::size_t count =
        choose(nic, mac_at(frame.packet.data), vlan_of(frame.packet), targets);
    for (std::size_t j = 0; j < count; ++j) {
      Frame* const copy = j + 1 < count ? host_.frames().clone(frame, frames_) : &frame;
      if (copy == nullptr) continue;
      copy->send_to(targets[j]);
      arrival.outputs.push_back(*copy);
    }
    if (count == 0) frames_.give_back(frame);
  }
}

Fate Arrivals::learn(Arrival& arrival, const HypervNic& nic, const NET_BUFFER& buffer) {
  Array<std::uint8_t, kEthernetSize> bytes = {};
  if (buffer.DataLength < bytes.size()) return Fate::Unread;
  if (!copy_from(buffer, 0, bytes.size(), bytes.data())) return Fate::Unread;
  const std::uint64_t to = mac_at(bytes.data()), from = mac_at(bytes.data() + 6);
  const PortPolicy& policy = nic.port().policy(reader_);
  if (nic.kind() == NicKind::Vm && !may_send_from(policy, from, nic.mac_bits())) {
    return Fate::Policy;
  }
  Maybe<std::uint16_t> vlan;
  if (arrival.tag != 0) vlan = std::uint16_t(tci_of(arrival.tag) & 0xfff);
  const VlanVerdict verdict = driver::admit(policy, vlan);
  if (verdict.what == VlanVerdict::What::Drop) return Fate::Policy;
  if (verdict.what == VlanVerdict::What::Push) {
    vlan = verdict.vlan;
    arrival.tag = tag_info(std::uint16_t((tci_of(arrival.tag) & 0xf000) | verdict.vlan));
  } else if (verdict.what == VlanVerdict::What::Pop) {
    vlan = {};
    arrival.tag = 0;
  }
  macs_.learn(from, MacPlace{std::uint16_t(nic.port_id())});
  Target targets[kMaxTargets];
  const std::size_t count = choose(nic, to, vlan, targets);
  return send_to(arrival, Span<const Target>(targets, count));
}

// The port where the address is, or all but the sender's; of a team, one member.
std::size_t Arrivals::choose(const HypervNic& nic, std::uint64_t to, Maybe<std::uint16_t> vlan,
                             Target* targets) {
  const auto known = is_group(to) ? Maybe<MacPlace>() : macs_.find(to);
  std::size_t count = 0;
  const auto consider = [&](const HypervNic& other) {
    if (other.port_id() == nic.port_id() || !other.is_connected() || count == kMaxTargets) return;
    if (known && known->port != other.port_id()) return;
    if (other.kind() == NicKind::External && other.index() == NDIS_SWITCH_DEFAULT_NIC_INDEX) return;
    if (count > 0 && targets[count - 1].nic->port_id() == other.port_id()) return;
    const PortPolicy& policy = other.port().policy(reader_);
    const VlanVerdict verdict = other.kind() == NicKind::External
                                    ? deliver(policy, vlan)
                                    : deliver_without_flows(policy, vlan);
    if (verdict.what == VlanVerdict::What::Drop || verdict.what == VlanVerdict::What::Push) return;
    targets[count++] = {&other, verdict.what == VlanVerdict::What::Keep};
  };
  module_.ports().for_each_nic(reader_, consider);
  return count;
}

// ---- out ---------------------------------------------------------------------------------------

Fate Arrivals::send_to(Arrival& arrival, Span<const Target> targets) {
  if (targets.empty()) return Fate::NoFlow;
  if (go_on(module_, arrival, departures_, targets)) return Fate::Goes;
  for (const Target& target : targets) {
    host_.count_lost(target.nic->number(), datapath::Drop::NoHostRoom);
  }
  return Fate::Full;
}

// Whether every frame of the list goes, as it came, to the same adapters of this switch: then the
// list goes there itself.
bool Arrivals::go_itself(Arrival& arrival) {
  const CommonTargets targets = CommonTargets::of(arrival, module_);
  if (targets.span().empty()) return false;
  arrival.fate = send_to(arrival, targets.span());
  while (Frame* frame = arrival.outputs.take_first()) frames_.give_back(*frame);
  return true;
}

// Where it does not go itself, copies go.
void Arrivals::settle(Arrival& arrival) {
  if (arrival.fate != Fate::Open || (!arrival.is_alone && go_itself(arrival))) return;
  if (arrival.exits != 0 && arrival.outputs.first == nullptr) return go_to_exits(arrival);
  if (arrival.outputs.first == nullptr) {
    arrival.fate = arrival.is_held ? Fate::Moved : Fate::NoFlow;
  } else {
    arrival.fate = Fate::Full;
  }
  while (Frame* frame = arrival.outputs.take_first()) {
    Source source;
    const bool is_here = &frame->nic->module() == &module_;
    if (is_here) source.arrival = &arrival;
    if (!originate(burst_, *frame, source, host_)) continue;
    if (arrival.fate != Fate::Copied) arrival.fate = is_here ? Fate::Copied : Fate::Moved;
  }
  if (arrival.exits != 0) go_to_exits(arrival);
}

void Arrivals::go_to_exits(Arrival& arrival) {
  NET_BUFFER_LIST_INFO(arrival.list, Ieee8021QNetBufferListInfo) = entry_of(arrival.tag);
  if (commit_exits(module_, arrival.list, burst_, arrival.exits)) {
    const bool is_one = (arrival.exits & (arrival.exits - 1)) == 0;
    const Exit& first = burst_.exits[__builtin_ctzll(arrival.exits)];
    departures_.add(arrival.list, arrival.source, is_one ? first.target.nic : nullptr);
    arrival.fate = Fate::Goes;
    return;
  }
  if (arrival.fate == Fate::Open) arrival.fate = Fate::Full;  // else copies have gone
  for (std::uint64_t rest = arrival.exits; rest != 0; rest &= rest - 1) {
    const Exit& exit = burst_.exits[__builtin_ctzll(rest)];
    host_.count_lost(exit.target.nic->number(), datapath::Drop::NoHostRoom);
  }
}

void Arrivals::settle() {
  for (unsigned i = 0; i < burst_.arrival_count; ++i) settle(burst_.arrivals[i]);
}

}  // namespace ovs::driver
