// The kernel's locks: spin locks whose ranks are checked for each processor, and fast mutexes.
#include "platform/api/lock.h"

#include "platform/nt/machine.h"

namespace ovs {
namespace nt = platform::nt;

// That it may wait cannot be asked here (the level is in cr8): what waits would notice.
Passive Passive::here() noexcept {
  return Passive();
}

void SpinLock::acquire() noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  const KIRQL level = KeAcquireSpinLockRaiseToDpc(reinterpret_cast<PKSPIN_LOCK>(&word_));
  saved_level_ = level;
  nt::machine->note_acquired(rank_);
}

void SpinLock::release() noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  nt::machine->note_released(rank_);
  KeReleaseSpinLock(reinterpret_cast<PKSPIN_LOCK>(&word_), saved_level_);
}

Mutex::Mutex(LockRank rank) noexcept : rank_(rank) {
  static_assert(sizeof(FAST_MUTEX) <= sizeof storage_ && alignof(FAST_MUTEX) <= 8);
  ExInitializeFastMutex(construct_at<FAST_MUTEX>(storage_));
}

Mutex::~Mutex() = default;

void Mutex::acquire(Passive) noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  ExAcquireFastMutex(reinterpret_cast<PFAST_MUTEX>(storage_));
}

void Mutex::release() noexcept OVS_THREAD_SAFETY(no_thread_safety_analysis) {
  ExReleaseFastMutex(reinterpret_cast<PFAST_MUTEX>(storage_));
}

}  // namespace ovs
