// Room in a hash table whose buckets its owner has: both stores here grow theirs alike.
#pragma once
#include "base/containers/hash_table.h"
#include "platform/api/memory.h"

namespace ovs::datapath {

// For one more element. Error::NoMemory; then nothing has changed.
template <class T>
Result<void> make_room(HashTable<T, T>& table,
                       OwnedArray<typename HashTable<T, T>::Bucket>& buckets, MemoryTag tag) {
  using Head = typename HashTable<T, T>::Bucket;
  if (!table.is_crowded()) return kOk;
  OVS_TRY(auto grown, try_make_array<Head>(buckets.count() * 2, tag));
  table.rehash(grown.span());
  buckets = std::move(grown);
  return kOk;
}

}  // namespace ovs::datapath
