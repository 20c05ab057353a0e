#include "emulator/ndis/guarded_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <mutex>

namespace ovs::emulator {
namespace {

constexpr std::size_t kPage = 4096;

struct Region {
  std::byte* pages;   // that may be touched
  std::size_t bytes;  // of them
};
Region region_of(std::byte* start, std::size_t size) {
  const auto end = reinterpret_cast<std::uintptr_t>(start) + size;
  const std::size_t bytes = (size + kPage - 1) / kPage * kPage;
  return {reinterpret_cast<std::byte*>(end - bytes), bytes};
}

std::mutex mutex;
std::map<const std::byte*, std::size_t> read_only;  // pages, and how many bytes of them

void protect(const Region& region, int how) {
  if (::mprotect(region.pages, region.bytes, how) != 0) std::abort();
}

}  // namespace

std::byte* allocate_guarded(std::size_t size) {
  const std::size_t bytes = (size + kPage - 1) / kPage * kPage;
  void* all = ::mmap(nullptr, bytes + 2 * kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) std::abort();
  const Region region = {static_cast<std::byte*>(all) + kPage, bytes};
  if (bytes != 0) protect(region, PROT_READ | PROT_WRITE);
  return region.pages + bytes - size;
}

void free_guarded(std::byte* start, std::size_t size) {
  const Region region = region_of(start, size);
  {
    const std::lock_guard lock(mutex);
    read_only.erase(region.pages);
  }
  ::munmap(region.pages - kPage, region.bytes + 2 * kPage);
}

void make_read_only(std::byte* start, std::size_t size) {
  const Region region = region_of(start, size);
  if (region.bytes == 0) return;
  protect(region, PROT_READ);
  const std::lock_guard lock(mutex);
  read_only[region.pages] = region.bytes;
}

void make_writable(std::byte* start, std::size_t size) {
  const Region region = region_of(start, size);
  if (region.bytes == 0) return;
  protect(region, PROT_READ | PROT_WRITE);
  const std::lock_guard lock(mutex);
  read_only.erase(region.pages);
}

bool is_read_only(const void* address) {
  const auto* at = static_cast<const std::byte*>(address);
  const std::lock_guard lock(mutex);
  auto after = read_only.upper_bound(at);
  if (after == read_only.begin()) return false;
  --after;
  return at < after->first + after->second;
}

}  // namespace ovs::emulator
