// The event loop of one thread, and timers on a Clock that tests can stop and warp. Asio is inside
// and stays there. Everything but post(), stop() and wake() belongs to the thread that runs the
// loop.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace ovs::platform {
class Clock;
}

namespace ovs::daemon {

class Loop {
 public:
  using Task = std::function<void()>;

  // `clock` drives the timers and must outlive the loop.
  explicit Loop(const platform::Clock& clock);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs tasks, timers and input until stop(). A loop that was stopped may run again.
  void run();
  // Waits for one event at most `timeout_ms` of real time (0: does not wait), then runs all that is
  // ready. Returns how many handlers ran. This is how tests step, and how a program with a loop of
  // its own drives this one.
  std::size_t run_once(std::uint64_t timeout_ms);
  // Runs what is ready, again and again, until nothing is. Never waits.
  std::size_t drain();
  void stop();           // any thread
  void post(Task task);  // any thread: runs on the loop, never inside post()
  // Any thread: the clock has jumped, look at the timers again.
  void wake();

  // Runs `task` after real time, whatever the clock does. For time/warp, which gives threads time
  // between its steps.
  void after_real_ms(std::uint64_t delay_ms, Task task);

  const platform::Clock& clock() const;
  std::uint64_t now_ms() const;

  struct Impl;  // the io_context and the timers, for stream/ and this folder
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// Runs a function once the Loop's clock has reached a deadline. May be set again, also from its own
// function; destroying or cancelling it is enough to be sure that it does not run.
class Timer {
 public:
  Timer(Loop& loop, Loop::Task fire);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void set_at(std::uint64_t deadline_ms);  // of Clock::now_ms(); replaces what was set
  void set_after(std::uint64_t delay_ms);
  void cancel();
  bool is_set() const;

 private:
  friend class Loop;
  struct Entry;
  Loop& loop_;
  std::shared_ptr<Entry> entry_;
};

}  // namespace ovs::daemon
