#include "openflow/action/check.h"

#include <fmt/format.h>

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;
using flow::Needs;
using Checked = Result<void, OfError>;

constexpr std::uint16_t kPresent = 0x1000;

struct Checker {
  flow::Match state;  // what is known of the packet at this action
  std::uint8_t table;
  Protocols& usable;
  Remarks* remarks;

  void inconsistent() { usable &= Protocols(~kOf11AndUp); }
  void need(Needs needs) {
    if (!state.meets(needs)) inconsistent();
  }
  bool has_vlan() const { return state.meets(Needs::Vlan); }

  Checked field(FieldId id, std::string_view what) {
    if (state.may_match(id)) return kOk;
    remark(remarks, what == "set_field" ? "ofp_actions" : "meta_flow", Remark::Level::Warn,
           fmt::format("{} {} lacks correct prerequisites", what,
                       std::string_view(flow::field(id).name)));
    return OfError::OFPBAC_MATCH_INCONSISTENT;
  }
  Checked check(Action& action);
  Checked learn(const Learn& learn);
  Checked list(Actions& actions) {
    for (Action& action : actions) OVS_TRY(check(action));
    return kOk;
  }
  void basic(Basic& basic);
  void set_vlan(bool present) {
    state.set_masked(FieldId::VlanTci, FieldValue::of(present ? kPresent : 0),
                     FieldValue::of(present ? kPresent : 0xffff));
  }
};

// What is learned must make sense in the flow that is made, as far as immediate values say.
Checked Checker::learn(const Learn& learn) {
  flow::Match made;
  for (const LearnSpec& spec : learn.specs) {
    if (spec.source) {
      OVS_TRY(field(spec.source->field, "source field"));
    }
    if (spec.destination_kind == LearnSpec::Destination::Output) continue;
    if (!made.may_match(spec.destination.field)) {
      remark(remarks, "meta_flow", Remark::Level::Warn,
             fmt::format("destination field {} lacks correct prerequisites",
                         std::string_view(flow::field(spec.destination.field).name)));
      return OfError::OFPBAC_MATCH_INCONSISTENT;
    }
    const bool says = spec.destination_kind == LearnSpec::Destination::Match && !spec.source &&
                      spec.destination.is_whole();
    if (says) made.set(spec.destination.field, spec.immediate);
  }
  return kOk;
}

void Checker::basic(Basic& basic) {
  switch (basic.op) {
    case BasicOp::ModVlanVid:
    case BasicOp::ModVlanPcp: basic.flow_has_vlan = has_vlan(); return set_vlan(true);
    case BasicOp::SetVlanVid:
    case BasicOp::SetVlanPcp: basic.flow_has_vlan = has_vlan(); return need(Needs::Vlan);
    case BasicOp::StripVlan:
    case BasicOp::PopVlan: need(Needs::Vlan); return set_vlan(false);
    case BasicOp::PushVlan: return set_vlan(true);
    case BasicOp::ModIpSrc:
    case BasicOp::ModIpDst: return need(Needs::Ipv4);
    case BasicOp::ModTos:
    case BasicOp::ModEcn:
    case BasicOp::ModTtl:
    case BasicOp::DecTtl: return need(Needs::Ip);
    case BasicOp::ModTpSrc:
    case BasicOp::ModTpDst:
      if (!state.meets(Needs::Tcp) && !state.meets(Needs::Udp) && !state.meets(Needs::Sctp)) {
        inconsistent();
      }
      return;
    case BasicOp::SetMplsLabel:
    case BasicOp::SetMplsTc:
    case BasicOp::SetMplsTtl:
    case BasicOp::DecMplsTtl:
    case BasicOp::PopMpls: return need(Needs::Mpls);
    case BasicOp::PushMpls: return state.set(FieldId::EthType, basic.value);
    default: return;
  }
}

Checked Checker::check(Action& action) {
  if (auto* plain = std::get_if<Basic>(&action.value)) {
    basic(*plain);
  } else if (auto* set = std::get_if<SetField>(&action.value)) {
    OVS_TRY(field(set->field, "set_field"));
    set->flow_has_vlan = has_vlan();
    if (set->field == FieldId::VlanTci || set->field == FieldId::VlanVid) {
      set_vlan((set->value.low() & kPresent) != 0);
    }
  } else if (const auto* move = action.as<Move>()) {
    OVS_TRY(field(move->source.field, "source field"));
    OVS_TRY(field(move->destination.field, "destination field"));
  } else if (const auto* reg = action.as<OutputReg>()) {
    OVS_TRY(field(reg->source.field, "source field"));
  } else if (const auto* push = action.as<StackPush>()) {
    OVS_TRY(field(push->source.field, "source field"));
  } else if (const auto* pop = action.as<StackPop>()) {
    OVS_TRY(field(pop->destination.field, "destination field"));
  } else if (const auto* learn_action = action.as<Learn>()) {
    OVS_TRY(learn(*learn_action));
  } else if (action.as<DecTtlControllers>()) {
    need(Needs::Ip);
  } else if (action.as<FinTimeout>()) {
    need(Needs::Tcp);
  } else if (const auto* go = action.as<GotoTable>()) {
    const bool forward = table == kAllTables || go->table > table;
    if (!forward) return OfError::OFPBIC_BAD_TABLE_ID;
  } else if (auto* write = std::get_if<WriteActions>(&action.value)) {
    OVS_TRY(list(write->actions));
  } else if (auto* clone = std::get_if<Clone>(&action.value)) {
    const flow::Match before = state;
    OVS_TRY(list(clone->actions));
    state = before;
  } else if (auto* ct = std::get_if<Ct>(&action.value)) {
    if (!state.meets(Needs::Ip)) inconsistent();
    OVS_TRY(list(ct->actions));
  }
  return kOk;
}

}  // namespace

Result<void, OfError> check_actions(Actions& actions, const flow::Match& match, std::uint8_t table,
                                    Protocols& usable, Remarks* remarks) {
  Checker checker{match, table, usable, remarks};
  return checker.list(actions);
}

}  // namespace ovs::openflow
