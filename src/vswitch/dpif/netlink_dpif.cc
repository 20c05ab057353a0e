#include "vswitch/dpif/netlink_dpif.h"

#include "flow/action/action_text.h"
#include "flow/match/netlink.h"
#include "flow/match/odp_text.h"
#include "vswitch/dpif/flow_text.h"
#include "vswitch/dpif/records.h"

namespace ovs::vswitch {
namespace {

using wire::ControlAttr;
using wire::ControlCommand;
using wire::DatapathAttr;
using wire::DatapathCommand;
using wire::Family;
using wire::FlowAttr;
using wire::FlowCommand;
using wire::PacketAttr;
using wire::VportAttr;
using wire::VportCommand;
using wire::VportType;

constexpr unsigned kMaxBatchesPerTurn = 16;  // then other work of the loop has its turn

struct VportTypeName {
  const char* name;
  VportType type;
};
constexpr VportTypeName kTunnelTypes[] = {
    {"gre", VportType::Gre}, {"vxlan", VportType::Vxlan}, {"geneve", VportType::Geneve}};

std::string type_name(VportType type, const PortTraits& names) {
  for (const VportTypeName& row : kTunnelTypes) {
    if (type == row.type) return row.name;
  }
  return type == VportType::Internal ? names.internal : names.netdev;
}

template <class Attr>
void put_key_attribute(wire::Writer& writer, Attr attribute, const flow::FlowKey& key) {
  const wire::Writer::Nest nest = writer.begin_nest(attribute);
  flow::put_key(writer, key);
  writer.end_nest(nest);
}

}  // namespace

DpifResult<std::unique_ptr<NetlinkDpif>> NetlinkDpif::open(platform::Device& device,
                                                           daemon::Loop& loop,
                                                           DatapathIdentity identity) {
  Channels channels;
  OVS_TRY(channels.requests, Channel::open(device));
  OVS_TRY(channels.upcalls, Channel::open(device));
  OVS_TRY(channels.events, Channel::open(device));
  std::unique_ptr<NetlinkDpif> dpif(
      new NetlinkDpif(device, std::move(channels), loop, std::move(identity)));
  return dpif;
}

NetlinkDpif::NetlinkDpif(platform::Device& device, Channels channels, daemon::Loop& loop,
                         DatapathIdentity identity)
    : device_(device),
      channels_(std::move(channels)),
      identity_(std::move(identity)),
      upcalls_ready_(*channels_.upcalls, loop, ControlCommand::PendPacketRequest,
                     [this] { read_upcalls(); }),
      events_ready_(
          *channels_.events, loop, ControlCommand::PendRequest, [this] { read_events(); },
          [this] {
            if (lost_handler_) lost_handler_();
          }) {}

// The request for events is there whether or not any are wanted: it ends when the host does.
void NetlinkDpif::set_lost_handler(std::function<void()> lost) {
  lost_handler_ = std::move(lost);
  if (lost_handler_) events_ready_.arm();
}

DpifResult<void> NetlinkDpif::reopen() {
  stop_readers();
  for (Channel* channel :
       {channels_.requests.get(), channels_.upcalls.get(), channels_.events.get()}) {
    OVS_TRY(channel->reopen(device_));
  }
  {
    const std::lock_guard lock(dumps_mutex_);
    idle_dumps_.clear();
  }
  if (upcall_handler_) {
    OVS_TRY(take_misses());
  }
  if (event_handler_) {
    OVS_TRY(subscribe_events());
  }
  events_ready_.arm();
  return restore_ports();
}

// All are tried; the first failure is told.
DpifResult<void> NetlinkDpif::restore_ports() {
  OVS_TRY(const std::vector<DpifPort> ports, port_dump());
  std::map<DpPort, KnownPort> missing;
  {
    const std::lock_guard lock(known_mutex_);
    missing = known_;
  }
  for (const DpifPort& port : ports) {
    const auto known = missing.find(port.number);
    if (known != missing.end() && known->second.spec.name == port.name) missing.erase(known);
  }
  DpifResult<void> result = kOk;
  for (auto& [number, port] : missing) {
    port.spec.number = number;
    const auto added = port_add(port.spec);
    if (!added && result) {
      result = DpifError{added.error().code, port.spec.name + ": " + added.error().text};
    }
  }
  return result;
}

VportType NetlinkDpif::vport_type(std::string_view type) const {
  if (identity_.ports.tunnels == PortTraits::Tunnels::Tunnels) {
    for (const VportTypeName& row : kTunnelTypes) {
      if (type == row.name) return row.type;
    }
  }
  return type == "internal" || type == "dummy-internal" ? VportType::Internal : VportType::Netdev;
}

DpifResult<DpPort> NetlinkDpif::port_add(const DpifPortSpec& spec) {
  NetlinkRequest request(Family::Vport, VportCommand::New);
  wire::Writer& writer = request.writer();
  writer.put_u32(VportAttr::Type, std::uint32_t(vport_type(spec.type)));
  writer.put_string(VportAttr::Name, spec.name);
  const std::uint32_t first_pid = upcall_handler_ ? upcall_pid(spec.number.value_or(DpPort{})) : 0;
  writer.put_u32(VportAttr::UpcallPid, first_pid);
  if (spec.number) writer.put_u32(VportAttr::PortNo, std::uint32_t(*spec.number));
  if (spec.udp_port != 0) {
    const wire::Writer::Nest nest = writer.begin_nest(VportAttr::Options);
    writer.put_u16(wire::TunnelOptionAttr::DstPort, spec.udp_port);
    writer.end_nest(nest);
  }
  OVS_TRY(const DpifPort port, find_vport(request));
  if (upcall_handler_ && upcall_pid(port.number) != first_pid) {
    OVS_TRY(bind_port(port.number));
  }
  const std::lock_guard lock(known_mutex_);
  known_[port.number] = {spec, spec.type == "internal" ? identity_.ports.internal : spec.type};
  return port.number;
}

DpifResult<void> NetlinkDpif::port_del(DpPort port) {
  NetlinkRequest request(Family::Vport, VportCommand::Del);
  request.writer().put_u32(VportAttr::PortNo, std::uint32_t(port));
  OVS_TRY(channels_.requests->transact(request));
  const std::lock_guard lock(known_mutex_);
  known_.erase(port);
  return kOk;
}

// A dump goes on over many reads, and a channel holds one.
DpifResult<void> NetlinkDpif::dump(NetlinkRequest& request, const Channel::Visitor& visit) {
  std::unique_ptr<Channel> channel;
  {
    const std::lock_guard lock(dumps_mutex_);
    if (!idle_dumps_.empty()) {
      channel = std::move(idle_dumps_.back());
      idle_dumps_.pop_back();
    }
  }
  if (channel == nullptr) {
    OVS_TRY(channel, Channel::open(device_));
  }
  auto done = channel->dump(request, visit);
  if (!done) return done;  // its channel may be dead
  const std::lock_guard lock(dumps_mutex_);
  idle_dumps_.push_back(std::move(channel));
  return done;
}

DpifPort NetlinkDpif::named(DpifPort port) const {
  const std::lock_guard lock(known_mutex_);
  const auto known = known_.find(port.number);
  if (known != known_.end() && known->second.type) port.type = *known->second.type;
  return port;
}

DpifResult<DpifPort> NetlinkDpif::find_vport(NetlinkRequest& request) {
  Result<VportRecord> record = Error::Malformed;
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { record = parse_vport(message); }));
  if (!record) return dpif_error(record.error());
  return named({record->name, type_name(record->type, identity_.ports), record->number});
}

