#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "daemon/control/common_commands.h"
#include "daemon/control/unixctl.h"
#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "platform/fake/virtual_clock.h"
#include "wire/json/write.h"

namespace ovs::daemon {
namespace {

struct Answer final : ControlCall::Sink {
  void answer(wire::Json body, bool is_error) override {
    ++count;
    text = (is_error ? "error: " : "") +
           (body.is_string() ? std::string(body.string()) : wire::json_text(body));
  }
  std::string text = "(none)";
  int count = 0;
};

struct Fixture {
  Fixture() {
    add_common_commands(server, {.log = log,
                                 .coverage = coverage,
                                 .version = "test (Open vSwitch) 3.7.1",
                                 .exit = [this] { exited = true; },
                                 .report_memory = [](MemoryUse& use) { use["flows"] = 3; }});
  }

  platform::VirtualClock real;
  WarpClock clock{real};
  MemoryLogOutput output;
  Log log{clock, output, "test", 1};
  Coverage coverage;
  Loop loop{clock};
  MemoryNetwork network{loop};
  ControlServer server{log};
  bool exited = false;
  std::shared_ptr<Answer> answer = std::make_shared<Answer>();

  std::string run(std::vector<std::string> words) {
    answer->text = "(none)";
    server.run(ControlCall(answer, std::move(words)));
    return answer->text;
  }
};

TEST_CASE_FIXTURE(Fixture, "ControlServer: wrong calls are refused in upstream's words") {
  CHECK(run({"foo"}) ==
        "error: \"foo\" is not a valid command (use \"list-commands\" to see a list of valid "
        "commands)");
  CHECK(run({"version", "x"}) == "error: \"version\" command takes at most 0 arguments");
  CHECK(run({"set-options"}) == "error: \"set-options\" command requires at least 1 arguments");
}

TEST_CASE_FIXTURE(Fixture,
                  "ControlServer: commands are listed in two columns, hidden ones are not") {
  server.add("zap", "NAME", 1, 1, [](ControlCall) {});
  const std::string text = run({"list-commands"});
  CHECK(text.starts_with("The available commands are:\n  coverage/read-counter   COUNTER\n"));
  CHECK(text.ends_with("  zap                     NAME\n"));
  CHECK(text.find("vlog/message") == std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "ControlServer: in JSON format plain replies are wrapped") {
  CHECK(run({"set-options", "--format", "json"}) == R"({"reply":"","reply-format":"plain"})");
  CHECK(run({"version"}) == R"({"reply":"test (Open vSwitch) 3.7.1","reply-format":"plain"})");
  CHECK(run({"set-options", "--format=xml"}) == "error: option format has invalid value xml");
  CHECK(run({"set-options", "--nope"}) == "error: unrecognized option '--nope'");
  CHECK(run({"set-options", "--format", "text"}) == "");
}

TEST_CASE_FIXTURE(Fixture, "ControlCall: one that is dropped is answered with an error") {
  server.add("drop", "", 0, 0, [](ControlCall) {});
  CHECK(run({"drop"}) == "error: the command was abandoned");
  CHECK(answer->count == 1);
}

TEST_CASE_FIXTURE(Fixture, "Common commands: version, memory, coverage, logging, exit") {
  CHECK(run({"version"}) == "test (Open vSwitch) 3.7.1");
  CHECK(run({"memory/show"}) == "flows:3\n");
  CHECK(run({"coverage/read-counter", "x"}) == "error: No such counter");
  coverage.counter("x").add(5);
  CHECK(run({"coverage/read-counter", "x"}) == "5\n");
  CHECK(run({"vlog/set", "bogus"}) == "error: no destination, level, or module \"bogus\"");
  CHECK(run({"vlog/set", "console:dbg", "raft:off"}) == "");
  CHECK(log.level("raft", LogDestination::Console) == LogLevel::Off);
  CHECK(run({"vlog/reopen"}) == "error: Logging to file not configured");
  CHECK(run({"exit"}) == "");
  CHECK(exited);
}

TEST_CASE_FIXTURE(Fixture, "Coverage: rates are those of the last five seconds, minute and hour") {
  coverage.counter("hit").add(10);
  (void)coverage.counter("miss");
  coverage.sample();
  const std::string text = coverage.text();
  CHECK(text.find(
            "\nhit                        2.0/sec     0.167/sec        0.0028/sec   total: 10\n") !=
        std::string::npos);
  CHECK(text.ends_with("1 events never hit\n"));
}

TEST_CASE_FIXTURE(Fixture, "Coverage: what is counted elsewhere is asked for at each look") {
  std::uint64_t looks = 0;
  Coverage::Counter& counter = coverage.counter("elsewhere");
  coverage.before_looks([&] { counter.add(++looks - counter.total()); });
  CHECK(run({"coverage/read-counter", "elsewhere"}) == "1\n");
  coverage.sample();
  CHECK(run({"coverage/show"}).find("total: 3\n") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "time/warp: moves a stopped clock in steps and answers after the last") {
  add_time_commands(server, clock, loop);
  clock.on_change([this] { loop.wake(); });
  CHECK(run({"time/stop"}) == "");
  int fired = 0;
  Timer timer(loop, [&] {
    ++fired;
    timer.set_after(100);
  });
  timer.set_after(100);
  const std::uint64_t before = clock.now_ms();
  CHECK(run({"time/warp", "1000", "100"}) == "(none)");
  for (int i = 0; i < 100 && answer->text == "(none)"; ++i) loop.run_once(50);
  CHECK(answer->text == "warped");
  CHECK(clock.now_ms() == before + 1000);
  CHECK(fired == 10);
  CHECK(run({"time/warp", "x"}) == "error: invalid MSECS");
}

// Through a socket: one request after the other, late answers, clients that leave.
struct Client {
  Client(Fixture& fixture) : loop(fixture.loop) {
    attempt =
        fixture.network.connect("unix:ctl", [this](Result<std::unique_ptr<Stream>, IoError> made) {
          stream = std::move(*made);
          stream->start({.on_read = [this](std::string_view bytes) { received += bytes; },
                         .on_close = [this](const IoError&) { is_closed = true; },
                         .on_drained = nullptr});
        });
    loop.drain();
  }
  void send(std::string text) {
    stream->write(std::move(text));
    loop.drain();
  }
  Loop& loop;
  std::unique_ptr<Connecting> attempt;
  std::unique_ptr<Stream> stream;
  std::string received;
  bool is_closed = false;
};

TEST_CASE_FIXTURE(
    Fixture,
    "ControlServer: a client's commands run one after the other, however late the answers") {
  REQUIRE(server.listen(network, "punix:ctl").ok());
  std::vector<ControlCall> waiting;
  server.add("wait", "", 0, 0, [&](ControlCall call) { waiting.push_back(std::move(call)); });
  Client client(*this);
  client.send(R"({"id":1,"method":"wait","params":[]}{"id":2,"method":"version","params":[]})");
  CHECK(client.received.empty());
  waiting[0].reply("done");
  loop.drain();
  CHECK(client.received == R"({"id":1,"result":"done\n","error":null})"
                           R"({"id":2,"result":"test (Open vSwitch) 3.7.1\n","error":null})");
}

TEST_CASE_FIXTURE(Fixture, "ControlServer: an answer to a client that has gone is dropped") {
  REQUIRE(server.listen(network, "punix:ctl").ok());
  std::vector<ControlCall> waiting;
  server.add("wait", "", 0, 0, [&](ControlCall call) { waiting.push_back(std::move(call)); });
  Client client(*this);
  client.send(R"({"id":1,"method":"wait","params":[]})");
  client.stream.reset();
  loop.drain();
  waiting[0].reply("done");
  loop.drain();
  Client other(*this);
  other.send(R"({"id":1,"method":"version","params":[]})");
  CHECK(!other.received.empty());
}

TEST_CASE_FIXTURE(Fixture, "ControlServer: what is no request ends the session") {
  REQUIRE(server.listen(network, "punix:ctl").ok());
  Client client(*this);
  client.send(R"({"id":null,"method":"version","params":[]})");
  CHECK(client.is_closed);
}

TEST_CASE_FIXTURE(Fixture, "ControlServer: arguments are strings") {
  REQUIRE(server.listen(network, "punix:ctl").ok());
  Client client(*this);
  client.send(R"({"id":3,"method":"version","params":[1]})");
  CHECK(client.received ==
        R"({"id":3,"result":null,"error":"\"version\" command has non-string argument\n"})");
}

}  // namespace
}  // namespace ovs::daemon
