#include "emulator/nt/pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

extern "C" {
void __asan_poison_memory_region(const volatile void* at, std::size_t size) __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void* at, std::size_t size) __attribute__((weak));
}

namespace ovs::emulator {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kAlign = 16;
constexpr std::size_t kGuard = 16;
constexpr std::uint8_t kGuardByte = 0xfd;
constexpr std::size_t kMaxFreedBytes = 4 << 20;
constexpr std::size_t kMaxFreedBlocks = 4096;
constexpr std::size_t kFreshRun = 16;  // by chance once in 2^128 bytes

std::size_t round_up(std::size_t size, std::size_t to) {
  return (size + to - 1) / to * to;
}

void poison(const void* at, std::size_t size) {
  if (__asan_poison_memory_region != nullptr) __asan_poison_memory_region(at, size);
}
void unpoison(const void* at, std::size_t size) {
  if (__asan_unpoison_memory_region != nullptr) __asan_unpoison_memory_region(at, size);
}

bool is_all(const std::byte* at, std::size_t size, std::uint8_t byte) {
  return std::all_of(at, at + size, [&](std::byte each) { return each == std::byte{byte}; });
}

std::string block_text(std::uintptr_t at, std::size_t size, ULONG tag) {
  return "pool block " + hex_text(at) + " of " + std::to_string(size) + " bytes, tag " +
         tag_text(tag);
}

std::byte* at_address(std::uintptr_t at) {
  return reinterpret_cast<std::byte*>(at);
}

}  // namespace

Pool::~Pool() {
  while (!freed_.empty()) release_oldest();
  for (const auto& [at, block] : live_) give_back(block);
}

