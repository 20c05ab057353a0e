#include "datapath/table/hash.h"

namespace ovs::datapath {

// SplitMix64.
HashSecrets HashSecrets::draw(std::uint64_t seed) {
  HashSecrets secrets{};
  const auto next = [&seed] {
    seed += 0x9e3779b97f4a7c15;
    std::uint64_t z = seed;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  };
  for (unsigned i = 0; i < flow::kHotWords; ++i) secrets.hot[i] = next();
  for (std::uint64_t& secret : secrets.cold) secret = next();
  return secrets;
}

std::uint64_t hash_of(const FlowRecord& record, const ColdMask* cold, const HashSecrets& secrets) {
  std::uint64_t hash = 0;
  for (unsigned i = 0; i < flow::kHotWords; ++i) hash += hash_term(record.hot[i], secrets.hot[i]);
  if (cold == nullptr) return finish_hash(hash);
  const FlowBody& body = *record.body.load(Order::Relaxed);
  for (std::uint32_t i = 0; i < cold->count; ++i) {
    hash += hash_term(body.cold[i], secrets.cold[cold->places[i]]);
  }
  return finish_hash(hash);
}

}  // namespace ovs::datapath
