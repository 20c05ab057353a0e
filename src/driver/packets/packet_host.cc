#include "driver/packets/packet_host.h"

#include "datapath/pipeline/header_set.h"
#include "driver/extension/switch_module.h"
#include "driver/packets/departures.h"
#include "driver/packets/offload.h"
#include "driver/packets/onward.h"
#include "driver/packets/packet_path.h"

namespace ovs::driver {

using datapath::Packet;

namespace {

void note_clone(const Frame& frame) {
  if (frame.arrival == nullptr) return;
  frame.arrival->is_cloned = true;
  frame.arrival->is_plain = frame.arrival->is_guests = false;
}

Packet* packet_of(Frame* frame) {
  return frame != nullptr ? &frame->packet : nullptr;
}

// Whether it is to go as a list of our own, which is nothing but its bytes: those of a list that a
// guest may still write to, or that are not what came.
bool is_simple_copy(const Frame& frame) {
  const Packet& packet = frame.packet;
  const Arrival* const arrival = frame.arrival;
  if (arrival == nullptr || arrival->exits != 0) return false;
  if (!arrival->is_guests && !(arrival->is_plain && packet.is_rewritten)) return false;
  return packet.tail_size == 0 && packet.segment_size == 0;
}

}  // namespace

void ProcessorHost::begin(Burst& burst, const RcuReader& reader) {
  burst_ = &burst;
  reader_ = &reader;
}

// What the engine still has waits for a neighbour.
void ProcessorHost::end() {
  datapath::Processor& here = processor();
  engine_->retry_held(here);
  for (unsigned i = 0; i < here.held_count; ++i) {
    Frame& frame = Frame::of(*here.held[i].packet);
    (void)pool_.keep_tail(frame);
    if (frame.arrival != nullptr) frame.arrival->is_held = true;
    frame.arrival = nullptr;
  }
  burst_ = nullptr;
  reader_ = nullptr;
}

void ProcessorHost::receive(Burst& burst, const RcuReader& reader) {
  if (burst.packet_count == 0) return;
  begin(burst, reader);
  engine_->receive(processor(), Span<Packet* const>(burst.packets, burst.packet_count), reader);
  end();
}

void ProcessorHost::execute(Burst& burst, Packet& packet, const datapath::Program& program,
                            const RcuReader& reader) {
  begin(burst, reader);
  engine_->execute(processor(), &packet, program);
  end();
}

void ProcessorHost::retry(Burst& burst, const RcuReader& reader) {
  begin(burst, reader);
  end();
}

const HypervNic* ProcessorHost::nic_of(std::uint32_t in_port, const RcuReader& reader) const {
  const datapath::Vport* port = engine_->ports().find(datapath::PortNo{in_port}, reader);
  if (port == nullptr || port->device() == nullptr) return nullptr;
  return VportDevice::of(port->device()).nic(reader);
}

void ProcessorHost::count_lost(datapath::PortNo to, datapath::Drop why) {
  if (to != datapath::kNoPort) engine_->count_lost(processor(), to, why);
}

void ProcessorHost::count_refused(datapath::PortNo from, datapath::Drop why, unsigned count) {
  if (from != datapath::kNoPort) engine_->count_refused(processor(), from, why, count);
}

void ProcessorHost::drop(Frame& frame, datapath::PortNo to, datapath::Drop why) {
  count_lost(to, why);
  hand_.give_back(frame);
}

Packet* ProcessorHost::clone(const Packet& packet) {
  const Frame& frame = Frame::of(packet);
  note_clone(frame);
  return packet_of(pool_.clone(frame, hand_));
}

Packet* ProcessorHost::clone_part(const Packet& packet, std::uint32_t header_size,
                                  std::uint32_t from, std::uint32_t size) {
  const Frame& frame = Frame::of(packet);
  note_clone(frame);
  return packet_of(pool_.clone_part(frame, header_size, from, size, hand_));
}

void ProcessorHost::release(Span<Packet* const> packets) {
  for (Packet* packet : packets) hand_.give_back(Frame::of(*packet));
}

// ---- out ---------------------------------------------------------------------------------------

// The adapter that packets go to, and what is true of all of them.
struct ProcessorHost::Way {
  Way(const HypervNic& nic_, datapath::PortNo number_, const Burst& burst, const RcuReader& reader)
      : nic(nic_),
        policy(nic_.port().policy(reader)),
        number(number_),
        is_here(&nic_.module() == burst.module),
        rules_tags(policy.rules_vlans()),
        are_all_alone(burst.alone_count == burst.arrival_count),
        is_plain(is_here && !rules_tags && are_all_alone),
        add(nic_.module().handlers().AddNetBufferListDestination),
        context(nic_.module().context()),
        destination(destination_of(Target{&nic_, true})) {}

