#include "emulator/nt/io/guarded_buffer.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <utility>

namespace ovs::emulator {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kAlign = 8;  // as the I/O manager aligns

// First bytes of guard pages.
struct Guards {
  std::mutex mutex;
  std::set<std::uintptr_t> pages;
};
Guards& guards() {
  static Guards all;
  return all;
}

std::uintptr_t number_of(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address);
}

}  // namespace

GuardedBuffer::GuardedBuffer(std::size_t size, std::uint8_t fill) : size_(size) {
  if (size == 0) return;
  const std::size_t room = (size + kPage - 1) / kPage * kPage;
  memory_size_ = room + kPage;
  void* memory =
      mmap(nullptr, memory_size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  memory_ = static_cast<std::uint8_t*>(memory);
  std::uint8_t* guard = memory_ + room;
  mprotect(guard, kPage, PROT_NONE);
  data_ = guard - (size + kAlign - 1) / kAlign * kAlign;
  std::memset(data_, fill, std::size_t(guard - data_));
  const std::lock_guard lock(guards().mutex);
  guards().pages.insert(number_of(guard));
}

GuardedBuffer& GuardedBuffer::operator=(GuardedBuffer&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(memory_size_, other.memory_size_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

GuardedBuffer::~GuardedBuffer() {
  if (memory_ == nullptr) return;
  {
    const std::lock_guard lock(guards().mutex);
    guards().pages.erase(number_of(memory_ + memory_size_ - kPage));
  }
  munmap(memory_, memory_size_);
}

bool GuardedBuffer::is_guard(const void* address) {
  const std::unique_lock lock(guards().mutex, std::try_to_lock);
  return guards().pages.count(number_of(address) / kPage * kPage) != 0;
}

}  // namespace ovs::emulator
