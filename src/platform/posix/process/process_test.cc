// Daemons, pidfiles and signals, with real processes.
#include "platform/posix/process/process.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/core/function_ref.h"
#include "platform/posix/process/child.h"

namespace ovs::platform {
namespace {

// The exit status of a child that does `what`; `what` may return, or end the process.
int status_of(FunctionRef<void()> what) {
  const pid_t child = fork();
  if (child == 0) {
    what();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

std::string temporary_path(const char* name) {
  return "/tmp/process_test." + std::to_string(getpid()) + "." + name;
}

TEST_CASE("Process: detach() ends the first process with 0 when the daemon is ready") {
  int done[2];
  REQUIRE(pipe(done) == 0);
  const int status = status_of([&] {
    SystemProcess process;
    if (!process.detach({}).ok()) _exit(9);
    const bool detached = getsid(0) == getpid();
    (void)process.ready();
    const char answer = detached && ttyname(0) == nullptr ? 'y' : 'n';
    (void)!write(done[1], &answer, 1);
  });
  CHECK(status == 0);
  char answer = 0;
  CHECK(read(done[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  close(done[0]);
  close(done[1]);
}

TEST_CASE("Process: detach() ends the first process as the daemon ended before it was ready") {
  const int status = status_of([] {
    SystemProcess process;
    (void)process.detach({});
    _exit(7);
  });
  CHECK(status == 7);
}

// Everything that a process and its children write until the last of them has let go of its output.
std::string output_until_all_let_go(FunctionRef<void()> what) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::fflush(nullptr);  // what this process has not written yet is not the child's to write
  const int status = status_of([&] {
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
    what();
  });
  close(ends[1]);
  std::string text = std::to_string(status) + ":";
  char byte = 0;
  while (read(ends[0], &byte, 1) == 1) text += byte;
  close(ends[0]);
  return text;
}

TEST_CASE(
    "Process: a supervised daemon and its supervisor let go of the terminal when it is ready") {
  int alive[2];
  REQUIRE(pipe(alive) == 0);
  const std::string text = output_until_all_let_go([&] {
    SystemProcess process;
    DetachOptions options;
    options.supervise = Supervise::Restart;
    if (!process.detach(options).ok()) _exit(9);
    (void)!write(1, "up", 2);
    (void)process.ready();
    char byte = 0;
    (void)!read(alive[0], &byte, 1);  // serves until the test ends it
    _exit(0);
  });
  CHECK(text == "0:up");
  CHECK(write(alive[1], "x", 1) == 1);
  close(alive[0]);
  close(alive[1]);
}

TEST_CASE("Process: a supervisor ends as a child that ends by itself") {
  const int status = status_of([] {
    SystemProcess process;
    (void)process.supervise();
    _exit(5);
  });
  CHECK(status == 5);
}

TEST_CASE("Process: a supervisor does not restart a child that was killed on purpose") {
  const int status = status_of([] {
    SystemProcess process;
    (void)process.supervise();
    raise(SIGKILL);
  });
  CHECK(status == 128 + SIGKILL);
}

TEST_CASE("Process: a pidfile names its holder while it lives, and is gone afterwards") {
  const std::string path = temporary_path("pid");
  SystemProcess process;
  {
    const auto held = process.write_pidfile(path);
    REQUIRE(held.ok());
    // Another process, because a process never conflicts with its own lock.
    const pid_t parent = getpid();
    CHECK(status_of([&] {
            const auto holder = SystemProcess().read_pidfile(path);
            const bool right = holder.ok() && *holder == ProcessId(parent);
            const bool refused = SystemProcess().write_pidfile(path).error().kind == Error::Busy;
            _exit(right && refused ? 0 : 1);
          }) == 0);
  }
  CHECK(process.read_pidfile(path).error().kind == Error::NotFound);
}

TEST_CASE("Process: a pidfile that nobody holds is stale, and replaced") {
  const std::string path = temporary_path("stale");
  (void)!system(("echo 1 > " + path).c_str());
  SystemProcess process;
  CHECK(process.read_pidfile(path).error().number == ESRCH);
  CHECK(process.write_pidfile(path).ok());
}

TEST_CASE("Process: caught signals arrive at their queue, and nowhere else") {
  const int status = status_of([] {
    SystemProcess process;
    auto signals = process.catch_signals();
    if (!signals.ok() || (*signals)->next()) _exit(1);
    if (!process.send_signal(process.id(), Signal::Hangup).ok()) _exit(2);
    pollfd wait = {int((*signals)->wait_handle()), POLLIN, 0};
    if (poll(&wait, 1, 5000) != 1) _exit(3);
    const Maybe<Signal> arrived = (*signals)->next();
    _exit(arrived == Maybe<Signal>(Signal::Hangup) && !(*signals)->next() ? 0 : 4);
  });
  CHECK(status == 0);
}

std::string ending_of(const char* command) {
  auto child = ChildProcess::start(command);
  if (!child.ok()) return "not started";
  pollfd ended{int(child->wait_handle()), POLLIN, 0};
  if (poll(&ended, 1, 10'000) != 1) return "not ended";
  return child->failure();
}

TEST_CASE("ChildProcess: how a command of the shell ended is told in words") {
  CHECK(ending_of("true") == "");
  CHECK(ending_of("exit 3") == "exit status 3");
  CHECK(ending_of("kill -TERM $$") == "killed (Terminated)");
}

}  // namespace
}  // namespace ovs::platform
