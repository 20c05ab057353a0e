// Who runs. With real threads: everybody; waiting is a condition variable, time is the machine's.
// With a seed: the one thread that has the baton, which it passes on when it waits and, by the
// seed's decision, at any call; time passes when all wait. One mutex guards all that can be waited
// for. Inside emulator/nt.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <vector>

#include "emulator/nt/schedule/thread.h"
#include "platform/api/clock.h"

namespace ovs::emulator {

using KernelLock = std::unique_lock<std::mutex>;

class Scheduler final : public platform::Clock {
 public:
  explicit Scheduler(std::optional<std::uint64_t> seed);

  bool is_seeded() const { return random_.has_value(); }
  KernelLock lock() { return KernelLock(mutex_); }

  // Until `ready`, which is asked under the lock and changes nothing; false when the time is up.
  // Where a seed schedules, what was ready still is when this returns.
  bool wait(KernelLock& lock, FunctionRef<bool()> ready, std::optional<std::uint64_t> deadline_ns);
  // Under the lock: something that may be waited for has changed.
  void notify();
  // The same for those who wait for another thread to let go of something that it does not need the
  // lock to let go of: whoever does calls notify_spinning, which is cheap when there are none.
  void spin(KernelLock& lock, FunctionRef<bool()> ready);
  void notify_spinning();
  // The thread may lose the processor here.
  void preempt(Thread& thread);

  // Every thread that takes part; the first has the baton.
  void join(Thread& thread);
  // Waits for the baton, in the thread that just joined.
  void begin(Thread& thread);
  void leave(Thread& thread);
  // A number that decides something: the seed's, else the machine's.
  unsigned choose(unsigned count);

  std::uint64_t now_ns() const override;
  std::uint64_t wall_ms() const override;

 private:
  bool is_runnable(const Thread& thread) const;
  Thread* pick();
  void pass_baton(KernelLock& lock, Thread* self);

  std::optional<std::mt19937_64> random_;
  std::mutex mutex_;
  std::vector<Thread*> waiting_;  // real threads
  std::atomic<unsigned> spinning_{0};
  std::vector<Thread*> threads_;
  Thread* running_ = nullptr;
  std::atomic<std::uint64_t> virtual_ns_{0};
};

}  // namespace ovs::emulator
