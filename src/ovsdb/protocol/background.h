// Long work off the loop's thread: on a snapshot, which nobody changes. The pieces of one
// Background run one after the other.
#pragma once
#include <functional>
#include <list>
#include <memory>

#include "daemon/run/loop.h"
#include "platform/api/work.h"

namespace ovs::ovsdb {

class Background {
 public:
  using Work = std::function<void()>;
  class Task;

  // Both must outlive it.
  Background(daemon::Loop& loop, platform::Worker& worker);
  // Waits for what runs; nothing more is done.
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Runs `work` on the worker's thread, then `done` on the loop's. The task is valid until then.
  Task& run(Work work, Work done);
  // Waits for its work, if that runs; `done` is not called.
  void cancel(Task& task);

 private:
  void finish(Task& task);

  daemon::Loop& loop_;
  platform::Worker& worker_;
  std::list<std::unique_ptr<Task>> tasks_;
};

}  // namespace ovs::ovsdb
