#include "datapath/table/cache.h"

namespace ovs::datapath {

Result<Owned<SignatureCache>> SignatureCache::create(unsigned bucket_bits) {
  OVS_ASSERT(bucket_bits >= 1 && bucket_bits < 32);
  OVS_TRY(auto buckets, try_make_array<Bucket>(std::size_t{1} << bucket_bits, kTag));
  return try_make<SignatureCache>(bucket_bits, std::move(buckets));
}

// Where the same tag stands, that is replaced: so stale entries go. Else an empty place, here or
// next door; else, one time in kReplaceOneIn, the hand's victim.
void SignatureCache::insert(std::uint64_t hash, FlowIndex flow) const {
  const std::uint16_t tag = tag_of(hash);
  Bucket& home = bucket(hash);
  Bucket& next = neighbour(home);
  Bucket* const pair[] = {&home, &next};
  for (unsigned step = 0; step < 4; ++step) {
    Bucket& bucket = *pair[step & 1];
    const unsigned ways = match_tags(bucket.tags, step < 2 ? tag : std::uint16_t{0});
    if (ways != 0) return bucket.put(unsigned(__builtin_ctz(ways)), tag, flow);
  }
  crowded_.add_unshared(1);
  if (crowded_.load(Order::Relaxed) % kReplaceOneIn != 0) return;
  home.put(home.hand++ % kBucketWays, tag, flow);
}

}  // namespace ovs::datapath
