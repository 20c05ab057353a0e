// The processors of the machine, as locks and grace periods need them: what each holds, and a DPC
// for each. The backend's one piece of global state, because SpinLock and RcuReader are values that
// know nobody; Platform makes and ends it. A grace period is over when a DPC has run on every
// processor: readers are at DISPATCH_LEVEL, so no reader of before is left.
#pragma once
#include <ntddk.h>

#include "base/core/atomic.h"
#include "platform/api/lock.h"
#include "platform/api/memory.h"

namespace ovs::platform::nt {

class Machine;

// What one processor's code at DISPATCH_LEVEL holds; only that processor writes it.
struct alignas(64) Processor {
  static constexpr unsigned kMaxLocksHeld = 16;

  KDPC dpc;
  LockRank held[kMaxLocksHeld];
  unsigned held_count = 0;
};

class Machine {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsM");

  // Error::NoMemory.
  static Result<Owned<Machine>> create();
  explicit Machine(OwnedArray<Processor> processors);
  Machine(const Machine&) = delete;
  // No reader, no lock and no grace period is left to anybody.
  ~Machine();

  // Including those that may be added while it runs.
  unsigned processor_count() const { return unsigned(processors_.count()); }

  // At DISPATCH_LEVEL, by whoever has just acquired, or is about to release.
  void note_acquired(LockRank rank);
  void note_released(LockRank rank);

  // Grace periods by number. Starting one is allowed up to DISPATCH_LEVEL.
  std::uint64_t start_period();
  bool is_over(std::uint64_t period) const { return completed_.load(Order::Acquire) >= period; }
  void wait(std::uint64_t period, Passive passive);

 private:
  static KDEFERRED_ROUTINE run_dpc;
  void begin_round();
  void leave_round();

  OwnedArray<Processor> processors_;
  KSPIN_LOCK lock_ = 0;          // over the three below
  std::uint64_t requested_ = 0;  // the last period asked for
  std::uint64_t round_ = 0;      // the period that ends when `outstanding_` is zero
  KEVENT over_;                  // set when no round runs
  Atomic<std::uint32_t> outstanding_{0};
  Atomic<std::uint64_t> completed_{0};
};

// Null before the platform starts and after it ends.
extern Machine* machine;

}  // namespace ovs::platform::nt
