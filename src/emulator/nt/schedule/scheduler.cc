#include "emulator/nt/schedule/scheduler.h"

#include <algorithm>
#include <chrono>

#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr std::uint64_t kNsOfACall = 100;   // virtual time moves, for those who measure it
constexpr unsigned kCallsToPreemption = 4;  // one of so many
constexpr std::uint64_t kVirtualStartMs = 1'700'000'000'000;  // some day of 2023

std::uint64_t steady_ns() {
  return std::uint64_t(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

Scheduler::Scheduler(std::optional<std::uint64_t> seed) {
  if (seed) random_.emplace(*seed);
}

std::uint64_t Scheduler::now_ns() const {
  return is_seeded() ? virtual_ns_.load() : steady_ns();
}

std::uint64_t Scheduler::wall_ms() const {
  if (is_seeded()) return kVirtualStartMs + virtual_ns_ / 1'000'000;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

bool Scheduler::wait(KernelLock& lock, FunctionRef<bool()> ready,
                     std::optional<std::uint64_t> deadline_ns) {
  if (is_seeded()) {
    Thread& self = Thread::current();
    if (ready()) return true;
    self.ready = &ready;
    self.deadline_ns = deadline_ns;
    pass_baton(lock, &self);
    self.ready = nullptr;
    self.deadline_ns = {};
    return ready();
  }
  if (ready()) return true;
  Thread& self = Thread::current();
  self.ready = &ready;
  waiting_.push_back(&self);
  bool is_ready = true;
  if (deadline_ns) {
    const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(*deadline_ns)};
    is_ready = self.run.wait_until(lock, until, ready);
  } else {
    self.run.wait(lock, ready);
  }
  std::erase(waiting_, &self);
  self.ready = nullptr;
  return is_ready;
}

void Scheduler::spin(KernelLock& lock, FunctionRef<bool()> ready) {
  ++spinning_;
  wait(lock, ready, {});
  --spinning_;
}

void Scheduler::notify() {
  if (is_seeded()) return;
  for (Thread* thread : waiting_) {
    if ((*thread->ready)()) thread->run.notify_one();
  }
}

void Scheduler::notify_spinning() {
  if (is_seeded() || spinning_ == 0) return;
  const KernelLock held = lock();
  notify();
}

void Scheduler::preempt(Thread& thread) {
  if (!is_seeded()) return;
  virtual_ns_ += kNsOfACall;
  if (choose(kCallsToPreemption) != 0) return;
  KernelLock held = lock();
  pass_baton(held, &thread);
}

unsigned Scheduler::choose(unsigned count) {
  if (count <= 1) return 0;
  if (random_) return unsigned((*random_)() % count);
  return unsigned(steady_ns() >> 4) % count;
}

bool Scheduler::is_runnable(const Thread& thread) const {
  if (thread.ready == nullptr || (*thread.ready)()) return true;
  return thread.deadline_ns && *thread.deadline_ns <= virtual_ns_;
}

// One of those that can go on; when there is none, time passes until there is.
Thread* Scheduler::pick() {
  for (;;) {
    std::vector<Thread*> runnable;
    std::optional<std::uint64_t> next;
    for (Thread* thread : threads_) {
      if (is_runnable(*thread)) {
        runnable.push_back(thread);
      } else if (thread->deadline_ns) {
        next = std::min(next.value_or(*thread->deadline_ns), *thread->deadline_ns);
      }
    }
    if (!runnable.empty()) return runnable[choose(unsigned(runnable.size()))];
    if (!next) return nullptr;
    virtual_ns_ = *next;
  }
}

void Scheduler::pass_baton(KernelLock& lock, Thread* self) {
  Thread* next = pick();
  if (next == nullptr && self == nullptr) return;  // the last thread has left
  if (next == nullptr) violate(kBugCheck, "every thread waits for something that nobody will do");
  running_ = next;
  if (next == self) return;
  next->run.notify_one();
  if (self != nullptr) self->run.wait(lock, [&] { return running_ == self; });
}

void Scheduler::join(Thread& thread) {
  const KernelLock held = lock();
  if (threads_.empty()) running_ = &thread;
  threads_.push_back(&thread);
}

void Scheduler::begin(Thread& thread) {
  if (!is_seeded()) return;
  KernelLock held = lock();
  thread.run.wait(held, [&] { return running_ == &thread; });
}

void Scheduler::leave(Thread& thread) {
  KernelLock held = lock();
  std::erase(threads_, &thread);
  if (is_seeded() && running_ == &thread) pass_baton(held, nullptr);
  notify();
}

}  // namespace ovs::emulator
