// Atomic<T> over the compiler's builtins, where the kernel profile has no <atomic>. Every access
// names its order.
#pragma once
#include <concepts>
#include <cstdint>
#include <type_traits>

namespace ovs {

enum class Order : int {
  Relaxed = __ATOMIC_RELAXED,
  Acquire = __ATOMIC_ACQUIRE,
  Release = __ATOMIC_RELEASE,
  AcquireRelease = __ATOMIC_ACQ_REL,
  Sequential = __ATOMIC_SEQ_CST,
};

template <class T>
class Atomic {
  // Larger ones would call a library that kernels do not have.
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= 8 &&
                (sizeof(T) & (sizeof(T) - 1)) == 0);

 public:
  constexpr Atomic() = default;
  constexpr explicit Atomic(T value) : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  T load(Order order) const {
    T value;
    __atomic_load(&value_, &value, int(order));
    return value;
  }
  void store(T value, Order order) { __atomic_store(&value_, &value, int(order)); }
  T exchange(T value, Order order) {
    T old;
    __atomic_exchange(&value_, &value, &old, int(order));
    return old;
  }
  // True if the value was `expected` and now is `desired`; else `expected` is what it was.
  bool compare_exchange(T& expected, T desired, Order success, Order failure = Order::Relaxed) {
    return __atomic_compare_exchange(&value_, &expected, &desired, false, int(success),
                                     int(failure));
  }
  // Each returns the value before.
  T fetch_add(T by, Order order) requires std::integral<T> {
    return __atomic_fetch_add(&value_, by, int(order));
  }
  T fetch_sub(T by, Order order) requires std::integral<T> {
    return __atomic_fetch_sub(&value_, by, int(order));
  }
  T fetch_or(T bits, Order order) requires std::integral<T> {
    return __atomic_fetch_or(&value_, bits, int(order));
  }
  T fetch_and(T bits, Order order) requires std::integral<T> {
    return __atomic_fetch_and(&value_, bits, int(order));
  }
  // For one writer and any readers: no locked instruction, and readers never see half a value.
  void add_unshared(T by) requires std::integral<T> {
    store(T(load(Order::Relaxed) + by), Order::Relaxed);
  }

 private:
  alignas(sizeof(T)) T value_{};
};

// Tells the processor that this is a waiting loop.
inline void spin_hint() {
  __builtin_ia32_pause();
}

inline constexpr std::size_t kCacheLine = 64;

}  // namespace ovs
