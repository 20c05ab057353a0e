// Threads that drivers make: objects with references and handles. Inside emulator/nt.
#pragma once
#include <csetjmp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>

#include "emulator/nt/schedule/scheduler.h"

namespace ovs::emulator {

inline constexpr UCHAR kThreadObject = 6;  // the type of a thread's dispatcher header

struct SystemThread {
  DISPATCHER_HEADER header = {};  // first: the object that drivers wait for
  PKSTART_ROUTINE start = nullptr;
  PVOID context = nullptr;
  unsigned number = 0;
  LONG_PTR references = 0;  // its run, its handles, and those the driver took
  std::jmp_buf end;         // where PsTerminateSystemThread goes
  std::thread thread;
};

// Every function violates 8 where a driver uses what is none.
class SystemThreads {
 public:
  explicit SystemThreads(Scheduler& scheduler) : scheduler_(scheduler) {}
  SystemThreads(const SystemThreads&) = delete;
  // Every thread has ended.
  void join_all();

  HANDLE create(PKSTART_ROUTINE start, PVOID context);
  // Does not return.
  void terminate_current();
  // Null where there is no such handle.
  SystemThread* reference(HANDLE handle);
  LONG_PTR dereference(PVOID object);
  bool close(HANDLE handle);
  bool is_thread(PVOID object) const;

  // A line for each thread that runs, or is referred to.
  std::string list();

 private:
  void run(SystemThread& thread);
  LONG_PTR drop(KernelLock& lock, SystemThread& thread);

  Scheduler& scheduler_;
  std::map<PVOID, std::unique_ptr<SystemThread>> threads_;
  std::map<HANDLE, SystemThread*> handles_;
  std::uintptr_t next_handle_ = 0x80000004;
};

// Runs `main` on a new Linux thread that the scheduler knows; `ended` is called under its lock.
std::thread start_kernel_thread(Scheduler& scheduler, std::string name, std::function<void()> main,
                                std::function<void()> ended);

}  // namespace ovs::emulator