  // What the port's owner has set is done to a frame that goes there. False: it may not.
  bool admit(Frame& frame) const;
  // A list of the burst's switch goes there. False: something had run out.
  bool add_destination(PNET_BUFFER_LIST list) {
    return NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->NumAvailableDestinations != 0 &&
           add(context, list, &destination) == NDIS_STATUS_SUCCESS;
  }

  const HypervNic& nic;
  const PortPolicy& policy;
  const datapath::PortNo number;
  const bool is_here, rules_tags, are_all_alone;
  const bool is_plain;  // lists that are plain go there as they are
  NDIS_SWITCH_ADD_NET_BUFFER_LIST_DESTINATION* const add;
  const NDIS_SWITCH_CONTEXT context;
  NDIS_SWITCH_PORT_DESTINATION destination;
  std::uint64_t exit = 0;  // of the burst's; 0: not known
};

bool ProcessorHost::Way::admit(Frame& frame) const {
  Packet& packet = frame.packet;
  const VlanVerdict verdict = driver::deliver(policy, vlan_of(packet));
  switch (verdict.what) {
    case VlanVerdict::What::Keep: return true;
    case VlanVerdict::What::Drop: return false;
    case VlanVerdict::What::Pop: frame.keeps_tag = false; return true;
    case VlanVerdict::What::Push:
      if (packet.headroom() < 4) return false;
      set_vlan(packet, verdict.vlan);
      packet.is_retagged = true;
      return true;
  }
  return false;
}

// Whether the list that the frame came in goes there itself; then the frame is needed no more.
bool ProcessorHost::goes_straight(Frame& frame, Arrival& arrival, const Way& way) {
  if (!arrival.is_alone || !way.is_here) return false;
  const bool is_sole = !arrival.is_cloned && arrival.exits == 0;
  if (frame.packet.is_retagged && (!is_sole || !retag(arrival, frame))) return false;
  const Target target = frame.target();
  if (!may_go_itself(arrival, frame, target)) return false;
  if (!is_sole || !way.are_all_alone || burst_->waits) {
    const std::uint64_t exit = burst_->exit_to(target);
    return exit != 0 && burst_->note(arrival, exit);
  }
  // No other list of this burst has to wait, and there is nothing else of this one.
  if (go_on(*burst_->module, arrival, burst_->departures[0], Span<const Target>(&target, 1))) {
    ++burst_->gone_count;
  } else {
    count_lost(way.number, datapath::Drop::NoHostRoom);
  }
  return true;
}

// What goes_straight() does, without its questions, for as many frames as need none and go nowhere
// else, which is nearly all. Returns how many.
std::size_t ProcessorHost::go_plainly(Span<Packet* const> packets, Way& way) {
  if (burst_->waits) return 0;
  ListRun run;
  std::size_t count = 0;
  for (; count < packets.count(); ++count) {
    Frame& frame = Frame::of(*packets.data()[count]);
    Arrival* const arrival = frame.arrival;
    if (arrival == nullptr || !arrival->is_plain || frame.packet.is_rewritten) break;
    if (arrival->exits != 0) break;
    const PNET_BUFFER_LIST list = arrival->list;
    if (frame.packet.is_retagged) {
      if (!retag(*arrival, frame)) break;
      NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo) = entry_of(arrival->tag);
    }
    if (!way.add_destination(list)) break;
    arrival->fate = Fate::Goes;
    run.add(list, arrival->source);
    hand_.give_back(frame);
  }
  if (run.first != nullptr) burst_->departures[0].add(run, &way.nic);
  burst_->gone_count += unsigned(count);
  return count;
}

// The same for those that go elsewhere besides, or come behind such. Returns how many.
std::size_t ProcessorHost::note_plainly(Span<Packet* const> packets, Way& way) {
  std::size_t count = 0;
  for (; count < packets.count(); ++count) {
    Frame& frame = Frame::of(*packets.data()[count]);
    Arrival* const arrival = frame.arrival;
    if (arrival == nullptr || !arrival->is_plain || frame.packet.is_rewritten) break;
    if (arrival->exits == 0 && !burst_->waits) break;
    if (frame.packet.is_retagged || !note(*arrival, way)) break;
    hand_.give_back(frame);
  }
  return count;
}

