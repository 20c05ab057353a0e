#include "vswitch/tables/flow_tables.h"

#include <algorithm>

namespace ovs::vswitch {

using openflow::FlowCommand;
using openflow::FlowMod;
using openflow::OfError;

namespace {

bool sends_to(const openflow::Action& action, std::uint16_t port) {
  if (const auto* output = action.as<openflow::Output>()) return output->port == port;
  if (const auto* enqueue = action.as<openflow::Enqueue>()) return enqueue->port == port;
  if (const auto* trunc = action.as<openflow::OutputTrunc>()) return trunc->port == port;
  if (action.as<openflow::Controller>() != nullptr) return port == openflow::kPortController;
  if (const auto* write = action.as<openflow::WriteActions>()) {
    return outputs_to(write->actions, port);
  }
  if (const auto* clone = action.as<openflow::Clone>()) return outputs_to(clone->actions, port);
  return false;
}

bool is_supported(openflow::BasicOp op) {
  using openflow::BasicOp;
  switch (op) {
    case BasicOp::SetMplsLabel:
    case BasicOp::SetMplsTc:
    case BasicOp::SetMplsTtl:
    case BasicOp::DecMplsTtl:
    case BasicOp::PushMpls:
    case BasicOp::PopMpls:
    case BasicOp::Meter:
    case BasicOp::CtClear:
    case BasicOp::DecNshTtl: return false;
    case BasicOp::ModVlanVid:
    case BasicOp::SetVlanVid:
    case BasicOp::ModVlanPcp:
    case BasicOp::SetVlanPcp:
    case BasicOp::StripVlan:
    case BasicOp::PopVlan:
    case BasicOp::PushVlan:
    case BasicOp::ModEthSrc:
    case BasicOp::ModEthDst:
    case BasicOp::ModIpSrc:
    case BasicOp::ModIpDst:
    case BasicOp::ModTos:
    case BasicOp::ModEcn:
    case BasicOp::ModTtl:
    case BasicOp::ModTpSrc:
    case BasicOp::ModTpDst:
    case BasicOp::DecTtl:
    case BasicOp::SetQueue:
    case BasicOp::PopQueue:
    case BasicOp::Group:
    case BasicOp::SetTunnel:
    case BasicOp::SetTunnel64:
    case BasicOp::Exit: return true;
  }
  return false;
}

// What translation does; whatever else exists is refused, not passed over.
bool is_supported(const openflow::Action& action) {
  using namespace openflow;
  if (const auto* basic = action.as<Basic>()) return is_supported(basic->op);
  return action.as<Output>() || action.as<OutputReg>() || action.as<OutputTrunc>() ||
         action.as<Enqueue>() || action.as<Controller>() || action.as<SetField>() ||
         action.as<Move>() || action.as<StackPush>() || action.as<StackPop>() ||
         action.as<Resubmit>() || action.as<DecTtlControllers>() || action.as<Note>() ||
         action.as<ClearActions>() || action.as<WriteActions>() || action.as<WriteMetadata>() ||
         action.as<GotoTable>();
}

// Whether a port may stand in an output action: one that could exist, or one that is reserved for
// this.
bool is_output_port(std::uint16_t port) {
  return port < openflow::kPortMax ||
         (port >= openflow::kPortInPort && port != openflow::kPortNone);
}

RuleSpec spec_of(const FlowMod& mod, std::uint64_t now_ms) {
  RuleSpec spec;
  spec.table = mod.table == openflow::kAllTables ? 0 : mod.table;
  spec.priority = mod.priority;
  spec.cookie = mod.new_cookie;
  spec.idle_timeout_s = mod.idle_timeout;
  spec.hard_timeout_s = mod.hard_timeout;
  spec.importance = mod.importance;
  spec.flags = mod.flags;
  spec.created_ms = spec.modified_ms = now_ms;
  return spec;
}

Shared<RuleCounters> fresh_counters(std::uint64_t now_ms) {
  auto counters = new_shared<RuleCounters>();
  counters->used_ms = now_ms;
  return counters;
}

}  // namespace

bool outputs_to(const openflow::Actions& actions, std::uint16_t port) {
  return std::any_of(actions.begin(), actions.end(),
                     [&](const openflow::Action& action) { return sends_to(action, port); });
}

bool uses_group(const openflow::Actions& actions, std::uint32_t id) {
  return std::any_of(actions.begin(), actions.end(), [id](const openflow::Action& action) {
    const auto* basic = action.as<openflow::Basic>();
    if (basic != nullptr) return basic->op == openflow::BasicOp::Group && basic->value == id;
    const auto* write = action.as<openflow::WriteActions>();
    return write != nullptr && uses_group(write->actions, id);
  });
}

Result<void, OfError> check_actions(const openflow::Actions& actions, std::uint8_t table) {
  for (const openflow::Action& action : actions) {
    if (!is_supported(action)) return OfError::OFPBAC_BAD_TYPE;
    if (const auto* output = action.as<openflow::Output>()) {
      if (!is_output_port(output->port)) return OfError::OFPBAC_BAD_OUT_PORT;
    }
    if (const auto* go = action.as<openflow::GotoTable>()) {
      if (table != openflow::kAllTables && go->table <= table) return OfError::OFPBIC_BAD_TABLE_ID;
    }
    if (const auto* write = action.as<openflow::WriteActions>()) {
      OVS_TRY(check_actions(write->actions, table));
    }
  }
  return kOk;
}

Classifier& FlowTables::own_table(std::uint8_t number) {
  Shared<Classifier>& table = tables_[number];
  if (!table) {
    table = new_shared<Classifier>(bridge_ << 8 | number);
    changes_.add(StampKind::TableShape, bridge_ << 8 | number);
  }
  return own(table);
}

void FlowTables::put_in(Shared<Rule> rule) {
  if (rule->spec.can_expire()) mortal_.emplace(rule.raw(), rule);
  const std::uint8_t table = rule->spec.table;
  const Shared<Rule> old = own_table(table).insert(std::move(rule), changes_);
  if (old) mortal_.erase(old.raw());
}

void FlowTables::take_out(const Shared<Rule>& rule) {
  mortal_.erase(rule.raw());
  own_table(rule->spec.table).remove(*rule, changes_);
}

Result<void, OfError> FlowTables::apply(const FlowMod& mod, std::uint64_t now_ms,
                                        std::vector<RemovedRule>& removed) {
  if (mod.table == kHiddenTable) return OfError::OFPBRC_EPERM;
  switch (mod.command) {
    case FlowCommand::Add: return add(mod, now_ms);
    case FlowCommand::Modify: return modify(mod, Strictness::Loose, now_ms);
    case FlowCommand::ModifyStrict: return modify(mod, Strictness::Strict, now_ms);
    case FlowCommand::Delete: return remove(mod, Strictness::Loose, removed);
    case FlowCommand::DeleteStrict: return remove(mod, Strictness::Strict, removed);
  }
  return OfError::OFPFMFC_BAD_COMMAND;
}

FlowTables::Done FlowTables::add(const FlowMod& mod, std::uint64_t now_ms) {
  OVS_TRY(check_actions(mod.actions, mod.table));
  const RuleSpec spec = spec_of(mod, now_ms);
  const Classifier* table = tables_[spec.table].raw();
  const Rule* old = table == nullptr ? nullptr : table->find_exactly(mod.match, mod.priority);
  if (spec.has(RuleFlag::CheckOverlap) && old == nullptr && table != nullptr &&
      table->has_overlap(mod.match, mod.priority)) {
    return OfError::OFPFMFC_OVERLAP;
  }
  const bool keeps_counters = old != nullptr && !spec.has(RuleFlag::ResetCounts);
  put_in(new_shared<Rule>(mod.match, spec, new_shared<RuleActions>(mod.actions),
                          keeps_counters ? old->counters : fresh_counters(now_ms)));
  return kOk;
}

std::vector<Shared<Rule>> FlowTables::victims(const FlowMod& mod, Strictness strictness) const {
  std::vector<Shared<Rule>> found;
  for (unsigned number = 0; number < kHiddenTable; ++number) {
    if (mod.table != openflow::kAllTables && mod.table != number) continue;
    if (!tables_[number]) continue;
    for (Shared<Rule>& rule : tables_[number]->select(mod.match, mod.priority, strictness)) {
      if (rule->spec.is_hidden()) continue;
      if (((rule->spec.cookie ^ mod.cookie) & mod.cookie_mask) != 0) continue;
      found.push_back(std::move(rule));
    }
  }
  return found;
}

FlowTables::Done FlowTables::modify(const FlowMod& mod, Strictness strictness,
                                    std::uint64_t now_ms) {
  OVS_TRY(check_actions(mod.actions, mod.table));
  const std::vector<Shared<Rule>> rules = victims(mod, strictness);
  if (rules.empty()) {
    const bool adds = mod.cookie_mask == 0 && mod.new_cookie != ~std::uint64_t{0};
    return adds ? add(mod, now_ms) : Done(kOk);
  }
  const auto actions = new_shared<RuleActions>(mod.actions);
  for (const Shared<Rule>& rule : rules) {
    RuleSpec spec = rule->spec;
    spec.modified_ms = now_ms;
    if (mod.modify_cookie && mod.new_cookie != ~std::uint64_t{0}) spec.cookie = mod.new_cookie;
    const bool resets = (mod.flags & openflow::kResetCounts) != 0;
    put_in(new_shared<Rule>(rule->match.expanded(), spec, actions,
                            resets ? fresh_counters(now_ms) : rule->counters));
  }
  return kOk;
}

FlowTables::Done FlowTables::remove(const FlowMod& mod, Strictness strictness,
                                    std::vector<RemovedRule>& removed) {
  for (const Shared<Rule>& rule : victims(mod, strictness)) {
    if (mod.out_port != openflow::kPortAny && !outputs_to(rule->actions->list, mod.out_port)) {
      continue;
    }
    if (mod.out_group != openflow::kGroupAny && !uses_group(rule->actions->list, mod.out_group)) {
      continue;
    }
    take_out(rule);
    removed.push_back({rule, openflow::FlowRemovedReason::Delete});
  }
  return kOk;
}

void FlowTables::expire(std::uint64_t now_ms, std::vector<RemovedRule>& removed) {
  std::vector<RemovedRule> dead;
  for (const auto& [key, rule] : mortal_) {
    const RuleSpec& spec = rule->spec;
    if (spec.hard_timeout_s != 0 && spec.modified_ms + spec.hard_timeout_s * 1000u <= now_ms) {
      dead.push_back({rule, openflow::FlowRemovedReason::HardTimeout});
    } else if (spec.idle_timeout_s != 0 &&
               rule->counters->used_ms + spec.idle_timeout_s * 1000u <= now_ms) {
      dead.push_back({rule, openflow::FlowRemovedReason::IdleTimeout});
    }
  }
  for (RemovedRule& each : dead) {
    take_out(each.rule);
    removed.push_back(std::move(each));
  }
}

void FlowTables::flush(std::vector<RemovedRule>& removed) {
  openflow::FlowStatsRequest everything;
  for (Shared<Rule>& rule : select(everything, Hidden::LeaveOut)) {
    take_out(rule);
    removed.push_back({std::move(rule), openflow::FlowRemovedReason::Delete});
  }
}

template <class F>
void FlowTables::for_each_of_group(std::uint32_t id, F&& visit) const {
  for (const Shared<Classifier>& table : tables_) {
    if (!table) continue;
    table->for_each([&](const Shared<Rule>& rule) {
      if (uses_group(rule->actions->list, id)) visit(rule);
    });
  }
}

void FlowTables::remove_group(std::uint32_t id, std::vector<RemovedRule>& removed) {
  const std::size_t before = removed.size();
  for_each_of_group(id, [&](const Shared<Rule>& rule) {
    removed.push_back({rule, openflow::FlowRemovedReason::GroupDelete});
  });
  for (std::size_t i = before; i < removed.size(); ++i) take_out(removed[i].rule);
}

std::uint32_t FlowTables::count_of_group(std::uint32_t id) const {
  std::uint32_t rules = 0;
  for_each_of_group(id, [&](const Shared<Rule>&) { ++rules; });
  return rules;
}

void FlowTables::add_own(std::uint8_t table, const flow::Match& match, int priority,
                         openflow::Actions actions, std::uint64_t now_ms) {
  RuleSpec spec;
  spec.table = table;
  spec.priority = priority;
  spec.created_ms = spec.modified_ms = now_ms;
  put_in(new_shared<Rule>(match, spec, new_shared<RuleActions>(std::move(actions)),
                          fresh_counters(now_ms)));
}

void FlowTables::remove_own(std::uint8_t table, const flow::Match& match, int priority) {
  if (!tables_[table]) return;
  for (const Shared<Rule>& rule : tables_[table]->select(match, priority, Strictness::Strict)) {
    take_out(rule);
  }
}

std::vector<Shared<Rule>> FlowTables::select(const openflow::FlowStatsRequest& request,
                                             Hidden hidden) const {
  std::vector<Shared<Rule>> found;
  for (unsigned number = 0; number < kTableCount; ++number) {
    if (request.table != openflow::kAllTables && request.table != number) continue;
    if (!tables_[number]) continue;
    for (Shared<Rule>& rule : tables_[number]->select(request.match, 0, Strictness::Loose)) {
      if (hidden == Hidden::LeaveOut && rule->spec.is_hidden()) continue;
      if (((rule->spec.cookie ^ request.cookie) & request.cookie_mask) != 0) continue;
      if (request.out_port != openflow::kPortAny &&
          !outputs_to(rule->actions->list, request.out_port)) {
        continue;
      }
      if (request.out_group != openflow::kGroupAny &&
          !uses_group(rule->actions->list, request.out_group)) {
        continue;
      }
      found.push_back(std::move(rule));
    }
  }
  return found;
}

std::size_t FlowTables::count(std::uint8_t table) const {
  return tables_[table] ? tables_[table]->count() : 0;
}

}  // namespace ovs::vswitch
