// A mutual exclusion lock in 32 bits: spins briefly, then sleeps in the kernel. What the hosted
// SpinLock and Mutex are made of.
#pragma once
#include <cstdint>

#include "base/core/atomic.h"

namespace ovs::platform {

class FutexLock {
 public:
  constexpr FutexLock() = default;
  void acquire() noexcept {
    std::uint32_t expected = kFree;
    if (!word_.compare_exchange(expected, kHeld, Order::Acquire)) acquire_contended();
  }
  void release() noexcept {
    if (word_.exchange(kFree, Order::Release) == kAwaited) wake_one();
  }

 private:
  static constexpr std::uint32_t kFree = 0, kHeld = 1, kAwaited = 2;
  void acquire_contended() noexcept;
  void wake_one() noexcept;

  Atomic<std::uint32_t> word_{kFree};
};

class FutexHolder {
 public:
  explicit FutexHolder(FutexLock& lock) : lock_(lock) { lock_.acquire(); }
  ~FutexHolder() { lock_.release(); }
  FutexHolder(const FutexHolder&) = delete;

 private:
  FutexLock& lock_;
};

}  // namespace ovs::platform
