#include "emulator/host/command/command_thread.h"

#include <chrono>

namespace ovs::emulator {

CommandThread::CommandThread(Task meanwhile)
    : meanwhile_(std::move(meanwhile)), thread_([this] { run(); }) {}

CommandThread::~CommandThread() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool CommandThread::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() == kMaxWaiting) return false;
    waiting_.push_back(std::move(task));
  }
  changed_.notify_all();
  return true;
}

// However many commands come, what is done between them has its turn.
void CommandThread::run() {
  using Clock = std::chrono::steady_clock;
  const auto period = std::chrono::milliseconds(kMeanwhileMs);
  std::unique_lock lock(mutex_);
  for (auto due = Clock::now() + period;;) {
    changed_.wait_until(lock, due, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const bool is_due = Clock::now() >= due;
    if (!is_due && waiting_.empty()) continue;
    Task task = meanwhile_;
    if (!is_due) {
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
    lock.unlock();
    task();
    lock.lock();
    if (is_due) due = Clock::now() + period;
  }
}

}  // namespace ovs::emulator
