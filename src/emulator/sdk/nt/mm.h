// Memory descriptor lists and routines found by name.
#pragma once
#include "emulator/sdk/nt/ex.h"

struct MDL {
  MDL* Next;
  CSHORT Size, MdlFlags;
  PVOID Process, MappedSystemVa, StartVa;
  ULONG ByteCount, ByteOffset;
};
using PMDL = MDL*;

inline constexpr CSHORT MDL_MAPPED_TO_SYSTEM_VA = 0x0001;
inline constexpr CSHORT MDL_PAGES_LOCKED = 0x0002;
inline constexpr CSHORT MDL_SOURCE_IS_NONPAGED_POOL = 0x0004;
inline constexpr CSHORT MDL_PARTIAL = 0x0010;

enum MEMORY_CACHING_TYPE { MmNonCached, MmCached, MmWriteCombined };
enum MM_PAGE_PRIORITY { LowPagePriority = 0, NormalPagePriority = 16, HighPagePriority = 32 };
inline constexpr ULONG MdlMappingNoWrite = 0x80000000;
inline constexpr ULONG MdlMappingNoExecute = 0x40000000;

NTKERNELAPI PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList,
                                                     KPROCESSOR_MODE AccessMode,
                                                     MEMORY_CACHING_TYPE CacheType,
                                                     PVOID BaseAddress, ULONG BugCheckOnFailure,
                                                     ULONG Priority);
NTKERNELAPI VOID NTAPI MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList);
NTKERNELAPI VOID NTAPI MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList);
// Of ntoskrnl.exe or hal.dll; null if this Windows has none of that name.
NTKERNELAPI PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);

// Of memory that is the caller's: an MDL and a word for each page that its buffer touches.
inline VOID MmInitializeMdl(PMDL mdl, PVOID address, SIZE_T length) {
  constexpr ULONG_PTR kPageMask = 0xfff;
  const auto at = reinterpret_cast<ULONG_PTR>(address);
  const SIZE_T pages = ((at & kPageMask) + length + kPageMask) >> 12;
  mdl->Next = nullptr;
  mdl->Size = static_cast<CSHORT>(sizeof(MDL) + sizeof(ULONG_PTR) * pages);
  mdl->MdlFlags = 0;
  mdl->StartVa = reinterpret_cast<PVOID>(at & ~kPageMask);
  mdl->ByteOffset = static_cast<ULONG>(at & kPageMask);
  mdl->ByteCount = static_cast<ULONG>(length);
}
inline ULONG MmGetMdlByteCount(const MDL* mdl) {
  return mdl->ByteCount;
}
inline ULONG MmGetMdlByteOffset(const MDL* mdl) {
  return mdl->ByteOffset;
}
inline PVOID MmGetMdlVirtualAddress(const MDL* mdl) {
  return static_cast<PUCHAR>(mdl->StartVa) + mdl->ByteOffset;
}
// Null when there is no room to map it.
inline PVOID MmGetSystemAddressForMdlSafe(PMDL mdl, ULONG priority) {
  if ((mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0) {
    return mdl->MappedSystemVa;
  }
  return MmMapLockedPagesSpecifyCache(mdl, KernelMode, MmCached, nullptr, FALSE, priority);
}
