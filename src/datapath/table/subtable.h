// The flows of one mask: open addressing over buckets, found by the hash of the key under the mask.
// One writer at a time, any readers; it grows aside and is published whole. It owns neither records
// nor flows.
#pragma once
#include "datapath/table/bucket.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"

namespace ovs::datapath {

class FlowSlab;

void fill_masks(const flow::FlowMask& mask, HotMask& hot, ColdMask& cold);

class Subtable : public RcuObject {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsM");

  struct Slots : RcuObject {
    static constexpr MemoryTag kTag = memory_tag("ovsM");
    unsigned bits;
    OwnedArray<Bucket> buckets;

    Slots(unsigned bits_, OwnedArray<Bucket> buckets_)
        : bits(bits_), buckets(std::move(buckets_)) {}
    static Result<Owned<Slots>> create(unsigned bits);
    const Bucket& bucket(std::uint64_t hash) const { return buckets.data()[bucket_of(hash, bits)]; }
    // These are the writer's; there is room. The entry that is taken out is there.
    void insert(std::uint64_t hash, FlowIndex flow);
    void remove(std::uint64_t hash, FlowIndex flow);
  };

  // `taken` is true while it lives.
  static Result<Owned<Subtable>> create(MaskId id, const flow::FlowMask& mask, Atomic<bool>& taken);
  Subtable(MaskId id, const flow::FlowMask& mask, Atomic<bool>& taken, Owned<Slots> slots);
  ~Subtable() { taken_.store(false, Order::Release); }

  MaskId id() const { return id_; }
  const flow::FlowMask& mask() const { return mask_; }
  const HotMask& hot() const { return hot_; }
  const ColdMask* cold() const { return cold_.count == 0 ? nullptr : &cold_; }
  const Slots& slots(const RcuReader& reader) const { return *slots_.read(reader); }

  // The writer's. Room for one more flow: what can fail of an insertion.
  Result<void> reserve(const FlowSlab& slab, const HashSecrets& secrets, Reclaimer& reclaimer);
  void insert(std::uint64_t hash, FlowIndex flow);
  void remove(std::uint64_t hash, FlowIndex flow);
  std::size_t count() const { return count_; }
  Slots& writable() const { return const_cast<Slots&>(*slots_.current()); }

 private:
  MaskId id_;
  Atomic<bool>& taken_;
  flow::FlowMask mask_;
  HotMask hot_{};
  ColdMask cold_;
  std::size_t count_ = 0;
  RcuPtr<Slots> slots_;
};

}  // namespace ovs::datapath
