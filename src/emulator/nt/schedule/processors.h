// Processors as locks, and their queues of DPCs. Inside emulator/nt.
#pragma once
#include <atomic>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "emulator/nt/schedule/scheduler.h"

namespace ovs::emulator {

class Processor {
 public:
  Processor(Scheduler& scheduler, unsigned index);
  Processor(const Processor&) = delete;
  // Its queue is empty.
  ~Processor();

  // For threads; DPCs go before them.
  bool try_acquire(Thread& thread) { return queued_ == 0 && try_take(thread); }
  void acquire(Thread& thread);
  void release();

  // ---- under the scheduler's lock ----
  void queue(KDPC* dpc);
  bool remove(KDPC* dpc);
  bool is_idle() const { return dpcs_.empty() && running_ == nullptr; }
  const std::deque<KDPC*>& dpcs() const { return dpcs_; }
  // A DPC runs, or begins to.
  const KDPC* running() const { return running_; }

 private:
  bool try_take(Thread& thread);
  void run_dpcs();
  bool run_next(KernelLock& lock, Thread& thread);

  Scheduler& scheduler_;
  const unsigned index_;
  std::atomic<Thread*> holder_{nullptr};
  std::atomic<unsigned> queued_{0};  // DPCs go before threads
  std::deque<KDPC*> dpcs_;
  const KDPC* running_ = nullptr;
  bool is_stopping_ = false, is_stopped_ = false;
  std::thread thread_;
};

class Processors {
 public:
  // With no processor yet; they need a kernel that lives.
  Processors(Scheduler& scheduler, unsigned most) : scheduler_(scheduler), most_(most) {
    all_.reserve(most);
  }
  // None is left.
  void stop() { all_.clear(); }
  unsigned active() const { return active_; }
  unsigned most() const { return most_; }
  // One more is active; its index.
  unsigned add();
  Processor& at(unsigned index) { return *all_[index]; }

  void raise(Thread& thread, KIRQL level);
  void lower(Thread& thread, KIRQL level);
  // The processor that `thread` runs on, or last ran on.
  unsigned of(Thread& thread);

  // ---- under the scheduler's lock ----
  bool are_idle() const;
  // A DPC that is queued or running in [begin, begin + size), or null; all of memory for {0, -1}.
  const KDPC* find_dpc(const void* begin, std::size_t size) const;

 private:
  void acquire_one(Thread& thread);

  Scheduler& scheduler_;
  std::atomic<unsigned> active_{0};
  const unsigned most_;
  std::vector<std::unique_ptr<Processor>> all_;
};

}  // namespace ovs::emulator
