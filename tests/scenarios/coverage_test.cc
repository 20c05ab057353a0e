// What scenarios cover: every action that the engine accepts, every field that it writes, whole and
// in part, and every part of a tunnel's key stand in a flow and in a packet-out of some file; every
// action that it refuses stands in a line that says so. What the engine accepts is asked of it.
#include <doctest/doctest.h>

#include <set>

#include "datapath/pipeline/program.h"
#include "flow/action/action_text.h"
#include "flow/field/odp.h"
#include "flow/match/netlink.h"
#include "flow/match/odp_text.h"
#include "tests/scenarios/scenario.h"
#include "tests/scenarios/words.h"

namespace ovs::tests {
namespace {

using flow::Action;
using flow::ActionType;

constexpr unsigned kActionTypes = unsigned(ActionType::LbOutput) + 1;

// What the engine says of the text, "" if it accepts. What is no action's text is refused by its
// name before the engine is asked.
std::string refusal_of(const std::string& actions) {
  const auto list = flow::parse_actions(actions);
  if (!list) return list.error().message;
  const auto program = datapath::compile(*list);
  return program.ok() ? "" : std::string(program.error().reason);
}

const char* sample_of(ActionType type) {
  switch (type) {
    case ActionType::Unspec: return "";
    case ActionType::Output: return "1";
    case ActionType::Userspace: return "userspace(pid=0)";
    case ActionType::Set: return "set(eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02))";
    case ActionType::PushVlan: return "push_vlan(vid=1,pcp=0)";
    case ActionType::PopVlan: return "pop_vlan";
    case ActionType::Sample: return "sample(sample=50.0%,actions(1))";
    case ActionType::Recirc: return "recirc(0x1)";
    case ActionType::Hash: return "hash(l4(0))";
    case ActionType::PushMpls: return "push_mpls(label=1,tc=0,ttl=64,bos=1,eth_type=0x8847)";
    case ActionType::PopMpls: return "pop_mpls(eth_type=0x0800)";
    case ActionType::SetMasked: return "set(ipv4(ttl=1))";
    case ActionType::Ct: return "ct";
    case ActionType::Trunc: return "trunc(14)";
    case ActionType::PushEth: return "push_eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)";
    case ActionType::PopEth: return "pop_eth";
    case ActionType::CtClear: return "ct_clear";
    case ActionType::PushNsh: return "push_nsh(flags=0)";
    case ActionType::PopNsh: return "pop_nsh";
    case ActionType::Meter: return "meter(1)";
    case ActionType::Clone: return "clone(1)";
    case ActionType::CheckPktLen: return "check_pkt_len(size=1,gt(1),le(2))";
    case ActionType::AddMpls: return "add_mpls(label=1)";
    case ActionType::DecTtl: return "dec_ttl(le_1())";
    case ActionType::Drop: return "drop";
    case ActionType::Psample: return "psample(group=1)";
    case ActionType::TunnelPush: return "tnl_push(tnl_port(1))";
    case ActionType::TunnelPop: return "tnl_pop(1)";
    case ActionType::LbOutput: return "lb_output(1)";
  }
  return "";
}

// A set of one field, some bits of it.
struct Written {
  std::set<std::string> wholly, partly;
};

struct Coverage {
  std::set<ActionType> actions;
  Written fields;

