// The two processes behind a daemon: the one that the user started and that waits until the daemon
// serves, and the one that stays to restart it when it crashes.
#pragma once
#include "base/core/result.h"
#include "platform/api/os_error.h"
#include "platform/api/process.h"
#include "platform/posix/descriptor.h"

namespace ovs::platform {

// Returns in the child only, with the pipe by which it says that it is ready. The parent ends: with
// 0 when the child has said so, else as the child ended.
Result<Descriptor, OsError> fork_and_wait_until_ready();

// Returns in a child, each time a new one is needed; the caller's process stays and ends when a
// child ends by itself. A child that is killed by a signal which means a bug is restarted, at most
// once in kRestartPauseSeconds. `readiness` is passed on to the first child alone.
enum class Terminal : bool { Keep, Leave };
Result<void, OsError> fork_and_supervise(Descriptor& readiness, Terminal terminal);

// Standard input, and unless they are kept output and error, are /dev/null from now on: whoever
// reads the other end sees the end.
void leave_terminal(Output output);

}  // namespace ovs::platform
