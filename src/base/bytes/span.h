// A view of `count` objects that somebody else owns. Bytes are what parsers read, MutableBytes what
// writers fill.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/core/assert.h"

namespace ovs {

template <class T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, std::size_t count) : data_(data), count_(count) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) : data_(array), count_(N) {}
  // Any contiguous container: Array, std::vector, std::string, std::span, another Span.
  template <class C>
  requires(!std::is_array_v<std::remove_cvref_t<C>> &&
           requires(C & container) {
             { container.data() } -> std::convertible_to<T*>;
             { container.size() } -> std::convertible_to<std::size_t>;
           }) constexpr Span(C&& container)
      : data_(container.data()), count_(container.size()) {}

  constexpr T* data() const { return data_; }
  constexpr std::size_t count() const { return count_; }
  constexpr std::size_t size() const { return count_; }  // what the standard library calls it
  constexpr bool empty() const { return count_ == 0; }
  constexpr T* begin() const { return data_; }
  constexpr T* end() const { return data_ + count_; }
  constexpr T& operator[](std::size_t index) const {
    OVS_ASSERT(index < count_);
    return data_[index];
  }
  // [offset, offset + count); both must lie inside.
  constexpr Span part(std::size_t offset, std::size_t count) const {
    OVS_ASSERT(offset <= count_ && count <= count_ - offset);
    return Span(data_ + offset, count);
  }
  constexpr Span first(std::size_t count) const { return part(0, count); }
  constexpr Span from(std::size_t offset) const {
    OVS_ASSERT(offset <= count_);
    return part(offset, count_ - offset);
  }

 private:
  T* data_ = nullptr;
  std::size_t count_ = 0;
};

using Bytes = Span<const std::uint8_t>;
using MutableBytes = Span<std::uint8_t>;

}  // namespace ovs
