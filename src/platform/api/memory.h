// How freestanding code gets memory: try_make, which fails by value. What actually allocates is the
// backend's ovs::allocate (declared in base/core/owned.h); in tests it is made to fail by
// platform/fake/failing_allocator.h.
#pragma once
#include <limits>
#include <type_traits>
#include <utility>

#include "base/bytes/span.h"
#include "base/core/owned.h"
#include "base/core/placement.h"
#include "base/core/result.h"

namespace ovs {

// A new T, tagged by T::kTag if it has one. Error::NoMemory is the only failure: the constructor
// cannot fail.
template <class T, class... Args>
Result<Owned<T>> try_make(Args&&... args) {
  static_assert(std::is_nothrow_destructible_v<T>);
  void* memory = allocate(sizeof(T), alignof(T), memory_tag_of<T>());
  if (memory == nullptr) return Error::NoMemory;
  return Owned<T>::adopt(construct_at<T>(memory, std::forward<Args>(args)...));
}

// Sole ownership of `count` objects side by side, all of them alive as long as the array.
template <class T>
class OwnedArray {
 public:
  constexpr OwnedArray() = default;
  // `data` holds `count` constructed objects from allocate(count * sizeof(T), alignof(T), tag).
  static OwnedArray adopt(T* data, std::size_t count, MemoryTag tag) {
    return OwnedArray(data, count, tag);
  }
  OwnedArray(OwnedArray&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        count_(std::exchange(other.count_, 0)),
        tag_(other.tag_) {}
  OwnedArray& operator=(OwnedArray&& other) noexcept {
    if (this == &other) return *this;
    clear();
    data_ = std::exchange(other.data_, nullptr);
    count_ = std::exchange(other.count_, 0);
    tag_ = other.tag_;
    return *this;
  }
  OwnedArray(const OwnedArray&) = delete;
  OwnedArray& operator=(const OwnedArray&) = delete;
  ~OwnedArray() { clear(); }

  T* data() const { return data_; }
  std::size_t count() const { return count_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  T* begin() const { return data_; }
  T* end() const { return data_ + count_; }
  T& operator[](std::size_t index) const {
    OVS_ASSERT(index < count_);
    return data_[index];
  }
  Span<T> span() const { return Span<T>(data_, count_); }

 private:
  OwnedArray(T* data, std::size_t count, MemoryTag tag) : data_(data), count_(count), tag_(tag) {}
  void clear() {
    if (data_ == nullptr) return;
    for (std::size_t i = count_; i > 0; --i) data_[i - 1].~T();
    deallocate(data_, count_ * sizeof(T), alignof(T), tag_);
    data_ = nullptr;
    count_ = 0;
  }

  T* data_ = nullptr;
  std::size_t count_ = 0;
  MemoryTag tag_ = memory_tag("ovs ");
};

// `count` value-initialised objects. Error::Range when their size does not fit a size_t, else
// Error::NoMemory.
template <class T>
Result<OwnedArray<T>> try_make_array(std::size_t count, MemoryTag tag = memory_tag_of<T>()) {
  if (count == 0) return OwnedArray<T>();
  if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) return Error::Range;
  void* memory = allocate(count * sizeof(T), alignof(T), tag);
  if (memory == nullptr) return Error::NoMemory;
  T* items = static_cast<T*>(memory);
  for (std::size_t i = 0; i < count; ++i) construct_at<T>(items + i);
  return OwnedArray<T>::adopt(items, count, tag);
}

// A private copy of `bytes`.
inline Result<OwnedArray<std::uint8_t>> try_copy(Bytes bytes, MemoryTag tag = memory_tag("ovsB")) {
  OVS_TRY(auto copy, try_make_array<std::uint8_t>(bytes.count(), tag));
  if (!bytes.empty()) __builtin_memcpy(copy.data(), bytes.data(), bytes.count());
  return copy;
}

}  // namespace ovs
