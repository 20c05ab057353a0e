// Logging with Open vSwitch's modules, levels, destinations and patterns. One Log per program,
// given to whoever logs; nothing here is global. Any thread may log. The commands (vlog/set ...)
// are in control/common_commands.h.
#pragma once
#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/core/result.h"

namespace ovs::platform {
class Clock;
}

namespace ovs::daemon {

// A threshold admits its own level and those before it; Off admits nothing, and nothing is logged
// at Off.
enum class LogLevel : std::uint8_t { Off, Emer, Err, Warn, Info, Dbg };
enum class LogDestination : std::uint8_t { Console, Syslog, File };
inline constexpr std::size_t kLogDestinationCount = 3;

struct LogError {
  std::string text;
};

// A token bucket for one message that could come too often: `burst` at once, then `per_minute`.
// Owned by the component that logs through it, and used by one thread at a time.
class LogLimit {
 public:
  constexpr LogLimit(unsigned per_minute, unsigned burst)
      : per_minute_(per_minute), burst_(burst) {}

 private:
  friend class Log;
  unsigned per_minute_;
  unsigned burst_;
  std::uint64_t tokens_ = 0;  // in units of 1/60000 message, so that a millisecond adds per_minute_
  std::uint64_t filled_ms_ = 0;
  std::uint64_t first_dropped_ms_ = 0;
  std::uint64_t last_dropped_ms_ = 0;
  std::uint32_t dropped_ = 0;
  bool used_ = false;
};

class Log;
struct LogModuleState;

// What a component holds to log as one module ("bridge", "ovsdb_server"). Cheap to copy; must not
// outlive its Log.
class LogModule {
 public:
  bool is_enabled(LogLevel level) const;
  const std::string& name() const;

  // Logs text as it is.
  void write(LogLevel level, std::string_view text) const;
  void write(LogLevel level, LogLimit& limit, std::string_view text) const;

  template <class... Args>
  void log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) const {
    if (is_enabled(level)) write_formatted(level, nullptr, format, fmt::make_format_args(args...));
  }
  template <class... Args>
  void log(LogLevel level, LogLimit& limit, fmt::format_string<Args...> format,
           Args&&... args) const {
    if (is_enabled(level)) write_formatted(level, &limit, format, fmt::make_format_args(args...));
  }

  // log.warn("{}: no such port", name), or with a limit first: log.warn(limit_, "{}: no such port",
  // name).
  template <class... Args>
  void emer(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Emer, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void err(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Err, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void err(LogLimit& limit, fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Err, limit, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Warn, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void warn(LogLimit& limit, fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Warn, limit, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Info, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(LogLimit& limit, fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Info, limit, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void dbg(fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Dbg, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void dbg(LogLimit& limit, fmt::format_string<Args...> format, Args&&... args) const {
    log(LogLevel::Dbg, limit, format, std::forward<Args>(args)...);
  }

 private:
  friend class Log;
  LogModule(Log& log, LogModuleState& state) : log_(&log), state_(&state) {}
  void write_formatted(LogLevel level, LogLimit* limit, fmt::string_view format,
                       fmt::format_args args) const;

  Log* log_;
  LogModuleState* state_;
};

// Where lines go. The program gives one that speaks to the system (run/system_log_output.h), tests
// one that remembers. Called under the Log's lock, so it must not log.
class LogOutput {
 public:
  virtual ~LogOutput() = default;
  virtual void write_console(std::string_view line) = 0;  // a whole line with its newline
  virtual void write_syslog(LogLevel level, int facility, std::string_view line) = 0;  // no newline
  virtual void write_file(std::string_view lines) = 0;
  virtual Result<void, LogError> open_file(const std::string& path) = 0;  // appends
  virtual void close_file() = 0;
  virtual Result<void, LogError> set_syslog_target(std::string_view method) = 0;
};

class Log {
 public:
  // `clock` and `output` must outlive it. The console starts at info, or at what `-v` says; the
  // others at info.
  Log(const platform::Clock& clock, LogOutput& output, std::string program,
      std::int64_t process_id);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // The module of that name, made on first use. Names are lower case with underscores.
  LogModule module(std::string_view name);

  // The argument of -v and vlog/set: "bridge:file:dbg", "ANY", "PATTERN:console:%m",
  // "FACILITY:daemon", words separated by spaces, commas or colons.
  Result<void, LogError> set_levels(std::string_view spec);
  void set_level(LogDestination destination, LogLevel level);  // of every module
  Result<void, LogError> set_pattern(LogDestination destination, std::string_view pattern);
  Result<void, LogError> set_facility(std::string_view name);
  LogLevel level(std::string_view module, LogDestination destination) const;

  // The log file: opened for appending, and said so in the log. Reopen and close as vlog/reopen and
  // vlog/close do.
  Result<void, LogError> open_file(std::string path);
  Result<void, LogError> reopen_file();
  void close_file();
  std::string file_path() const;  // empty: none was ever opened
  Result<void, LogError> set_syslog_target(std::string_view method);

  // Rate limits of the named modules, of all if none is named. Fails if a name is unknown, and then
  // changes nothing.
  enum class RateLimits : bool { Off, On };
  Result<void, LogError> set_rate_limits(const std::vector<std::string>& modules,
                                         RateLimits limits);

  // How %T, %t and %N see the calling thread: "handler3" appears as "(handler3)" after the module.
  void name_this_thread(std::string name);
  // What %A, %E and %P say; after daemonizing.
  void set_identity(std::string program, std::string host, std::int64_t process_id);
  void close_console();  // after detaching

  std::string levels_text() const;    // the reply to vlog/list
  std::string patterns_text() const;  // the reply to vlog/list-pattern

 private:
  friend class LogModule;
  struct Impl;
  void write(LogModuleState& module, LogLevel level, LogLimit* limit, std::string_view text);
  bool admit(LogModuleState& module, LogLevel level, LogLimit& limit);
  bool is_module(std::string_view name) const;
  Result<void, LogError> set_level_words(const std::vector<std::string_view>& words);
  // An empty module means all of them, kLogDestinationCount all destinations.
  void apply(std::string_view module, std::size_t destination, LogLevel level);

  std::unique_ptr<Impl> impl_;
};

// "emer" ... "dbg", "off", any case.
Result<LogLevel, LogError> parse_log_level(std::string_view text);

// One module's thresholds. Public only so that LogModule::is_enabled() is a load and a compare.
struct LogModuleState {
  std::string name;
  std::atomic<LogLevel> threshold{LogLevel::Off};  // the highest of `levels` that reaches anything
  LogLevel levels[kLogDestinationCount] = {LogLevel::Info, LogLevel::Info, LogLevel::Info};
  bool is_limited = true;
};

inline bool LogModule::is_enabled(LogLevel level) const {
  return level <= state_->threshold.load(std::memory_order_relaxed);
}
inline const std::string& LogModule::name() const {
  return state_->name;
}

}  // namespace ovs::daemon
