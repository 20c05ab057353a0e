#include "datapath/control/control.h"

#include "base/bytes/hash.h"
#include "datapath/control/families.h"
#include "flow/match/netlink.h"
#include "wire/netlink/error_numbers.h"

namespace ovs::datapath {

using platform::DeviceControl;

namespace {

constexpr std::size_t kWantedRingSize = 1024;
// A request that changes something is refused beforehand where its reply might not fit.
constexpr std::size_t kReplyRoom = 1024;

// Linux's programs tell a port or a datapath that is not there (ENODEV) from a flow (ENOENT).
std::int32_t number_of(const wire::Message& request, Error error) {
  const auto family = wire::Family{request.type};
  const bool names_device = family == wire::Family::Datapath || family == wire::Family::Vport ||
                            family == wire::Family::Netdev || request.dp_ifindex != 0;
  if (error == Error::NotFound && names_device) return -std::int32_t(wire::ErrorNumber::NoDevice);
  return -std::int32_t(wire::error_number(error));
}

}  // namespace

Control::Control(const Config& config, const Hosts& hosts, OwnedArray<RcuPtr<Session>> sessions,
                 OwnedArray<Owned<MessageRing>> wanted)
    : config_(config), hosts_(hosts), sessions_(std::move(sessions)), wanted_(std::move(wanted)) {}

Result<Owned<Control>> Control::create(const Config& config, const Hosts& hosts) {
  OVS_TRY(auto sessions, try_make_array<RcuPtr<Session>>(kMaxSessions, kTag));
  OVS_TRY(auto wanted, try_make_array<Owned<MessageRing>>(config.processors, kTag));
  for (Owned<MessageRing>& ring : wanted) {
    OVS_TRY(ring, MessageRing::create(kWantedRingSize));
  }
  OVS_TRY(auto control, try_make<Control>(config, hosts, std::move(sessions), std::move(wanted)));
  OVS_TRY(control->datapath_,
          Datapath::create({config.processors, config.secret, config.cache_bits}, hosts.clock,
                           control->reclaimer_, *control));
  OVS_TRY(control->flows_, FlowStore::create(control->datapath_->flows(), control->reclaimer_,
                                             hash_mix(config.secret, 2)));
  return control;
}

Control::~Control() {
  const Passive passive = Passive::here();
  if (flows_) flows_->clear();
  if (datapath_) {
    PortTable& ports = datapath_->ports();
    while (const Vport* port = ports.next(PortNo{0})) {
      if (port->device() != nullptr) hosts_.ports.detach(port->device());
      reclaimer_.take(ports.remove(port->number()));
    }
    datapath_->underlay().clear();
  }
  reclaimer_.drain(passive);
}

// ---- handles -----------------------------------------------------------------------------------

Result<platform::OpenDevice> Control::open() {
  const Turn turn(*this);
  for (std::uint32_t tried = 0; tried < kMaxSessions; ++tried) {
    const std::uint32_t pid = next_pid_++;
    RcuPtr<Session>& slot = sessions_[pid % kMaxSessions];
    if (pid == 0 || slot.current() != nullptr) continue;
    OVS_TRY(auto session, try_make<Session>(*this, pid));
    Session* const handle = session.raw();
    reclaimer_.take(slot.publish(std::move(session)));
    return platform::OpenDevice(handle);
  }
  return Error::Full;
}

void Control::close(Session& session) {
  const Turn turn(*this);
  if (session.wants_neighbours_) wanted_subscribers_.fetch_sub(1, Order::Relaxed);
  reclaimer_.take(session.rings_.publish(nullptr));
  reclaimer_.take(sessions_[session.pid() % kMaxSessions].publish(nullptr));
}

const Session* Control::find_session(std::uint32_t pid, const RcuReader& reader) const {
  if (pid == 0) return nullptr;
  const Session* session = sessions_.data()[pid % kMaxSessions].read(reader);
  return session != nullptr && session->pid() == pid ? session : nullptr;
}

void Control::maintain(Passive passive) {
  {
    const Turn turn(*this);
    datapath_->flows().maintain();
    collect_wanted();
  }
  reclaimer_.poll(passive);
}

// ---- requests ----------------------------------------------------------------------------------

Result<std::size_t> Control::request(Session& session, DeviceControl code, Bytes input,
                                     MutableBytes output) {
  const auto message = wire::parse_message(input);
  if (!message) return message.error();
  const wire::Message& header = message->header;
  const bool dump = (header.flags & wire::kFlagDump) == wire::kFlagDump;
  const bool transact = code == DeviceControl::Transact;
  if (transact && output.count() < kReplyRoom) return Error::NoSpace;
  wire::Writer reply(output);
  const auto outcome = [&]() -> Outcome {
    const Turn turn(*this);
    if (header.pid != session.pid()) return Refusal(Error::Denied, "the request bears another PID");
    if (dump && transact) return Refusal(Error::Invalid, "a dump begins with WRITE");
    return Families(*this).run({session, header, message->payload, reply});
  }();
  reclaimer_.poll(Passive::here());
  if (outcome) return reply.overflowed() ? Result<std::size_t>(Error::NoSpace) : reply.size();
  const Refusal& why = outcome.error();
  if (output.count() < wire::kErrorMessageSize) return why.error;
  wire::Writer refusal(output);
  wire::put_error(refusal, header, number_of(header, why.error), why.text);
  if (!refusal.overflowed()) return refusal.size();
  wire::Writer bare(output);
  wire::put_error(bare, header, number_of(header, why.error), Text());
  return bare.size();
}

Result<std::size_t> Control::read_dump(Session& session, MutableBytes output) {
  const Turn turn(*this);
  if (!session.dump_.active) return std::size_t{0};
  wire::Writer writer(output);
  if (!Families(*this).continue_dump(session, writer)) return Error::NoSpace;
  return writer.size();
}

// ---- events ------------------------------------------------------------------------------------

void Control::append_event(Session& session, const Event& event) {
  if (session.events_.empty()) return;
  if (session.event_count_ == kMaxEvents) {
    session.first_event_ = (session.first_event_ + 1) % kMaxEvents;
    --session.event_count_;
    ++session.events_lost_;
  }
  session.events_[(session.first_event_ + session.event_count_++) % kMaxEvents] = event;
  session.has_events_.store(true, Order::Release);
}

void Control::tell(const Event& event) {
  const bool of_port = event.kind != Event::Kind::NeighbourWanted;
  for (RcuPtr<Session>& slot : sessions_) {
    Session* const session = const_cast<Session*>(slot.current());
    if (session == nullptr) continue;
    if (!(of_port ? session->wants_ports_ : session->wants_neighbours_)) continue;
    append_event(*session, event);
  }
}

void Control::wake_readers() const {
  const RcuReader reader;
  for (const RcuPtr<Session>& slot : sessions_) {
    const Session* session = slot.read(reader);
    if (session != nullptr && session->has_events_.load(Order::Acquire))
      session->wake(session->pended_event_);
  }
}

void Control::collect_wanted() {
  for (Owned<MessageRing>& ring : wanted_) {
    while (!ring->empty()) {
      const auto wanted = load<Wanted>(ring->first().data());
      ring->drop();
      tell({.kind = Event::Kind::NeighbourWanted, .port = wanted.port, .address = wanted.address});
    }
  }
}

bool Control::has_event(Session& session) {
  const Turn turn(*this);
  collect_wanted();
  return session.event_count_ != 0;
}

Result<std::size_t> Control::read_event(Session& session, MutableBytes output) {
  const Turn turn(*this);
  collect_wanted();
  if (session.event_count_ == 0) return std::size_t{0};
  wire::Writer writer(output);
  Families(*this).put_event(writer, session.events_[session.first_event_], session.pid());
  if (writer.overflowed()) return Error::NoSpace;
  session.first_event_ = (session.first_event_ + 1) % kMaxEvents;
  --session.event_count_;
  session.has_events_.store(session.event_count_ != 0, Order::Release);
  return writer.size();
}

void Control::port_changed(PortNo number) {
  const Turn turn(*this);
  const Vport* port = datapath_->ports().find(number);
  if (port == nullptr || port->device() == nullptr) return;
  const PortState state = hosts_.ports.state(port->device());
  port->set_link(state.mac, state.mtu);
  tell({.kind = Event::Kind::PortChanged,
        .port = number,
        .type = port->kind() == VportKind::Internal ? wire::VportType::Internal
                                                    : wire::VportType::Netdev,
        .upcall_pid = port->upcall_pid(),
        .name = port->name()});
}

// ---- from the packet path ----------------------------------------------------------------------

void Control::neighbour_wanted(PortNo port, Ipv4Address address, Processor& processor) {
  if (wanted_subscribers_.load(Order::Relaxed) == 0) return;
  MessageRing& ring = *wanted_.data()[processor.id];
  const MutableBytes room = ring.reserve(sizeof(Wanted));
  if (room.empty()) return;  // those before it are being asked for
  store(room.data(), Wanted{port, address});
  ring.commit(sizeof(Wanted));
  const RcuReader reader;
  for (const RcuPtr<Session>& slot : sessions_) {
    const Session* session = slot.read(reader);
    if (session != nullptr) session->wake(session->pended_event_);
  }
}

namespace {

// Everything of an upcall but the packet itself; keys are far smaller than this.
constexpr std::size_t kUpcallOverhead = 1024;
// An attribute's length has 16 bits and counts its own header.
constexpr std::uint32_t kMostUpcalled = 0xffff - 4;
// What readers have room for; a larger message would wait for ever.
constexpr std::size_t kLargestMessage = 64 * 1024;

void put_packet(wire::Writer& writer, const Packet& packet, std::uint32_t size, MutableBytes room,
                PacketHost& host) {
  const wire::Writer::Nest nest = writer.begin_nest(wire::PacketAttr::Packet);
  const std::uint32_t from_head = size < packet.head_size ? size : packet.head_size;
  writer.append(packet.head().first(from_head));
  if (size > from_head) {
    const MutableBytes tail = room.part(writer.size(), packet.tail_size);
    host.copy_tail(packet, tail.data());
    writer.append(tail.first(size - from_head));  // where it lies already
  }
  writer.end_nest(nest);
  const std::uint8_t zeros[4] = {};
  writer.append(Bytes(zeros, wire::attribute_pad(writer.size()) - writer.size()));
}

}  // namespace

bool Control::upcall(const Upcall& upcall, Processor& processor) {
  const RcuReader reader;
  const Session* session =
      upcall.action == nullptr ? nullptr : find_session(upcall.action->pid, reader);
  if (session == nullptr && upcall.in_port != nullptr) {
    session = find_session(upcall.in_port->upcall_pid(), reader);
  }
  MessageRing* ring = session == nullptr ? nullptr : session->ring(processor.id, reader);
  if (ring == nullptr) return false;
  const Packet& packet = upcall.packet;
  const std::uint32_t whole = packet.size();
  const std::uint32_t size = packet.limit != 0 && packet.limit < whole ? packet.limit : whole;
  const MutableBytes room = ring->reserve(kUpcallOverhead + upcall.userdata.count() +
                                          packet.head_size + packet.tail_size);
  if (room.empty() || size > kMostUpcalled) return false;
  wire::Writer writer(room);
  const wire::Message header{.type = std::uint16_t(wire::Family::Packet),
                             .pid = session->pid(),
                             .command = std::uint8_t(upcall.reason),
                             .version = 1};
  const std::size_t at = wire::begin_message(writer, header);
  const wire::Writer::Nest key = writer.begin_nest(wire::PacketAttr::Key);
  flow::put_key(writer, upcall.key.expanded());
  writer.end_nest(key);
  if (upcall.action != nullptr && upcall.action->has_userdata) {
    writer.put(wire::PacketAttr::Userdata, upcall.userdata);
  }
  if (size != whole) writer.put_u32(wire::PacketAttr::Len, whole);
  put_packet(writer, packet, size, room, *processor.host);
  wire::end_message(writer, at);
  if (writer.overflowed() || writer.size() > kLargestMessage) return false;
  ring->commit(writer.size());
  session->wake_packets();
  return true;
}

}  // namespace ovs::datapath
