// What controllers ask of a switch, message by message.
#include <algorithm>

#include "flow/match/extract.h"
#include "openflow/action/check.h"
#include "vswitch/ofproto/request.h"
#include "vswitch/translate/stored.h"

namespace ovs::vswitch {

using openflow::Kind;
using openflow::Message;
using openflow::OfError;

namespace {

// The actions of version 1.0's switches: all but vendor's have a bit.
constexpr std::uint32_t kOf10Actions = 0xfff;

void features(const Request& request) {
  const Ofproto::Impl& owner = request.owner;
  openflow::FeaturesReply reply;
  reply.datapath_id = owner.datapath_id;
  reply.tables = kHiddenTable;
  reply.capabilities = openflow::kFlowStats | openflow::kTableStats | openflow::kPortStats |
                       openflow::kQueueStats | openflow::kArpMatchIp;
  if (request.message.version >= openflow::Version::V11) {
    reply.capabilities |= openflow::kGroupStats;
    reply.capabilities &= ~openflow::kArpMatchIp;
  }
  reply.actions = kOf10Actions;
  for (const auto& [number, port] : owner.ports) {
    reply.ports.push_back(owner.describe(port, request.message.version));
  }
  request.reply(Kind::FeaturesReply, std::move(reply));
}

void set_config(const Request& request) {
  const auto& wanted = request.body<openflow::SwitchConfig>();
  if (request.connection.role == ConnectionRole::Secondary) {
    request.refuse(OfError::OFPBRC_IS_SECONDARY);
    return;
  }
  if (wanted.fragments != request.owner.config.fragments) {
    request.owner.config.fragments = wanted.fragments;
    request.owner.ports_changed();
  }
  request.owner.config.invalid_ttl_to_controller = wanted.invalid_ttl_to_controller;
  request.connection.miss_send_length = wanted.miss_send_length;
  request.owner.mark_changed();
}

void fetch_config(const Request& request) {
  openflow::SwitchConfig config = request.owner.config;
  config.miss_send_length = request.connection.miss_send_length;
  request.reply(Kind::GetConfigReply, config);
}

// Whether the flow's actions make sense for the packets that it takes. Version 1.0 was lenient.
Result<void, OfError> check(const Request& request, openflow::FlowMod& mod) {
  if (mod.buffer != openflow::kNoBuffer) return OfError::OFPBRC_BUFFER_UNKNOWN;
  const bool deletes = mod.command == openflow::FlowCommand::Delete ||
                       mod.command == openflow::FlowCommand::DeleteStrict;
  if (deletes) return kOk;
  OVS_TRY(check_groups(mod.actions, request.owner.groups));
  openflow::Protocols usable = openflow::kAllProtocols;
  const std::uint8_t table = mod.table == openflow::kAllTables ? 0 : mod.table;
  OVS_TRY(openflow::check_actions(mod.actions, mod.match, table, usable));
  const openflow::Protocols own = openflow::protocols_of(openflow::bit(request.message.version));
  if ((usable & own) == 0) return OfError::OFPBAC_MATCH_INCONSISTENT;
  return kOk;
}

void flow_mod(const Request& request) {
  Ofproto::Impl& owner = request.owner;
  openflow::FlowMod mod = request.body<openflow::FlowMod>();
  if (mod.command == openflow::FlowCommand::Add &&
      request.message.version < openflow::Version::V12) {
    mod.flags |= openflow::kResetCounts;  // an add of those versions is a new flow
  }
  const auto checked = check(request, mod);
  if (!checked.ok()) {
    request.refuse(checked.error());
    return;
  }
  std::vector<RemovedRule> removed;
  const auto done = owner.tables.apply(mod, owner.now_ms(), removed);
  if (!done.ok()) request.refuse(done.error());
  owner.tell_removed(removed);
  owner.is_changed = true;
}

void packet_out(const Request& request) {
  const auto& out = request.body<openflow::PacketOut>();
  if (out.buffer != openflow::kNoBuffer) {
    request.refuse(OfError::OFPBRC_BUFFER_UNKNOWN);
    return;
  }
  Ofproto::Impl& owner = request.owner;
  auto checked = check_actions(out.actions, openflow::kAllTables);
  if (checked.ok()) checked = check_groups(out.actions, owner.groups);
  if (!checked.ok()) {
    request.refuse(checked.error());
    return;
  }
  owner.publisher.commit();  // earlier flow-mods are in force for TABLE
  const auto in_port = OfPort(std::uint16_t(out.metadata.value(flow::FieldId::InPort).low()));
  const Port* port = owner.find(in_port);
  flow::PacketMetadata metadata;
  if (port != nullptr && port->datapath_port != kNoDpPort) {
    metadata.in_port = std::uint16_t(port->datapath_port);
  }
  const flow::FlowKey key = flow::extract(out.packet, metadata);
  const Shared<SwitchView> view = owner.backer.view();
  TranslationRequest translation;
  translation.view = view.raw();
  translation.bridge = view->find_bridge(owner.id);
  translation.key = pipeline_key(key, in_port);
  translation.actions = &out.actions;
  translation.frozen = &owner.backer.frozen();
  translation.upcall_pid = owner.backer.dpif().upcall_pid(DpPort(metadata.in_port));
  const Translation result = translate(translation);
  result.effects.apply({1, out.packet.size(), owner.now_ms(), 0});
  if (!result.actions.empty()) owner.backer.execute(out.packet, key, result.actions);
}

void port_mod(const Request& request) {
  const auto& mod = request.body<openflow::PortMod>();
  Port* port = request.owner.find(OfPort(mod.port));
  if (port == nullptr) {
    request.refuse(OfError::OFPPMFC_BAD_PORT);
    return;
  }
  if (port->settings.link.mac != mod.address) {
    request.refuse(OfError::OFPPMFC_BAD_HW_ADDR);
    return;
  }
  const std::uint32_t config = (port->config & ~mod.mask) | (mod.config & mod.mask);
  request.owner.change_config(*port, config);
}

void barrier(const Request& request) {
  request.owner.owes_barrier = true;
  request.reply(Kind::BarrierReply, openflow::Empty{});
}

void role(const Request& request) {
  const auto& wanted = request.body<openflow::RoleMessage>();
  Ofproto::Impl& owner = request.owner;
  const bool takes_generation =
      wanted.role == openflow::Role::Primary || wanted.role == openflow::Role::Secondary;
  if (takes_generation && wanted.generation) {
    if (owner.role_generation && std::int64_t(*wanted.generation - *owner.role_generation) < 0) {
      request.refuse(OfError::OFPRRFC_STALE);
      return;
    }
    owner.role_generation = wanted.generation;
  }
  switch (wanted.role) {
    case openflow::Role::NoChange: break;
    case openflow::Role::Equal: request.connection.role = ConnectionRole::Equal; break;
    case openflow::Role::Secondary: request.connection.role = ConnectionRole::Secondary; break;
    case openflow::Role::Primary:
      owner.connections.for_each([](OfConnection& other) {
        if (other.role == ConnectionRole::Primary) other.role = ConnectionRole::Secondary;
      });
      request.connection.role = ConnectionRole::Primary;
      break;
  }
  openflow::RoleMessage reply;
  reply.role = request.connection.role == ConnectionRole::Primary     ? openflow::Role::Primary
               : request.connection.role == ConnectionRole::Secondary ? openflow::Role::Secondary
                                                                      : openflow::Role::Equal;
  reply.generation = owner.role_generation;
  if (request.message.encoding == openflow::Encoding::NxtRoleRequest) {
    request.reply_as(openflow::Encoding::NxtRoleReply, reply);
  } else {
    request.reply(Kind::RoleReply, reply);
  }
}

openflow::FlowStats flow_stats_of(const Rule& rule, std::uint64_t now_ms) {
  const RuleSpec& spec = rule.spec;
  const std::uint64_t age_ms = now_ms - spec.created_ms;
  openflow::FlowStats stats;
  stats.match = rule.match.expanded();
  stats.cookie = spec.cookie;
  stats.table = spec.table;
  stats.priority = std::uint16_t(spec.priority);
  stats.idle_timeout = spec.idle_timeout_s;
  stats.hard_timeout = spec.hard_timeout_s;
  stats.importance = spec.importance;
  stats.duration_s = std::uint32_t(age_ms / 1000);
  stats.duration_ns = std::uint32_t(age_ms % 1000 * 1'000'000);
  stats.idle_age_s =
      std::int32_t((now_ms - std::min<std::uint64_t>(rule.counters->used_ms, now_ms)) / 1000);
  stats.hard_age_s = std::int32_t((now_ms - spec.modified_ms) / 1000);
  stats.packets = rule.counters->packets;
  stats.bytes = rule.counters->bytes;
  stats.flags = spec.flags & std::uint16_t(~openflow::kCheckOverlap);
  stats.actions = rule.actions->list;
  return stats;
}

void flow_stats(const Request& request) {
  const auto& wanted = request.body<openflow::FlowStatsRequest>();
  openflow::FlowStatsReply reply;
  const std::uint64_t now = request.owner.now_ms();
  for (const Shared<Rule>& rule :
       request.owner.tables.select(wanted, FlowTables::Hidden::LeaveOut)) {
    reply.flows.push_back(flow_stats_of(*rule, now));
  }
  if (request.message.encoding == openflow::Encoding::NxstFlowRequest) {
    request.reply_as(openflow::Encoding::NxstFlowReply, std::move(reply));
  } else {
    request.reply(Kind::FlowStatsReply, std::move(reply));
  }
}

void aggregate_stats(const Request& request) {
  const auto& wanted = request.body<openflow::FlowStatsRequest>();
  openflow::AggregateReply reply;
  for (const Shared<Rule>& rule :
       request.owner.tables.select(wanted, FlowTables::Hidden::LeaveOut)) {
    reply.packets += rule->counters->packets;
    reply.bytes += rule->counters->bytes;
    ++reply.flows;
  }
  if (request.message.encoding == openflow::Encoding::NxstAggregateRequest) {
    request.reply_as(openflow::Encoding::NxstAggregateReply, reply);
  } else {
    request.reply(Kind::AggregateStatsReply, reply);
  }
}

constexpr std::uint32_t kMaxFlowsShown = 1'000'000;
constexpr std::uint64_t kOf10AllWildcards = 0x3fffff;

void table_stats(const Request& request) {
  openflow::TableStatsReply reply;
  for (unsigned number = 0; number < kHiddenTable; ++number) {
    const TableCounters::One& counters = request.owner.table_counters->of[number];
    openflow::TableStats stats;
    stats.table = std::uint8_t(number);
    stats.active = std::uint32_t(request.owner.tables.count(std::uint8_t(number)));
    stats.maximum = kMaxFlowsShown;
    stats.lookups = counters.lookups;
    stats.matches = counters.matches;
    stats.wildcards = kOf10AllWildcards;
    reply.tables.push_back(std::move(stats));
  }
  request.reply(Kind::TableStatsReply, std::move(reply));
}

void put16(openflow::ByteString& out, std::uint16_t number) {
  out.push_back(std::uint8_t(number >> 8));
  out.push_back(std::uint8_t(number));
}

// A property of a table: type, length, content, padding to eight bytes.
void put_property(openflow::ByteString& out, std::uint16_t type,
                  const openflow::ByteString& content) {
  put16(out, type);
  put16(out, std::uint16_t(4 + content.size()));
  out.insert(out.end(), content.begin(), content.end());
  out.resize((out.size() + 7) / 8 * 8);
}

// Types of four bytes each, as instructions and actions are listed.
openflow::ByteString types(std::initializer_list<std::uint16_t> numbers) {
  openflow::ByteString out;
  for (const std::uint16_t number : numbers) {
    put16(out, number);
    put16(out, 4);
  }
  return out;
}

enum class Wanted : bool { All, Writable };
openflow::ByteString oxm_headers(Wanted wanted) {
  constexpr std::uint16_t kBasic = 0x8000;
  openflow::ByteString out;
  for (const flow::Field& field : flow::kFieldRows) {
    if (!field.oxm.present || field.oxm.oxm_class != kBasic) continue;
    if (wanted == Wanted::Writable && !field.writable()) continue;
    put16(out, kBasic);
    put16(out, std::uint16_t(field.oxm.number << 9 | field.width));
  }
  return out;
}

// The properties that a table must tell of; their numbers are OFPTFPT_*.
openflow::ByteString table_properties(unsigned number) {
  const openflow::ByteString actions = types({0, 17, 18, 21, 23, 24, 25});
  openflow::ByteString later, out;
  for (unsigned next = number + 1; next < kHiddenTable; ++next) later.push_back(std::uint8_t(next));
  put_property(out, 0, types({1, 2, 3, 4, 5}));
  put_property(out, 2, later);
  put_property(out, 4, actions);
  put_property(out, 6, actions);
  put_property(out, 8, oxm_headers(Wanted::All));
  put_property(out, 10, oxm_headers(Wanted::All));
  put_property(out, 12, oxm_headers(Wanted::Writable));
  put_property(out, 14, oxm_headers(Wanted::Writable));
  return out;
}

// One message a table: all of them together are more than a message holds.
void table_features(const Request& request) {
  constexpr std::size_t kEntrySize = 64, kMetadataAt = 40, kMaximumAt = 60;
  for (unsigned number = 0; number < kHiddenTable; ++number) {
    const openflow::ByteString properties = table_properties(number);
    openflow::Undecoded reply;
    reply.body.resize(kEntrySize);
    std::uint8_t* entry = reply.body.data();
    store(entry, Be16(std::uint16_t(kEntrySize + properties.size())));
    entry[2] = std::uint8_t(number);
    store(entry + kMetadataAt, Be64(~std::uint64_t{0}));
    store(entry + kMetadataAt + 8, Be64(~std::uint64_t{0}));
    store(entry + kMaximumAt, Be32(kMaxFlowsShown));
    reply.body.insert(reply.body.end(), properties.begin(), properties.end());
    openflow::Message message =
        openflow::make_message(Kind::TableFeaturesStatsReply, request.message.version,
                               request.message.xid, std::move(reply));
    message.more = number + 1 < kHiddenTable;
    request.connection.send(message);
  }
}

openflow::PortStats port_stats_of(const Ofproto::Impl& owner, const Port& port) {
  openflow::PortStats stats;
  stats.port = std::uint16_t(port.number);
  const std::uint64_t age_ms = owner.now_ms() - port.created_ms;
  stats.duration_s = std::uint32_t(age_ms / 1000);
  stats.duration_ns = std::uint32_t(age_ms % 1000 * 1'000'000);
  const auto counted = owner.port_stats(port);
  if (!counted.ok()) return stats;
  stats.rx_packets = counted->rx_packets;
  stats.tx_packets = counted->tx_packets;
  stats.rx_bytes = counted->rx_bytes;
  stats.tx_bytes = counted->tx_bytes;
  stats.rx_errors = counted->rx_errors;
  stats.tx_errors = counted->tx_errors;
  stats.rx_dropped = counted->rx_dropped;
  stats.tx_dropped = counted->tx_dropped;
  return stats;
}

void all_port_stats(const Request& request) {
  const openflow::OfPort wanted = request.body<openflow::PortRequest>().port;
  openflow::PortStatsReply reply;
  for (const auto& [number, port] : request.owner.ports) {
    if (wanted != openflow::kPortAny && wanted != number) continue;
    reply.ports.push_back(port_stats_of(request.owner, port));
  }
  request.reply(Kind::PortStatsReply, std::move(reply));
}

void port_desc(const Request& request) {
  openflow::PortDescReply reply;
  const auto* wanted = request.message.as<openflow::PortRequest>();
  for (const auto& [number, port] : request.owner.ports) {
    if (wanted != nullptr && wanted->port != openflow::kPortAny && wanted->port != number) continue;
    reply.ports.push_back(request.owner.describe(port, request.message.version));
  }
  request.reply(Kind::PortDescStatsReply, std::move(reply));
}

void describe_switch(const Request& request) {
  const SwitchDescription& own = request.owner.description;
  openflow::Desc reply;
  reply.manufacturer = own.manufacturer;
  reply.hardware = own.hardware;
  reply.software = own.software;
  reply.serial = own.serial;
  reply.datapath = own.datapath;
  request.reply(Kind::DescStatsReply, std::move(reply));
}

// Messages that change the switch: not for a secondary controller.
bool is_write(Kind kind) {
  return kind == Kind::FlowMod || kind == Kind::PacketOut || kind == Kind::PortMod ||
         kind == Kind::GroupMod || kind == Kind::MeterMod || kind == Kind::TableMod;
}

}  // namespace

void Ofproto::Impl::handle(OfConnection& connection, const Message& message, Bytes raw) {
  const Request request{*this, connection, message, raw};
  if (connection.role == ConnectionRole::Secondary && is_write(message.kind())) {
    request.refuse(OfError::OFPBRC_IS_SECONDARY);
    return;
  }
  switch (message.kind()) {
    case Kind::Hello:
    case Kind::Error:
    case Kind::EchoReply:
    case Kind::FlowAge: return;
    case Kind::FeaturesRequest: return features(request);
    case Kind::GetConfigRequest: return fetch_config(request);
    case Kind::SetConfig: return set_config(request);
    case Kind::FlowMod: return flow_mod(request);
    case Kind::PacketOut: return packet_out(request);
    case Kind::PortMod: return port_mod(request);
    case Kind::GroupMod: return group_mod(request);
    case Kind::GroupStatsRequest: return group_stats(request);
    case Kind::GroupDescStatsRequest: return group_desc(request);
    case Kind::GroupFeaturesStatsRequest: return group_features(request);
    case Kind::BarrierRequest: return barrier(request);
    case Kind::RoleRequest: return role(request);
    case Kind::DescStatsRequest: return describe_switch(request);
    case Kind::FlowStatsRequest: return flow_stats(request);
    case Kind::AggregateStatsRequest: return aggregate_stats(request);
    case Kind::TableStatsRequest: return table_stats(request);
    case Kind::TableFeaturesStatsRequest: return table_features(request);
    case Kind::PortStatsRequest: return all_port_stats(request);
    case Kind::PortDescStatsRequest: return port_desc(request);
    case Kind::QueueStatsRequest:
      return request.reply(Kind::QueueStatsReply, openflow::QueueStatsReply{});
    case Kind::GetAsyncRequest: return request.reply(Kind::GetAsyncReply, connection.async);
    case Kind::SetAsyncConfig:
      connection.async = openflow::applied(connection.async, request.body<openflow::AsyncConfig>());
      connections_changed();
      return;
    case Kind::SetFlowFormat: connection.nxm = request.body<openflow::SetFlowFormat>().nxm; return;
    case Kind::FlowModTableId:
      connection.table_ids = request.body<openflow::FlowModTableId>().on
                                 ? openflow::TableIds::Present
                                 : openflow::TableIds::Absent;
      return;
    case Kind::SetPacketInFormat:
      connection.packet_in_format = request.body<openflow::SetPacketInFormat>().format;
      return;
    case Kind::SetControllerId:
      connection.controller_id = request.body<openflow::ControllerId>().id;
      return;
    default: break;
  }
  // Known to OpenFlow, and not to us yet.
  const bool is_multipart = openflow::is_stats(openflow::row(message.encoding).carrier);
  log.info("{}: {}: not supported yet", name, openflow::row(message.encoding).name);
  request.refuse(is_multipart ? OfError::OFPBRC_BAD_STAT : OfError::OFPBRC_BAD_TYPE);
}

std::uint64_t Ofproto::Impl::finish_batch() {
  if (is_changed || tables.has_changes()) publisher.commit();
  return std::exchange(owes_barrier, false) ? backer.settle() : 0;
}

void Ofproto::Impl::connections_changed() {
  mark_changed();
}

}  // namespace ovs::vswitch
