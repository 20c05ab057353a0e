#include "vswitch/tables/rule.h"

#include "vswitch/tables/rule_actions.h"

namespace ovs::vswitch {

void RuleCounters::add(std::uint64_t more_packets, std::uint64_t more_bytes,
                       std::uint64_t now_used_ms) {
  packets.fetch_add(more_packets, std::memory_order_relaxed);
  bytes.fetch_add(more_bytes, std::memory_order_relaxed);
  std::uint64_t seen = used_ms.load(std::memory_order_relaxed);
  while (seen < now_used_ms && !used_ms.compare_exchange_weak(seen, now_used_ms)) {
  }
}

Rule::Rule(const flow::Match& what, const RuleSpec& how, Shared<const RuleActions> does,
           Shared<RuleCounters> counts)
    : match(what), spec(how), actions(std::move(does)), counters(std::move(counts)) {}

Rule::~Rule() = default;

}  // namespace ovs::vswitch
