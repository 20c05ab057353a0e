#include "vswitch/translate/effects.h"

#include "openflow/action/action.h"

namespace ovs::vswitch {

namespace {

void count(std::atomic<std::uint64_t>& counter, std::uint64_t more) {
  counter.fetch_add(more, std::memory_order_relaxed);
}

void apply_one(const RuleHit& hit, const Traffic& traffic) {
  hit.rule->counters->add(traffic.packets, traffic.bytes, traffic.used_ms);
}

void apply_one(const TableLookup& lookup, const Traffic& traffic) {
  TableCounters::One& table = lookup.counters->of[lookup.table];
  count(table.lookups, traffic.packets);
  if (lookup.matched) count(table.matches, traffic.packets);
}

void apply_one(const PortTraffic& port, const Traffic& traffic) {
  const bool is_received = port.direction == Direction::Received;
  count(is_received ? port.counters->rx_packets : port.counters->tx_packets, traffic.packets);
  count(is_received ? port.counters->rx_bytes : port.counters->tx_bytes, traffic.bytes);
}

void apply_one(const PacketsCounted& counted, const Traffic& traffic) {
  count(counted.count->packets, traffic.packets);
  count(counted.count->bytes, traffic.bytes);
}

void apply_one(const MacSeen& seen, const Traffic& traffic) {
  seen.macs->learn(seen.mac, seen.vlan, seen.port, traffic.used_ms, seen.gratuitous);
}

}  // namespace

void Effects::apply(const Traffic& traffic) const {
  if (traffic.packets == 0) return;
  for (const Effect& effect : effects_) {
    std::visit([&](const auto& one) { apply_one(one, traffic); }, effect);
  }
}

void Effects::learn(std::uint64_t now_ms) const {
  for (const Effect& effect : effects_) {
    if (const auto* seen = std::get_if<MacSeen>(&effect)) apply_one(*seen, {1, 0, now_ms, 0});
  }
}

}  // namespace ovs::vswitch