DpifResult<DpifPort> NetlinkDpif::port_by_name(std::string_view name) {
  NetlinkRequest request(Family::Vport, VportCommand::Find);
  request.writer().put_string(VportAttr::Name, name);
  OVS_TRY(const DpifPort port, find_vport(request));
  // Whoever asks for a port by name adopts it.
  const std::lock_guard lock(known_mutex_);
  const DpifPortSpec spec{port.name, port.type, port.number, 0};
  known_.try_emplace(port.number, KnownPort{spec, std::nullopt});
  return port;
}

DpifResult<std::vector<DpifPort>> NetlinkDpif::port_dump() {
  std::vector<DpifPort> ports;
  NetlinkRequest request(Family::Vport, VportCommand::Find, wire::kFlagDump);
  OVS_TRY(dump(request, [&](const wire::MessageView& message) {
    const auto record = parse_vport(message);
    if (!record) return;
    ports.push_back(
        named({record->name, type_name(record->type, identity_.ports), record->number}));
  }));
  return ports;
}

DpifResult<DpifPortStats> NetlinkDpif::port_stats(DpPort port) {
  NetlinkRequest request(Family::Vport, VportCommand::Find);
  request.writer().put_u32(VportAttr::PortNo, std::uint32_t(port));
  Result<VportRecord> record = Error::Malformed;
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { record = parse_vport(message); }));
  if (!record) return dpif_error(record.error());
  if (identity_.ports.counts == PortTraits::Counts::All) return record->stats;
  DpifPortStats traffic;
  traffic.rx_packets = record->stats.rx_packets;
  traffic.tx_packets = record->stats.tx_packets;
  traffic.rx_bytes = record->stats.rx_bytes;
  traffic.tx_bytes = record->stats.tx_bytes;
  return traffic;
}

