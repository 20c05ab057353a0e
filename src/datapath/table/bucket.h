// One cache line that says where up to eight flows may be found: a tag of 16 bits of hash and an
// index each. The signature cache and the masked tables are made of it. An entry may be stale or
// wrong: whoever follows it compares the record.
#pragma once
#include "datapath/table/hash.h"

namespace ovs::datapath {

inline constexpr unsigned kBucketWays = 8;

struct alignas(64) Bucket {
  std::uint16_t tags[kBucketWays] = {};          // 0: empty
  Atomic<std::uint32_t> index[kBucketWays + 1];  // the last is kNoFlow for ever: what "no tag"
                                                 // selects, without a branch
  Atomic<std::uint32_t> overflow;  // masked tables: flows that belong here and live further on
  std::uint32_t hand = 0;          // cache: the next victim
  std::uint32_t unused = 0;

  // The first way that may hold the tag, or the one that holds kNoFlow.
  FlowIndex first_of(std::uint16_t tag) const {
    const unsigned ways = match_tags(tags, tag) | 1u << kBucketWays;
    return FlowIndex{index[__builtin_ctz(ways)].load(Order::Acquire)};
  }
  void put(unsigned way, std::uint16_t tag, FlowIndex flow) {
    index[way].store(std::uint32_t(flow), Order::Release);
    __atomic_store_n(&tags[way], tag, __ATOMIC_RELEASE);
  }
  void clear(unsigned way) { __atomic_store_n(&tags[way], std::uint16_t{0}, __ATOMIC_RELEASE); }
};
static_assert(sizeof(Bucket) == 64);

}  // namespace ovs::datapath
