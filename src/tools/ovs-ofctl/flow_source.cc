#include "tools/ovs-ofctl/flow_source.h"

#include <fmt/format.h>

#include <algorithm>

#include "openflow/action/action_text.h"
#include "openflow/action/action_wire.h"
#include "openflow/match/oxm.h"
#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

// Of a FlowMod or of FlowStats: what both say of a flow.
template <class Described>
SourceFlow source_flow(const Described& described, std::uint64_t cookie) {
  SourceFlow flow;
  flow.table = described.table == kAllTables ? 0 : described.table;
  flow.priority = described.priority;
  flow.match = described.match;
  flow.cookie = cookie;
  flow.idle_timeout = described.idle_timeout;
  flow.hard_timeout = described.hard_timeout;
  flow.importance = described.importance;
  flow.flags = described.flags & (kSendFlowRemoved | kNoPacketCounts | kNoByteCounts);
  flow.actions = described.actions;
  return flow;
}

// Actions compare as the switch keeps them: in the form that version 1.0 gives them.
std::string action_bytes(const Actions& actions) {
  std::string bytes;
  Out out(bytes, Version::V13);
  write_instructions(out, actions);
  return bytes;
}

bool same_rule(const SourceFlow& a, const SourceFlow& b) {
  return a.table == b.table && a.priority == b.priority && a.match == b.match;
}
bool same_flow(const SourceFlow& a, const SourceFlow& b) {
  return a.cookie == b.cookie && a.idle_timeout == b.idle_timeout &&
         a.hard_timeout == b.hard_timeout && a.importance == b.importance && a.flags == b.flags &&
         action_bytes(a.actions) == action_bytes(b.actions);
}

const SourceFlow* find(const std::vector<SourceFlow>& flows, const SourceFlow& wanted) {
  const auto found = std::find_if(flows.begin(), flows.end(),
                                  [&](const SourceFlow& f) { return same_rule(f, wanted); });
  return found == flows.end() ? nullptr : &*found;
}

// Tables in order, then what matters more.
bool before(const SourceFlow& a, const SourceFlow& b) {
  if (a.table != b.table) return a.table < b.table;
  return a.priority > b.priority;
}

std::string line_of(char sign, const SourceFlow& flow) {
  std::string text(1, sign);
  if (flow.table != 0) text += fmt::format("table={} ", flow.table);
  std::string match = flow::format_match(flow.match, nullptr, flow.priority);
  if (!match.empty()) match += ' ';
  text += match;
  if (flow.cookie != 0) text += fmt::format("cookie=0x{:x} ", flow.cookie);
  if (flow.idle_timeout != 0) text += fmt::format("idle_timeout={} ", flow.idle_timeout);
  if (flow.hard_timeout != 0) text += fmt::format("hard_timeout={} ", flow.hard_timeout);
  if (flow.importance != 0) text += fmt::format("importance={} ", flow.importance);
  if (flow.flags & kSendFlowRemoved) text += "send_flow_rem ";
  if (flow.flags & kNoPacketCounts) text += "no_packet_counts ";
  if (flow.flags & kNoByteCounts) text += "no_byte_counts ";
  return text + "actions=" + format_actions(flow.actions) + "\n";
}

FlowMod deletion_of(const SourceFlow& flow) {
  FlowMod mod;
  mod.command = FlowCommand::DeleteStrict;
  mod.table = flow.table;
  mod.priority = flow.priority;
  mod.match = flow.match;
  mod.new_cookie = ~std::uint64_t{0};
  return mod;
}

// Flows that do not match the field come last, in either direction.
struct SortValue {
  bool present;
  flow::FieldValue value;
};
SortValue sort_value(const FlowStats& flow, const flow::Field* field) {
  if (field == nullptr) return {true, flow::FieldValue::of(flow.priority)};
  const bool present = flow.match.may_match(field->id) && !flow.match.is_wildcard(field->id);
  return {present, flow.match.value(field->id)};
}
int compare(const flow::FieldValue& a, const flow::FieldValue& b) {
  return std::memcmp(a.bytes.items, b.bytes.items, sizeof a.bytes.items);
}

struct Criterion {
  const flow::Field* field;
  bool descending;
};
bool precedes(const FlowStats& a, const FlowStats& b, const std::vector<Criterion>& criteria) {
  for (const Criterion& c : criteria) {
    const SortValue x = sort_value(a, c.field), y = sort_value(b, c.field);
    if (x.present != y.present) return x.present;
    const int order = compare(x.value, y.value);
    if (order != 0) return c.descending ? order > 0 : order < 0;
  }
  return false;
}

}  // namespace