DpifResult<DpifStats> NetlinkDpif::stats() {
  NetlinkRequest request(Family::Datapath, DatapathCommand::Find);
  Result<DpifStats> stats = Error::Malformed;
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { stats = parse_datapath_stats(message); }));
  if (!stats) return dpif_error(stats.error());
  return *stats;
}

DpifResult<std::vector<DpifDrop>> NetlinkDpif::drops() {
  NetlinkRequest request(Family::Datapath, DatapathCommand::Find);
  request.writer().put_flag(wire::kDatapathDrops);
  Result<std::vector<DpifDrop>> drops = Error::Malformed;
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { drops = parse_drops(message); }));
  if (drops) return std::move(*drops);
  return drops.error() == Error::NotFound ? Dpif::drops() : dpif_error(drops.error());
}

DpifResult<DpifLink> NetlinkDpif::link(const std::string& port_name) {
  NetlinkRequest request(Family::Netdev, wire::NetdevCommand::Find);
  request.writer().put_string(wire::NetdevAttr::Name, port_name);
  Result<DpifLink> link = Error::Malformed;
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { link = parse_netdev(message); }));
  if (!link) return dpif_error(link.error());
  return *link;
}

DpifResult<void> NetlinkDpif::change_link(const std::string& port_name,
                                          const DpifLinkChange& change) {
  NetlinkRequest request(Family::Netdev, wire::NetdevCommand::Set);
  request.writer().put_string(wire::NetdevAttr::Name, port_name);
  if (change.mac) request.writer().put(wire::NetdevAttr::MacAddress, Bytes(change.mac->bytes));
  if (change.mtu) request.writer().put_u32(wire::NetdevAttr::Mtu, *change.mtu);
  if (change.is_up) {
    request.writer().put_u32(wire::NetdevAttr::IfFlags, *change.is_up ? wire::kNetdevUp : 0);
  }
  return channels_.requests->transact(request);
}

void NetlinkDpif::tell_flow(const FlowPut& put) const {
  const auto actions = flow::ActionList::parse(put.actions);
  identity_.log->dbg(
      "flow_{}: ufid:{} {}, actions:{}", put.mode == FlowPutMode::Create ? "add" : "mod",
      format_ufid(put.ufid),
      flow::format_odp(put.key, put.mask, nullptr, flow::OdpStyle::Normal, dialect_of(type())),
      actions.ok() ? flow::format_actions(*actions) : "(malformed)");
}

void NetlinkDpif::tell_misses(const std::vector<Upcall>& upcalls) const {
  for (const Upcall& upcall : upcalls) {
    const char* const reason = upcall.reason == UpcallReason::Miss ? "miss" : "action";
    identity_.log->dbg("{}: {} upcall:\n{}", full_name(), reason,
                       flow::format_odp_key(upcall.key, nullptr, dialect_of(type())));
  }
}

