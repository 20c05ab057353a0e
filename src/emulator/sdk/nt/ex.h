// The executive: pool, lookaside lists, fast mutexes, interlocked operations and lists.
#pragma once
#include "emulator/sdk/nt/ke.h"

// --- pool
enum POOL_TYPE : INT { NonPagedPool = 0, PagedPool = 1, NonPagedPoolNx = 512 };
enum EX_POOL_PRIORITY { LowPoolPriority = 0, NormalPoolPriority = 16, HighPoolPriority = 32 };
// 16-byte aligned, page-aligned from one page on. At most DISPATCH_LEVEL for nonpaged pool.
NTKERNELAPI PVOID NTAPI ExAllocatePoolWithTag(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
NTKERNELAPI VOID NTAPI ExFreePoolWithTag(PVOID P, ULONG Tag);

// --- interlocked operations, which are instructions
inline LONG InterlockedIncrement(volatile LONG* addend) {
  return __atomic_add_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
inline LONG InterlockedDecrement(volatile LONG* addend) {
  return __atomic_sub_fetch(addend, 1, __ATOMIC_SEQ_CST);
}
inline LONG InterlockedExchange(volatile LONG* target, LONG value) {
  return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
inline LONG InterlockedCompareExchange(volatile LONG* target, LONG value, LONG comparand) {
  __atomic_compare_exchange_n(target, &comparand, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return comparand;
}
inline PVOID InterlockedExchangePointer(PVOID volatile* target, PVOID value) {
  return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}
inline PVOID InterlockedCompareExchangePointer(PVOID volatile* target, PVOID value,
                                               PVOID comparand) {
  __atomic_compare_exchange_n(target, &comparand, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return comparand;
}

// --- lookaside lists
NTKERNELAPI PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER ListHead);
NTKERNELAPI PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER ListHead,
                                                            PSLIST_ENTRY ListEntry);
inline USHORT ExQueryDepthSList(PSLIST_HEADER head) {
  return static_cast<USHORT>(head->Alignment);
}

using ALLOCATE_FUNCTION = PVOID NTAPI(POOL_TYPE PoolType, SIZE_T NumberOfBytes, ULONG Tag);
using PALLOCATE_FUNCTION = ALLOCATE_FUNCTION*;
using FREE_FUNCTION = VOID NTAPI(PVOID Buffer);
using PFREE_FUNCTION = FREE_FUNCTION*;
struct alignas(64) GENERAL_LOOKASIDE {
  SLIST_HEADER ListHead;
  USHORT Depth, MaximumDepth;
  ULONG TotalAllocates, AllocateMisses, TotalFrees, FreeMisses;
  POOL_TYPE Type;
  ULONG Tag, Size;
  PALLOCATE_FUNCTION Allocate;
  PFREE_FUNCTION Free;
  LIST_ENTRY ListEntry;
  ULONG LastTotalAllocates, LastAllocateMisses, Future[2];
};
struct NPAGED_LOOKASIDE_LIST {
  GENERAL_LOOKASIDE L;
};
using PNPAGED_LOOKASIDE_LIST = NPAGED_LOOKASIDE_LIST*;
inline constexpr ULONG POOL_NX_ALLOCATION = 512;
NTKERNELAPI VOID NTAPI ExInitializeNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside,
                                                       PALLOCATE_FUNCTION Allocate,
                                                       PFREE_FUNCTION Free, ULONG Flags,
                                                       SIZE_T Size, ULONG Tag, USHORT Depth);
NTKERNELAPI VOID NTAPI ExDeleteNPagedLookasideList(PNPAGED_LOOKASIDE_LIST Lookaside);
inline PVOID ExAllocateFromNPagedLookasideList(PNPAGED_LOOKASIDE_LIST lookaside) {
  GENERAL_LOOKASIDE& list = lookaside->L;
  ++list.TotalAllocates;
  PVOID entry = ExpInterlockedPopEntrySList(&list.ListHead);
  if (entry != nullptr) return entry;
  ++list.AllocateMisses;
  return list.Allocate(list.Type, list.Size, list.Tag);
}
inline VOID ExFreeToNPagedLookasideList(PNPAGED_LOOKASIDE_LIST lookaside, PVOID entry) {
  GENERAL_LOOKASIDE& list = lookaside->L;
  ++list.TotalFrees;
  if (ExQueryDepthSList(&list.ListHead) >= list.Depth) {
    ++list.FreeMisses;
    list.Free(entry);
    return;
  }
  ExpInterlockedPushEntrySList(&list.ListHead, static_cast<PSLIST_ENTRY>(entry));
}

// --- fast mutexes: at most APC_LEVEL, to which they raise
struct FAST_MUTEX {
  volatile LONG Count;
  PVOID Owner;
  ULONG Contention;
  KEVENT Event;
  ULONG OldIrql;
};
using PFAST_MUTEX = FAST_MUTEX*;
inline VOID ExInitializeFastMutex(PFAST_MUTEX mutex) {
  mutex->Count = 1;
  mutex->Owner = nullptr;
  mutex->Contention = 0;
  KeInitializeEvent(&mutex->Event, SynchronizationEvent, FALSE);
}
NTKERNELAPI VOID NTAPI ExAcquireFastMutex(PFAST_MUTEX FastMutex);
NTKERNELAPI VOID NTAPI ExReleaseFastMutex(PFAST_MUTEX FastMutex);
