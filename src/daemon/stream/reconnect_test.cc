#include <doctest/doctest.h>

#include "daemon/stream/reconnect.h"

namespace ovs::daemon {
namespace {

using Action = Reconnect::Action;
using State = Reconnect::State;

TEST_CASE("Reconnect: connects at once, then waits 1, 2, 4, 8, 8 seconds between attempts") {
  std::uint64_t now = 1000;
  Reconnect machine(now);
  machine.enable(now);
  CHECK(machine.run(now) == Action::Connect);
  for (const std::uint64_t wait : {1000, 2000, 4000, 8000, 8000}) {
    machine.connecting(now);
    machine.connect_failed(now);
    CHECK(machine.run(now + wait - 1) == Action::None);
    now += wait;
    CHECK(machine.run(now) == Action::Connect);
  }
}

TEST_CASE("Reconnect: an attempt that takes too long is given up") {
  Reconnect machine(0);
  machine.enable(0);
  machine.connecting(0);
  CHECK(machine.run(999) == Action::None);
  CHECK(machine.run(1000) == Action::Disconnect);
}

TEST_CASE("Reconnect: silence is probed, then ended") {
  Reconnect machine(0);
  machine.enable(0);
  machine.connecting(0);
  machine.connected(10);
  machine.activity(1000);
  CHECK(machine.run(5999) == Action::None);
  CHECK(machine.run(6000) == Action::Probe);
  machine.probed(6000);
  CHECK(machine.is_connected());
  CHECK(machine.run(10999) == Action::None);
  CHECK(machine.run(11000) == Action::Disconnect);
  machine.activity(11000);
  CHECK(machine.state() == State::Active);
}

TEST_CASE("Reconnect: without a probe interval silence is fine for ever") {
  Reconnect machine(0);
  machine.set_probe_interval(0);
  machine.enable(0);
  machine.connecting(0);
  machine.connected(0);
  CHECK(!machine.deadline_ms());
}

TEST_CASE("Reconnect: probe intervals below a second become a second") {
  Reconnect machine(0);
  machine.set_probe_interval(10);
  CHECK(machine.probe_interval_ms() == 1000);
}

TEST_CASE("Reconnect: a connection that lasted starts the back-off over, a short one does not") {
  Reconnect machine(0);
  machine.enable(0);
  machine.connecting(0);
  machine.connect_failed(0);
  machine.connecting(1000);
  machine.connect_failed(1000);  // waits 2 s
  machine.connecting(3000);
  machine.connected(3000);
  machine.activity(3500);
  machine.disconnected(3500);
  CHECK(machine.backoff_ms() == 4000);
  machine.connecting(7500);
  machine.connected(7500);
  machine.activity(20000);
  machine.disconnected(20000);
  CHECK(machine.backoff_ms() == 1000);
}

TEST_CASE("Reconnect: it stops when its tries are used up") {
  Reconnect machine(0);
  machine.set_max_tries(1u);
  machine.enable(0);
  machine.connecting(0);
  machine.connect_failed(0);
  CHECK(machine.state() == State::Void);
}

TEST_CASE("Reconnect: forced, it drops the connection and connects without waiting") {
  Reconnect machine(0);
  machine.enable(0);
  machine.connecting(0);
  machine.connected(0);
  machine.force_reconnect(100);
  CHECK(machine.run(100) == Action::Disconnect);
  machine.disconnected(100);
  CHECK(machine.run(100) == Action::Connect);
}

TEST_CASE("Reconnect: the remotes of a list are tried once each before anything waits") {
  Reconnect machine(0);
  machine.set_free_tries(2);
  machine.enable(0);
  machine.connecting(0);
  machine.connect_failed(0);
  CHECK(machine.run(0) == Action::Connect);
  machine.connecting(0);
  machine.connect_failed(0);
  CHECK(machine.run(0) == Action::None);
}

}  // namespace
}  // namespace ovs::daemon
