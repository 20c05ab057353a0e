// Construction in storage that somebody else owns, without <new>, which the kernel profile does not
// have.
#pragma once
#include <cstddef>
#include <utility>

namespace ovs {

enum class Placement : bool { Here };

template <class T>
constexpr void destroy_at(T* object) {
  object->~T();
}

}  // namespace ovs

inline void* operator new(std::size_t, ovs::Placement, void* where) noexcept {
  return where;
}
inline void operator delete(void*, ovs::Placement, void*) noexcept {}

namespace ovs {

// `where` has room and alignment for a T.
template <class T, class... Args>
T* construct_at(void* where, Args&&... args) {
  return new (Placement::Here, where) T(std::forward<Args>(args)...);
}

}  // namespace ovs
