// The thread on which an emulated host carries out commands, one after another: the loop goes on
// meanwhile, for the device must answer while a switch waits for its driver.
#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace ovs::emulator {

class CommandThread {
 public:
  static constexpr std::size_t kMaxWaiting = 256;
  static constexpr int kMeanwhileMs = 200;
  using Task = std::function<void()>;

  // `meanwhile` runs there again and again, kMeanwhileMs apart, between tasks.
  explicit CommandThread(Task meanwhile);
  // What is under way ends; what waits does not run.
  ~CommandThread();
  CommandThread(const CommandThread&) = delete;
  CommandThread& operator=(const CommandThread&) = delete;

  // False: too many wait.
  bool post(Task task);

 private:
  void run();

  const Task meanwhile_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace ovs::emulator
