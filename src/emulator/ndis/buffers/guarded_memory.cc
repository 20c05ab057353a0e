#include "emulator/ndis/buffers/guarded_memory.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "emulator/ndis/report.h"

namespace ovs::emulator {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMostFreed = 1024;  // regions that nobody may touch any more

enum class Use { Writable, ReadOnly, Freed };
constexpr int kProtection[] = {PROT_READ | PROT_WRITE, PROT_READ, PROT_NONE};  // by Use
// A mapping: a forbidden page, the pages in between, a forbidden page.
struct Region {
  std::size_t bytes = 0;  // of all
  Use use = Use::Writable;
  bool is_concealed = false;
  int rule = 0;  // of who touches a forbidden page
  AccessWatcher* watcher = nullptr;
};
std::mutex mutex;
std::map<std::uintptr_t, Region> regions;
std::deque<std::uintptr_t> freed;

std::size_t rounded(std::size_t size) {
  return (size + kPage - 1) / kPage * kPage;
}
std::uintptr_t begin_of(const std::byte* start, std::size_t size) {
  return reinterpret_cast<std::uintptr_t>(start) + size - rounded(size) - kPage;
}

void protect(std::uintptr_t begin, std::size_t size, int how) {
  if (rounded(size) == 0) return;
  if (::mprotect(reinterpret_cast<void*>(begin + kPage), rounded(size), how) != 0) std::abort();
}
void set_use(const std::byte* start, std::size_t size, Use use) {
  const std::uintptr_t begin = begin_of(start, size);
  protect(begin, size, kProtection[static_cast<int>(use)]);
  const std::lock_guard lock(mutex);
  regions[begin].use = use;
  regions[begin].watcher = nullptr;
}

// Under the mutex. Null: the address is in no mapping of ours.
std::pair<const std::uintptr_t, Region>* find_region(std::uintptr_t at) {
  auto after = regions.upper_bound(at);
  if (after == regions.begin()) return nullptr;
  --after;
  return at < after->first + after->second.bytes ? &*after : nullptr;
}

// ---- faults ----
struct sigaction before;

void report(std::uintptr_t at) {
  const std::lock_guard lock(mutex);
  const auto* found = find_region(at);
  if (found == nullptr) return;
  const auto& [begin, region] = *found;
  const bool is_guard = at < begin + kPage || at >= begin + region.bytes - kPage;
  if (region.is_concealed) violate(52, "access to a packet that was sent, at " + hex(at));
  if (region.use == Use::Freed)
    violate(52, "access to a packet that is the host's again, at " + hex(at));
  if (is_guard) {
    const bool is_frame = region.rule == 85;
    violate(region.rule, std::string("access beyond ") +
                             (is_frame ? "the memory that an MDL describes" : "a structure") +
                             ", at " + hex(at));
  }
  if (region.use == Use::ReadOnly)
    violate(84, "a write into a packet's shared memory, at " + hex(at));
}

// Whether the code that faulted was working with what a free list or packet is filled with.
bool has_poison(const void* context) {
  constexpr auto kPoison = static_cast<greg_t>(0xd0d0d0d0d0d0d0d0);
  const auto& registers = static_cast<const ucontext_t*>(context)->uc_mcontext.gregs;
  for (const int each : {REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_R8,
                         REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15}) {
    if (registers[each] == kPoison) return true;
  }
  return false;
}

// ---- accesses that somebody is told of ----
// The instruction goes on with the memory open, alone: the processor traps after it.
constexpr greg_t kTrapFlag = 0x100;
constexpr std::size_t kMostOpen = 4;  // regions that one instruction touches
thread_local std::uintptr_t opened[kMostOpen];
thread_local std::size_t opened_count = 0;

void open_region(std::uintptr_t begin, const Region& region) {
  protect(begin, region.bytes - 2 * kPage, PROT_READ | PROT_WRITE);
}

// False: it is not for a watcher.
bool let_pass(std::uintptr_t at, void* context) {
  const std::lock_guard lock(mutex);
  auto* found = find_region(at);
  if (found == nullptr || found->second.watcher == nullptr || opened_count == kMostOpen) {
    return false;
  }
  auto& [begin, region] = *found;
  if (at < begin + kPage || at >= begin + region.bytes - kPage) return false;
  open_region(begin, region);
  opened[opened_count++] = begin;
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] |= kTrapFlag;
  return true;
}

