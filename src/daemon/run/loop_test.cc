#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <thread>

#include "daemon/run/loop.h"
#include "daemon/run/warp_clock.h"
#include "platform/fake/virtual_clock.h"

namespace ovs::daemon {
namespace {

struct Fixture {
  platform::VirtualClock real;
  WarpClock clock{real};
  Loop loop{clock};
  std::string events;

  Loop::Task say(char c) {
    return [this, c] { events += c; };
  }
};

TEST_CASE_FIXTURE(Fixture, "Loop: posted tasks run in order, and never inside post()") {
  loop.post(say('a'));
  loop.post(say('b'));
  CHECK(events.empty());
  loop.drain();
  CHECK(events == "ab");
}

TEST_CASE_FIXTURE(Fixture, "Loop: a task from another thread wakes it") {
  std::thread other([this] { loop.post([this] { loop.stop(); }); });
  loop.run();
  other.join();
  CHECK(events.empty());
}

TEST_CASE_FIXTURE(Fixture, "Timer: fires when its clock has come to the deadline, not before") {
  Timer timer(loop, say('t'));
  timer.set_after(1000);
  real.advance_ms(999);
  loop.drain();
  CHECK(events.empty());
  real.advance_ms(1);
  loop.drain();
  CHECK(events == "t");
  CHECK(!timer.is_set());
}

TEST_CASE_FIXTURE(Fixture, "Timer: timers fire in the order of their deadlines") {
  Timer second(loop, say('2'));
  Timer first(loop, say('1'));
  second.set_after(20);
  first.set_after(10);
  real.advance_ms(100);
  loop.drain();
  CHECK(events == "12");
}

TEST_CASE_FIXTURE(Fixture, "Timer: setting it again replaces the deadline") {
  Timer timer(loop, say('t'));
  timer.set_after(10);
  timer.set_after(50);
  real.advance_ms(20);
  loop.drain();
  CHECK(events.empty());
  real.advance_ms(30);
  loop.drain();
  CHECK(events == "t");
}

TEST_CASE_FIXTURE(Fixture, "Timer: its function may destroy it, or another that is due") {
  auto other = std::make_unique<Timer>(loop, say('x'));
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    events += 't';
    other.reset();
    timer.reset();
  });
  timer->set_after(1);
  other->set_after(2);
  real.advance_ms(5);
  loop.drain();
  CHECK(events == "t");
}

TEST_CASE_FIXTURE(Fixture, "Timer: its function may set it again, for the next turn") {
  int count = 0;
  Timer timer(loop, [&] {
    if (++count < 3) timer.set_after(10);
  });
  timer.set_after(10);
  for (int i = 0; i < 5; ++i) {
    real.advance_ms(10);
    loop.drain();
  }
  CHECK(count == 3);
}

TEST_CASE_FIXTURE(Fixture, "WarpClock: stopped, it moves only when warped; wall time goes on") {
  clock.stop();
  const std::uint64_t before = clock.now_ms();
  real.advance_ms(5000);
  CHECK(clock.now_ms() == before);
  CHECK(clock.wall_ms() == real.wall_ms());
  clock.warp(700);
  CHECK(clock.now_ms() == before + 700);
}

TEST_CASE_FIXTURE(Fixture, "WarpClock: not stopped, a warp is added to real time") {
  const std::uint64_t before = clock.now_ms();
  clock.warp(100);
  real.advance_ms(5);
  CHECK(clock.now_ms() == before + 105);
}

TEST_CASE_FIXTURE(Fixture, "WarpClock: a warp wakes a loop that sleeps for longer") {
  clock.on_change([this] { loop.wake(); });
  clock.stop();
  Timer timer(loop, [this] { loop.stop(); });
  timer.set_after(3'600'000);
  std::thread warper([this] { clock.warp(3'600'000); });
  loop.run();
  warper.join();
  CHECK(!timer.is_set());
}

}  // namespace
}  // namespace ovs::daemon
