#include "emulator/host/nic/net_namespace.h"

#include <fcntl.h>
#include <sched.h>

#include <thread>

#include "platform/posix/descriptor.h"
#include "platform/posix/os_error.h"

namespace ovs::emulator {

using platform::Descriptor;
using platform::OsError;

Result<void, OsError> in_namespace(std::string_view name, FunctionRef<void()> work) {
  if (name.empty()) {
    work();
    return kOk;
  }
  const bool is_path = name.find('/') != name.npos;
  const std::string path = (is_path ? "" : "/run/netns/") + std::string(name);
  const Descriptor space(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!space) return platform::last_os_error();
  Result<void, OsError> entered = kOk;
  // A thread's namespace is its own; this one's ends with it.
  std::thread([&] {
    entered = platform::os_check(setns(space.number(), CLONE_NEWNET));
    if (entered) work();
  }).join();
  return entered;
}

}  // namespace ovs::emulator