DpifResult<void> NetlinkDpif::flow_put(const FlowPut& put) {
  if (tells()) tell_flow(put);
  const bool is_new = put.mode == FlowPutMode::Create;
  const std::uint16_t flags = is_new ? wire::kFlagCreate | wire::kFlagExclusive : 0;
  NetlinkRequest request(Family::Flow, is_new ? FlowCommand::New : FlowCommand::Set, flags);
  wire::Writer& writer = request.writer();
  put_ufid(writer, put.ufid);
  put_key_attribute(writer, FlowAttr::Key, put.key);
  const wire::Writer::Nest mask = writer.begin_nest(FlowAttr::Mask);
  flow::put_mask(writer, put.mask, put.key);
  writer.end_nest(mask);
  writer.put(FlowAttr::Actions, put.actions);
  if (put.clear) writer.put_flag(FlowAttr::Clear);
  return channels_.requests->transact(request);
}

DpifResult<DpifFlowStats> NetlinkDpif::flow_del(const Ufid& ufid, const flow::FlowKey& key) {
  NetlinkRequest request(Family::Flow, FlowCommand::Del);
  put_ufid(request.writer(), ufid);
  put_key_attribute(request.writer(), FlowAttr::Key, key);
  Result<DpifFlow> last = DpifFlow{};
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { last = parse_flow(message); }));
  if (!last) return dpif_error(last.error());
  return last->stats;
}

DpifResult<DpifFlow> NetlinkDpif::flow_find(const Ufid& ufid, const flow::FlowKey& key) {
  NetlinkRequest request(Family::Flow, FlowCommand::Find);
  put_ufid(request.writer(), ufid);
  if (!key.is_zero()) put_key_attribute(request.writer(), FlowAttr::Key, key);
  Result<DpifFlow> found = Error::Malformed;
  OVS_TRY(channels_.requests->transact(
      request, [&](const wire::MessageView& message) { found = parse_flow(message); }));
  if (!found) return dpif_error(found.error());
  return std::move(found).value();
}

DpifResult<void> NetlinkDpif::flow_dump(const FlowVisitor& visit) {
  NetlinkRequest request(Family::Flow, FlowCommand::Find, wire::kFlagDump);
  return dump(request, [&](const wire::MessageView& message) {
    auto record = parse_flow(message);
    if (record) visit(*record);
  });
}

DpifResult<void> NetlinkDpif::flow_flush() {
  NetlinkRequest request(Family::Flow, FlowCommand::Del);
  return channels_.requests->transact(request);
}

DpifResult<void> NetlinkDpif::execute(const Execute& execute) {
  NetlinkRequest request(Family::Packet, wire::PacketCommand::Execute);
  wire::Writer& writer = request.writer();
  writer.put(PacketAttr::Packet, execute.packet);
  put_key_attribute(writer, PacketAttr::Key, *execute.key);
  writer.put(PacketAttr::Actions, execute.actions);
  return channels_.requests->transact(request);
}

std::uint32_t NetlinkDpif::upcall_pid(DpPort in_port) const {
  const std::lock_guard lock(known_mutex_);
  if (reader_pids_.empty()) return channels_.upcalls->pid();
  return reader_pids_[std::uint32_t(in_port) % reader_pids_.size()];
}

DpifResult<void> NetlinkDpif::subscribe_upcalls(Channel& channel, Subscription subscription) {
  NetlinkRequest request(Family::Control, ControlCommand::SubscribePackets);
  request.writer().put_u8(ControlAttr::PacketSubscribe, subscription == Subscription::On ? 1 : 0);
  request.writer().put_u32(ControlAttr::PacketPid, channel.pid());
  return channel.write(request);
}

DpifResult<void> NetlinkDpif::bind_port(DpPort port) {
  NetlinkRequest request(Family::Vport, VportCommand::Set);
  request.writer().put_u32(VportAttr::PortNo, std::uint32_t(port));
  request.writer().put_u32(VportAttr::UpcallPid, upcall_handler_ ? upcall_pid(port) : 0);
  return channels_.requests->transact(request);
}

