#include "openflow/action/verify.h"

#include <fmt/format.h>

#include "openflow/action/action_wire.h"
#include "openflow/action/basic.h"

namespace ovs::openflow {
namespace {

using Verified = Result<void, Misplaced>;

std::string_view name_of(const Basic& m) {
  if (m.op == BasicOp::ModVlanVid) return "set_vlan_vid";
  if (m.op == BasicOp::ModVlanPcp) return "set_vlan_pcp";
  if (m.op == BasicOp::PopVlan) return "strip_vlan";
  if (m.op == BasicOp::SetTunnel64) return "set_tunnel";
  return row(m.op).name;
}

// Instructions are carried out in an order of their own.
enum class Place : std::uint8_t { Meter, Apply, Clear, Write, Metadata, Goto };
constexpr std::string_view kPlaceNames[] = {"meter",         "apply_actions",  "clear_actions",
                                            "write_actions", "write_metadata", "goto_table"};
std::string_view name_of(Place place) {
  return kPlaceNames[std::size_t(place)];
}

bool is_meter(const Action& action) {
  const Basic* basic = action.as<Basic>();
  return basic != nullptr && basic->op == BasicOp::Meter;
}
Place place_of(const Action& action, Version version) {
  if (is_meter(action) && version < Version::V15) return Place::Meter;
  if (action.as<ClearActions>()) return Place::Clear;
  if (action.as<WriteActions>()) return Place::Write;
  if (action.as<WriteMetadata>()) return Place::Metadata;
  if (action.as<GotoTable>()) return Place::Goto;
  return Place::Apply;
}

const flow::Field* written_field(const Action& action) {
  if (const auto* set = action.as<SetField>()) return &flow::field(set->field);
  if (const auto* move = action.as<Move>()) return &flow::field(move->destination.field);
  return nullptr;
}
// What connections carry: by name, as the table need not have them.
bool is_tracked(const flow::Field& field) {
  return field.name == Text("ct_mark") || field.name == Text("ct_label");
}

std::string_view name_of(OuterAction outer) {
  switch (outer) {
    case OuterAction::None: break;
    case OuterAction::WriteActions: return "write_actions";
    case OuterAction::Ct: return "ct";
    case OuterAction::Clone: return "clone";
  }
  return {};
}

Verified bad_nesting(const Action& action, OuterAction outer) {
  return Misplaced{OfError::OFPBAC_BAD_ARGUMENT,
                   fmt::format("{} action doesn't support nested action {}", name_of(outer),
                               action_name(action))};
}

Verified verify_nesting(const Action& action, OuterAction outer) {
  const flow::Field* written = written_field(action);
  const bool tracks = written != nullptr && is_tracked(*written);
  if (tracks && outer != OuterAction::Ct) {
    return Misplaced{OfError::OFPBAC_BAD_SET_ARGUMENT, "cannot set CT fields outside of ct action"};
  }
  if (action.as<Nat>()) {
    if (outer == OuterAction::Ct) return kOk;
    return Misplaced{OfError::OFPBAC_BAD_SET_ARGUMENT,
                     "Cannot have NAT action outside of \"ct\" action"};
  }
  if (outer == OuterAction::Ct && written == nullptr) return bad_nesting(action, outer);
  if (outer == OuterAction::Ct && !tracks) {
    return Misplaced{OfError::OFPBAC_BAD_ARGUMENT,
                     fmt::format("ct action doesn't support nested modification of {}",
                                 std::string_view(written->name))};
  }
  if (outer != OuterAction::None && is_meter(action)) return bad_nesting(action, outer);
  return kOk;
}

Verified verify_conjunctions(const Actions& actions, std::size_t from) {
  for (std::size_t i = from; i < actions.size(); ++i) {
    if (actions[i].as<Conjunction>() || actions[i].as<Note>()) continue;
    return Misplaced{
        OfError::NXBAC_BAD_CONJUNCTION,
        fmt::format("\"conjunction\" actions may be used along with \"note\" but not any other "
                    "kind of action (such as the \"{}\" action used here)",
                    action_name(actions[i]))};
  }
  return kOk;
}

Verified verify_order(Place last, Place next) {
  if (last == Place::Apply ? next >= last : next > last) return kOk;
  if (next == last) {
    return Misplaced{OfError::OFPBAC_UNSUPPORTED_ORDER,
                     fmt::format("duplicate {} instruction not allowed, for OpenFlow 1.1+ "
                                 "compatibility",
                                 name_of(last))};
  }
  return Misplaced{OfError::OFPBAC_UNSUPPORTED_ORDER,
                   fmt::format("invalid instruction ordering: {} must appear before {}, for "
                               "OpenFlow 1.1+ compatibility",
                               name_of(next), name_of(last))};
}

}  // namespace

std::string_view action_name(const Action& action) {
  return std::visit(
      Overloaded{[](const Basic& m) { return name_of(m); },
                 [](const Output&) { return std::string_view("output"); },
                 [](const OutputReg&) { return std::string_view("output_reg"); },
                 [](const OutputTrunc&) { return std::string_view("output_trunc"); },
                 [](const Enqueue&) { return std::string_view("enqueue"); },
                 [](const Controller&) { return std::string_view("controller"); },
                 [](const SetField&) { return std::string_view("set_field"); },
                 [](const Move&) { return std::string_view("move"); },
                 [](const StackPush&) { return std::string_view("push"); },
                 [](const StackPop&) { return std::string_view("pop"); },
                 [](const Resubmit&) { return std::string_view("resubmit"); },
                 [](const DecTtlControllers&) { return std::string_view("dec_ttl"); },
                 [](const Note&) { return std::string_view("note"); },
                 [](const Conjunction&) { return std::string_view("conjunction"); },
                 [](const FinTimeout&) { return std::string_view("fin_timeout"); },
                 [](const CheckPacketLarger&) { return std::string_view("check_pkt_larger"); },
                 [](const Multipath&) { return std::string_view("multipath"); },
                 [](const Bundle&) { return std::string_view("bundle"); },
                 [](const Learn&) { return std::string_view("learn"); },
                 [](const Sample&) { return std::string_view("sample"); },
                 [](const Clone&) { return std::string_view("clone"); },
                 [](const Nat&) { return std::string_view("nat"); },
                 [](const Ct&) { return std::string_view("ct"); },
                 [](const Encap&) { return std::string_view("encap"); },
                 [](const Decap&) { return std::string_view("decap"); },
                 [](const ClearActions&) { return std::string_view("clear_actions"); },
                 [](const WriteActions&) { return std::string_view("write_actions"); },
                 [](const WriteMetadata&) { return std::string_view("write_metadata"); },
                 [](const GotoTable&) { return std::string_view("goto_table"); }},
      action.value);
}

Result<void, Misplaced> verify_actions(const Actions& actions, ActionsContext context,
                                       OuterAction outer, Version version) {
  Place last = Place::Meter;
  for (std::size_t i = 0; i < actions.size(); ++i) {
    const Action& action = actions[i];
    if (action.as<Conjunction>()) return verify_conjunctions(actions, i);
    OVS_TRY(verify_nesting(action, outer));
    const Place place = place_of(action, version);
    if (i > 0) {
      OVS_TRY(verify_order(last, place));
    }
    if (place != Place::Apply && context == ActionsContext::List) {
      return Misplaced{OfError::OFPBIC_UNSUP_INST,
                       fmt::format("{} instruction not allowed here", name_of(place))};
    }
    last = place;
  }
  return kOk;
}

}  // namespace ovs::openflow