// What originate() does, without its questions, for as many frames as need none: these are done,
// and their lists as well. Returns how many.
std::size_t ProcessorHost::go_as_copies(Span<Packet* const> packets, const Way& way) {
  if (packets.empty() || burst_->waits || !is_simple_copy(Frame::of(*packets[0]))) return 0;
  PacketPath& path = burst_->module->packets();
  const auto most = unsigned(packets.count());
  if (!path.enter(most)) return 0;
  ListRun copies;
  std::size_t count = 0;
  unsigned lost = 0;
  for (; count < packets.count(); ++count) {
    Frame& frame = Frame::of(*packets.data()[count]);
    if (!is_simple_copy(frame)) break;
    Arrival& arrival = *frame.arrival;
    const Source source{&arrival, nullptr};
    const PNET_BUFFER_LIST list = make_list(frame, source, Target{&way.nic, true}, *this);
    if (list == nullptr) {
      drop(frame, way.number, datapath::Drop::NoHostRoom);
      arrival.fate = Fate::Full;
      ++lost;
      continue;
    }
    copies.add(list, arrival.source);
    arrival.fate = Fate::Done;
    burst_->copied.add(arrival.list, arrival.source);
  }
  const unsigned gone = unsigned(count) - lost;
  if (copies.first != nullptr) burst_->departures[0].add(copies, &way.nic);
  burst_->gone_count += gone;
  if (most != gone) path.leave(most - gone);
  return count;
}

void ProcessorHost::deliver(Frame& frame, const Way& way) {
  if (frame.is_broken) return drop(frame, way.number, datapath::Drop::NoHostRoom);
  frame.send_to(Target{&way.nic, true});
  if (way.rules_tags && !way.admit(frame)) return drop(frame, way.number, datapath::Drop::Policy);
  Arrival* const arrival = frame.arrival;
  if (arrival == nullptr) return burst_->outputs.push_back(frame);
  if (goes_straight(frame, *arrival, way)) return hand_.give_back(frame);
  const bool is_sole = arrival->is_alone && !arrival->is_cloned && arrival->exits == 0;
  if (is_sole && way.is_here && way.are_all_alone && !burst_->waits) {
    const bool goes = originate(*burst_, frame, Source{arrival, nullptr}, *this);
    arrival->fate = goes ? Fate::Copied : Fate::Full;
    return;
  }
  burst_->waits = true;
  arrival->outputs.push_back(frame);
}

void ProcessorHost::transmit(void* port, Span<Packet* const> packets) {
  const VportDevice& device = VportDevice::of(port);
  const HypervNic* const nic = device.nic(*reader_);
  if (nic == nullptr || !nic->is_connected()) {
    for (Packet* packet : packets)
      drop(Frame::of(*packet), device.number(), datapath::Drop::DeviceGone);
    return;
  }
  Way way(*nic, device.number(), *burst_, *reader_);
  while (!packets.empty()) {
    if (way.is_plain) {
      packets = packets.from(go_plainly(packets, way));
      packets = packets.from(note_plainly(packets, way));
      packets = packets.from(go_as_copies(packets, way));
    }
    if (packets.empty()) return;
    deliver(Frame::of(*packets[0]), way);
    packets = packets.from(1);
  }
}

// The list goes this way itself, besides. False: it does already, or there are too many ways.
bool ProcessorHost::note(Arrival& arrival, Way& way) {
  if (way.exit == 0) way.exit = burst_->exit_to(Target{&way.nic, true});
  return way.exit != 0 && burst_->note(arrival, way.exit);
}

// Where its list goes itself, a frame that the engine keeps needs no copy.
bool ProcessorHost::note(const Frame& frame, Way& way) {
  Arrival* const arrival = frame.arrival;
  if (arrival == nullptr || !way.is_here || way.rules_tags || frame.packet.is_retagged)
    return false;
  const bool may_go =
      arrival->is_plain
          ? !frame.packet.is_rewritten
          : arrival->is_alone && may_go_itself(*arrival, frame, Target{&way.nic, true});
  return may_go && note(*arrival, way);
}

datapath::PacketHost::Sent ProcessorHost::transmit_copies(void* port, Span<Packet* const> packets) {
  const VportDevice& device = VportDevice::of(port);
  const HypervNic* const nic = device.nic(*reader_);
  if (nic == nullptr || !nic->is_connected()) return PacketHost::transmit_copies(port, packets);
  Way way(*nic, device.number(), *burst_, *reader_);
  Sent sent;
  for (const Packet* packet : packets) {
    if (!note(Frame::of(*packet), way)) {
      Packet* const copy = clone(*packet);
      if (copy == nullptr) continue;
      deliver(Frame::of(*copy), way);
    }
    ++sent.packets;
    sent.bytes += packet->size();
  }
  return sent;
}

void ProcessorHost::copy_tail(const Packet& packet, std::uint8_t* to) {
  // What cannot be read is not made up: zeros.
  if (!driver::copy_tail(Frame::of(packet), 0, packet.tail_size, to))
    __builtin_memset(to, 0, packet.tail_size);
}

std::uint16_t ProcessorHost::sum_tail(const Packet& packet) {
  return driver::sum_tail(Frame::of(packet));
}

}  // namespace ovs::driver
