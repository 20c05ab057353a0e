// Objects that several versions of a table share: a count inside the object, and a pointer that
// keeps it. Any thread may drop the last reference. Whoever holds the only reference may change the
// object in place: nobody else can see it.
#pragma once
#include <atomic>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "base/core/assert.h"

namespace ovs::vswitch {

class SharedCount {
 public:
  SharedCount() = default;
  SharedCount(const SharedCount&) {}  // a copy begins its own life
  SharedCount& operator=(const SharedCount&) { return *this; }

 private:
  template <class T>
  friend class Shared;
  mutable std::atomic<std::uint32_t> references_{0};
};

template <class T>
class Shared {
 public:
  Shared() = default;
  Shared(decltype(nullptr)) {}
  explicit Shared(T* object) : object_(object) { take(); }
  Shared(const Shared& other) : object_(other.object_) { take(); }
  Shared(Shared&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
  requires(std::is_convertible_v<U*, T*> && !std::is_same_v<U, T>) Shared(const Shared<U>& other)
      : Shared(other.raw()) {}
  Shared& operator=(Shared other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Shared() {
    if (object_ != nullptr && count_of(object_).fetch_sub(1, std::memory_order_acq_rel) == 1) {
      delete object_;
    }
  }

  explicit operator bool() const { return object_ != nullptr; }
  T* raw() const { return object_; }
  T* operator->() const {
    OVS_ASSERT(object_ != nullptr);
    return object_;
  }
  T& operator*() const {
    OVS_ASSERT(object_ != nullptr);
    return *object_;
  }
  bool operator==(const Shared& other) const { return object_ == other.object_; }
  bool is_unique() const { return count_of(object_).load(std::memory_order_acquire) == 1; }

 private:
  static std::atomic<std::uint32_t>& count_of(const SharedCount* object) {
    return object->references_;
  }
  void take() {
    if (object_ != nullptr) count_of(object_).fetch_add(1, std::memory_order_relaxed);
  }
  T* object_ = nullptr;
};

template <class T, class... Args>
Shared<T> new_shared(Args&&... args) {
  return Shared<T>(new T(std::forward<Args>(args)...));
}

// `*pointer` to change: as it is if nobody else has it, else a copy that replaces it here.
template <class T>
T& own(Shared<T>& pointer) {
  if (!pointer.is_unique()) pointer = new_shared<T>(*pointer);
  return *pointer;
}

}  // namespace ovs::vswitch
