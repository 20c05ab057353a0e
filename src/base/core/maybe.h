// A T or nothing: std::optional where the kernel profile has none. For trivially copyable values
// only; absence of anything larger is an Owned that is null.
#pragma once
#include <type_traits>

#include "base/core/assert.h"

namespace ovs {

inline constexpr struct None {
} kNone;

template <class T>
class [[nodiscard]] Maybe {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  constexpr Maybe() : nothing_{}, present_(false) {}
  constexpr Maybe(None) : Maybe() {}
  constexpr Maybe(T value) : value_(value), present_(true) {}

  constexpr explicit operator bool() const { return present_; }
  constexpr const T& operator*() const {
    OVS_ASSERT(present_);
    return value_;
  }
  constexpr const T* operator->() const { return &**this; }
  constexpr T value_or(T otherwise) const { return present_ ? value_ : otherwise; }
  friend constexpr bool operator==(const Maybe& a, const Maybe& b) {
    return a.present_ == b.present_ && (!a.present_ || a.value_ == b.value_);
  }

 private:
  union {
    None nothing_;
    T value_;
  };
  bool present_;
};

}  // namespace ovs
