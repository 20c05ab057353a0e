// A LogOutput that remembers, for tests.
#pragma once
#include <string>
#include <vector>

#include "daemon/log/log.h"

namespace ovs::daemon {

struct MemoryLogOutput final : LogOutput {
  void write_console(std::string_view line) override { console += line; }
  void write_syslog(LogLevel, int facility, std::string_view line) override {
    syslog += "<" + std::to_string(facility) + ">" + std::string(line) + "\n";
  }
  void write_file(std::string_view lines) override { file += lines; }
  Result<void, LogError> open_file(const std::string& path) override {
    if (path == "/full") return LogError{"No space left on device"};
    return kOk;
  }
  void close_file() override {}
  Result<void, LogError> set_syslog_target(std::string_view) override { return kOk; }

  std::string console;
  std::string syslog;
  std::string file;
};

}  // namespace ovs::daemon
