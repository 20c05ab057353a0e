// This process, for programs on Linux.
#pragma once
#include "platform/api/process.h"
#include "platform/posix/descriptor.h"
#include "platform/posix/process/supervisor.h"

namespace ovs::platform {

class SystemProcess final : public Process {
 public:
  ProcessId id() const override;
  Result<void, OsError> detach(const DetachOptions& options) override;
  Result<void, OsError> supervise() override;
  Result<void, OsError> ready() override;
  Result<Boxed<Signals>, OsError> catch_signals() override;
  Result<Boxed<PidFile>, OsError> write_pidfile(Text path) override;
  Result<ProcessId, OsError> read_pidfile(Text path) override;
  Result<void, OsError> send_signal(ProcessId process, Signal signal) override;
  Result<Boxed<SystemLog>, OsError> open_system_log(Text program, LogFacility facility) override;

 private:
  Descriptor readiness_;  // written by ready(); open after detach() only
  Terminal terminal_ = Terminal::Keep;
  WorkingDirectory directory_ = WorkingDirectory::Keep;
  Output output_ = Output::Leave;
};

}  // namespace ovs::platform
