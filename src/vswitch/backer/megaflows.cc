#include "vswitch/backer/megaflows.h"

#include "vswitch/translate/stored.h"

namespace ovs::vswitch {

using flow::StorageId;

void Megaflow::replay(const DpifFlowStats& stats) {
  if (stats.packets <= seen.packets) return;
  const Traffic more{stats.packets - seen.packets, stats.bytes - seen.bytes, stats.used_ms,
                     stats.tcp_flags};
  seen = stats;
  effects.apply(more);
}

flow::FlowMask datapath_mask(const flow::MatchMask& wildcards, const flow::FlowKey& key) {
  flow::MatchMask mask = wildcards;
  // A key's outer EtherType is always matched, and tells a packet with a tag from one without.
  const flow::MatchKey packet{key, {}};
  if (stored(packet, StorageId::VlanTci) == 0) {
    mark(mask, StorageId::VlanTci);
  } else {
    mark(mask, StorageId::VlanTci, kVlanPresentBit);
  }
  return mask.flow;
}

MegaflowTable::MegaflowTable() {
  for (Shard& shard : shards_) shard.table_ = this;
}

Megaflow* MegaflowTable::Shard::find(const Ufid& ufid) {
  const auto at = flows_.find(ufid);
  return at == flows_.end() ? nullptr : &at->second;
}

void MegaflowTable::Shard::insert(Megaflow flow) {
  const Ufid ufid = flow.ufid;
  if (flows_.emplace(ufid, std::move(flow)).second) {
    table_->count_.fetch_add(1, std::memory_order_relaxed);
  }
}

void MegaflowTable::Shard::erase(const Ufid& ufid) {
  if (flows_.erase(ufid) > 0) table_->count_.fetch_sub(1, std::memory_order_relaxed);
}

}  // namespace ovs::vswitch
