// The flow table: masked tables behind a signature cache. One writer at a time (its owner's lock)
// inserts, removes and grows; readers look up batches without a lock under RCU. It knows keys and
// indices, not what a flow does, and owns no flow's body.
#pragma once
#include "datapath/table/cache.h"
#include "datapath/table/slab.h"
#include "datapath/table/subtable.h"

namespace ovs::datapath {

inline constexpr unsigned kBatch = 32;
inline constexpr unsigned kMaxMasks = 1024;
inline constexpr unsigned kMaxCacheBits = 18;  // buckets: 16 MB

struct LookupCounters {
  Atomic<std::uint64_t> packets, hits, misses;  // hits: found at once; misses: found by no mask
  Atomic<std::uint64_t> masks_visited;
};

// What one processor brings to a lookup, and what is kept for it.
struct LookupContext {
  static constexpr MemoryTag kTag = memory_tag("ovsL");
  RcuPtr<SignatureCache> cache;
  LookupCounters counters;
  Atomic<std::uint32_t> mask_hits[kMaxMasks];
  std::uint64_t seen_packets = 0, seen_crowded = 0;  // the writer's, at the last upkeep

  explicit LookupContext(Owned<SignatureCache> first) : cache(std::move(first)) {}
};

class FlowTable {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsT");

  struct Config {
    unsigned processors = 1;
    unsigned cache_bits = 9;  // buckets of eight, for each processor at first
    std::uint64_t secret = 0;
  };
  static Result<Owned<FlowTable>> create(const Config& config, Reclaimer& reclaimer);
  struct Parts;
  explicit FlowTable(Parts parts);
  FlowTable(const FlowTable&) = delete;
  // No reader is left, and no flow.
  ~FlowTable();

  // Readers. The flow of each key, kNoFlow where none matches. Keys are changed only in their
  // scratch word.
  void lookup(Span<flow::PacketKey> keys, FlowIndex* found, unsigned processor,
              const RcuReader& reader) const;
  FlowRecord& record(FlowIndex flow) const { return slab_.record(flow); }
  FlowCounters& counters(unsigned processor, FlowIndex flow) const {
    return slab_.counters(processor, flow);
  }

  // The writer's. Inserts a flow: `key` has no bits outside `mask`; `body` has its program, and
  // lives until it is released. Errors: Exists (a flow of this key and mask), Full (masks or
  // flows), NoMemory; then nothing has changed.
  Result<FlowIndex> insert(const flow::FlowKey& key, const flow::FlowMask& mask, FlowBody& body,
                           std::uint32_t only_port);
  // Readers that begin now do not find it; those under way may. release() after they are gone.
  void remove(FlowIndex flow);
  void release(FlowIndex flow) { slab_.give_back(flow); }
  // Readers under way may still use the program before it.
  void set_program(FlowIndex flow, FlowBody& body, const FlowProgram& program,
                   std::uint32_t only_port);
  FlowIndex find_exactly(const flow::FlowKey& key, const flow::FlowMask& mask) const;
  const flow::FlowMask& mask_of(FlowIndex flow) const;
  flow::FlowKey key_of_flow(FlowIndex flow) const;
  FlowTotals totals(FlowIndex flow) const { return slab_.totals(flow); }
  void clear_tcp_flags(FlowIndex flow) { slab_.clear_tcp_flags(flow); }
  // Orders masks by their hits and gives processors whose caches are crowded larger ones. To be
  // called now and then; that there is no memory only means that things stay as they are.
  void maintain();

  std::size_t count() const { return count_; }
  std::size_t mask_count() const { return view_.current()->order.count(); }
  std::uint32_t index_end() const { return slab_.end(); }
  const LookupCounters& lookup_counters(unsigned processor) const {
    return contexts_[processor]->counters;
  }

 private:
  // What readers hold for a batch: the masks in their order.
  struct View : RcuObject {
    static constexpr MemoryTag kTag = memory_tag("ovsV");
    alignas(64) HotMask united{};
    ColdMask united_cold;
    OwnedArray<Subtable*> order;
  };
  struct Pass {
    Span<flow::PacketKey> keys;
    FlowIndex* found;
    LookupContext& context;
    unsigned processor;
    const RcuReader& reader;
  };

  bool matches(FlowIndex flow, const flow::PacketKey& key, const RcuReader& reader) const {
    const FlowRecord& record = slab_.record(flow);
    const MaskId mask = record.mask.load(Order::Acquire);
    if (mask == kNoMask) return false;
    const HotMask& hot = hot_masks_.data()[unsigned(mask)];
    if (!equal_under_48(key.hot, hot.words, record.hot)) return false;
    return record.cold_count == 0 || matches_cold(record, mask, key, reader);
  }
  bool matches_cold(const FlowRecord& record, MaskId mask, const flow::PacketKey& key,
                    const RcuReader& reader) const;
  FlowIndex probe(const Subtable& subtable, std::uint64_t hash, const flow::PacketKey& key,
                  const RcuReader& reader) const;
  unsigned probe_one_mask(const Pass& pass, const Subtable& subtable, std::uint8_t* missed) const;
  unsigned probe_cache(const Pass& pass, const View& view, const SignatureCache& cache,
                       std::uint8_t* missed) const;
  unsigned validate(const Pass& pass, std::uint8_t* missed) const;
  void search(const Pass& pass, const View& view, std::uint8_t* left, unsigned count) const;

  std::uint64_t hash_key(const flow::FlowKey& key, const Subtable& subtable) const;
  FlowIndex find_in(const Subtable& subtable, std::uint64_t hash, const flow::FlowKey& key) const;
  Result<FlowIndex> insert_into(Subtable& subtable, const flow::FlowKey& key, FlowBody& body,
                                std::uint32_t only_port);
  Subtable* find_subtable(const flow::FlowMask& mask) const;
  Result<Subtable*> add_subtable(const flow::FlowMask& mask);
  void drop_subtable(Subtable& subtable);
  Result<Owned<View>> make_view(Subtable* added, const Subtable* removed) const;
  std::uint64_t take_hits(const Subtable& subtable) const;
  void order_masks();
  void grow_caches();

  Reclaimer& reclaimer_;
  HashSecrets secrets_;
  FlowSlab slab_;
  OwnedArray<HotMask> hot_masks_;           // by MaskId
  OwnedArray<Atomic<bool>> mask_taken_;     // by MaskId; cleared when the last reader of it is gone
  OwnedArray<RcuPtr<Subtable>> subtables_;  // by MaskId
  OwnedArray<Owned<LookupContext>> contexts_;
  RcuPtr<View> view_;
  std::size_t count_ = 0;
};

}  // namespace ovs::datapath
