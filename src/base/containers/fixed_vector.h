// A vector with room for N, inside the object. For small N of cheap values: all N are always alive.
#pragma once
#include <cstddef>
#include <utility>

#include "base/bytes/span.h"
#include "base/core/assert.h"
#include "base/core/result.h"

namespace ovs {

template <class T, std::size_t N>
class FixedVector {
 public:
  constexpr FixedVector() = default;

  static constexpr std::size_t capacity() { return N; }
  constexpr std::size_t count() const { return count_; }
  constexpr std::size_t size() const { return count_; }
  constexpr bool empty() const { return count_ == 0; }
  constexpr bool is_full() const { return count_ == N; }
  constexpr T* data() { return items_; }
  constexpr const T* data() const { return items_; }
  constexpr T* begin() { return items_; }
  constexpr T* end() { return items_ + count_; }
  constexpr const T* begin() const { return items_; }
  constexpr const T* end() const { return items_ + count_; }
  constexpr T& operator[](std::size_t index) {
    OVS_ASSERT(index < count_);
    return items_[index];
  }
  constexpr const T& operator[](std::size_t index) const {
    OVS_ASSERT(index < count_);
    return items_[index];
  }
  constexpr T& last() { return (*this)[count_ - 1]; }

  // Error::Full when N are in.
  constexpr Result<void> push(T item) {
    if (is_full()) return Error::Full;
    items_[count_++] = std::move(item);
    return kOk;
  }
  constexpr T pop() {
    OVS_ASSERT(count_ > 0);
    return std::exchange(items_[--count_], T{});
  }
  constexpr void clear() {
    while (count_ > 0) items_[--count_] = T{};
  }
  constexpr Span<const T> span() const { return Span<const T>(items_, count_); }

 private:
  T items_[N]{};
  std::size_t count_ = 0;
};

}  // namespace ovs
