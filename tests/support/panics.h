// Whether something ends in panic(), as platform/posix and platform/fake have it: tried in a child
// process. Called by tests of what is asserted.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "base/core/function_ref.h"

namespace ovs {

inline bool panics(FunctionRef<void()> what) {
  const pid_t child = fork();
  if (child == 0) {
    (void)!freopen("/dev/null", "w", stderr);
    signal(SIGABRT, SIG_DFL);
    what();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace ovs
