// Memory and panic for hosted programs.
#include <cstdio>
#include <cstdlib>

#include "base/core/assert.h"
#include "base/core/owned.h"

namespace ovs {

void panic(const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
  std::abort();
}

void* allocate(std::size_t size, std::size_t align, MemoryTag) noexcept {
  if (align <= alignof(std::max_align_t)) return std::malloc(size);
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}

void deallocate(void* memory, std::size_t, std::size_t, MemoryTag) noexcept {
  std::free(memory);
}

}  // namespace ovs
