// Lines to the system. Nothing is buffered: a line that was logged survives a crash of the program.
#include "daemon/log/system_log_output.h"

#include <cstdio>
#include <utility>

#include "daemon/log/pattern.h"

namespace ovs::daemon {
namespace {

platform::LogFacility facility_of(int number) {
  constexpr int kLocal0 = 16;
  constexpr int kLocal7 = 23;
  constexpr int kUser = 1;
  if (number == kUser) return platform::LogFacility::User;
  if (number < kLocal0 || number > kLocal7) return platform::LogFacility::Daemon;
  return static_cast<platform::LogFacility>(static_cast<int>(platform::LogFacility::Local0) +
                                            number - kLocal0);
}

}  // namespace

SystemLogOutput::SystemLogOutput(platform::Files& files, platform::Process& process,
                                 std::string program)
    : files_(files), process_(process), program_(std::move(program)) {}

void SystemLogOutput::write_console(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stderr);
}

void SystemLogOutput::write_syslog(LogLevel level, int facility, std::string_view line) {
  if (!std::exchange(has_tried_system_log_, true)) {
    auto opened = process_.open_system_log(program_, facility_of(facility));
    if (opened.ok()) system_log_ = std::move(*opened);
  }
  if (system_log_) {
    system_log_->write(static_cast<platform::LogSeverity>(log_severity(level)), line);
  }
}

void SystemLogOutput::write_file(std::string_view lines) {
  // A full disk has nobody else to be reported to.
  if (file_) (void)file_->append(platform::bytes_of(lines));
}

Result<void, LogError> SystemLogOutput::open_file(const std::string& path) {
  auto opened = files_.open(path, platform::OpenMode::Create);
  if (!opened.ok()) return LogError{std::string(platform::os_error_text(opened.error()))};
  file_ = std::move(*opened);
  return kOk;
}

void SystemLogOutput::close_file() {
  file_ = nullptr;
}

Result<void, LogError> SystemLogOutput::set_syslog_target(std::string_view method) {
  system_log_ = nullptr;
  has_tried_system_log_ = method == "null";
  if (method == "null" || method == "libc") return kOk;
  if (method.starts_with("udp:") || method.starts_with("unix:")) {
    return LogError{"syslog method '" + std::string(method) + "': not supported yet"};
  }
  return LogError{"unsupported syslog method '" + std::string(method) + "'"};
}

}  // namespace ovs::daemon
