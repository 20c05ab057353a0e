// A translation told as ofproto/trace tells it: bridges, tables, actions and notes, indented by
// what led to what.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "flow/match/port_names.h"
#include "vswitch/translate/listener.h"

namespace ovs::vswitch {

class Trace final : public TranslationListener {
 public:
  explicit Trace(const flow::PortNames* ports) : ports_(ports) { open_.push_back(&root_); }

  void enter_bridge(const BridgeView& bridge) override;
  void leave_bridge() override { open_.pop_back(); }
  void enter_table(std::uint8_t table, const Rule* rule) override;
  void leave_table() override;
  void action(const openflow::Action& action) override;
  void drop() override;
  void note(NoteKind kind, std::string_view text) override;

  std::string text() const;

 private:
  enum class Kind : std::uint8_t { Root, Bridge, Table, Action, Note };
  struct Node {
    Kind kind = Kind::Root;
    std::string text;
    std::vector<std::unique_ptr<Node>> children;
  };
  // Where the parts of an action stand: nested at `level`, their actions two steps further if more
  // follows.
  static void print(const Node& node, unsigned level, unsigned action_level, std::string& out);
  static void print_actions(const Node& table, unsigned level, std::string& out);
  Node& add(Kind kind, std::string text);
  // Notes and what is nested hang from the last action.
  Node& parent_of_nested();

  const flow::PortNames* ports_;
  Node root_;
  std::vector<Node*> open_;
};

}  // namespace ovs::vswitch
