// How a log line is made from a pattern such as "%D{%H:%M:%S}|%05N|%c%T|%p|%m". Any pattern gives
// some line: what is not understood appears as it is.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/log/log.h"

namespace ovs::daemon {

// What one line is about.
struct LogRecord {
  std::string_view program;
  std::string_view host;
  std::string_view module;
  std::string_view thread;  // empty on the main thread
  std::string_view message;
  LogLevel level = LogLevel::Info;
  int facility = 1;
  unsigned serial = 0;
  std::uint64_t wall_ms = 0;
  std::uint64_t uptime_ms = 0;
  std::int64_t process_id = 0;
};

void append_log_line(std::string& out, std::string_view pattern, const LogRecord& record);

// "EMER" ... "DBG", "OFF".
std::string_view log_level_name(LogLevel level);
// RFC 5424 severity.
int log_severity(LogLevel level);

// strftime's conversions on a wall clock time, where each # is a digit of the fraction of the
// second.
enum class TimeZone : std::uint8_t { Local, Utc };
std::string format_wall_time(std::string_view format, std::uint64_t wall_ms, TimeZone zone);

}  // namespace ovs::daemon
