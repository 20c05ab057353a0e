// A view of characters that somebody else owns: string_view where there is none. Hosted code may
// use either; they convert.
#pragma once
#include <concepts>
#include <cstddef>

#include "base/core/assert.h"

namespace ovs {

class Text {
 public:
  constexpr Text() = default;
  constexpr Text(const char* data, std::size_t size) : data_(data), size_(size) {}
  constexpr Text(const char* zero_terminated)
      : data_(zero_terminated), size_(__builtin_strlen(zero_terminated)) {}
  template <class S>
  requires(!std::same_as<S, Text> &&
           requires(const S& string) {
             { string.data() } -> std::convertible_to<const char*>;
             { string.size() } -> std::convertible_to<std::size_t>;
           }) constexpr Text(const S& string)
      : data_(string.data()), size_(string.size()) {}

  // std::string_view, std::string.
  template <class S>
  requires(!std::same_as<S, Text> && std::constructible_from<S, const char*, std::size_t>) constexpr
  operator S() const {
    return S(data_, size_);
  }

  constexpr const char* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const char* begin() const { return data_; }
  constexpr const char* end() const { return data_ + size_; }
  constexpr char operator[](std::size_t index) const {
    OVS_ASSERT(index < size_);
    return data_[index];
  }
  constexpr Text part(std::size_t offset, std::size_t size) const {
    OVS_ASSERT(offset <= size_ && size <= size_ - offset);
    return Text(data_ + offset, size);
  }
  constexpr Text from(std::size_t offset) const { return part(offset, size_ - offset); }
  constexpr bool starts_with(Text prefix) const {
    return size_ >= prefix.size_ && Text(data_, prefix.size_) == prefix;
  }
  friend constexpr bool operator==(Text a, Text b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (a.data_[i] != b.data_[i]) return false;
    }
    return true;
  }

 private:
  const char* data_ = "";
  std::size_t size_ = 0;
};

}  // namespace ovs
