// Bit ranges of bytes in network order: bit 0 is the highest bit of the first byte. With constant
// arguments each becomes one load, shift and mask.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes/big.h"
#include "base/core/assert.h"

namespace ovs {

constexpr std::uint64_t low_bits(unsigned bits) {
  return bits >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
}

// `size` bytes, at most 8, as a number in network order.
constexpr std::uint64_t load_big(const std::uint8_t* at, std::size_t size) {
  if (!std::is_constant_evaluated()) {
    switch (size) {
      case 1: return *at;
      case 2: return byte_swap(load<std::uint16_t>(at));
      case 4: return byte_swap(load<std::uint32_t>(at));
      case 8: return byte_swap(load<std::uint64_t>(at));
    }
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | at[i];
  return value;
}

constexpr void store_big(std::uint8_t* at, std::size_t size, std::uint64_t value) {
  if (!std::is_constant_evaluated()) {
    switch (size) {
      case 1: *at = std::uint8_t(value); return;
      case 2: store(at, byte_swap(std::uint16_t(value))); return;
      case 4: store(at, byte_swap(std::uint32_t(value))); return;
      case 8: store(at, byte_swap(value)); return;
    }
  }
  for (std::size_t i = size; i > 0; --i) {
    at[i - 1] = std::uint8_t(value);
    value >>= 8;
  }
}

// `bits` from `first_bit`: at most 64, within at most 8 bytes.
constexpr std::uint64_t load_bits(const std::uint8_t* from, std::size_t first_bit, unsigned bits) {
  const std::size_t first = first_bit / 8;
  const std::size_t end = (first_bit + bits + 7) / 8;
  OVS_ASSERT(bits > 0 && end - first <= 8);
  const unsigned below = unsigned(end * 8 - first_bit - bits);
  return load_big(from + first, end - first) >> below & low_bits(bits);
}

// Writes the low `bits` of `value`, and leaves the bits around them.
constexpr void store_bits(std::uint8_t* to, std::size_t first_bit, unsigned bits,
                          std::uint64_t value) {
  const std::size_t first = first_bit / 8;
  const std::size_t end = (first_bit + bits + 7) / 8;
  OVS_ASSERT(bits > 0 && end - first <= 8);
  const unsigned below = unsigned(end * 8 - first_bit - bits);
  const std::uint64_t mask = low_bits(bits) << below;
  const std::uint64_t old = load_big(to + first, end - first);
  store_big(to + first, end - first, (old & ~mask) | (value << below & mask));
}

}  // namespace ovs
