// The hosted locks, and the check of ranks, which is always on.
#include "platform/api/lock.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/core/assert.h"
#include "base/core/placement.h"
#include "platform/posix/threads/futex_lock.h"
#include "platform/posix/threads/qsbr.h"
#include "platform/posix/threads/thread_state.h"

namespace ovs {
namespace platform {
namespace {

constexpr unsigned kMaxLocksHeld = 16;
constexpr int kSpins = 200;

struct Held {
  LockRank rank;
  MayWait may_wait;
};
struct HeldLocks {
  Held held[kMaxLocksHeld];
  unsigned count;
  unsigned spinning;
};
constinit thread_local HeldLocks locks = {};

long futex(Atomic<std::uint32_t>* word, int operation, std::uint32_t value) {
  return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, nullptr, nullptr, 0);
}

}  // namespace

void FutexLock::acquire_contended() noexcept {
  for (int spin = 0; spin < kSpins; ++spin) {
    std::uint32_t expected = kFree;
    if (word_.load(Order::Relaxed) == kFree &&
        word_.compare_exchange(expected, kHeld, Order::Acquire)) {
      return;
    }
    spin_hint();
  }
  while (word_.exchange(kAwaited, Order::Acquire) != kFree) futex(&word_, FUTEX_WAIT, kAwaited);
}

void FutexLock::wake_one() noexcept {
  futex(&word_, FUTEX_WAKE, 1);
}

void note_acquired(LockRank rank, MayWait may_wait) {
  // Locks are taken in increasing order of rank: the last one held has the highest.
  OVS_ASSERT(locks.count == 0 || locks.held[locks.count - 1].rank < rank);
  OVS_ASSERT(locks.count < kMaxLocksHeld);
  locks.held[locks.count++] = {rank, may_wait};
  if (may_wait == MayWait::No) ++locks.spinning;
}

void note_released(LockRank rank) {
  unsigned at = locks.count;
  while (at > 0 && locks.held[at - 1].rank != rank) --at;
  OVS_ASSERT(at > 0);
  if (locks.held[at - 1].may_wait == MayWait::No) --locks.spinning;
  for (; at < locks.count; ++at) locks.held[at - 1] = locks.held[at];
  --locks.count;
}

unsigned spin_locks_held() {
  return locks.spinning;
}

}  // namespace platform

Passive Passive::here() noexcept {
  OVS_ASSERT(platform::spin_locks_held() == 0);
  OVS_ASSERT(platform::qsbr::readers_held() == 0);
  return Passive();
}

// The futex lies in the word that the kernel backend uses for its own lock.
void SpinLock::acquire() noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  platform::note_acquired(rank_, platform::MayWait::No);
  reinterpret_cast<platform::FutexLock*>(&word_)->acquire();
}

void SpinLock::release() noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  reinterpret_cast<platform::FutexLock*>(&word_)->release();
  platform::note_released(rank_);
}

Mutex::Mutex(LockRank rank) noexcept : rank_(rank) {
  static_assert(sizeof(platform::FutexLock) <= sizeof storage_);
  construct_at<platform::FutexLock>(storage_);
}

Mutex::~Mutex() = default;

void Mutex::acquire(Passive) noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  // Making a Passive is one moment, waiting is another: what it promised must still hold.
  OVS_ASSERT(platform::spin_locks_held() == 0 && platform::qsbr::readers_held() == 0);
  platform::note_acquired(rank_, platform::MayWait::Yes);
  reinterpret_cast<platform::FutexLock*>(storage_)->acquire();
}

void Mutex::release() noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  reinterpret_cast<platform::FutexLock*>(storage_)->release();
  platform::note_released(rank_);
}

}  // namespace ovs
