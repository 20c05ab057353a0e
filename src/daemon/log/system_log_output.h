// The LogOutput of a real program: standard error, a file, the system's log.
#pragma once
#include <string>

#include "base/core/boxed.h"
#include "daemon/log/log.h"
#include "platform/api/file.h"
#include "platform/api/process.h"

namespace ovs::daemon {

class SystemLogOutput final : public LogOutput {
 public:
  // Both must outlive it. The system's log is opened by the first message for it.
  SystemLogOutput(platform::Files& files, platform::Process& process, std::string program);

  void write_console(std::string_view line) override;
  void write_syslog(LogLevel level, int facility, std::string_view line) override;
  void write_file(std::string_view lines) override;
  Result<void, LogError> open_file(const std::string& path) override;
  void close_file() override;
  // "libc" is the system's log, "null" none. Targets elsewhere answer that they are not supported
  // yet.
  Result<void, LogError> set_syslog_target(std::string_view method) override;

 private:
  platform::Files& files_;
  platform::Process& process_;
  std::string program_;
  Boxed<platform::File> file_;
  Boxed<platform::SystemLog> system_log_;
  bool has_tried_system_log_ = false;
};

}  // namespace ovs::daemon
