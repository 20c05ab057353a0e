// The loop over an io_context, and the timers: a sorted map looked at when the io_context's own
// timer rings.
#include "daemon/run/loop.h"

#include <asio/post.hpp>
#include <chrono>

#include "daemon/run/loop_impl.h"
#include "platform/api/clock.h"

namespace ovs::daemon {
namespace {

using RealClock = asio::steady_timer::clock_type;

// A stopped clock never reaches its deadlines; looking this seldom costs nothing.
constexpr std::uint64_t kMaxSleepMs = 60'000;

}  // namespace

Loop::Loop(const platform::Clock& clock) : impl_(std::make_unique<Impl>(clock)) {}
Loop::~Loop() = default;

void Loop::run() {
  impl_->io.restart();
  impl_->run_due();
  impl_->io.run();
}

std::size_t Loop::run_once(std::uint64_t timeout_ms) {
  impl_->io.restart();
  std::size_t ran = impl_->run_due() + impl_->io.poll();
  if (ran == 0 && timeout_ms > 0) {
    ran = impl_->io.run_one_for(std::chrono::milliseconds(timeout_ms)) + impl_->io.poll();
  }
  return ran + impl_->run_due();
}

std::size_t Loop::drain() {
  std::size_t total = 0;
  while (const std::size_t ran = run_once(0)) total += ran;
  return total;
}

void Loop::stop() {
  impl_->io.stop();
}

void Loop::post(Task task) {
  asio::post(impl_->io, std::move(task));
}

void Loop::wake() {
  if (impl_->is_woken.exchange(true)) return;
  post([impl = impl_.get()] {
    impl->is_woken.store(false);
    impl->run_due();
  });
}

void Loop::after_real_ms(std::uint64_t delay_ms, Task task) {
  auto timer = std::make_shared<asio::steady_timer>(impl_->io, std::chrono::milliseconds(delay_ms));
  timer->async_wait([timer, task = std::move(task)](const asio::error_code& error) {
    if (!error) task();
  });
}

const platform::Clock& Loop::clock() const {
  return impl_->clock;
}

std::uint64_t Loop::now_ms() const {
  return impl_->clock.now_ms();
}

// Runs what is due at this moment; what its functions set for now comes with the next turn.
std::size_t Loop::Impl::run_due() {
  const std::uint64_t now_ms = clock.now_ms();
  Timers due;
  while (!timers.empty() && timers.begin()->first <= now_ms)
    due.insert(timers.extract(timers.begin()));
  std::size_t ran = 0;
  for (auto& [deadline_ms, entry] : due) {
    if (!entry->is_set || entry->deadline_ms != deadline_ms) continue;
    entry->is_set = false;
    entry->fire();
    ++ran;
  }
  arm();
  return ran;
}

void Loop::Impl::arm() {
  if (timers.empty()) return;
  const std::uint64_t now_ms = clock.now_ms();
  const std::uint64_t deadline_ms = timers.begin()->first;
  const std::uint64_t sleep_ms =
      std::min(kMaxSleepMs, deadline_ms > now_ms ? deadline_ms - now_ms : 0);
  const auto wanted = RealClock::now() + std::chrono::milliseconds(sleep_ms);
  if (alarm_at <= wanted) return;
  alarm_at = wanted;
  alarm.expires_at(wanted);
  alarm.async_wait([this](const asio::error_code& error) {
    if (error) return;
    alarm_at = asio::steady_timer::time_point::max();
    run_due();
  });
}

void Loop::Impl::insert(std::uint64_t deadline_ms, const std::shared_ptr<Timer::Entry>& entry) {
  erase(entry);
  entry->is_set = true;
  entry->deadline_ms = deadline_ms;
  timers.emplace(deadline_ms, entry);
  arm();
}

void Loop::Impl::erase(const std::shared_ptr<Timer::Entry>& entry) {
  if (!entry->is_set) return;
  entry->is_set = false;
  auto [first, last] = timers.equal_range(entry->deadline_ms);
  for (; first != last; ++first) {
    if (first->second != entry) continue;
    timers.erase(first);
    return;
  }
}

Timer::Timer(Loop& loop, Loop::Task fire) : loop_(loop), entry_(std::make_shared<Entry>()) {
  entry_->fire = std::move(fire);
}

Timer::~Timer() {
  cancel();
}

void Timer::set_at(std::uint64_t deadline_ms) {
  loop_.impl().insert(deadline_ms, entry_);
}

void Timer::set_after(std::uint64_t delay_ms) {
  set_at(loop_.now_ms() + delay_ms);
}

void Timer::cancel() {
  loop_.impl().erase(entry_);
}

bool Timer::is_set() const {
  return entry_->is_set;
}

}  // namespace ovs::daemon
