#include "emulator/nt/schedule/system_threads.h"

#include <algorithm>
#include <utility>

#include "emulator/nt/callback.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

// Of the Linux thread that runs it; others have none.
SystemThread*& running() {
  thread_local SystemThread* mine = nullptr;
  return mine;
}

}  // namespace

std::thread start_kernel_thread(Scheduler& scheduler, std::string name, std::function<void()> main,
                                std::function<void()> ended) {
  auto made = std::make_unique<Thread>(std::move(name));
  scheduler.join(*made);
  return std::thread(
      [&scheduler, raw = made.release(), main = std::move(main), ended = std::move(ended)] {
        Thread::adopt(std::unique_ptr<Thread>(raw));
        scheduler.begin(*raw);
        main();
        const auto self = Thread::forget();
        {
          const KernelLock lock = scheduler.lock();
          ended();
        }
        scheduler.leave(*self);
      });
}

void SystemThreads::join_all() {
  for (auto& [object, thread] : threads_) {
    if (thread->thread.joinable()) thread->thread.join();
  }
}

HANDLE SystemThreads::create(PKSTART_ROUTINE start, PVOID context) {
  auto made = std::make_unique<SystemThread>();
  SystemThread& thread = *made;
  thread.header.Type = kThreadObject;
  thread.start = start;
  thread.context = context;
  thread.references = 2;
  HANDLE handle = nullptr;
  {
    const KernelLock lock = scheduler_.lock();
    handle = reinterpret_cast<HANDLE>(std::exchange(next_handle_, next_handle_ + 4));
    handles_[handle] = &thread;
    threads_[&thread] = std::move(made);
  }
  thread.thread = start_kernel_thread(
      scheduler_, "system thread", [this, &thread] { run(thread); },
      [this, &thread] {
        thread.header.SignalState = 1;
        scheduler_.notify();
      });
  return handle;
}

void SystemThreads::run(SystemThread& thread) {
  running() = &thread;
  if (setjmp(thread.end) == 0) {
    call_driver("KSTART_ROUTINE", thread.start, thread.context);
  } else {
    // The driver's frames are gone, and with them the calls that were under way.
    Thread& self = Thread::current();
    self.calls.clear();
    self.is_on_kernel_stack = false;
    self.kernel_at = nullptr;
  }
}

void SystemThreads::terminate_current() {
  SystemThread* self = running();
  if (self == nullptr) violate(8, "a thread that is not the driver's own is terminated");
  Thread& thread = Thread::current();
  if (!thread.locks.empty()) violate(87, "a system thread ends, and holds locks");
  std::longjmp(self->end, 1);
}

SystemThread* SystemThreads::reference(HANDLE handle) {
  const KernelLock lock = scheduler_.lock();
  const auto found = handles_.find(handle);
  if (found == handles_.end()) return nullptr;
  ++found->second->references;
  return found->second;
}

LONG_PTR SystemThreads::dereference(PVOID object) {
  KernelLock lock = scheduler_.lock();
  const auto found = threads_.find(object);
  // The run itself holds one until the thread has been reaped.
  if (found == threads_.end() || found->second->references <= 1)
    violate(8, "object " + text_of(object) + " is dereferenced more often than referenced");
  return drop(lock, *found->second);
}

bool SystemThreads::close(HANDLE handle) {
  KernelLock lock = scheduler_.lock();
  const auto found = handles_.find(handle);
  if (found == handles_.end()) return false;
  SystemThread& thread = *found->second;
  handles_.erase(found);
  drop(lock, thread);
  return true;
}

LONG_PTR SystemThreads::drop(KernelLock& lock, SystemThread& thread) {
  const LONG_PTR left = --thread.references;
  if (left > 1 || thread.header.SignalState == 0) return left;
  const auto found = threads_.find(&thread);
  const std::unique_ptr<SystemThread> last = std::move(found->second);
  threads_.erase(found);
  lock.unlock();
  last->thread.join();
  return 0;
}

bool SystemThreads::is_thread(PVOID object) const {
  return threads_.count(object) != 0;
}

std::string SystemThreads::list() {
  const KernelLock lock = scheduler_.lock();
  std::string text;
  for (const auto& [object, thread] : threads_) {
    const bool is_over = thread->header.SignalState != 0;
    if (is_over && thread->references <= 1) continue;
    text += "  system thread " + text_of(object) + (is_over ? ", ended" : ", running") + ", " +
            std::to_string(thread->references - 1) + " references and handles\n";
  }
  return text;
}

}  // namespace ovs::emulator
