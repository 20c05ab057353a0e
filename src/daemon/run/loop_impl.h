// The inside of a Loop, for the .cc files of daemon/ that need Asio. Not for other folders.
#pragma once
#include "daemon/run/asio_setup.h"
//
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <map>

#include "daemon/run/loop.h"

namespace ovs::daemon {

struct Timer::Entry {
  Loop::Task fire;
  bool is_set = false;
  std::uint64_t deadline_ms = 0;
};

struct Loop::Impl {
  using Timers = std::multimap<std::uint64_t, std::shared_ptr<Timer::Entry>>;

  explicit Impl(const platform::Clock& the_clock) : clock(the_clock) {}

  std::size_t run_due();
  void arm();
  void insert(std::uint64_t deadline_ms, const std::shared_ptr<Timer::Entry>& entry);
  void erase(const std::shared_ptr<Timer::Entry>& entry);

  const platform::Clock& clock;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  asio::steady_timer alarm{io};
  Timers timers;
  // Real time at which `alarm` rings; it may ring early, which costs a look at the clock.
  asio::steady_timer::time_point alarm_at = asio::steady_timer::time_point::max();
  std::atomic<bool> is_woken{false};
};

}  // namespace ovs::daemon
