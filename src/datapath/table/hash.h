// The hash of a packet's key under a mask, the same for the cache and for every masked table. Its
// secrets are drawn when a table is made, since guests choose packets.
#pragma once
#include "datapath/table/record.h"
#include "datapath/table/simd.h"

namespace ovs::datapath {

struct alignas(64) HashSecrets {
  std::uint64_t hot[8];  // the last two are never used
  std::uint64_t cold[flow::kColdWords];

  static HashSecrets draw(std::uint64_t seed);
};

inline std::uint64_t hash_term(std::uint64_t word, std::uint64_t secret) {
  return std::uint64_t{std::uint32_t(std::uint32_t(word) + std::uint32_t(secret))} *
         std::uint64_t{std::uint32_t(std::uint32_t(word >> 32) + std::uint32_t(secret >> 32))};
}

// Folds one half over the other: the upper bits of a product are little more than the upper bits of
// its factors.
inline std::uint64_t finish_hash(std::uint64_t hash) {
  hash = (hash & 0xffffffff) * 0x9e3779b1u + (hash >> 32) * 0x85ebca77u;
  return hash ^ hash >> 32;
}

inline std::uint64_t hash_cold(const flow::PacketKey& key, const ColdMask& mask,
                               const HashSecrets& secrets) {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < mask.count; ++i) {
    const unsigned at = mask.places[i];
    const std::uint64_t word = (key.present >> at & 1) != 0 ? key.cold[at] & mask.values[i] : 0;
    sum += hash_term(word, secrets.cold[at]);
  }
  return sum;
}

inline std::uint64_t hash_under(const flow::PacketKey& key, const HotMask& hot,
                                const ColdMask* cold, const HashSecrets& secrets) {
  std::uint64_t hash = nh_48(key.hot, hot.words, secrets.hot);
  if (cold != nullptr) hash += hash_cold(key, *cold, secrets);
  return finish_hash(hash);
}

// Of the same words as a flow's record keeps them: already under the mask, cold ones packed.
std::uint64_t hash_of(const FlowRecord& record, const ColdMask* cold, const HashSecrets& secrets);

inline std::uint16_t tag_of(std::uint64_t hash) {
  const std::uint16_t tag = std::uint16_t(hash >> 16);
  return std::uint16_t(tag + (tag == 0));  // 0 marks an empty place
}
inline std::uint32_t bucket_of(std::uint64_t hash, unsigned bits) {
  return std::uint32_t(hash) & ((std::uint32_t{1} << bits) - 1);
}

}  // namespace ovs::datapath
