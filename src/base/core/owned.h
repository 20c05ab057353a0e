// Sole ownership of one object from the platform's allocator. Made by platform/api/memory.h's
// try_make, never by new.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/core/assert.h"

namespace ovs {

// Four characters that name who asked for memory (a pool tag on Windows, a statistic elsewhere).
enum class MemoryTag : std::uint32_t {};
constexpr MemoryTag memory_tag(const char (&text)[5]) {
  return MemoryTag{
      std::uint32_t(std::uint8_t(text[0])) | std::uint32_t(std::uint8_t(text[1])) << 8 |
      std::uint32_t(std::uint8_t(text[2])) << 16 | std::uint32_t(std::uint8_t(text[3])) << 24};
}

// Defined by the platform backend. Null when there is no memory; any IRQL up to DISPATCH; `align` a
// power of two.
void* allocate(std::size_t size, std::size_t align, MemoryTag tag) noexcept;
void deallocate(void* memory, std::size_t size, std::size_t align, MemoryTag tag) noexcept;

template <class T>
concept HasMemoryTag = requires {
  { T::kTag } -> std::convertible_to<MemoryTag>;
};
template <class T>
constexpr MemoryTag memory_tag_of() {
  if constexpr (HasMemoryTag<T>) {
    return T::kTag;
  } else {
    return memory_tag("ovs ");
  }
}

template <class T>
class Owned {
 public:
  constexpr Owned() = default;
  constexpr Owned(decltype(nullptr)) {}
  // Takes an object that `allocate(sizeof(T), alignof(T), memory_tag_of<T>())` holds.
  static Owned adopt(T* object) { return Owned(object); }

  Owned(Owned&& other) noexcept : object_(other.release()) {}
  Owned& operator=(Owned&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { reset(nullptr); }

  explicit operator bool() const { return object_ != nullptr; }
  T* operator->() const {
    OVS_ASSERT(object_ != nullptr);
    return object_;
  }
  T& operator*() const {
    OVS_ASSERT(object_ != nullptr);
    return *object_;
  }
  // The object, still owned here.
  T* raw() const { return object_; }
  // The object, now the caller's to give to adopt().
  T* release() { return std::exchange(object_, nullptr); }

 private:
  explicit Owned(T* object) : object_(object) {}
  void reset(T* next) {
    T* old = std::exchange(object_, next);
    if (old == nullptr) return;
    old->~T();
    deallocate(old, sizeof(T), alignof(T), memory_tag_of<T>());
  }

  T* object_ = nullptr;
};

}  // namespace ovs