AccessWatcher* watcher_of(std::uintptr_t begin) {
  const std::lock_guard lock(mutex);
  return regions[begin].watcher;
}

void on_trap(int, siginfo_t*, void* context) {
  static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_EFL] &= ~kTrapFlag;
  for (; opened_count > 0; --opened_count) {
    const std::uintptr_t begin = opened[opened_count - 1];
    AccessWatcher* const watcher = watcher_of(begin);
    if (watcher != nullptr) watcher->note_access();
    const std::lock_guard lock(mutex);
    const Region& region = regions[begin];
    if (region.watcher != nullptr) protect(begin, region.bytes - 2 * kPage, PROT_NONE);
  }
}

void on_fault(int number, siginfo_t* info, void* context) {
  if (let_pass(reinterpret_cast<std::uintptr_t>(info->si_addr), context)) return;
  if (info->si_addr == nullptr && has_poison(context)) {
    violate(52, "what a freed list or packet held was used as an address");
  }
  report(reinterpret_cast<std::uintptr_t>(info->si_addr));
  if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(number, info, context);
  sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace

std::byte* allocate_guarded(std::size_t size, int rule) {
  const std::size_t bytes = rounded(size) + 2 * kPage;
  void* all = ::mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) std::abort();
  const auto begin = reinterpret_cast<std::uintptr_t>(all);
  protect(begin, size, PROT_READ | PROT_WRITE);
  const std::lock_guard lock(mutex);
  regions[begin] = {bytes, Use::Writable, false, rule};
  return reinterpret_cast<std::byte*>(begin + kPage + rounded(size) - size);
}

void free_guarded(std::byte* start, std::size_t size) {
  set_use(start, size, Use::Freed);
  const std::lock_guard lock(mutex);
  freed.push_back(begin_of(start, size));
  if (freed.size() <= kMostFreed) return;
  const auto oldest = regions.find(freed.front());
  ::munmap(reinterpret_cast<void*>(oldest->first), oldest->second.bytes);
  regions.erase(oldest);
  freed.pop_front();
}

void make_read_only(std::byte* start, std::size_t size) {
  set_use(start, size, Use::ReadOnly);
}
void make_writable(std::byte* start, std::size_t size) {
  set_use(start, size, Use::Writable);
}

void conceal(const void* address, Conceal how) {
  const std::lock_guard lock(mutex);
  auto* found = find_region(reinterpret_cast<std::uintptr_t>(address));
  if (found == nullptr) return;
  auto& [begin, region] = *found;
  region.is_concealed = how == Conceal::Yes;
  const Use use = region.is_concealed ? Use::Freed : region.use;
  protect(begin, region.bytes - 2 * kPage, kProtection[static_cast<int>(use)]);
}

void watch(const std::byte* start, AccessWatcher* watcher) {
  const std::lock_guard lock(mutex);
  auto* found = find_region(reinterpret_cast<std::uintptr_t>(start));
  if (found == nullptr || found->second.watcher == watcher) return;
  auto& [begin, region] = *found;
  region.watcher = watcher;
  if (watcher == nullptr) return open_region(begin, region);
  protect(begin, region.bytes - 2 * kPage, PROT_NONE);
}

void report_frame_faults() {
  struct sigaction mine = {};
  mine.sa_sigaction = on_fault;
  mine.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  struct sigaction was = {};
  sigaction(SIGSEGV, &mine, &was);
  if (was.sa_sigaction != on_fault) before = was;
  mine.sa_sigaction = on_trap;
  sigaction(SIGTRAP, &mine, nullptr);
}

}  // namespace ovs::emulator
