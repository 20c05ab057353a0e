#include "platform/posix/process/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>

#include "platform/posix/os_error.h"

namespace ovs::platform {
namespace {

constexpr time_t kRestartPauseSeconds = 10;

// How a process that ended looks to a shell.
int exit_code(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int wait_for(pid_t child) {
  int status = 0;
  retry_interrupted([&] { return waitpid(child, &status, 0); });
  return status;
}

// Signals by which a program stops because of a mistake in it. Being killed on purpose (TERM, KILL)
// is no reason to restart.
bool is_crash(int status) {
  if (!WIFSIGNALED(status)) return false;
  switch (WTERMSIG(status)) {
    case SIGABRT:
    case SIGALRM:
    case SIGBUS:
    case SIGFPE:
    case SIGILL:
    case SIGPIPE:
    case SIGSEGV:
    case SIGXCPU:
    case SIGXFSZ: return true;
  }
  return false;
}

[[noreturn]] void wait_until_ready(Descriptor pipe, pid_t child) {
  char byte = 0;
  const ssize_t got = retry_interrupted([&] { return read(pipe.number(), &byte, 1); });
  _exit(got == 1 ? 0 : exit_code(wait_for(child)));
}

// A supervisor passes the polite signals on, so that whoever stops it stops the child.
volatile sig_atomic_t supervised_child = 0;
void pass_on(int signal) {
  if (supervised_child > 0) kill(supervised_child, signal);
}

void pass_signals_on() {
  struct sigaction action = {};
  action.sa_handler = pass_on;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);
}

void restore_signals() {
  signal(SIGTERM, SIG_DFL);
  signal(SIGINT, SIG_DFL);
  signal(SIGHUP, SIG_DFL);
}

// At once, unless it was restarted a moment ago: a child that crashes at start must not occupy the
// machine.
void pause_before_restart(time_t last_restart) {
  const time_t ran = time(nullptr) - last_restart;
  if (ran < kRestartPauseSeconds) sleep(unsigned(kRestartPauseSeconds - ran));
}

}  // namespace

Result<Descriptor, OsError> fork_and_wait_until_ready() {
  int ends[2];
  OVS_TRY(os_check(pipe2(ends, O_CLOEXEC)));
  Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const pid_t child = fork();
  if (child < 0) return last_os_error();
  if (child > 0) {
    writing = Descriptor();
    wait_until_ready(std::move(reading), child);
  }
  OVS_TRY(os_check(setsid()));
  return writing;
}

void leave_terminal(Output output) {
  const Descriptor nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!nowhere) return;
  const int last = output == Output::Keep ? 0 : 2;
  for (int standard = 0; standard <= last; ++standard) dup2(nowhere.number(), standard);
}

Result<void, OsError> fork_and_supervise(Descriptor& readiness, Terminal terminal) {
  for (time_t last_restart = 0;; last_restart = time(nullptr)) {
    const pid_t child = fork();
    if (child < 0) return last_os_error();
    if (child == 0) {
      restore_signals();
      return kOk;
    }
    readiness = Descriptor();
    if (terminal == Terminal::Leave) leave_terminal(Output::Leave);
    supervised_child = child;
    pass_signals_on();
    const int status = wait_for(child);
    supervised_child = 0;
    if (!is_crash(status)) _exit(exit_code(status));
    syslog(LOG_DAEMON | LOG_ERR, "process %d died (signal %d), restarting", int(child),
           WTERMSIG(status));
    pause_before_restart(last_restart);
  }
}

}  // namespace ovs::platform
