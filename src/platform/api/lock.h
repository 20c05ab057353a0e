// Locks that own what they protect. Guarded<T> is a spin lock (raises to DISPATCH in the kernel:
// hold it for a few instructions, never call out); SleepGuarded<T> may wait, so it asks for a
// Passive. Ranks are taken in increasing order, which hosted backends check on every acquisition.
#pragma once
#include <cstdint>
#include <utility>

#include "base/core/atomic.h"
#include "platform/api/passive.h"

// Clang's -Wthread-safety follows these; other compilers do not know them.
#if defined(__clang__)
#define OVS_THREAD_SAFETY(...) __attribute__((__VA_ARGS__))
#else
#define OVS_THREAD_SAFETY(...)
#endif

namespace ovs {

// From the outermost to the innermost. A lock is taken only while every lock held has a lower rank.
enum class LockRank : std::uint8_t {
  Control = 10,  // one operation of the control path at a time
  Session = 20,  // a handle's dump cursor and subscriptions
  Switch = 30,   // a switch's life cycle
  Ports = 40,
  Routes = 50,
  Flows = 60,
  Meters = 70,
  Conntrack = 80,
  ConntrackShard = 90,
  Upcalls = 100,
  FramePort = 110,  // a port's queues
  Work = 200,
  Reclaimer = 210,
  Trace = 220,
  Leaf = 250,  // held around a few instructions that take no other lock
};

// Not recursive. Fits the kernel's KSPIN_LOCK and the level to return to.
class OVS_THREAD_SAFETY(capability("lock")) SpinLock {
 public:
  constexpr explicit SpinLock(LockRank rank) : rank_(rank) {}
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;
  void acquire() noexcept OVS_THREAD_SAFETY(acquire_capability());
  void release() noexcept OVS_THREAD_SAFETY(release_capability());

 private:
  Atomic<std::uint64_t> word_{0};
  LockRank rank_;
  [[maybe_unused]] std::uint8_t saved_level_ = 0;  // the kernel's alone
};

// Not recursive. Fits the kernel's FAST_MUTEX.
class OVS_THREAD_SAFETY(capability("lock")) Mutex {
 public:
  explicit Mutex(LockRank rank) noexcept;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;
  ~Mutex();
  void acquire(Passive) noexcept OVS_THREAD_SAFETY(acquire_capability());
  void release() noexcept OVS_THREAD_SAFETY(release_capability());

 private:
  alignas(8) unsigned char storage_[64] = {};
  [[maybe_unused]] LockRank rank_;
};

class OVS_THREAD_SAFETY(scoped_lockable) SpinHolder {
 public:
  explicit SpinHolder(SpinLock& lock) OVS_THREAD_SAFETY(acquire_capability(lock)) : lock_(lock) {
    lock_.acquire();
  }
  ~SpinHolder() OVS_THREAD_SAFETY(release_capability()) { lock_.release(); }
  SpinHolder(const SpinHolder&) = delete;
  SpinHolder& operator=(const SpinHolder&) = delete;

 private:
  SpinLock& lock_;
};

class OVS_THREAD_SAFETY(scoped_lockable) MutexHolder {
 public:
  MutexHolder(Mutex& lock, Passive passive) OVS_THREAD_SAFETY(acquire_capability(lock))
      : lock_(lock) {
    lock_.acquire(passive);
  }
  ~MutexHolder() OVS_THREAD_SAFETY(release_capability()) { lock_.release(); }
  MutexHolder(const MutexHolder&) = delete;
  MutexHolder& operator=(const MutexHolder&) = delete;

 private:
  Mutex& lock_;
};

// A T that is reached only under its spin lock. What the callable returns is returned by value, so
// that no reference to the T leaves by accident.
template <class T, LockRank Rank>
class Guarded {
 public:
  template <class... Args>
  explicit Guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  template <class F>
  auto with(F&& use) {
    SpinHolder holder(lock_);
    return std::forward<F>(use)(value_);
  }
  template <class F>
  auto with(F&& use) const {
    SpinHolder holder(lock_);
    return std::forward<F>(use)(static_cast<const T&>(value_));
  }

 private:
  mutable SpinLock lock_{Rank};
  T value_ OVS_THREAD_SAFETY(guarded_by(lock_));
};

// The same for work that may wait or allocate at length.
template <class T, LockRank Rank>
class SleepGuarded {
 public:
  template <class... Args>
  explicit SleepGuarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  template <class F>
  auto with(Passive passive, F&& use) {
    MutexHolder holder(lock_, passive);
    return std::forward<F>(use)(value_);
  }
  template <class F>
  auto with(Passive passive, F&& use) const {
    MutexHolder holder(lock_, passive);
    return std::forward<F>(use)(static_cast<const T&>(value_));
  }

 private:
  mutable Mutex lock_{Rank};
  T value_ OVS_THREAD_SAFETY(guarded_by(lock_));
};

}  // namespace ovs
