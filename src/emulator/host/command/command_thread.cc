#include "emulator/host/command/command_thread.h"

namespace ovs::emulator {

CommandThread::CommandThread() : thread_([this] { run(); }) {}

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

void CommandThread::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_) return;
    const Task task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    task();
    lock.lock();
  }
}

}  // namespace ovs::emulator
