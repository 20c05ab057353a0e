// The parts of the kernel, for the files of emulator/nt, which are its functions.
#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "emulator/nt/call.h"
#include "emulator/nt/io/io_request.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/pool.h"
#include "emulator/nt/schedule/locks.h"
#include "emulator/nt/schedule/processors.h"
#include "emulator/nt/schedule/scheduler.h"
#include "emulator/nt/schedule/system_threads.h"

namespace ovs::emulator {

// What a driver printed.
class MessageLog {
 public:
  void add(std::string line);
  std::vector<std::string> lines() const;
  void listen(std::function<void(const std::string&)> listener);

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::function<void(const std::string&)> listener_;
};

struct ProcessorCallback {
  PPROCESSOR_CALLBACK_FUNCTION function;
  PVOID context;
};

struct Kernel::Parts {
  explicit Parts(const KernelConfig& config);

  KernelConfig config;
  Scheduler scheduler;
  LiveObjects live;
  Failures failures;
  LockOrder lock_order;
  Pool pool;
  SystemThreads threads;
  IoManager io;
  MessageLog messages;
  Processors processors;
  std::map<PVOID, ProcessorCallback> processor_callbacks;  // under the scheduler's lock
  std::uint64_t next_registration = 1;                     // likewise
  std::atomic<unsigned> drivers{0};
  KSPIN_LOCK cancel_lock = 0;
  ImportTable routines;  // what MmGetSystemRoutineAddress finds
};

// Of the kernel that lives.
Kernel::Parts& parts();
// Each kernel of a process has another; 0: none lives.
std::uint64_t kernel_id();
Scheduler& current_scheduler();
// Words of the host for an address in an image; empty elsewhere.
std::string place_in_image(const void* address);
// From the first to the second, faults in the guard pages of stacks, pool and programs' buffers are
// violations (91, 89, 98).
void report_faults();
void leave_faults();
// For the calling thread, to which it may happen that its stack has run out.
void use_alternate_stack();
// As run_callback, for what returns at another level or with other locks than it was called with.
void run_callback_that_leaves(const char* name, KIRQL level, std::size_t locks,
                              FunctionRef<void()> body);

void add_ke_locks(Exports& exports);
void add_ke_waits(Exports& exports);
void add_ke_dpcs(Exports& exports);
void add_ke_threads(Exports& exports);
void add_ex(Exports& exports);
void add_mm(Exports& exports);
void add_rtl(Exports& exports);
void add_etw(Exports& exports);
void add_io(Exports& exports);
void add_hal(Exports& exports);

}  // namespace ovs::emulator
