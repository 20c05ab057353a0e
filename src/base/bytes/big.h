// Integers in network order. They are bytes, so alignment, aliasing and padding never come up, and
// mixing them with host integers does not compile.
#pragma once
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace ovs {

template <std::unsigned_integral T>
constexpr T byte_swap(T value) {
  if constexpr (sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 2) {
    return T(value << 8 | value >> 8);
  } else if constexpr (sizeof(T) == 4) {
    return __builtin_bswap32(value);
  } else {
    return __builtin_bswap64(value);
  }
}

template <std::unsigned_integral T>
class Big {
 public:
  constexpr Big() = default;
  constexpr explicit Big(T host) {
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      bytes_[i] = std::uint8_t(host >> (8 * (sizeof(T) - 1 - i)));
    }
  }
  constexpr T host() const {
    if (std::is_constant_evaluated()) {
      T value = 0;
      for (std::uint8_t byte : bytes_) value = T(T(value << (sizeof(T) > 1 ? 8 : 0)) | byte);
      return value;
    }
    T raw;
    __builtin_memcpy(&raw, bytes_, sizeof raw);
    return byte_swap(raw);
  }
  constexpr bool operator==(const Big&) const = default;
  constexpr explicit operator bool() const { return host() != 0; }

 private:
  std::uint8_t bytes_[sizeof(T)] = {};
};

using Be16 = Big<std::uint16_t>;
using Be32 = Big<std::uint32_t>;
using Be64 = Big<std::uint64_t>;

static_assert(sizeof(Be64) == 8 && alignof(Be64) == 1);
static_assert(!std::is_convertible_v<std::uint16_t, Be16> && !std::is_convertible_v<Be16, int>);
static_assert(std::endian::native == std::endian::little);  // every target of this project

// Unaligned loads and stores of whatever is trivially copyable. `at` has sizeof(T) bytes.
template <class T>
T load(const void* at) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  __builtin_memcpy(&value, at, sizeof value);
  return value;
}
template <class T>
void store(void* at, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  __builtin_memcpy(at, &value, sizeof value);
}

}  // namespace ovs
