// Sole ownership of an object known by its interface only: what a factory of an abstract class
// returns. The interface needs no virtual destructor, the box remembers how to destroy what is in
// it.
#pragma once
#include <concepts>
#include <utility>

#include "base/core/owned.h"

namespace ovs {

template <class Interface>
class [[nodiscard]] Boxed {
 public:
  constexpr Boxed() = default;
  constexpr Boxed(decltype(nullptr)) {}
  template <std::derived_from<Interface> T>
  Boxed(Owned<T> object)
      : destroy_([](Interface* boxed) { (void)Owned<T>::adopt(static_cast<T*>(boxed)); }),
        object_(object.release()) {}

  Boxed(Boxed&& other) noexcept
      : destroy_(other.destroy_), object_(std::exchange(other.object_, nullptr)) {}
  Boxed& operator=(Boxed&& other) noexcept {
    if (this == &other) return *this;
    clear();
    destroy_ = other.destroy_;
    object_ = std::exchange(other.object_, nullptr);
    return *this;
  }
  Boxed(const Boxed&) = delete;
  Boxed& operator=(const Boxed&) = delete;
  ~Boxed() { clear(); }

  explicit operator bool() const { return object_ != nullptr; }
  Interface* operator->() const {
    OVS_ASSERT(object_ != nullptr);
    return object_;
  }
  Interface& operator*() const {
    OVS_ASSERT(object_ != nullptr);
    return *object_;
  }
  Interface* raw() const { return object_; }

 private:
  void clear() {
    if (Interface* object = std::exchange(object_, nullptr)) destroy_(object);
  }

  void (*destroy_)(Interface*) = nullptr;
  Interface* object_ = nullptr;
};

}  // namespace ovs
