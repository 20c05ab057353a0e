// Memory and panic for tests: every block knows who allocated it, sizes and tags are checked when
// it is freed, and its bytes are never zero by luck.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/core/assert.h"
#include "base/core/atomic.h"
#include "base/core/owned.h"
#include "platform/fake/failing_allocator.h"

namespace ovs {
namespace platform {

// Lives as long as its allocator or any of its blocks.
struct FailingAllocator::Ledger {
  Atomic<int> live{0};
  Atomic<int> references{1};
  int nth = kNever;
  int count = 0;

  void drop() {
    if (references.fetch_sub(1, Order::AcquireRelease) == 1) delete this;
  }
};

namespace {

using Ledger = FailingAllocator::Ledger;
constinit thread_local Ledger* current = nullptr;

struct Header {
  Ledger* ledger;
  std::size_t size;
  std::size_t align;
  MemoryTag tag;
};

std::size_t room_before(std::size_t align) {
  return (sizeof(Header) + align - 1) / align * align;
}

// Takes the next number; false when it is the one to fail.
bool admits(Ledger& ledger) {
  return ledger.count++ != ledger.nth;
}

}  // namespace

FailingAllocator::FailingAllocator(int nth) : ledger_(new Ledger) {
  ledger_->nth = nth;
  OVS_ASSERT(current == nullptr);  // one at a time: nesting would hide leaks from the outer one
  current = ledger_;
}

FailingAllocator::~FailingAllocator() {
  current = nullptr;
  ledger_->drop();
}

int FailingAllocator::live() const {
  return ledger_->live.load(Order::Acquire);
}
int FailingAllocator::count() const {
  return ledger_->count;
}
bool FailingAllocator::has_failed() const {
  return ledger_->nth != kNever && ledger_->count > ledger_->nth;
}

}  // namespace platform

using platform::Header;
using platform::Ledger;

void panic(const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
  std::abort();
}

void* allocate(std::size_t size, std::size_t align, MemoryTag tag) noexcept {
  Ledger* ledger = platform::current;
  if (ledger != nullptr && !platform::admits(*ledger)) return nullptr;
  if (align < alignof(Header)) align = alignof(Header);
  const std::size_t before = platform::room_before(align);
  const std::size_t whole = (before + size + align - 1) / align * align;
  auto* block = static_cast<unsigned char*>(std::aligned_alloc(align, whole));
  if (block == nullptr) return nullptr;
  auto* memory = block + before;
  if (ledger != nullptr) {
    ledger->live.fetch_add(1, Order::Relaxed);
    ledger->references.fetch_add(1, Order::Relaxed);
  }
  const Header header{ledger, size, align, tag};
  std::memcpy(memory - sizeof header, &header, sizeof header);
  std::memset(memory, 0xa5, size);
  return memory;
}

void deallocate(void* memory, std::size_t size, std::size_t align, MemoryTag tag) noexcept {
  if (memory == nullptr) return;
  if (align < alignof(Header)) align = alignof(Header);
  Header header;
  std::memcpy(&header, static_cast<unsigned char*>(memory) - sizeof header, sizeof header);
  OVS_ASSERT(header.size == size && header.align == align && header.tag == tag);
  std::memset(memory, 0x5a, size);
  if (header.ledger != nullptr) {
    header.ledger->live.fetch_sub(1, Order::Release);
    header.ledger->drop();
  }
  std::free(static_cast<unsigned char*>(memory) - platform::room_before(align));
}

}  // namespace ovs