  void take(std::string_view text) {
    const auto bytes = flow::parse_actions(text);
    if (!bytes) return;  // another line says so
    const auto list = flow::ActionList::parse(*bytes);
    if (!list) return;
    if (list->empty()) actions.insert(ActionType::Drop);
    take(*list);
  }
  void take(const flow::ActionList& list) {
    for (const Action& action : list) {
      actions.insert(action.type);
      if (action.type == ActionType::Clone) take(flow::ActionList::nested(action.payload));
      if (action.type == ActionType::Sample) take(flow::ActionList::nested(action.sample.actions));
      if (action.type == ActionType::Set) take_set(action.payload, flow::SetForm::Whole);
      if (action.type == ActionType::SetMasked) take_set(action.payload, flow::SetForm::Masked);
    }
  }
  void take_set(Bytes nested, flow::SetForm form) {
    const auto set = flow::parse_set(nested, form);
    const auto attributes = wire::Attributes::parse(nested);
    if (!set || !attributes) return;
    const auto header = flow::KeyAttr((*attributes->begin()).type);
    if (header == flow::KeyAttr::Tunnel) return take_tunnel(set->value);
    for (const flow::OdpMember& row : flow::kOdpMembers) {
      if (row.attr != header) continue;
      const auto bits = load_bits(set->mask.bytes(), row.at);
      if (bits.is_zero()) continue;
      const bool is_whole = bits == flow::FieldValue::ones(row.at.bits);
      (is_whole ? fields.wholly : fields.partly).insert(name_of(row));
    }
  }
  void take_tunnel(const flow::FlowKey& key) {
    for (const flow::OdpTunnelMember& row : flow::kOdpTunnelMembers) {
      if (!load_bits(key.bytes(), row.at).is_zero()) fields.wholly.insert(name_of(row));
    }
  }
  static std::string name_of(const flow::OdpMember& row) {
    return std::string(flow::find_odp_attr(row.attr)->name) + "." + std::string(row.name);
  }
  static std::string name_of(const flow::OdpTunnelMember& row) {
    return "tunnel." + std::string(row.name);
  }
};

struct Everything {
  Coverage flows, executes;
  std::set<ActionType> refused;
};

void take_line(const ScenarioLine& line, Everything& all) {
  std::string_view rest = line.text;
  const std::string_view what = word(rest);
  static_cast<void>(until(rest, "->"));
  if (what == "flow" || what == "change") all.flows.take(rest);
  if (what == "execute") all.executes.take(until(rest, " : "));
  if (what != "refuse") return;
  for (unsigned type = 1; type < kActionTypes; ++type) {
    const std::string_view sample = sample_of(ActionType(type));
    const std::string_view name = sample.substr(0, sample.find('('));
    if (rest.substr(0, rest.find_first_of("(,: ")) == name) all.refused.insert(ActionType(type));
  }
}

Everything of_all_files() {
  Everything all;
  for (const ScenarioFile& file : scenario_files(SCENARIOS)) {
    for (const ScenarioLine& line : scenario_lines(file.text)) take_line(line, all);
  }
  return all;
}

// "set(ipv4(src=…))" that the engine accepts, of one field.
bool is_accepted(const flow::OdpMember& row) {
  if (row.settable == flow::Settable::No) return false;
  flow::FieldSet set;
  store_bits(set.mask.bytes(), row.at, flow::FieldValue::ones(row.at.bits));
  const auto name = flow::format_odp_set(set.value, set.mask, row.attr);
  return refusal_of("set(" + name + ")").empty();
}

TEST_CASE("Scenarios: every action that the engine accepts is in a flow and in a packet-out") {
  const Everything all = of_all_files();
  unsigned accepted = 0;
  for (unsigned number = 1; number < kActionTypes; ++number) {
    const auto type = ActionType(number);
    CAPTURE(datapath::action_name(type).data());
    if (refusal_of(sample_of(type)).empty()) {
      CHECK(all.flows.actions.count(type) == 1);
      CHECK(all.executes.actions.count(type) == 1);
      ++accepted;
    } else {
      CHECK(all.refused.count(type) == 1);
    }
  }
  CHECK(accepted >= 12);
}

TEST_CASE("Scenarios: every field that the engine writes is written, whole and in part") {
  const Written fields = of_all_files().flows.fields;
  unsigned accepted = 0;
  for (const flow::OdpMember& row : flow::kOdpMembers) {
    if (!is_accepted(row)) continue;
    const std::string name = Coverage::name_of(row);
    CAPTURE(name);
    CHECK(fields.wholly.count(name) == 1);
    CHECK(fields.partly.count(name) == 1);
    ++accepted;
  }
  for (const flow::OdpTunnelMember& row : flow::kOdpTunnelMembers) {
    const std::string name = Coverage::name_of(row);
    CAPTURE(name);
    CHECK(fields.wholly.count(name) == 1);
  }
  CHECK(accepted >= 28);
}

TEST_CASE("Scenarios: there are enough of them, and of those that need the driver") {
  unsigned files = 0, of_driver = 0;
  for (const ScenarioFile& file : scenario_files(SCENARIOS)) {
    CAPTURE(file.name);
    CHECK(scenario_lines(file.text).size() >= 4);
    ++files;
    of_driver += needs_driver(file.text) ? 1 : 0;
  }
  CHECK(files >= 100);
  CHECK(of_driver >= 8);
}

}  // namespace
}  // namespace ovs::tests
