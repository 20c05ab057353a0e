// A text of at most N bytes, inside the object: names of links and ports.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/core/result.h"
#include "base/text/text.h"

namespace ovs {

template <std::size_t N>
class FixedText {
  static_assert(N < 65536);

 public:
  constexpr FixedText() = default;
  // Error::NoSpace when it is longer than N.
  static constexpr Result<FixedText> of(Text text) {
    if (text.size() > N) return Error::NoSpace;
    return cut(text);
  }
  // As much of it as fits.
  static constexpr FixedText cut(Text text) {
    FixedText fixed;
    fixed.size_ = std::uint16_t(text.size() < N ? text.size() : N);
    for (std::size_t i = 0; i < fixed.size_; ++i) fixed.room_[i] = text[i];
    return fixed;
  }

  constexpr Text text() const { return Text(room_, size_); }
  constexpr operator Text() const { return text(); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr bool operator==(const FixedText& other) const { return text() == other.text(); }

 private:
  char room_[N] = {};
  std::uint16_t size_ = 0;
};

}  // namespace ovs
