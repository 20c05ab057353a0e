#include "vswitch/translate/translator.h"

#include <algorithm>

#include "vswitch/tables/rule_actions.h"

namespace ovs::vswitch {

std::string_view translation_error_text(TranslationError error) {
  switch (error) {
    case TranslationError::None: return "OK";
    case TranslationError::TooDeep: return "Recursion too deep";
    case TranslationError::TooManyResubmits: return "Too many resubmits";
    case TranslationError::StackTooDeep: return "Stack too deep";
    case TranslationError::ActionsTooLong: return "Too many actions";
  }
  return "";
}

flow::MatchKey pipeline_key(const flow::FlowKey& key, OfPort in_port) {
  flow::MatchKey match_key;
  match_key.flow = key;
  set_stored(match_key, StorageId::OfInPort, std::uint16_t(in_port));
  return match_key;
}

Translation translate(const TranslationRequest& request) {
  return Translator(request).run();
}

Translator::Translator(const TranslationRequest& request)
    : request_(request), key_(request.key), base_(request.key.flow), bridge_(request.bridge) {
  // What a packet came through says nothing of what it is to be sent through.
  flow::MatchKey base{base_, {}};
  for (const StorageId id : kTunnelStorage)
    std::memset(stored_bytes(base, id), 0, flow::storage(id).size);
  base_ = base.flow;
}

OfPort Translator::in_port() const {
  return OfPort(number(StorageId::OfInPort));
}

void Translator::set_in_port(OfPort port) {
  set_number(StorageId::OfInPort, std::uint16_t(port));
}

void Translator::look_at_always() {
  look_at(StorageId::InPort);
  look_at(StorageId::RecircId);
  look_at(StorageId::EthType);
  if (is_ip()) look_at(StorageId::NwFrag);
  const PortView* port = bridge_->find_port(in_port());
  if (port != nullptr && port->tunnel) look_at_tunnel();
}

Translation Translator::run() && {
  look_at_always();
  result_.dependencies.add(StampKind::Global, 0);
  const PortView* port = bridge_->find_port(in_port());
  if (port != nullptr && port->tunnel) {
    result_.effects.add(PortTraffic{port->counters, Direction::Received});
  }
  if (request_.actions != nullptr) {
    result_.dependencies.add(StampKind::Bridge, bridge_->id);
    run_actions(*request_.actions);
    run_action_set();
  } else {
    run_bridge();
  }
  finish();
  return std::move(result_);
}

// One bridge from its first table on: the one the packet came to, or one behind a patch port.
void Translator::run_bridge() {
  result_.dependencies.add(StampKind::Bridge, bridge_->id);
  if (request_.listener != nullptr) request_.listener->enter_bridge(*bridge_);
  const PortView* port = bridge_->find_port(in_port());
  if (port != nullptr && port->has(openflow::kNoReceive)) {
    note(NoteKind::Warning, "port does not receive, dropping");
  } else {
    run_table(0, in_port(), MissBehaviour::MaySendToController);
    run_action_set();
  }
  if (request_.listener != nullptr) request_.listener->leave_bridge();
}

void Translator::fail(TranslationError error, std::string_view text) {
  if (result_.error != TranslationError::None) return;
  result_.error = error;
  note(NoteKind::Error, "{}", text);
}

bool Translator::may_go_deeper() {
  if (depth_ >= kMaxTranslationDepth) {
    fail(TranslationError::TooDeep,
         fmt::format("over max translation depth {}", kMaxTranslationDepth));
  } else if (resubmits_ >= kMaxResubmits) {
    fail(TranslationError::TooManyResubmits,
         fmt::format("over {} resubmit actions", kMaxResubmits));
  } else if (writer_.size() > kMaxActionBytes) {
    fail(TranslationError::ActionsTooLong, "resubmits yielded over 64 kB of actions");
  }
  return result_.error == TranslationError::None;
}

const Rule* Translator::look_up(std::uint8_t number, OfPort in_port) {
  const Classifier* table = bridge_->table(number);
  // Rules see the port that a resubmit names; actions see the packet's own.
  const OfPort own_port = this->in_port();
  set_in_port(in_port);
  const Rule* rule = nullptr;
  if (table == nullptr) {
    result_.dependencies.add(StampKind::TableShape, bridge_->id << 8 | number);
  } else if (is_ip() && this->number(StorageId::NwFrag) != 0 &&
             bridge_->fragments == openflow::Fragments::Normal) {
    flow::MatchKey fragment = key_;  // no fragment has ports, not even the first
    set_stored(fragment, StorageId::TpSrc, 0);
    set_stored(fragment, StorageId::TpDst, 0);
    rule = table->find(fragment, &result_.wildcards, &result_.dependencies);
  } else {
    rule = table->find(key_, &result_.wildcards, &result_.dependencies);
  }
  set_in_port(own_port);
  result_.effects.add(TableLookup{bridge_->table_counters, number, rule != nullptr});
  if (rule != nullptr) result_.effects.add(RuleHit{Shared<Rule>(const_cast<Rule*>(rule))});
  return rule;
}

void Translator::run_table(std::uint8_t table, OfPort in_port, MissBehaviour on_miss) {
  if (!may_go_deeper()) return;
  ++depth_;
  ++resubmits_;
  const std::uint8_t outer_table = std::exchange(table_, table);
  const std::uint64_t outer_cookie = rule_cookie_;
  const Rule* rule = look_up(table, in_port);
  if (request_.listener != nullptr) request_.listener->enter_table(table, rule);
  run_rule(rule, on_miss);
  if (request_.listener != nullptr) request_.listener->leave_table();
  rule_cookie_ = outer_cookie;
  table_ = outer_table;
  --depth_;
}

void Translator::run_rule(const Rule* rule, MissBehaviour on_miss) {
  if (rule != nullptr) {
    rule_cookie_ = rule->spec.cookie;
    const openflow::Actions& actions = rule->actions->list;
    if (actions.empty() && request_.listener != nullptr) request_.listener->drop();
    run_actions(actions);
    return;
  }
  const PortView* port = bridge_->find_port(in_port());
  const bool wants = on_miss == MissBehaviour::MaySendToController &&
                     bridge_->on_miss == MissPolicy::SendToController;
  if (!wants || (port != nullptr && port->has(openflow::kNoPacketIn))) {
    if (request_.listener != nullptr) request_.listener->drop();
    return;
  }
  rule_cookie_ = ~std::uint64_t{0};
  openflow::Controller controller;
  controller.reason = openflow::PacketInReason::NoMatch;
  if (request_.listener != nullptr) request_.listener->action(openflow::Action(controller));
  act(controller);
}

namespace {

// In which order the action set runs: 0 is first, kOutputRank the one that decides where the packet
// goes.
constexpr unsigned kSetRank = 6, kOutputRank = 8, kGroupRank = 9;
unsigned set_rank(const openflow::Action& action) {
  if (const auto* basic = action.as<openflow::Basic>()) {
    switch (basic->op) {
      case openflow::BasicOp::StripVlan:
      case openflow::BasicOp::PopVlan: return 0;
      case openflow::BasicOp::PopMpls: return 1;
      case openflow::BasicOp::PushMpls: return 2;
      case openflow::BasicOp::PushVlan: return 3;
      case openflow::BasicOp::DecTtl:
      case openflow::BasicOp::DecMplsTtl:
      case openflow::BasicOp::DecNshTtl: return 5;
      case openflow::BasicOp::SetQueue:
      case openflow::BasicOp::PopQueue: return 7;
      case openflow::BasicOp::Group: return kGroupRank;
      default: return kSetRank;
    }
  }
  if (action.as<openflow::DecTtlControllers>() != nullptr) return 5;
  if (action.as<openflow::Output>() != nullptr) return kOutputRank;
  if (action.as<openflow::Resubmit>() != nullptr) return kOutputRank;
  return kSetRank;
}

}  // namespace

void Translator::run_action_set() {
  if (action_set_.empty() || is_stopped()) return;
  openflow::Actions set = std::move(action_set_);
  action_set_.clear();
  std::stable_sort(set.begin(), set.end(),
                   [](const auto& a, const auto& b) { return set_rank(a) < set_rank(b); });
  const unsigned decides = set_rank(set.back());
  if (decides < kOutputRank) return;  // goes nowhere
  // Of each kind but writes of fields the last one counts.
  openflow::Actions last;
  for (std::size_t i = 0; i < set.size(); ++i) {
    const bool is_last = i + 1 == set.size() || set_rank(set[i + 1]) != set_rank(set[i]);
    if (set_rank(set[i]) == kOutputRank && decides == kGroupRank) continue;  // a group goes before
    if (is_last || set_rank(set[i]) == kSetRank) last.push_back(set[i]);
  }
  in_action_set_ = true;
  run_actions(last);
  in_action_set_ = false;
}

// What was looked at although this packet has no such thing, or datapaths have not.
void Translator::finish() {
  flow::MatchMask& mask = result_.wildcards;
  result_.final_key = key_;
  if (result_.error != TranslationError::None) bytes_.clear();
  bytes_.resize(result_.error == TranslationError::None ? writer_.size() : 0);
  result_.actions = std::move(bytes_);
  const flow::MatchKey& packet = request_.key;
  mask.pipeline = {};
  const auto proto = stored(packet, StorageId::NwProto);
  const auto type = stored(packet, StorageId::EthType);
  const bool is_icmp = (type == 0x0800 && proto == 1) || (type == 0x86dd && proto == 58);
  for (const StorageId id : {StorageId::TpSrc, StorageId::TpDst}) {
    if (is_icmp) set_stored(mask, id, stored(mask, id) & 0xff);
    if ((stored(packet, StorageId::NwFrag) & 2) != 0) unmark(mask, id);
  }
  if (stored(mask, StorageId::VlanTci) != 0) mark(mask, StorageId::VlanTci, kVlanPresentBit);
  const PortView* port = request_.bridge->find_port(OfPort(stored(packet, StorageId::OfInPort)));
  if (port == nullptr || !port->tunnel) {
    for (const StorageId id : kTunnelStorage) unmark(mask, id);
  }
}

}  // namespace ovs::vswitch
