// The flow tables of one switch as the control thread edits them: flow-mods, timeouts, selection
// for statistics. What is in tables() is the next version; readers keep those that were published.
// Knows no connections.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "openflow/core/error.h"
#include "openflow/message/body.h"
#include "vswitch/tables/classifier.h"
#include "vswitch/tables/rule_actions.h"
#include "vswitch/tables/view.h"

namespace ovs::vswitch {

struct RemovedRule {
  Shared<Rule> rule;
  openflow::FlowRemovedReason reason = openflow::FlowRemovedReason::Delete;
};

// Whether an action of a list sends to this port, looking into lists of lists.
bool outputs_to(const openflow::Actions& actions, std::uint16_t port);
// Whether an action of a list names this group, looking into lists of lists.
bool uses_group(const openflow::Actions& actions, std::uint32_t id);
// What can not be done yet, or makes no sense in this table: the error for the controller.
Result<void, openflow::OfError> check_actions(const openflow::Actions& actions, std::uint8_t table);

class FlowTables {
 public:
  explicit FlowTables(std::uint64_t bridge) : bridge_(bridge), tables_(kTableCount) {}

  // Rules that left, for flow-removed messages, are appended to `removed`.
  Result<void, openflow::OfError> apply(const openflow::FlowMod& mod, std::uint64_t now_ms,
                                        std::vector<RemovedRule>& removed);
  // Rules whose time is over.
  void expire(std::uint64_t now_ms, std::vector<RemovedRule>& removed);
  void flush(std::vector<RemovedRule>& removed);
  // Rules that name a group which went.
  void remove_group(std::uint32_t id, std::vector<RemovedRule>& removed);
  std::uint32_t count_of_group(std::uint32_t id) const;
  // The switch's own rule, of any priority.
  void add_own(std::uint8_t table, const flow::Match& match, int priority,
               openflow::Actions actions, std::uint64_t now_ms);
  void remove_own(std::uint8_t table, const flow::Match& match, int priority);

  enum class Hidden : bool { LeaveOut, Include };
  // In rising order of tables.
  std::vector<Shared<Rule>> select(const openflow::FlowStatsRequest& request, Hidden hidden) const;
  std::size_t count(std::uint8_t table) const;

  const std::vector<Shared<Classifier>>& tables() const { return tables_; }
  // What has changed since the last call; to be touched once the new tables are published.
  PendingStamps take_changes() { return std::exchange(changes_, {}); }
  bool has_changes() const { return !changes_.empty(); }

 private:
  using Done = Result<void, openflow::OfError>;
  Classifier& own_table(std::uint8_t number);
  Done add(const openflow::FlowMod& mod, std::uint64_t now_ms);
  Done modify(const openflow::FlowMod& mod, Strictness strictness, std::uint64_t now_ms);
  Done remove(const openflow::FlowMod& mod, Strictness strictness,
              std::vector<RemovedRule>& removed);
  template <class F>
  void for_each_of_group(std::uint32_t id, F&& visit) const;
  std::vector<Shared<Rule>> victims(const openflow::FlowMod& mod, Strictness strictness) const;
  void take_out(const Shared<Rule>& rule);
  void put_in(Shared<Rule> rule);

  const std::uint64_t bridge_;
  std::vector<Shared<Classifier>> tables_;
  std::unordered_map<const Rule*, Shared<Rule>> mortal_;  // those that can expire
  PendingStamps changes_;
};

}  // namespace ovs::vswitch
