// Work done by one system thread, in the order in which it becomes due.
#pragma once
#include <ntddk.h>

#include "platform/api/clock.h"
#include "platform/api/lock.h"
#include "platform/api/memory.h"
#include "platform/api/work.h"

namespace ovs::platform::nt {

class SystemThreadWorker final : public Worker {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsW");

  // Errors: NoMemory, Io (no thread is to be had). `clock` outlives it.
  static Result<Owned<SystemThreadWorker>> create(const Clock& clock);
  explicit SystemThreadWorker(const Clock& clock);
  SystemThreadWorker(const SystemThreadWorker&) = delete;
  // Nothing is queued any more: its owners have cancelled. Waits for the thread.
  ~SystemThreadWorker();

  void submit(WorkItem& item) override { submit_after(item, 0); }
  void submit_after(WorkItem& item, std::uint64_t delay_ms) override;
  void cancel(WorkItem& item, Passive passive) override;

 private:
  struct State {
    WorkQueue queue;
    const WorkItem* running = nullptr;
    bool stopping = false;
  };
  struct Next {
    WorkItem* item = nullptr;   // null: nothing is due
    std::uint64_t wait_ns = 0;  // until something is; 0: nothing is queued
    bool stopping = false;
  };

  static KSTART_ROUTINE thread_main;
  void run_until_stopped();
  Next take();
  void finish();

  const Clock& clock_;
  Guarded<State, LockRank::Work> state_;
  KEVENT changed_;   // something was queued, or the end has come
  KEVENT finished_;  // no item runs
  PVOID thread_ = nullptr;
};

}  // namespace ovs::platform::nt
