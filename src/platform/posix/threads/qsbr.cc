#include "platform/posix/threads/qsbr.h"

#include <sched.h>
#include <time.h>

#include "base/containers/list.h"
#include "base/core/assert.h"
#include "base/core/atomic.h"
#include "base/core/placement.h"
#include "platform/posix/threads/futex_lock.h"

namespace ovs::platform::qsbr {
namespace {

constexpr std::uint64_t kOffline = 0;
constexpr int kYieldsBeforeSleep = 20;
constexpr long kSleepNs = 50'000;

// One for each thread that has ever read; on its own line, because its owner writes it all the
// time.
struct alignas(kCacheLine) Thread : ListLink<> {
  Atomic<std::uint64_t> seen{kOffline};
};

// The process's one registry: threads belong to the process, so this cannot be anybody's member.
struct Registry {
  FutexLock lock;
  List<Thread> threads;
};
Registry& registry() {
  // Never destroyed: threads may outlive main's statics.
  alignas(Registry) static unsigned char room[sizeof(Registry)];
  static Registry* const made = new (Placement::Here, room) Registry;
  return *made;
}
constinit Atomic<std::uint64_t> epoch{1};

struct Registration {
  Registration() {
    FutexHolder holder(registry().lock);
    registry().threads.push_back(thread);
  }
  ~Registration() {
    FutexHolder holder(registry().lock);
    registry().threads.remove(thread);
  }
  Thread thread;
};

struct Reading {
  Thread* thread;  // null until the thread reads for the first time
  unsigned depth;
  bool online;
};
constinit thread_local Reading reading = {};

Thread& this_thread() {
  if (reading.thread == nullptr) {
    thread_local Registration registration;
    reading.thread = &registration.thread;
  }
  return *reading.thread;
}

// A full barrier: whoever starts an epoch afterwards sees this thread, or this thread sees what was
// published before it.
void announce(Thread& thread) {
  thread.seen.exchange(epoch.load(Order::Acquire), Order::Sequential);
}

}  // namespace

void enter() noexcept {
  if (reading.depth++ == 0 && !reading.online) announce(this_thread());
}

void leave() noexcept {
  OVS_ASSERT(reading.depth > 0);
  if (--reading.depth == 0 && !reading.online) {
    reading.thread->seen.store(kOffline, Order::Release);
  }
}

unsigned readers_held() noexcept {
  return reading.depth;
}

void go_online() noexcept {
  OVS_ASSERT(!reading.online && reading.depth == 0);
  announce(this_thread());
  reading.online = true;
}

void go_offline() noexcept {
  OVS_ASSERT(reading.online && reading.depth == 0);
  reading.online = false;
  reading.thread->seen.store(kOffline, Order::Release);
}

bool is_online() noexcept {
  return reading.online;
}

void quiescent() noexcept {
  OVS_ASSERT(reading.depth == 0);
  if (!reading.online) return;
  reading.thread->seen.store(epoch.load(Order::Acquire), Order::Release);
}

std::uint64_t start_epoch() noexcept {
  return epoch.fetch_add(1, Order::Sequential) + 1;
}

bool is_over(std::uint64_t wanted) noexcept {
  FutexHolder holder(registry().lock);
  for (const Thread& thread : registry().threads) {
    const std::uint64_t seen = thread.seen.load(Order::Sequential);
    if (seen != kOffline && seen < wanted) return false;
  }
  return true;
}

void wait_until_over(std::uint64_t wanted) noexcept {
  OVS_ASSERT(reading.depth == 0);
  const bool was_online = reading.online;
  if (was_online) go_offline();
  for (int round = 0; !is_over(wanted); ++round) {
    const timespec pause = {0, kSleepNs};
    if (round < kYieldsBeforeSleep) {
      sched_yield();
    } else {
      nanosleep(&pause, nullptr);
    }
  }
  if (was_online) go_online();
}

}  // namespace ovs::platform::qsbr
