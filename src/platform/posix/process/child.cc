#include "platform/posix/process/child.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "platform/posix/os_error.h"

extern char** environ;

namespace ovs::platform {
namespace {

// What a program that a signal handler or mask of ours must not reach begins with.
class CleanSignals {
 public:
  CleanSignals() {
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~CleanSignals() { posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

}  // namespace

Result<ChildProcess, OsError> ChildProcess::start(Text command) {
  std::string shell = "/bin/sh", option = "-c", text(command.data(), command.size());
  char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
  const CleanSignals signals;
  pid_t id = 0;
  const int failed =
      posix_spawn(&id, shell.c_str(), nullptr, signals.attributes(), arguments, environ);
  if (failed != 0) return os_error_of(failed);
  Descriptor end(int(syscall(SYS_pidfd_open, id, 0)));
  if (!end) return last_os_error();
  return ChildProcess(id, std::move(end));
}

std::string ChildProcess::failure() {
  int status = 0;
  retry_interrupted([&] { return waitpid(id_, &status, 0); });
  if (WIFSIGNALED(status)) return std::string("killed (") + strsignal(WTERMSIG(status)) + ")";
  if (WEXITSTATUS(status) == 0) return "";
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace ovs::platform