Result<std::vector<FlowMod>, Failure> flows_of_file(Call& call, const std::string& path,
                                                    FlowCommand otherwise,
                                                    const flow::PortNames* ports,
                                                    Protocols& usable) {
  OVS_TRY(const std::vector<Line> lines, lines_of(call, path));
  std::vector<FlowMod> mods;
  Remarks remarks;
  for (const Line& line : lines) {
    Protocols own = kAllProtocols;
    auto mod = parse_flow_line(line.text, otherwise, {ports, nullptr, &remarks}, own);
    if (!mod.ok()) {
      call.log(remarks);
      return Failure{fmt::format("{}:{}: {}", path, line.number, mod.error().message)};
    }
    usable &= own;
    mods.push_back(std::move(mod).value());
  }
  call.log(remarks);
  return mods;
}

Result<std::vector<SourceFlow>, Failure> flows_of_switch(Call& call, const std::string& name) {
  OVS_TRY(const auto connection, Connection::open(call, name, call.options.versions));
  if (connection->version() == Version::V10) {
    const Protocols nxm = call.options.protocols & kNxmProtocols;
    OVS_TRY(connection->use_protocol(nxm != 0 ? nxm : call.options.protocols));
  }
  const Message request = make_flow_stats_request(Kind::FlowStatsRequest, {},
                                                  connection->protocol(), connection->next_xid());
  std::vector<SourceFlow> flows;
  OVS_TRY(std::string reply, connection->transact(request));
  while (true) {
    const auto message = decode(bytes_of(reply));
    const FlowStatsReply* part = message.ok() ? message->as<FlowStatsReply>() : nullptr;
    if (part == nullptr) return Failure{name + ": flow statistics cannot be decoded"};
    for (const FlowStats& stats : part->flows) flows.push_back(source_flow(stats, stats.cookie));
    if (!message->more) return flows;
    OVS_TRY(reply, connection->reply_to(request.xid));
  }
}

Result<std::vector<SourceFlow>, Failure> flows_of_source(Call& call, const std::string& name) {
  const auto info = call.program.files().info(name);
  const bool file = name == "-" || (info.ok() && info->kind != platform::FileKind::Socket);
  if (!file) return flows_of_switch(call, name);
  Protocols usable = kAllProtocols;
  OVS_TRY(const auto mods, flows_of_file(call, name, FlowCommand::Add, nullptr, usable));
  std::vector<SourceFlow> flows;
  for (const FlowMod& mod : mods) {
    SourceFlow flow = source_flow(mod, mod.new_cookie);
    std::erase_if(flows, [&](const SourceFlow& other) { return same_rule(other, flow); });
    flows.push_back(std::move(flow));
  }
  return flows;
}

std::string difference_text(std::vector<SourceFlow> old_flows, std::vector<SourceFlow> new_flows) {
  std::stable_sort(old_flows.begin(), old_flows.end(), before);
  std::stable_sort(new_flows.begin(), new_flows.end(), before);
  std::string text;
  for (const SourceFlow& flow : old_flows) {
    const SourceFlow* other = find(new_flows, flow);
    if (other != nullptr && same_flow(flow, *other)) continue;
    text += line_of('-', flow);
    if (other != nullptr) text += line_of('+', *other);
  }
  for (const SourceFlow& flow : new_flows) {
    if (find(old_flows, flow) == nullptr) text += line_of('+', flow);
  }
  return text;
}

std::vector<FlowMod> replacement(const std::vector<SourceFlow>& present,
                                 const std::vector<FlowMod>& wanted, bool readd) {
  std::vector<FlowMod> mods;
  std::vector<SourceFlow> kept;
  for (const FlowMod& mod : wanted) {
    const SourceFlow flow = source_flow(mod, mod.new_cookie);
    const SourceFlow* old = find(present, flow);
    if (readd || old == nullptr || !same_flow(*old, flow)) {
      mods.push_back(mod);
      mods.back().table = flow.table;
    }
    kept.push_back(flow);
  }
  for (const SourceFlow& flow : present) {
    if (find(kept, flow) == nullptr) mods.push_back(deletion_of(flow));
  }
  return mods;
}

Result<void, Failure> sort_flows(const Call& call, std::vector<FlowStats>& flows) {
  std::vector<Criterion> criteria;
  for (const SortKey& key : call.options.sort) {
    const bool priority = key.field.empty() || key.field == "priority";
    const flow::Field* field = priority ? nullptr : flow::find_field(Text(key.field));
    if (!priority && field == nullptr) field = find_nxm_name(key.field);
    if (!priority && field == nullptr) {
      return Failure{fmt::format("{}: unknown field name", key.field)};
    }
    criteria.push_back({field, key.descending});
  }
  std::stable_sort(flows.begin(), flows.end(), [&](const FlowStats& a, const FlowStats& b) {
    return precedes(a, b, criteria);
  });
  return kOk;
}

Result<Actions, flow::TextError> parse_packet_actions(std::string_view text,
                                                      const flow::PortNames* ports,
                                                      Protocols& usable) {
  return parse_actions(text, ports, usable, ActionsContext::List);
}

}  // namespace ovs::tools::ofctl
