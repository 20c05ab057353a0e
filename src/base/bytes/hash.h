// Keyed hashing for tables: fast, well mixed, not cryptographic. Seeds are drawn at start, because
// guests choose packets.
#pragma once
#include <cstdint>

#include "base/bytes/big.h"
#include "base/bytes/span.h"

namespace ovs {

// Two words into one by a 128-bit multiplication, whose halves depend on every bit of both.
constexpr std::uint64_t hash_mix(std::uint64_t a, std::uint64_t b) {
  const unsigned __int128 product =
      static_cast<unsigned __int128>(a ^ 0x9e3779b97f4a7c15) * (b ^ 0xd1b54a32d192ed03);
  return std::uint64_t(product) ^ std::uint64_t(product >> 64);
}

constexpr std::uint64_t hash_words(const std::uint64_t* words, std::size_t count,
                                   std::uint64_t seed) {
  std::uint64_t hash = seed ^ count;
  for (std::size_t i = 0; i < count; ++i) hash = hash_mix(hash, words[i]);
  return hash;
}

inline std::uint64_t hash_bytes(Bytes bytes, std::uint64_t seed) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.count();
  std::uint64_t hash = seed ^ left;
  for (; left >= 8; at += 8, left -= 8) hash = hash_mix(hash, load<std::uint64_t>(at));
  std::uint64_t tail = 0;
  for (std::size_t i = 0; i < left; ++i) tail |= std::uint64_t(at[i]) << (8 * i);
  return hash_mix(hash, tail);
}

}  // namespace ovs
