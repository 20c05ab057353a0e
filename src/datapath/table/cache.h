// The signature cache of one processor: the hash of a packet under the union of all masks to a
// flow. Lossy: what it says is always checked, so nothing is ever flushed from it. Used by its
// processor alone, replaced by the table's writer.
#pragma once
#include "datapath/table/bucket.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"

namespace ovs::datapath {

class SignatureCache : public RcuObject {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsS");
  static constexpr std::uint32_t kReplaceOneIn =
      8;  // new flows that find no room: one in this many gets one

  static Result<Owned<SignatureCache>> create(unsigned bucket_bits);
  explicit SignatureCache(unsigned bits, OwnedArray<Bucket> buckets)
      : bits_(bits), buckets_(std::move(buckets)), first_(buckets_.data()) {}

  Bucket& bucket(std::uint64_t hash) const { return first_[bucket_of(hash, bits_)]; }
  // The other of a pair, asked only when the first knows nothing.
  Bucket& neighbour(const Bucket& bucket) const {
    return first_[std::size_t(&bucket - first_) ^ 1];
  }
  void insert(std::uint64_t hash, FlowIndex flow) const;

  unsigned bits() const { return bits_; }
  std::size_t entry_count() const { return buckets_.count() * kBucketWays; }
  // Insertions that found both buckets of their pair full.
  std::uint64_t crowded_count() const { return crowded_.load(Order::Relaxed); }

 private:
  unsigned bits_;
  OwnedArray<Bucket> buckets_;
  Bucket* first_;
  mutable Atomic<std::uint64_t> crowded_;
};

}  // namespace ovs::datapath
