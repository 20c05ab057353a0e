// A command of the shell, run beside this process, which is told when it ends.
#pragma once
#include <string>

#include "platform/api/process.h"
#include "platform/posix/descriptor.h"

namespace ovs::platform {

class ChildProcess {
 public:
  // With this process's standard input and outputs, and no signal blocked.
  static Result<ChildProcess, OsError> start(Text command);

  // Readable once it has ended.
  WaitHandle wait_handle() const { return WaitHandle{end_.number()}; }
  // How it ended, in words ("exit status 3", "killed (Terminated)"); empty: it succeeded. Waits for
  // that.
  std::string failure();

 private:
  ChildProcess(int id, Descriptor end) : id_(id), end_(std::move(end)) {}
  int id_;
  Descriptor end_;
};

}  // namespace ovs::platform