void* Pool::place(std::size_t size, Block& block) const {
  if (is_guarded_) {
    block.memory_size = round_up(size, kPage) + kPage;
    void* memory = mmap(nullptr, block.memory_size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    block.memory = static_cast<std::byte*>(memory);
    std::byte* guard = block.memory + block.memory_size - kPage;
    mprotect(guard, kPage, PROT_NONE);
    std::memset(block.memory, kGuardByte, block.memory_size - kPage);
    return size < kPage ? guard - round_up(size, kAlign) : block.memory;
  }
  const std::size_t align = size < kPage ? kAlign : kPage;
  const std::size_t before = align;  // the guard before it, and what alignment asks
  block.memory_size = round_up(before + size + kGuard, align);
  block.memory = static_cast<std::byte*>(std::aligned_alloc(align, block.memory_size));
  if (block.memory == nullptr) return nullptr;
  std::memset(block.memory, kGuardByte, block.memory_size);
  return block.memory + before;
}

void* Pool::allocate(POOL_TYPE type, std::size_t size, ULONG tag) {
  if (is_plain_) {
    const std::size_t align = size < kPage ? kAlign : kPage;
    return fails_now() ? nullptr : std::aligned_alloc(align, round_up(size, align));
  }
  if (type != NonPagedPoolNx)
    violate(89,
            "pool of type " + std::to_string(type) + " is asked for: only NonPagedPoolNx (512)");
  if (tag == 0) violate(89, "pool is asked for without a tag");
  if (size == 0) violate(89, "no bytes of pool are asked for, tag " + tag_text(tag));
  if (fails_now()) return nullptr;
  Block block{size, tag, nullptr, 0, describe_calls(Thread::current())};
  void* made = place(size, block);
  if (made == nullptr) return nullptr;
  std::memset(made, kFreshByte, size);
  const auto at = reinterpret_cast<std::uintptr_t>(made);
  if (!is_guarded_) {
    poison(block.memory, std::size_t(at_address(at) - block.memory));
    poison(at_address(at) + size,
           std::size_t(block.memory + block.memory_size - at_address(at)) - size);
  }
  const std::lock_guard lock(mutex_);
  live_.emplace(at, std::move(block));
  return made;
}

void Pool::check_guards(std::uintptr_t at, const Block& block) {
  const std::byte* begin = at_address(at);
  unpoison(block.memory, block.memory_size);
  if (!is_all(block.memory, std::size_t(begin - block.memory), kGuardByte))
    violate(89, "bytes before " + block_text(at, block.size, block.tag) +
                    " were overwritten; it was made in " + block.calls);
}

// What lies behind a block in its last page; a guard page checks itself.
static void check_tail(std::uintptr_t at, std::size_t size, ULONG tag, const std::string& calls,
                       std::size_t room) {
  if (!is_all(at_address(at) + size, room, kGuardByte))
    violate(89, "bytes behind " + block_text(at, size, tag) + " were overwritten; it was made in " +
                    calls);
}

void Pool::free(void* memory, ULONG tag) {
  if (is_plain_) return std::free(memory);
  const auto at = reinterpret_cast<std::uintptr_t>(memory);
  Block block;
  {
    const std::lock_guard lock(mutex_);
    const auto found = live_.find(at);
    if (found == live_.end()) {
      const auto old = freed_.find(at);
      if (old != freed_.end())
        violate(89, block_text(at, old->second.size, old->second.tag) +
                        " is freed twice; the first time in " + old->second.calls);
      violate(89, "what is freed at " + hex_text(at) + " is no pool block");
    }
    if (tag != 0 && found->second.tag != tag)
      violate(89, block_text(at, found->second.size, found->second.tag) + " is freed with tag " +
                      tag_text(tag));
    block = std::move(found->second);
    live_.erase(found);
  }
  check_guards(at, block);
  const std::byte* readable_end = block.memory + block.memory_size - (is_guarded_ ? kPage : 0);
  check_tail(at, block.size, block.tag, block.calls,
             std::size_t(readable_end - at_address(at)) - block.size);
  parts().lock_order.forget(memory, block.size);
  {
    const KernelLock lock = parts().scheduler.lock();
    if (parts().processors.find_dpc(memory, block.size) != nullptr)
      violate(92, block_text(at, block.size, block.tag) +
                      " is freed, and a DPC in it is queued or runs");
  }
  block.calls = describe_calls(Thread::current());
  quarantine(at, std::move(block));
}

void Pool::quarantine(std::uintptr_t at, Block block) {
  if (is_guarded_) {
    mprotect(block.memory, block.memory_size, PROT_NONE);
  } else {
    std::memset(at_address(at), kFreedByte, block.size);
    poison(block.memory, block.memory_size);
  }
  const std::lock_guard lock(mutex_);
  freed_bytes_ += block.memory_size;
  freed_order_.push_back(at);
  freed_.emplace(at, std::move(block));
  while (freed_bytes_ > kMaxFreedBytes || freed_.size() > kMaxFreedBlocks) release_oldest();
}

void Pool::check_freed(std::uintptr_t at, const Block& block) const {
  if (is_guarded_) return;
  unpoison(block.memory, block.memory_size);
  if (!is_all(at_address(at), block.size, kFreedByte))
    violate(89, block_text(at, block.size, block.tag) + " was written to after it was freed in " +
                    block.calls);
}

void Pool::release_oldest() {
  const auto found = freed_.find(freed_order_.front());
  freed_order_.pop_front();
  check_freed(found->first, found->second);
  freed_bytes_ -= found->second.memory_size;
  give_back(found->second);
  freed_.erase(found);
}

void Pool::give_back(const Block& block) const {
  if (is_guarded_) {
    munmap(block.memory, block.memory_size);
    return;
  }
  unpoison(block.memory, block.memory_size);
  std::free(block.memory);
}

void Pool::check_all() {
  const std::lock_guard lock(mutex_);
  for (const auto& [at, block] : live_) {
    const std::byte* readable_end = block.memory + block.memory_size - (is_guarded_ ? kPage : 0);
    const std::size_t room = std::size_t(readable_end - at_address(at)) - block.size;
    check_guards(at, block);
    check_tail(at, block.size, block.tag, block.calls, room);
    if (is_guarded_) continue;
    poison(block.memory, std::size_t(at_address(at) - block.memory));
    poison(at_address(at) + block.size, room);
  }
  while (!freed_.empty()) release_oldest();
}

bool Pool::contains(const void* address, std::size_t size) const {
  if (is_plain_) return true;
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const std::lock_guard lock(mutex_);
  auto next = live_.upper_bound(at);
  if (next == live_.begin()) return false;
  const auto& [begin, block] = *--next;
  return at - begin <= block.size && size <= block.size - (at - begin);
}

bool Pool::is_guard(const void* address) const {
  if (!is_guarded_) return false;
  const auto* at = static_cast<const std::byte*>(address);
  const auto is_inside = [&](const auto& each) {
    return at >= each.second.memory && at < each.second.memory + each.second.memory_size;
  };
  // In a signal handler: whoever holds the lock may be the one that faulted.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  return std::any_of(live_.begin(), live_.end(), is_inside) ||
         std::any_of(freed_.begin(), freed_.end(), is_inside);
}

std::size_t Pool::block_count() const {
  const std::lock_guard lock(mutex_);
  return live_.size();
}

std::string Pool::list() const {
  struct Sum {
    std::size_t blocks = 0, bytes = 0;
    std::string calls;
  };
  const std::lock_guard lock(mutex_);
  std::map<ULONG, Sum> tags;
  for (const auto& [at, block] : live_) {
    Sum& sum = tags[block.tag];
    ++sum.blocks;
    sum.bytes += block.size;
    sum.calls = block.calls;
  }
  std::string text;
  for (const auto& [tag, sum] : tags) {
    text += "  pool " + tag_text(tag) + ": " + std::to_string(sum.blocks) + " blocks, " +
            std::to_string(sum.bytes) + " bytes, the last made in " + sum.calls + "\n";
  }
  return text;
}

bool has_fresh_bytes(const void* data, std::size_t size, std::uint8_t fresh) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  return std::search_n(at, at + size, kFreshRun, fresh) != at + size;
}

}  // namespace ovs::emulator