// A daemon that takes over a datapath tells it first where misses go now.
DpifResult<void> NetlinkDpif::bind_ports() {
  OVS_TRY(const std::vector<DpifPort> ports, port_dump());
  for (const DpifPort& port : ports) {
    OVS_TRY(bind_port(port.number));
  }
  return kOk;
}

// The datapath refuses a subscription only when it is closing; its counters tell what is lost.
void NetlinkDpif::set_upcall_handler(UpcallHandler handler, const UpcallThreads& threads) {
  if (upcall_handler_) {
    if (readers_.empty()) (void)subscribe_upcalls(*channels_.upcalls, Subscription::Off);
    stop_readers();
  }
  if (handler) {
    upcall_handler_ = [this, handler = std::move(handler)](std::vector<Upcall>& upcalls) {
      if (tells()) tell_misses(upcalls);
      handler(upcalls);
    };
  } else {
    upcall_handler_ = {};
  }
  upcall_threads_ = threads;
  if (upcall_handler_) (void)take_misses();
}

DpifResult<void> NetlinkDpif::take_misses() {
  if (upcall_threads_.count > 0) return start_readers();
  OVS_TRY(subscribe_upcalls(*channels_.upcalls, Subscription::On));
  OVS_TRY(bind_ports());
  upcalls_ready_.arm();
  return kOk;
}

void NetlinkDpif::stop_readers() {
  readers_.clear();
  const std::lock_guard lock(known_mutex_);
  reader_pids_.clear();
}

DpifResult<void> NetlinkDpif::start_readers() {
  std::vector<std::unique_ptr<Channel>> channels;
  std::vector<std::uint32_t> pids;
  for (unsigned number = 0; number < upcall_threads_.count; ++number) {
    auto channel = Channel::open(device_);
    if (!channel.ok() || !subscribe_upcalls(**channel, Subscription::On)) break;
    pids.push_back((*channel)->pid());
    channels.push_back(std::move(*channel));
  }
  {
    const std::lock_guard lock(known_mutex_);
    reader_pids_ = std::move(pids);
  }
  auto bound = bind_ports();
  for (unsigned number = 0; number < channels.size(); ++number) {
    readers_.push_back(std::make_unique<UpcallReader>(
        std::move(channels[number]),
        [started = upcall_threads_.started, number] {
          if (started) started(number);
        },
        upcall_handler_));
  }
  return bound;
}

void NetlinkDpif::read_upcalls() {
  for (unsigned turn = 0; turn < kMaxBatchesPerTurn && upcall_handler_; ++turn) {
    std::vector<Upcall> batch = read_upcall_batch(*channels_.upcalls);
    if (batch.empty()) break;
    upcall_handler_(batch);
  }
  if (upcall_handler_) upcalls_ready_.arm();
}

void NetlinkDpif::set_port_event_handler(PortEventHandler handler) {
  const bool subscribe = handler && !event_handler_;
  event_handler_ = std::move(handler);
  if (subscribe && subscribe_events()) events_ready_.arm();
}

DpifResult<void> NetlinkDpif::subscribe_events() {
  NetlinkRequest request(Family::Control, ControlCommand::SubscribeEvents);
  request.writer().put_u32(ControlAttr::McastGroup, wire::kVportGroup);
  request.writer().put_u8(ControlAttr::McastJoin, 1);
  return channels_.events->write(request);
}

void NetlinkDpif::read_events() {
  for (;;) {
    const auto more = channels_.events->read(
        platform::DeviceControl::ReadEvent, [&](const wire::MessageView& message) {
          const auto record = parse_vport(message);
          if (!record || !event_handler_) return;
          const auto command = VportCommand(message.header.command);
          const PortEvent event = command == VportCommand::New   ? PortEvent::Added
                                  : command == VportCommand::Del ? PortEvent::Deleted
                                                                 : PortEvent::Changed;
          event_handler_(event, named({record->name, type_name(record->type, identity_.ports),
                                       record->number}));
        });
    if (!more || !*more) break;
  }
  if (event_handler_ || lost_handler_) events_ready_.arm();
}

}  // namespace ovs::vswitch
