#include "datapath/control/families.h"

#include "datapath/control/drops.h"
#include "wire/netlink/drops.h"

namespace ovs::datapath {

namespace {

struct FamilyRow {
  wire::Family family;
  bool of_datapath;  // the request names the datapath
};
constexpr FamilyRow kServed[] = {
    {wire::Family::Control, false}, {wire::Family::Datapath, false}, {wire::Family::Vport, true},
    {wire::Family::Flow, true},     {wire::Family::Packet, true},    {wire::Family::Netdev, true},
    {wire::Family::Route, true},
};

Text refuse_family(wire::Family family) {
  switch (family) {
    case wire::Family::Conntrack: return "connection tracking: not supported yet";
    case wire::Family::CtLimit: return "connection limits: not supported yet";
    case wire::Family::Meter: return "meters: not supported yet";
    case wire::Family::Control:
    case wire::Family::Datapath:
    case wire::Family::Packet:
    case wire::Family::Vport:
    case wire::Family::Flow:
    case wire::Family::Netdev:
    case wire::Family::Route: break;
  }
  return "unknown netlink family";
}

std::uint8_t version_of(wire::Family family) {
  for (const wire::FamilyInfo& info : wire::kFamilies) {
    if (info.family == family) return info.version;
  }
  return 0;
}

// Commands that list things; all have the family's "get" number.
bool can_dump(wire::Family family, std::uint8_t command) {
  if (family == wire::Family::Datapath || family == wire::Family::Vport ||
      family == wire::Family::Flow) {
    return command == std::uint8_t(wire::FlowCommand::Find);
  }
  if (family != wire::Family::Route) return false;
  const auto route = wire::RouteCommand{command};
  return route == wire::RouteCommand::RouteFind || route == wire::RouteCommand::AddressFind ||
         route == wire::RouteCommand::NeighbourFind;
}

Result<std::uint32_t> ufid_flags_of(Bytes attributes) {
  OVS_TRY(const auto list, wire::Attributes::parse(attributes));
  const auto flags = list.find(wire::FlowAttr::UfidFlags);
  if (!flags) return std::uint32_t{0};
  return flags->u32();
}

}  // namespace

Outcome Families::run(const Operation& operation) {
  const wire::Message& request = operation.request;
  const wire::Family family{request.type};
  const FamilyRow* row = nullptr;
  for (const FamilyRow& served : kServed) {
    if (served.family == family) row = &served;
  }
  if (row == nullptr) return Refusal(Error::Unsupported, refuse_family(family));
  if (request.version > version_of(family))
    return Refusal(Error::Unsupported, "a later version of the family");
  if (row->of_datapath && request.dp_ifindex != 0)
    return Refusal(Error::NotFound, "no such datapath");
  if ((request.flags & wire::kFlagDump) == wire::kFlagDump) {
    if (!can_dump(family, request.command))
      return Refusal(Error::Unsupported, "this command has no dump");
    OVS_TRY(const std::uint32_t ufid_flags, ufid_flags_of(operation.attributes));
    operation.session.dump_ = Dump{.request = request,
                                   .active = true,
                                   .flows = control_.flows_->begin(),
                                   .next = 0,
                                   .ufid_flags = ufid_flags};
    return kOk;
  }
  switch (family) {
    case wire::Family::Control: return control_family(operation);
    case wire::Family::Datapath: return datapath_family(operation);
    case wire::Family::Vport: return vport_family(operation);
    case wire::Family::Flow: return flow_family(operation);
    case wire::Family::Packet: return packet_family(operation);
    case wire::Family::Netdev: return netdev_family(operation);
    case wire::Family::Route: return route_family(operation);
    case wire::Family::Conntrack:
    case wire::Family::CtLimit:
    case wire::Family::Meter: break;
  }
  return Refusal(Error::Unsupported);
}

// ---- dumps -------------------------------------------------------------------------------------

Families::Step Families::dump_step(Dump& dump, wire::Writer& writer) {
  switch (wire::Family{dump.request.type}) {
    case wire::Family::Datapath:
      if (dump.next++ != 0) return Step::AtEnd;
      put_datapath(writer, dump.request, wire::kFlagMulti);
      return Step::Appended;
    case wire::Family::Vport: {
      const Vport* port = datapath().ports().next(PortNo{dump.next});
      if (port == nullptr) return Step::AtEnd;
      put_vport(writer, dump.request, wire::kFlagMulti, *port);
      dump.next = std::uint32_t(port->number()) + 1;
      return Step::Appended;
    }
    case wire::Family::Flow: {
      const Flow* flow = control_.flows_->at(dump.flows);
      if (flow == nullptr) return Step::AtEnd;
      put_flow(writer, dump.request, wire::kFlagMulti, *flow, dump.ufid_flags);
      control_.flows_->advance(dump.flows);
      return Step::Appended;
    }
    case wire::Family::Route:
      if (!put_underlay_row(writer, dump)) return Step::AtEnd;
      ++dump.next;
      return Step::Appended;
    case wire::Family::Control:
    case wire::Family::Packet:
    case wire::Family::Netdev:
    case wire::Family::Conntrack:
    case wire::Family::CtLimit:
    case wire::Family::Meter: break;
  }
  return Step::AtEnd;
}

// A message that does not fit is put again at the next turn: the cursor moves only behind what was
// kept.
bool Families::continue_dump(Session& session, wire::Writer& writer) {
  for (;;) {
    const std::size_t before = writer.size();
    const Dump kept = session.dump_;
    const Step step = dump_step(session.dump_, writer);
    if (step == Step::AtEnd) {
      wire::put_done(writer, session.dump_.request);
      session.dump_.active = false;
    }
    if (writer.overflowed()) {
      session.dump_ = kept;
      writer.truncate(before);
      return before != 0;
    }
    if (step == Step::AtEnd) return true;
  }
}

// ---- CTRL --------------------------------------------------------------------------------------

Outcome Families::control_family(const Operation& operation) {
  switch (wire::ControlCommand{operation.request.command}) {
    case wire::ControlCommand::SubscribeEvents: return subscribe_events(operation);
    case wire::ControlCommand::SubscribePackets: return subscribe_packets(operation);
    case wire::ControlCommand::SocketProperty: return socket_property(operation);
    case wire::ControlCommand::PendRequest:
    case wire::ControlCommand::PendPacketRequest:
      return Refusal(Error::Unsupported, "a request that pends must be submitted, not controlled");
    case wire::ControlCommand::EventNotify:
    case wire::ControlCommand::ReadNotify: break;
  }
  return Refusal(Error::Unsupported, "unknown command of the control family");
}

namespace {

template <class E>
Result<std::uint32_t, Refusal> required_u32(const wire::Attributes& list, E type, Text text) {
  const auto attribute = list.find(type);
  if (!attribute) return Refusal(Error::Invalid, text);
  const auto value = attribute->u32();
  if (!value) return Refusal(value.error(), text);
  return *value;
}
template <class E>
Result<bool, Refusal> required_flag(const wire::Attributes& list, E type, Text text) {
  const auto attribute = list.find(type);
  if (!attribute) return Refusal(Error::Invalid, text);
  const auto value = attribute->u8();
  if (!value) return Refusal(value.error(), text);
  return *value != 0;
}

}  // namespace

Outcome Families::subscribe_events(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  OVS_TRY(const std::uint32_t group,
          required_u32(list, wire::ControlAttr::McastGroup, "the multicast group is missing"));
  OVS_TRY(const bool join,
          required_flag(list, wire::ControlAttr::McastJoin, "join or leave is missing"));
  if (group != wire::kVportGroup && group != wire::kNeighbourGroup) {
    return Refusal(Error::NotFound, "no such multicast group");
  }
  Session& session = operation.session;
  if (session.events_.empty()) {
    OVS_TRY(session.events_, try_make_array<Event>(kMaxEvents, Session::kTag));
  }
  if (group == wire::kVportGroup) {
    session.wants_ports_ = join;
    return kOk;
  }
  if (session.wants_neighbours_ == join) return kOk;
  session.wants_neighbours_ = join;
  join ? control_.wanted_subscribers_.fetch_add(1, Order::Relaxed)
       : control_.wanted_subscribers_.fetch_sub(1, Order::Relaxed);
  return kOk;
}

Outcome Families::subscribe_packets(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  OVS_TRY(const bool join,
          required_flag(list, wire::ControlAttr::PacketSubscribe, "subscribe or not is missing"));
  Session& session = operation.session;
  if (const auto pid = list.find(wire::ControlAttr::PacketPid)) {
    OVS_TRY(const std::uint32_t number, pid->u32());
    if (number != session.pid()) return Refusal(Error::Denied, "the PID is another handle's");
  }
  if (!join) {
    control_.reclaimer_.take(session.rings_.publish(nullptr));
    return kOk;
  }
  if (session.rings_.current() != nullptr) return Refusal(Error::Exists, "subscribed already");
  OVS_TRY(auto rings,
          try_make_array<Owned<MessageRing>>(datapath().processor_count(), UpcallRings::kTag));
  for (Owned<MessageRing>& ring : rings) {
    OVS_TRY(ring, MessageRing::create(kUpcallRingSize));
  }
  OVS_TRY(auto made, try_make<UpcallRings>(std::move(rings)));
  control_.reclaimer_.take(session.rings_.publish(std::move(made)));
  return kOk;
}

Outcome Families::socket_property(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  OVS_TRY(const std::uint32_t protocol,
          required_u32(list, wire::SocketAttr::Protocol, "the protocol is missing"));
  if (protocol != wire::kNetlinkGeneric && protocol != wire::kNetlinkNetfilter) {
    return Refusal(Error::Unsupported, "unknown netlink protocol");
  }
  const std::size_t at = wire::begin_message(operation.reply, operation.request);
  operation.reply.put_u32(wire::SocketAttr::Protocol, protocol);
  operation.reply.put_u32(wire::SocketAttr::Pid, operation.session.pid());
  wire::end_message(operation.reply, at);
  return kOk;
}

// ---- DATAPATH ----------------------------------------------------------------------------------

void Families::put_datapath(wire::Writer& writer, const wire::Message& request, std::uint16_t flags,
                            Told told) {
  wire::Message header = request;
  header.flags = flags;
  header.command = std::uint8_t(wire::DatapathCommand::New);
  const std::size_t at = wire::begin_message(writer, header);
  wire::DatapathStats stats{};
  wire::MegaflowStats megaflows{};
  for (unsigned id = 0; id < datapath().processor_count(); ++id) {
    const LookupCounters& row = datapath().flows().lookup_counters(id);
    const std::uint64_t missed = row.misses.load(Order::Relaxed);
    stats.hit += row.packets.load(Order::Relaxed) - missed;
    stats.missed += missed;
    megaflows.cache_hit += row.hits.load(Order::Relaxed);
    megaflows.mask_hit += row.hits.load(Order::Relaxed) + row.masks_visited.load(Order::Relaxed);
  }
  stats.lost = datapath().drops(Drop::NoListener);
  stats.flows = control_.flows_->count();
  megaflows.masks = std::uint32_t(datapath().flows().mask_count());
  writer.put_string(wire::DatapathAttr::Name, control_.config_.name.text());
  writer.put_value(wire::DatapathAttr::Stats, stats);
  writer.put_value(wire::DatapathAttr::MegaflowStats, megaflows);
  writer.put_u32(wire::DatapathAttr::UserFeatures,
                 wire::kFeatureUnaligned | wire::kFeatureVportPids);
  if (told == Told::WithDrops) put_drops(writer, datapath());
  wire::end_message(writer, at);
}

Outcome Families::datapath_family(const Operation& operation) {
  OVS_TRY(const auto list, wire::Attributes::parse(operation.attributes));
  bool is_ours = true;
  if (const auto name = list.find(wire::DatapathAttr::Name)) {
    OVS_TRY(const Text text, name->string());
    is_ours = text == control_.config_.name.text();
  } else {
    is_ours = operation.request.dp_ifindex == 0;
  }
  switch (wire::DatapathCommand{operation.request.command}) {
    case wire::DatapathCommand::New:
      if (is_ours) return Refusal(Error::Exists, "the datapath exists");
      return Refusal(Error::Unsupported, "there is one datapath, and it has another name");
    case wire::DatapathCommand::Del:
      return Refusal(Error::Unsupported, "the datapath cannot be deleted");
    case wire::DatapathCommand::Set:
      if (!is_ours) return Refusal(Error::NotFound, "no such datapath");
      if (const auto features = list.find(wire::DatapathAttr::UserFeatures)) {
        OVS_TRY(const std::uint32_t bits, features->u32());
        if ((bits & ~(wire::kFeatureUnaligned | wire::kFeatureVportPids)) != 0) {
          return Refusal(Error::Unsupported, "user features: only unaligned and vport_pids");
        }
      }
      put_datapath(operation.reply, operation.request, 0);
      return kOk;
    case wire::DatapathCommand::Find:
      if (!is_ours) return Refusal(Error::NotFound, "no such datapath");
      put_datapath(operation.reply, operation.request, 0,
                   list.find(wire::kDatapathDrops) ? Told::WithDrops : Told::AsLinux);
      return kOk;
  }
  return Refusal(Error::Unsupported, "unknown command of the datapath family");
}

}  // namespace ovs::datapath
