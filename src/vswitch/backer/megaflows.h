// The megaflows that a backer has put into its datapath, with what is needed to keep them right:
// what each depends on, the side effects to replay, the statistics that were already replayed. In
// shards, each under a lock of its own, which is held while the datapath is told: so the table and
// the datapath agree about a flow whenever its shard is free. Any thread.
#pragma once
#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "vswitch/translate/translation.h"

namespace ovs::vswitch {

struct Megaflow {
  Ufid ufid;
  flow::FlowKey key;
  flow::FlowMask mask;
  std::vector<std::uint8_t> actions;
  StampTime began = 0;               // of the translation
  std::vector<std::uint16_t> cells;  // what it read
  Effects effects;
  std::vector<FrozenRef> frozen;  // states that its actions name
  DpifFlowStats seen;             // replayed so far
  std::uint64_t created_ms = 0;
  std::uint64_t dump = 0;  // the number of the last dump that had it

  std::uint64_t used_ms() const { return seen.used_ms > created_ms ? seen.used_ms : created_ms; }
  // What it counts for, until `stats`; each packet once.
  void replay(const DpifFlowStats& stats);
};

// The mask that a datapath is given for a translation of `key`.
flow::FlowMask datapath_mask(const flow::MatchMask& wildcards, const flow::FlowKey& key);

class MegaflowTable {
 public:
  static constexpr unsigned kShards = 64;

  // What a shard holds, while its lock is held.
  class Shard {
   public:
    Megaflow* find(const Ufid& ufid);
    void insert(Megaflow flow);
    void erase(const Ufid& ufid);
    template <class F>
    void for_each(F&& visit) {
      for (auto& [ufid, flow] : flows_) visit(flow);
    }
    template <class F>
    void erase_if(F&& is_gone) {
      const std::size_t gone =
          std::erase_if(flows_, [&](const auto& each) { return is_gone(each.second); });
      table_->count_.fetch_sub(gone, std::memory_order_relaxed);
    }
    std::size_t count() const { return flows_.size(); }

   private:
    friend class MegaflowTable;
    MegaflowTable* table_ = nullptr;
    std::mutex mutex_;
    std::unordered_map<Ufid, Megaflow, UfidHash> flows_;
  };

  MegaflowTable();

  // Calls `work` with the shard of this flow, locked.
  template <class F>
  auto with(const Ufid& ufid, F&& work) {
    return with_shard(ufid.high % kShards, work);
  }
  template <class F>
  auto with_shard(std::size_t index, F&& work) {
    Shard& shard = shards_[index];
    const std::lock_guard lock(shard.mutex_);
    return work(shard);
  }
  // One shard after another: what moves meanwhile may be missed.
  template <class F>
  void for_each_shard(F&& work) {
    for (std::size_t index = 0; index < kShards; ++index) with_shard(index, work);
  }
  std::size_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> count_{0};
};

}  // namespace ovs::vswitch
