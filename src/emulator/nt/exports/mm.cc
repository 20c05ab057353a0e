// Mm, and Io where it makes descriptor lists: memory that others own.
#include <cstdlib>
#include <new>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr const char* kMdlKind = "MDL";
constexpr ULONG_PTR kPageMask = 4095;

void describe(MDL& mdl, PVOID address, ULONG length) {
  const auto at = reinterpret_cast<ULONG_PTR>(address);
  mdl.StartVa = reinterpret_cast<PVOID>(at & ~kPageMask);
  mdl.ByteOffset = static_cast<ULONG>(at & kPageMask);
  mdl.ByteCount = length;
}

PMDL allocate_mdl(PVOID address, ULONG length, BOOLEAN, BOOLEAN, PIRP) {
  if (fails_now()) return nullptr;
  const std::size_t pages =
      (length + (reinterpret_cast<ULONG_PTR>(address) & kPageMask) + kPageMask) >> 12;
  const std::size_t size = sizeof(MDL) + pages * sizeof(ULONG_PTR);
  auto* mdl = new (std::calloc(1, size)) MDL{};
  mdl->Size = static_cast<CSHORT>(size);
  describe(*mdl, address, length);
  parts().live.add(kMdlKind, mdl, std::to_string(length) + " bytes");
  return mdl;
}

void free_mdl(PMDL mdl) {
  if (!parts().live.remove(kMdlKind, mdl))
    violate(89, "MDL " + text_of(mdl) + " is freed, and IoAllocateMdl did not make it");
  std::free(mdl);
}

void build_for_nonpaged_pool(PMDL mdl) {
  PVOID address = MmGetMdlVirtualAddress(mdl);
  if (!parts().pool.contains(address, mdl->ByteCount) && place_in_image(address).empty())
    violate(89, "MDL " + text_of(mdl) + " describes " + std::to_string(mdl->ByteCount) +
                    " bytes at " + text_of(address) + ", which are no nonpaged pool");
  mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
  mdl->MappedSystemVa = address;
}

void build_partial_mdl(PMDL source, PMDL target, PVOID address, ULONG length) {
  const auto begin = reinterpret_cast<ULONG_PTR>(MmGetMdlVirtualAddress(source));
  const ULONG_PTR offset = reinterpret_cast<ULONG_PTR>(address) - begin;
  if (offset > source->ByteCount || length > source->ByteCount - offset)
    violate(89, "a partial MDL that leaves its source " + text_of(source));
  describe(*target, address, length != 0 ? length : source->ByteCount - static_cast<ULONG>(offset));
  target->MdlFlags = static_cast<CSHORT>(target->MdlFlags | MDL_PARTIAL);
  constexpr CSHORT kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
  if ((source->MdlFlags & kMapped) == 0) return;
  target->MdlFlags = static_cast<CSHORT>(target->MdlFlags | (source->MdlFlags & kMapped));
  target->MappedSystemVa = static_cast<PUCHAR>(source->MappedSystemVa) + offset;
}

PVOID map_locked_pages(PMDL mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE, PVOID,
                       ULONG bug_check_on_failure, ULONG priority) {
  if ((priority & MdlMappingNoExecute) == 0)
    violate(82, "MDL " + text_of(mdl) + " is mapped executable: priority " + hex_text(priority) +
                    " lacks MdlMappingNoExecute");
  if (bug_check_on_failure != FALSE)
    violate(82, "MDL " + text_of(mdl) + " is mapped so that failing stops the machine");
  if (mode != KernelMode) violate(82, "MDL " + text_of(mdl) + " is mapped for a program");
  if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) != 0)
    violate(82, "MDL " + text_of(mdl) + " is mapped twice");
  if (fails_now()) return nullptr;
  mdl->MappedSystemVa = MmGetMdlVirtualAddress(mdl);
  mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
  return mdl->MappedSystemVa;
}

void unmap_locked_pages(PVOID address, PMDL mdl) {
  if ((mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) == 0 || mdl->MappedSystemVa != address)
    violate(82, "MDL " + text_of(mdl) + " is unmapped, and is not mapped there");
  mdl->MdlFlags = static_cast<CSHORT>(mdl->MdlFlags & ~MDL_MAPPED_TO_SYSTEM_VA);
  mdl->MappedSystemVa = nullptr;
}

PVOID system_routine(PUNICODE_STRING name) {
  const std::string wanted = utf8_of(*name);
  for (const char* module : {"ntoskrnl.exe", "hal.dll"}) {
    if (void* found = parts().routines.find(module, wanted)) return found;
  }
  return nullptr;
}

}  // namespace

void add_mm(Exports& exports) {
  exports.add<allocate_mdl>("IoAllocateMdl", kUpToDispatch);
  exports.add<free_mdl>("IoFreeMdl", kUpToDispatch);
  exports.add<build_partial_mdl>("IoBuildPartialMdl", kUpToDispatch);
  exports.add<build_for_nonpaged_pool>("MmBuildMdlForNonPagedPool", kUpToDispatch);
  exports.add<map_locked_pages>("MmMapLockedPagesSpecifyCache", kUpToDispatch);
  exports.add<unmap_locked_pages>("MmUnmapLockedPages", kUpToDispatch);
  exports.add<system_routine>("MmGetSystemRoutineAddress", kPassive);
}

}  // namespace ovs::emulator
