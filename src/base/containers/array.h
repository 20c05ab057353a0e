// A fixed array as a value: std::array where the kernel profile has none.
#pragma once
#include <cstddef>

#include "base/core/assert.h"

namespace ovs {

template <class T, std::size_t N>
struct Array {
  T items[N];

  constexpr T* data() { return items; }
  constexpr const T* data() const { return items; }
  static constexpr std::size_t count() { return N; }
  static constexpr std::size_t size() { return N; }
  constexpr T* begin() { return items; }
  constexpr T* end() { return items + N; }
  constexpr const T* begin() const { return items; }
  constexpr const T* end() const { return items + N; }
  constexpr T& operator[](std::size_t index) {
    OVS_ASSERT(index < N);
    return items[index];
  }
  constexpr const T& operator[](std::size_t index) const {
    OVS_ASSERT(index < N);
    return items[index];
  }
  constexpr bool operator==(const Array&) const = default;
};

}  // namespace ovs
