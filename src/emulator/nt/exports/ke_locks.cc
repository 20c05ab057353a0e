// Ke: spin locks. A lock's word holds its owner, so that zero is free, as drivers initialize it.
#include "emulator/nt/parts.h"
#include "emulator/nt/schedule/spin_lock.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr unsigned kSpins = 200;
constexpr ULONG_PTR kFreshWord = kFreshByte * (~ULONG_PTR(0) / 255);

bool try_take(PKSPIN_LOCK lock, ULONG_PTR owner) {
  ULONG_PTR nobody = 0;
  return __atomic_compare_exchange_n(lock, &nobody, owner, false, __ATOMIC_SEQ_CST,
                                     __ATOMIC_RELAXED);
}

ULONG_PTR word_of(const Thread& thread) {
  return reinterpret_cast<ULONG_PTR>(&thread);
}

void check_may_take(const Thread& thread, PKSPIN_LOCK lock) {
  if (__atomic_load_n(lock, __ATOMIC_RELAXED) == word_of(thread))
    violate(87, "spin lock " + text_of(lock) + " is acquired by the thread that holds it");
  if (__atomic_load_n(lock, __ATOMIC_RELAXED) == kFreshWord)
    violate(87, "spin lock " + text_of(lock) + " was never initialized");
  if (!thread.locks.empty() && !thread.is_own_stack(lock)) parts().lock_order.note(thread, lock);
}

void take(Thread& thread, PKSPIN_LOCK lock) {
  const bool is_noted = has_detectors();
  if (is_noted) check_may_take(thread, lock);
  Scheduler& scheduler = parts().scheduler;
  bool is_taken = false;
  for (unsigned i = 0; i < kSpins && !is_taken; ++i) is_taken = try_take(lock, word_of(thread));
  if (!is_taken) {
    KernelLock held = scheduler.lock();
    do {
      scheduler.spin(held, [&] { return __atomic_load_n(lock, __ATOMIC_SEQ_CST) == 0; });
    } while (!try_take(lock, word_of(thread)));
  }
  if (is_noted) note_acquired(thread, lock, false);
}

void give(Thread& thread, PKSPIN_LOCK lock) {
  if (has_detectors()) note_released(thread, lock);
  __atomic_store_n(lock, ULONG_PTR(0), __ATOMIC_SEQ_CST);
  parts().scheduler.notify_spinning();
}

}  // namespace

KIRQL acquire_spin_lock(PKSPIN_LOCK lock) {
  Thread& thread = Thread::current();
  const KIRQL before = thread.level;
  parts().processors.raise(thread, DISPATCH_LEVEL);
  take(thread, lock);
  return before;
}

void release_spin_lock(PKSPIN_LOCK lock, KIRQL level) {
  Thread& thread = Thread::current();
  give(thread, lock);
  if (level > thread.level)
    violate(86, std::string("a spin lock is released to ") + level_text(level));
  if (level < DISPATCH_LEVEL) {
    for (const HeldLock& held : thread.locks) {
      if (!held.is_mutex)
        violate(86, std::string("the level is lowered to ") + level_text(level) +
                        " while spin lock " + text_of(held.lock) + " is held");
    }
  }
  parts().processors.lower(thread, level);
}

namespace {

void acquire_at_dpc_level(PKSPIN_LOCK lock) {
  take(Thread::current(), lock);
}

void release_from_dpc_level(PKSPIN_LOCK lock) {
  give(Thread::current(), lock);
}

}  // namespace

void add_ke_locks(Exports& exports) {
  exports.add<acquire_spin_lock>("KeAcquireSpinLockRaiseToDpc", kUpToDispatch);
  exports.add<release_spin_lock>("KeReleaseSpinLock", kDispatch);
  exports.add<acquire_at_dpc_level>("KeAcquireSpinLockAtDpcLevel", kDispatch);
  exports.add<release_from_dpc_level>("KeReleaseSpinLockFromDpcLevel", kDispatch);
}

}  // namespace ovs::emulator
