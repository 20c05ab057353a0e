// Work done by one thread of its own, in the order in which it becomes due.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "platform/api/clock.h"
#include "platform/api/work.h"

namespace ovs::platform {

class ThreadWorker final : public Worker {
 public:
  explicit ThreadWorker(const Clock& clock);
  // Nothing is queued any more: its owners have cancelled.
  ~ThreadWorker();
  ThreadWorker(const ThreadWorker&) = delete;

  void submit(WorkItem& item) override { submit_after(item, 0); }
  void submit_after(WorkItem& item, std::uint64_t delay_ms) override;
  void cancel(WorkItem& item, Passive passive) override;
  // The clock was moved by hand: what is due now is due at once.
  void look_again();

 private:
  void run_until_stopped();
  void wait(std::unique_lock<std::mutex>& lock);

  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  WorkQueue queue_;
  const WorkItem* running_ = nullptr;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace ovs::platform
