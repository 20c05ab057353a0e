#include "datapath/table/subtable.h"

#include "datapath/table/slab.h"

namespace ovs::datapath {

inline constexpr unsigned kFirstBits = 1;

Result<Owned<Subtable::Slots>> Subtable::Slots::create(unsigned bits) {
  OVS_TRY(auto buckets, try_make_array<Bucket>(std::size_t{1} << bits, kTag));
  return try_make<Slots>(bits, std::move(buckets));
}

void Subtable::Slots::insert(std::uint64_t hash, FlowIndex flow) {
  const std::uint32_t last = (std::uint32_t{1} << bits) - 1;
  for (std::uint32_t at = bucket_of(hash, bits);; at = (at + 1) & last) {
    Bucket& bucket = buckets[at];
    const unsigned empty = match_tags(bucket.tags, 0);
    if (empty != 0) return bucket.put(unsigned(__builtin_ctz(empty)), tag_of(hash), flow);
    bucket.overflow.add_unshared(1);
  }
}

void Subtable::Slots::remove(std::uint64_t hash, FlowIndex flow) {
  const std::uint32_t last = (std::uint32_t{1} << bits) - 1;
  for (std::uint32_t at = bucket_of(hash, bits);; at = (at + 1) & last) {
    Bucket& bucket = buckets[at];
    for (unsigned ways = match_tags(bucket.tags, tag_of(hash)); ways != 0; ways &= ways - 1) {
      const unsigned way = unsigned(__builtin_ctz(ways));
      if (bucket.index[way].load(Order::Relaxed) == std::uint32_t(flow)) return bucket.clear(way);
    }
    OVS_ASSERT(bucket.overflow.load(Order::Relaxed) > 0);
    bucket.overflow.store(bucket.overflow.load(Order::Relaxed) - 1, Order::Relaxed);
  }
}

void fill_masks(const flow::FlowMask& mask, HotMask& hot, ColdMask& cold) {
  for (unsigned i = 0; i < flow::kHotWords; ++i) hot.words[i] = mask.words[i];
  for (unsigned i = 0; i < flow::kColdWords; ++i) {
    const std::uint64_t word = mask.words[flow::kHotWords + i];
    if (word == 0) continue;
    cold.places[cold.count] = std::uint8_t(i);
    cold.values[cold.count++] = word;
  }
}

Subtable::Subtable(MaskId id, const flow::FlowMask& mask, Atomic<bool>& taken, Owned<Slots> slots)
    : id_(id), taken_(taken), mask_(mask), slots_(std::move(slots)) {
  fill_masks(mask, hot_, cold_);
  taken_.store(true, Order::Relaxed);
}

Result<Owned<Subtable>> Subtable::create(MaskId id, const flow::FlowMask& mask,
                                         Atomic<bool>& taken) {
  OVS_TRY(auto slots, Slots::create(kFirstBits));
  return try_make<Subtable>(id, mask, taken, std::move(slots));
}

// Buckets are at most half full, so that few flows live outside their own.
Result<void> Subtable::reserve(const FlowSlab& slab, const HashSecrets& secrets,
                               Reclaimer& reclaimer) {
  Slots& old = writable();
  if ((count_ + 1) * 2 <= old.buckets.count() * kBucketWays) return kOk;
  OVS_TRY(auto grown, Slots::create(old.bits + 1));
  for (const Bucket& bucket : old.buckets) {
    for (unsigned way = 0; way < kBucketWays; ++way) {
      if (bucket.tags[way] == 0) continue;
      const FlowIndex flow{bucket.index[way].load(Order::Relaxed)};
      grown->insert(hash_of(slab.record(flow), cold(), secrets), flow);
    }
  }
  reclaimer.take(slots_.publish(std::move(grown)));
  return kOk;
}

void Subtable::insert(std::uint64_t hash, FlowIndex flow) {
  writable().insert(hash, flow);
  ++count_;
}

void Subtable::remove(std::uint64_t hash, FlowIndex flow) {
  writable().remove(hash, flow);
  --count_;
}

}  // namespace ovs::datapath
