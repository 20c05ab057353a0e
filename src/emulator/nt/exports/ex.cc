// Ex: pool, lookaside lists, interlocked lists, fast mutexes.
#include "emulator/nt/callback.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr const char* kLookasideKind = "lookaside list";

PVOID allocate_pool(POOL_TYPE type, SIZE_T size, ULONG tag) {
  return parts().pool.allocate(type, size, tag);
}

void free_pool(PVOID block, ULONG tag) {
  parts().pool.free(block, tag);
}

// ---- lists whose first entry and number are one: nobody waits, any level ----

PSLIST_ENTRY pop_entry(PSLIST_HEADER head) {
  const std::lock_guard lock(parts().slist_mutex);
  auto* first = reinterpret_cast<PSLIST_ENTRY>(head->Region);
  if (first == nullptr) return nullptr;
  head->Region = reinterpret_cast<ULONGLONG>(first->Next);
  --head->Alignment;
  return first;
}

PSLIST_ENTRY push_entry(PSLIST_HEADER head, PSLIST_ENTRY entry) {
  const std::lock_guard lock(parts().slist_mutex);
  auto* before = reinterpret_cast<PSLIST_ENTRY>(head->Region);
  entry->Next = before;
  head->Region = reinterpret_cast<ULONGLONG>(entry);
  ++head->Alignment;
  return before;
}

// ---- lookaside lists ----

void free_of_any_tag(PVOID block) {
  parts().pool.free(block, 0);
}

void initialize_lookaside(PNPAGED_LOOKASIDE_LIST list, PALLOCATE_FUNCTION allocate,
                          PFREE_FUNCTION free, ULONG flags, SIZE_T size, ULONG tag, USHORT depth) {
  if (flags != POOL_NX_ALLOCATION)
    violate(89, "a lookaside list of executable pool, tag " + tag_text(tag));
  if (tag == 0) violate(89, "a lookaside list without a tag");
  if (size < sizeof(SLIST_ENTRY)) violate(89, "a lookaside list of entries too small to be linked");
  if (depth != 0) violate(89, "a lookaside list with a depth: the parameter is reserved");
  GENERAL_LOOKASIDE& general = list->L;
  general = {};
  general.Depth = 4;
  general.MaximumDepth = 256;
  general.Type = NonPagedPoolNx;
  general.Tag = tag;
  general.Size = static_cast<ULONG>(size);
  general.Allocate = allocate != nullptr ? allocate : &Exported<allocate_pool>::entry;
  general.Free = free != nullptr ? free
                                 : Exported<free_of_any_tag>::handler("ExFreePool", kUpToDispatch,
                                                                      SpinLocks::MayBeHeld);
  parts().live.add(kLookasideKind, list, "tag " + tag_text(tag));
}

void delete_lookaside(PNPAGED_LOOKASIDE_LIST list) {
  if (!parts().live.remove(kLookasideKind, list))
    violate(89, "lookaside list " + text_of(list) + " is deleted, and is none");
  while (PSLIST_ENTRY entry = pop_entry(&list->L.ListHead))
    call_driver("FREE_FUNCTION", list->L.Free, entry);
}

// ---- fast mutexes ----

void acquire_fast_mutex(PFAST_MUTEX mutex) {
  Thread& thread = Thread::current();
  if (__atomic_load_n(&mutex->Owner, __ATOMIC_RELAXED) == &thread)
    violate(87, "fast mutex " + text_of(mutex) + " is acquired by the thread that holds it");
  if (!thread.locks.empty()) parts().lock_order.note(thread, mutex);
  Scheduler& scheduler = parts().scheduler;
  {
    KernelLock lock = scheduler.lock();
    scheduler.wait(lock, [&] { return mutex->Count == 1; }, {});
    mutex->Count = 0;
    __atomic_store_n(&mutex->Owner, &thread, __ATOMIC_RELAXED);
  }
  mutex->OldIrql = thread.level;
  parts().processors.raise(thread, APC_LEVEL);
  note_acquired(thread, mutex, true);
}

void release_fast_mutex(PFAST_MUTEX mutex) {
  Thread& thread = Thread::current();
  note_released(thread, mutex);
  const auto level = static_cast<KIRQL>(mutex->OldIrql);
  {
    const KernelLock lock = parts().scheduler.lock();
    mutex->Count = 1;
    __atomic_store_n(&mutex->Owner, nullptr, __ATOMIC_RELAXED);
    parts().scheduler.notify();
  }
  parts().processors.lower(thread, level);
}

}  // namespace

void add_ex(Exports& exports) {
  exports.add<allocate_pool>("ExAllocatePoolWithTag", kUpToDispatch);
  exports.add<free_pool>("ExFreePoolWithTag", kUpToDispatch);
  exports.add<pop_entry>("ExpInterlockedPopEntrySList", kAnyLevel);
  exports.add<push_entry>("ExpInterlockedPushEntrySList", kAnyLevel);
  exports.add<initialize_lookaside>("ExInitializeNPagedLookasideList", kUpToDispatch);
  exports.add<delete_lookaside>("ExDeleteNPagedLookasideList", kUpToDispatch);
  exports.add<acquire_fast_mutex>("ExAcquireFastMutex", kUpToApc);
  exports.add<release_fast_mutex>("ExReleaseFastMutex", {APC_LEVEL, APC_LEVEL});
}

}  // namespace ovs::emulator
