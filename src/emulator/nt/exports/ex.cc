// Ex: pool, lookaside lists, interlocked lists, fast mutexes.
#include <thread>

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

// Its first entry, whose lowest bit, which is zero, is set while somebody changes the list.
class ChangedList {
 public:
  explicit ChangedList(PSLIST_HEADER head) : head_(head) {
    ULONGLONG before = __atomic_fetch_or(&head->Region, kBit, __ATOMIC_ACQUIRE);
    while ((before & kBit) != 0) {
      std::this_thread::yield();
      before = __atomic_fetch_or(&head->Region, kBit, __ATOMIC_ACQUIRE);
    }
    first = reinterpret_cast<PSLIST_ENTRY>(before);
  }
  ChangedList(const ChangedList&) = delete;
  ~ChangedList() {
    __atomic_store_n(&head_->Region, reinterpret_cast<ULONGLONG>(first), __ATOMIC_RELEASE);
  }
  PSLIST_ENTRY first;

 private:
  static constexpr ULONGLONG kBit = 1;
  PSLIST_HEADER head_;
};

PSLIST_ENTRY pop_entry(PSLIST_HEADER head) {
  ChangedList list(head);
  const PSLIST_ENTRY first = list.first;
  if (first == nullptr) return nullptr;
  list.first = first->Next;
  __atomic_store_n(&head->Alignment, head->Alignment - 1, __ATOMIC_RELAXED);
  return first;
}

PSLIST_ENTRY push_entry(PSLIST_HEADER head, PSLIST_ENTRY entry) {
  ChangedList list(head);
  const PSLIST_ENTRY before = list.first;
  entry->Next = before;
  list.first = entry;
  __atomic_store_n(&head->Alignment, head->Alignment + 1, __ATOMIC_RELAXED);
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
  general.Allocate = allocate != nullptr
                         ? allocate
                         : Exported<allocate_pool>::handler("ExAllocatePoolWithTag", kUpToDispatch,
                                                            SpinLocks::MayBeHeld);
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
  const bool is_noted = has_detectors();
  if (is_noted && __atomic_load_n(&mutex->Owner, __ATOMIC_RELAXED) == &thread)
    violate(87, "fast mutex " + text_of(mutex) + " is acquired by the thread that holds it");
  if (is_noted && !thread.locks.empty()) parts().lock_order.note(thread, mutex);
  Scheduler& scheduler = parts().scheduler;
  {
    KernelLock lock = scheduler.lock();
    scheduler.wait(lock, [&] { return mutex->Count == 1; }, {});
    mutex->Count = 0;
    __atomic_store_n(&mutex->Owner, &thread, __ATOMIC_RELAXED);
  }
  mutex->OldIrql = thread.level;
  parts().processors.raise(thread, APC_LEVEL);
  if (is_noted) note_acquired(thread, mutex, true);
}

void release_fast_mutex(PFAST_MUTEX mutex) {
  Thread& thread = Thread::current();
  if (has_detectors()) note_released(thread, mutex);
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
