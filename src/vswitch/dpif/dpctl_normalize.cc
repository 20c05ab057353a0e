// The dpctl commands that read and write actions without any datapath. Normalized actions say which
// outputs see which headers: two lists that do the same to a packet look the same.
#include <algorithm>
#include <map>

#include "flow/action/action_text.h"
#include "flow/field/storage.h"
#include "vswitch/dpif/dpctl_call.h"

namespace ovs::vswitch::dpctl {
namespace {

// Outputs in a row have no order; whatever stands between two of them has.
struct Step {
  std::optional<std::uint32_t> output;
  std::string text;
};
using Steps = std::vector<Step>;

// By the VLAN tag that the packet bears: 0, without 0x1000, is none.
using StepsByTag = std::map<std::uint16_t, Steps>;

constexpr std::uint16_t kTagPresent = 0x1000;

std::string action_text(const flow::Action& action) {
  std::vector<std::uint8_t> bytes;
  wire::ContainerRoom<std::vector<std::uint8_t>> room(bytes);
  wire::Writer writer(room);
  writer.put(action.type, action.payload);
  return flow::format_actions(flow::ActionList::nested(Bytes(bytes.data(), writer.size())));
}

std::optional<StepsByTag> follow(DpctlCall& call, const flow::ActionList& actions,
                                 const flow::FlowKey& key) {
  using flow::ActionType;
  StepsByTag steps;
  std::uint16_t tag = std::uint16_t(flow::load_stored<flow::StorageId::VlanTci>(key));
  for (const flow::Action action : actions) {
    switch (action.type) {
      case ActionType::PushVlan: tag = action.push_vlan.tci.host() | kTagPresent; break;
      case ActionType::PopVlan: tag = 0; break;
      case ActionType::Output: steps[tag].push_back({action.number, ""}); break;
      case ActionType::PushMpls:
      case ActionType::PopMpls:
      case ActionType::AddMpls:
        call.fail("normalize-actions: MPLS: not supported yet");
        return std::nullopt;
      default: steps[tag].push_back({std::nullopt, action_text(action)});
    }
  }
  return steps;
}

void sort_outputs(Steps& steps) {
  for (auto first = steps.begin(); first != steps.end();) {
    const auto last =
        std::find_if(first, steps.end(), [](const Step& step) { return !step.output; });
    std::sort(first, last, [](const Step& a, const Step& b) { return *a.output < *b.output; });
    first = last == steps.end() ? last : last + 1;
  }
}

std::string steps_text(Steps steps) {
  sort_outputs(steps);
  std::string text;
  for (const Step& step : steps) {
    if (!text.empty()) text += ",";
    text += step.output ? std::to_string(*step.output) : step.text;
  }
  return text;
}

std::string tag_text(std::uint16_t tag) {
  if (tag == 0) return "no vlan: ";
  std::string text = fmt::format("vlan(vid={},pcp={}", tag & 0xfff, tag >> 13);
  if ((tag & kTagPresent) == 0) text += ",cfi=0";
  return text + "): ";
}

}  // namespace

void parse_actions(DpctlCall& call) {
  for (const std::string& word : call.words) {
    const auto bytes = flow::parse_actions(word);
    if (!bytes) {
      call.fail(fmt::format("odp_actions_from_string ({})", bytes.error().message));
      continue;
    }
    const auto list = flow::ActionList::parse(*bytes);
    call.print((list ? flow::format_actions(*list) : "<error: malformed actions>") + "\n");
  }
}

void normalize_actions(DpctlCall& call) {
  const auto flow = flow::parse_odp(call.words[0]);
  if (!flow) return call.fail(fmt::format("odp_flow_key_from_string ({})", flow.error().message));
  call.print(fmt::format("input flow: {}\n", flow::format_odp(flow->key, flow->mask)));
  const auto bytes = flow::parse_actions(call.words[1]);
  if (!bytes) return call.fail(fmt::format("odp_actions_from_string ({})", bytes.error().message));
  const auto list = flow::ActionList::parse(*bytes);
  if (!list) return call.fail("odp_actions_from_string (malformed actions)");
  if (bytes->empty()) return call.print("no vlan: no mpls: drop");
  const auto steps = follow(call, *list, flow->key);
  if (!steps) return;
  for (const auto& [tag, some] : *steps) {
    call.print(tag_text(tag) + "no mpls: " + steps_text(some));
  }
}

}  // namespace ovs::vswitch::dpctl
