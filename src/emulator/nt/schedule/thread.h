// What the kernel knows of one thread: level, processor, locks, calls under way, stacks. One for
// each Linux thread that calls the kernel; only that thread writes it. Inside emulator/nt.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/core/function_ref.h"
#include "emulator/nt/schedule/stack.h"
#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

struct HeldLock {
  const void* lock;
  const char* call;  // that acquired it, or the callback under way
  bool is_mutex;
  // On the holder's own stack: nobody else can wait for it; it is how drivers raise the level.
  bool is_private;
};

class Thread {
 public:
  explicit Thread(std::string name);
  Thread(const Thread&) = delete;

  // Of the process's current kernel; made when a Linux thread first asks.
  static Thread& current();
  static bool is_known();
  // Gives the calling Linux thread its Thread, or takes it away.
  static void adopt(std::unique_ptr<Thread> thread);
  static std::unique_ptr<Thread> forget();

  bool is_own_stack(const void* address) const {
    return kernel_stack.range().contains(address) || host_stack.contains(address);
  }
  bool holds_spin_locks() const;

  const std::string name;
  const unsigned number;
  KIRQL level = PASSIVE_LEVEL;
  unsigned processor = 0;            // at DISPATCH_LEVEL the one it holds
  std::optional<unsigned> affinity;  // the only one it may run on
  std::vector<HeldLock> locks;
  std::vector<const char*> calls;  // under way, outermost first
  const char* call() const { return calls.empty() ? "no call" : calls.back(); }

  KernelStack kernel_stack;
  StackRange host_stack;
  bool is_on_kernel_stack = false;
  void* kernel_at = nullptr;  // where the driver left its stack; null: it is not in any call
  void* host_at = nullptr;

  // ---- the scheduler's ----
  std::condition_variable run;
  const FunctionRef<bool()>* ready = nullptr;  // null: may run
  std::optional<std::uint64_t> deadline_ns;
};

}  // namespace ovs::emulator
