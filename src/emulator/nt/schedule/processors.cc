#include "emulator/nt/schedule/processors.h"

#include <ctime>

#include <algorithm>

#include "emulator/nt/callback.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/schedule/processor.h"
#include "emulator/nt/schedule/system_threads.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

// Of processor time. Microsoft asks for a tenth of a millisecond; an emulated host, which looks at
// everything, needs longer, and a loop that waits for something longer still.
constexpr std::uint64_t kMostNsOfDpc = 100'000'000, kSlowness = 10;

std::uint64_t thread_ns() {
  timespec now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::uint64_t(now.tv_sec) * 1'000'000'000 + std::uint64_t(now.tv_nsec);
}

void check_duration(std::uint64_t ns) {
  if (ns <= kMostNsOfDpc * (is_sanitized() ? kSlowness : 1)) return;
  violate(93, "a DPC has used its processor for " + std::to_string(ns / 1'000'000) + " ms");
}

}  // namespace

Processor::Processor(Scheduler& scheduler, unsigned index) : scheduler_(scheduler), index_(index) {
  thread_ = start_kernel_thread(
      scheduler, "processor " + std::to_string(index), [this] { run_dpcs(); },
      [this] {
        is_stopped_ = true;
        scheduler_.notify();
      });
}

Processor::~Processor() {
  {
    KernelLock lock = scheduler_.lock();
    is_stopping_ = true;
    scheduler_.notify();
    scheduler_.wait(lock, [&] { return is_stopped_; }, {});
  }
  thread_.join();
}

bool Processor::try_take(Thread& thread) {
  Thread* nobody = nullptr;
  return holder_.compare_exchange_strong(nobody, &thread);
}

void Processor::acquire(Thread& thread) {
  if (try_acquire(thread)) return;
  KernelLock lock = scheduler_.lock();
  do {
    scheduler_.spin(lock, [&] { return queued_ == 0 && holder_ == nullptr; });
  } while (!try_acquire(thread));
}

void Processor::release() {
  holder_ = nullptr;
  if (queued_ == 0) {
    scheduler_.notify_spinning();
    return;
  }
  const KernelLock lock = scheduler_.lock();
  scheduler_.notify();
}

void Processor::queue(KDPC* dpc) {
  if (dpc->Importance == HighImportance) {
    dpcs_.push_front(dpc);
  } else {
    dpcs_.push_back(dpc);
  }
  ++queued_;
  scheduler_.notify();
}

bool Processor::remove(KDPC* dpc) {
  const auto found = std::find(dpcs_.begin(), dpcs_.end(), dpc);
  if (found == dpcs_.end()) return false;
  dpcs_.erase(found);
  --queued_;
  scheduler_.notify();
  return true;
}

void Processor::run_dpcs() {
  Thread& thread = Thread::current();
  thread.affinity = index_;
  thread.processor = index_;
  KernelLock lock = scheduler_.lock();
  for (;;) {
    scheduler_.wait(lock, [&] { return is_stopping_ || (!dpcs_.empty() && holder_ == nullptr); },
                    {});
    if (is_stopping_) break;
    if (!try_take(thread)) continue;
    thread.level = DISPATCH_LEVEL;
    while (run_next(lock, thread)) {
    }
    thread.level = PASSIVE_LEVEL;
    holder_ = nullptr;
    scheduler_.notify();
  }
}

bool Processor::run_next(KernelLock& lock, Thread& thread) {
  if (dpcs_.empty()) return false;
  KDPC* dpc = dpcs_.front();
  dpcs_.pop_front();
  running_ = dpc;
  // From here on the driver may queue it again, or free it.
  const KDPC copy = *dpc;
  dpc->DpcData = nullptr;
  lock.unlock();
  const bool is_timed = has_detectors();
  const std::uint64_t begin = is_timed ? thread_ns() : 0;
  call_driver("KDEFERRED_ROUTINE", copy.DeferredRoutine, dpc, copy.DeferredContext,
              copy.SystemArgument1, copy.SystemArgument2);
  if (is_timed) check_duration(thread_ns() - begin);
  if (thread.level != DISPATCH_LEVEL) violate(86, "a DPC changed its level");
  lock.lock();
  running_ = nullptr;
  --queued_;
  scheduler_.notify();
  return true;
}

unsigned Processors::add() {
  const unsigned index = active_;
  all_.push_back(std::make_unique<Processor>(scheduler_, index));
  ++active_;
  return index;
}

unsigned Processors::of(Thread& thread) {
  if (thread.level < DISPATCH_LEVEL) {
    // It may be moved at any time.
    thread.processor =
        thread.affinity.value_or((thread.processor + scheduler_.choose(2)) % active_);
  }
  return thread.processor;
}

void Processors::acquire_one(Thread& thread) {
  const unsigned preferred = of(thread);
  if (!thread.affinity) {
    for (unsigned i = 0; i < active_; ++i) {
      const unsigned index = (preferred + i) % active_;
      if (!all_[index]->try_acquire(thread)) continue;
      thread.processor = index;
      return;
    }
  }
  all_[preferred]->acquire(thread);
  thread.processor = preferred;
}

void Processors::raise(Thread& thread, KIRQL level) {
  if (level < thread.level) violate(86, std::string("the level is to be raised to a lower one"));
  if (level >= DISPATCH_LEVEL && thread.level < DISPATCH_LEVEL) acquire_one(thread);
  thread.level = level;
}

void Processors::lower(Thread& thread, KIRQL level) {
  const bool leaves = thread.level >= DISPATCH_LEVEL && level < DISPATCH_LEVEL;
  thread.level = level;
  if (leaves) all_[thread.processor]->release();
}

bool Processors::are_idle() const {
  return std::all_of(all_.begin(), all_.end(), [](const auto& each) { return each->is_idle(); });
}

const KDPC* Processors::find_dpc(const void* begin, std::size_t size) const {
  const auto is_inside = [&](const KDPC* dpc) {
    const auto offset =
        reinterpret_cast<std::uintptr_t>(dpc) - reinterpret_cast<std::uintptr_t>(begin);
    return dpc != nullptr && offset < size;
  };
  for (const auto& processor : all_) {
    if (is_inside(processor->running())) return processor->running();
    for (const KDPC* dpc : processor->dpcs()) {
      if (is_inside(dpc)) return dpc;
    }
  }
  return nullptr;
}

// ---- processor.h ----

KIRQL current_level() {
  return Thread::current().level;
}

unsigned current_processor() {
  return parts().processors.of(Thread::current());
}

RaisedLevel::RaisedLevel(KIRQL level) : before_(current_level()) {
  if (level > before_) parts().processors.raise(Thread::current(), level);
}

RaisedLevel::~RaisedLevel() {
  parts().processors.lower(Thread::current(), before_);
}

void run_on(unsigned processor, KIRQL level, FunctionRef<void()> fn) {
  Thread& thread = Thread::current();
  const auto before = thread.affinity;
  thread.affinity = processor;
  {
    const RaisedLevel raised(level);
    fn();
  }
  thread.affinity = before;
}

}  // namespace ovs::emulator
