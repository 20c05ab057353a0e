#include "emulator/nt/schedule/thread.h"

#include <algorithm>
#include <atomic>

#include "emulator/nt/parts.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

std::atomic<unsigned> next_number{1};

// Threads that host code made end with no word; with real threads that is all right.
struct Slot {
  std::unique_ptr<Thread> thread;
  std::uint64_t kernel = 0;  // that it was made for

  ~Slot() { leave(); }
  void leave() {
    if (thread == nullptr) return;
    if (kernel == kernel_id()) current_scheduler().leave(*thread);
    thread = nullptr;
  }
};
Slot& slot() {
  thread_local Slot here;
  return here;
}

}  // namespace

Thread::Thread(std::string name_) : name(std::move(name_)), number(next_number++) {}

Thread& Thread::current() {
  Slot& here = slot();
  if (here.thread != nullptr && here.kernel == kernel_id()) return *here.thread;
  here.leave();
  if (kernel_id() == 0) violate(kBugCheck, "a function of the kernel is called, and no kernel is");
  if (current_scheduler().is_seeded())
    violate(kBugCheck,
            "a thread calls the kernel that the seeded scheduler does not know: "
            "make it a HostThread");
  auto made = std::make_unique<Thread>("host thread");
  Thread& thread = *made;
  current_scheduler().join(thread);
  adopt(std::move(made));
  return thread;
}

bool Thread::is_known() {
  return slot().thread != nullptr && slot().kernel == kernel_id();
}

void Thread::adopt(std::unique_ptr<Thread> thread) {
  Slot& here = slot();
  here.thread = std::move(thread);
  here.kernel = kernel_id();
  here.thread->host_stack = own_stack();
  use_alternate_stack();
}

std::unique_ptr<Thread> Thread::forget() {
  return std::move(slot().thread);
}

bool Thread::holds_spin_locks() const {
  return std::any_of(locks.begin(), locks.end(),
                     [](const HeldLock& held) { return !held.is_mutex && !held.is_private; });
}

}  // namespace ovs::emulator
