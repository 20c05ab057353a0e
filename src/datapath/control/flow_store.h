// The flows as control knows them: by UFID or key, with their actions as they came, in an order
// that dumps can follow while flows come and go. Owns each flow's place in the flow table, and has
// a share of its program. One writer: control's lock.
#pragma once
#include "base/containers/hash_table.h"
#include "datapath/control/program_store.h"
#include "datapath/table/flow_table.h"

namespace ovs::datapath {

struct FlowId {
  Array<std::uint8_t, 16> ufid{};
  bool has_ufid = false;  // without one, a flow is known by its key as it was given

  bool operator==(const FlowId&) const = default;
};

class Flow final : public RcuObject, public HashLink<Flow> {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsf");

  Flow(FlowTable& table, const FlowId& id, const flow::FlowKey& key, SharedProgram& program)
      : table_(table), id_(id), key_(key), program_(&program) {
    body_.program.store(&program.program(), Order::Relaxed);
  }
  // No reader is left that could find it.
  ~Flow() {
    if (index_ != kNoFlow) table_.release(index_);
  }

  FlowIndex index() const { return index_; }
  const FlowId& id() const { return id_; }
  const flow::FlowKey& key() const { return key_; }  // as given, bits outside the mask included
  const flow::FlowMask& mask() const { return table_.mask_of(index_); }
  Bytes actions() const { return program_->actions(); }
  FlowTotals totals() const;

 private:
  friend class FlowStore;

  FlowTable& table_;
  FlowId id_;
  flow::FlowKey key_;
  FlowBody body_;
  SharedProgram* program_;  // its own only as long as it can be found
  FlowIndex index_ = kNoFlow;
  std::uint64_t born_ = 0;
  FlowTotals cleared_;  // what was counted when the counters were last cleared
};

// Where a dump is: flows that were born after it began are not part of it.
struct FlowCursor {
  std::uint32_t next = 1;
  std::uint64_t began = 0;
};

class FlowStore {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsf");
  static constexpr std::size_t kMaxFlows = 1 << 21;

  static Result<Owned<FlowStore>> create(FlowTable& table, Reclaimer& reclaimer,
                                         std::uint64_t secret);
  FlowStore(FlowTable& table, Reclaimer& reclaimer, std::uint64_t secret,
            OwnedArray<HashTable<Flow, Flow>::Bucket> buckets, OwnedArray<Flow*> by_index,
            Owned<ProgramStore> programs);
  FlowStore(const FlowStore&) = delete;
  ~FlowStore() { clear(); }

  Flow* find(const FlowId& id, const flow::FlowKey& key) const;
  struct Spec {
    FlowId id;
    flow::FlowKey key;
    flow::FlowMask mask;
    Bytes actions;
  };
  // Refused: Exists, Full, NoMemory, whatever is wrong with the actions. Nothing has changed then.
  Result<Flow*, Refusal> add(const Spec& spec);
  Outcome set_actions(Flow& flow, Bytes actions);
  void clear_totals(Flow& flow);
  void remove(Flow& flow);
  void clear();

  FlowCursor begin() const { return {1, born_}; }
  // The next flow of a dump, or null at its end; the cursor stays on it until `advance`.
  Flow* at(FlowCursor& cursor) const;
  void advance(FlowCursor& cursor) const { ++cursor.next; }
  std::size_t count() const { return index_.count(); }

 private:
  std::uint64_t hash(const FlowId& id, const flow::FlowKey& key) const;
  Result<void> make_room();

  FlowTable& table_;
  Reclaimer& reclaimer_;
  std::uint64_t secret_;
  OwnedArray<HashTable<Flow, Flow>::Bucket> buckets_;
  HashTable<Flow, Flow> index_;
  OwnedArray<Flow*> by_index_;
  Owned<ProgramStore> programs_;
  std::uint64_t born_ = 0;
};

}  // namespace ovs::datapath
