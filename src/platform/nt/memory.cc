// Nonpaged pool that cannot be executed, and the end of the machine.
#include <ntddk.h>

#include "base/core/assert.h"
#include "base/core/owned.h"

namespace ovs {
namespace {

constexpr std::size_t kPoolAlign = 16;
constexpr ULONG kBugCheck =
    0x0056534f;  // "OSV": a driver may choose codes that Windows does not use

ULONG pool_tag(MemoryTag tag) {
  return static_cast<ULONG>(tag);
}

// Before a block that is aligned more than pool is, lies where its pool block begins.
void*& pool_block_of(void* memory) {
  return static_cast<void**>(memory)[-1];
}

}  // namespace

void panic(const char* what, const char* file, int line) noexcept {
  DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "ovs: %s:%d: assertion failed: %s\n", file,
             line, what);
  KeBugCheckEx(kBugCheck, reinterpret_cast<ULONG_PTR>(what), reinterpret_cast<ULONG_PTR>(file),
               ULONG_PTR(line), 0);
}

void* allocate(std::size_t size, std::size_t align, MemoryTag tag) noexcept {
  if (align <= kPoolAlign) {
    return ExAllocatePoolWithTag(NonPagedPoolNx, size > 0 ? size : 1, pool_tag(tag));
  }
  if (size > SIZE_T(-1) - align) return nullptr;
  void* block = ExAllocatePoolWithTag(NonPagedPoolNx, size + align, pool_tag(tag));
  if (block == nullptr) return nullptr;
  const auto address = (reinterpret_cast<ULONG_PTR>(block) + align) & ~ULONG_PTR(align - 1);
  void* memory = reinterpret_cast<void*>(address);
  pool_block_of(memory) = block;
  return memory;
}

void deallocate(void* memory, std::size_t, std::size_t align, MemoryTag tag) noexcept {
  ExFreePoolWithTag(align <= kPoolAlign ? memory : pool_block_of(memory), pool_tag(tag));
}

}  // namespace ovs
