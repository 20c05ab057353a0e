// One OpenFlow flow: what it matches, what it does, and its counters. Never changes once it is in a
// table: a modification is a new Rule that takes the old one's place and shares its counters.
// Readers of any version may hold it.
#pragma once
#include <atomic>
#include <cstdint>

#include "vswitch/tables/compact_match.h"
#include "vswitch/tables/shared.h"

namespace ovs::vswitch {

// What packets did to a rule. Written by whoever pushes statistics, read by whoever reports them.
struct RuleCounters : SharedCount {
  std::atomic<std::uint64_t> packets{0}, bytes{0};
  std::atomic<std::uint64_t> used_ms{0};  // of the clock; creation at first

  void add(std::uint64_t more_packets, std::uint64_t more_bytes, std::uint64_t now_used_ms);
};

struct RuleActions;  // rule_actions.h

enum class RuleFlag : std::uint16_t {
  SendFlowRemoved = 1,
  CheckOverlap = 2,
  ResetCounts = 4,
  NoPacketCounts = 8,
  NoByteCounts = 16,
};

struct RuleSpec {
  std::uint8_t table = 0;
  int priority = 0;
  std::uint64_t cookie = 0;
  std::uint16_t idle_timeout_s = 0, hard_timeout_s = 0;
  std::uint16_t importance = 0;
  std::uint16_t flags = 0;  // RuleFlag
  std::uint64_t created_ms = 0, modified_ms = 0;

  bool has(RuleFlag flag) const { return (flags & std::uint16_t(flag)) != 0; }
  bool can_expire() const { return idle_timeout_s != 0 || hard_timeout_s != 0; }
  // The switch's own, above what a controller can say.
  bool is_hidden() const { return priority > 0xffff || table == 254; }
};

struct Rule : SharedCount {
  Rule(const flow::Match& match, const RuleSpec& spec, Shared<const RuleActions> does,
       Shared<RuleCounters> counts);
  ~Rule();

  const CompactMatch match;
  const RuleSpec spec;
  const Shared<const RuleActions> actions;
  const Shared<RuleCounters> counters;
};

}  // namespace ovs::vswitch
