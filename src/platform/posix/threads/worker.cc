#include "platform/posix/threads/worker.h"

namespace ovs::platform {

ThreadWorker::ThreadWorker(const Clock& clock)
    : clock_(clock), thread_([this] { run_until_stopped(); }) {}

ThreadWorker::~ThreadWorker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void ThreadWorker::submit_after(WorkItem& item, std::uint64_t delay_ms) {
  {
    const std::lock_guard lock(mutex_);
    queue_.insert(item, clock_.now_ns() + delay_ms * 1'000'000);
  }
  changed_.notify_all();
}

void ThreadWorker::cancel(WorkItem& item, Passive) {
  std::unique_lock lock(mutex_);
  OVS_ASSERT(std::this_thread::get_id() != thread_.get_id());
  // An item that is running may queue itself again, so it is taken out when it has ended.
  changed_.wait(lock, [&] { return running_ != &item; });
  queue_.remove(item);
}

void ThreadWorker::look_again() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void ThreadWorker::wait(std::unique_lock<std::mutex>& lock) {
  if (queue_.empty()) {
    changed_.wait(lock);
    return;
  }
  const std::uint64_t now = clock_.now_ns();
  const std::uint64_t due = queue_.next_due_ns();
  if (due > now) changed_.wait_for(lock, std::chrono::nanoseconds(due - now));
}

void ThreadWorker::run_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    WorkItem* item = queue_.take_due(clock_.now_ns());
    if (item == nullptr) {
      wait(lock);
      continue;
    }
    running_ = item;
    lock.unlock();
    item->run(Passive::here());
    lock.lock();
    running_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace ovs::platform
