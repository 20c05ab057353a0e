#include "vswitch/commands/trace.h"

#include <fmt/format.h>

#include "flow/match/match_text.h"
#include "openflow/action/action_text.h"
#include "vswitch/tables/rule.h"
#include "vswitch/tables/view.h"

namespace ovs::vswitch {

Trace::Node& Trace::parent_of_nested() {
  Node& open = *open_.back();
  if (open.kind != Kind::Table) return open;
  for (auto at = open.children.rbegin(); at != open.children.rend(); ++at) {
    if ((*at)->kind == Kind::Action) return **at;
  }
  return open;
}

Trace::Node& Trace::add(Kind kind, std::string text) {
  Node& parent = kind == Kind::Action ? *open_.back() : parent_of_nested();
  auto node = std::make_unique<Node>();
  node->kind = kind;
  node->text = std::move(text);
  parent.children.push_back(std::move(node));
  return *parent.children.back();
}

void Trace::enter_bridge(const BridgeView& bridge) {
  open_.push_back(&add(Kind::Bridge, fmt::format("bridge(\"{}\")", bridge.name)));
}

void Trace::enter_table(std::uint8_t table, const Rule* rule) {
  std::string text;
  if (rule == nullptr) {
    text = fmt::format("{:2}. No match.", table);
  } else {
    const std::string match = flow::format_match(rule->match.expanded(), ports_);
    text = fmt::format("{:2}. {}{}priority {}", table, match, match.empty() ? "" : ", ",
                       rule->spec.priority);
    if (rule->spec.cookie != 0) text += fmt::format(", cookie {:#x}", rule->spec.cookie);
  }
  open_.push_back(&add(Kind::Table, std::move(text)));
}

void Trace::leave_table() {
  open_.pop_back();
}

void Trace::action(const openflow::Action& action) {
  add(Kind::Action, openflow::format_actions({action}, ports_));
}

void Trace::drop() {
  add(Kind::Action, "drop");
}

void Trace::note(NoteKind kind, std::string_view text) {
  switch (kind) {
    case NoteKind::Detail: add(Kind::Note, fmt::format(" -> {}", text)); return;
    case NoteKind::Warning: add(Kind::Note, fmt::format(" >> {}", text)); return;
    case NoteKind::Error: add(Kind::Note, fmt::format(" >>>> {} <<<<", text)); return;
  }
}

namespace {

void line(std::string& out, unsigned level, std::string_view text) {
  out.append(level * 4, ' ');
  out += text;
  out += '\n';
}

}  // namespace

// What hangs from the last action of a table stands where the table does; what hangs from another
// stands under the action, and its own actions further in, so that the table's next action is seen
// to be the table's.
void Trace::print_actions(const Node& table, unsigned level, std::string& out) {
  std::size_t last = 0;
  for (std::size_t i = 0; i < table.children.size(); ++i) {
    if (table.children[i]->kind == Kind::Action) last = i;
  }
  for (std::size_t i = 0; i < table.children.size(); ++i) {
    const Node& node = *table.children[i];
    line(out, level, node.text);
    for (const auto& nested : node.children) {
      if (nested->kind == Kind::Note) {
        line(out, level, nested->text);
      } else if (i == last) {
        print(*nested, level - 1, level, out);
      } else {
        print(*nested, level, level + 2, out);
      }
    }
  }
}

void Trace::print(const Node& node, unsigned level, unsigned action_level, std::string& out) {
  if (node.kind != Kind::Bridge) {
    line(out, level, node.text);
    print_actions(node, action_level, out);
    return;
  }
  out += '\n';
  line(out, level, node.text);
  line(out, level, std::string(node.text.size(), '-'));
  const unsigned table_level = action_level == level + 1 ? level : level + 1;
  for (const auto& table : node.children) {
    if (table->kind == Kind::Table) {
      print(*table, table_level, action_level, out);
    } else {
      line(out, action_level, table->text);
    }
  }
}

std::string Trace::text() const {
  std::string out;
  for (const auto& node : root_.children) {
    if (node->kind == Kind::Bridge || node->kind == Kind::Table) {
      print(*node, 0, 1, out);
    } else {
      line(out, 1, node->text);
    }
  }
  return out;
}

}  // namespace ovs::vswitch
