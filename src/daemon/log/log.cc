// The Log: modules and their thresholds, the specifications that set them, rate limits, and the way
// of a message to its destinations. Lines are made in pattern.cc.
#include "daemon/log/log.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/log/known_modules.h"
#include "daemon/log/pattern.h"
#include "platform/api/clock.h"

namespace ovs::daemon {
namespace {

constexpr std::string_view kDestinationNames[] = {"console", "syslog", "file"};
constexpr LogDestination kPatternOrder[] = {LogDestination::Syslog, LogDestination::Console,
                                            LogDestination::File};
constexpr std::string_view kSyslogPrefix = "<%B> %D{%h %e %T} %E %A:";
constexpr std::string_view kSeparators = " ,:";
constexpr std::uint64_t kTokensPerMessage = 60'000;

// syslog(3)'s facilities by number, then the other names people use.
struct Facility {
  std::string_view name;
  int number;
};
// While none is asked for: what syslog is told, and what patterns say (%B).
constexpr int kSyslogFacility = 3, kPatternFacility = 16;
constexpr Facility kFacilities[] = {
    {"kern", 0},    {"user", 1},    {"mail", 2},    {"daemon", 3},  {"auth", 4},    {"syslog", 5},
    {"lpr", 6},     {"news", 7},    {"uucp", 8},    {"clock", 9},   {"ftp", 11},    {"ntp", 12},
    {"audit", 13},  {"alert", 14},  {"clock2", 15}, {"local0", 16}, {"local1", 17}, {"local2", 18},
    {"local3", 19}, {"local4", 20}, {"local5", 21}, {"local6", 22}, {"local7", 23}};

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

std::size_t index_of(LogDestination destination) {
  return static_cast<std::size_t>(destination);
}

// A destination's index, or kLogDestinationCount if it is none.
std::size_t find_destination(std::string_view word) {
  std::size_t index = 0;
  while (index < kLogDestinationCount && !same_word(word, kDestinationNames[index])) ++index;
  return index;
}

std::vector<std::string_view> words_of(std::string_view spec) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t begin = spec.find_first_not_of(kSeparators);
    if (begin == spec.npos) return words;
    spec.remove_prefix(begin);
    const std::size_t end = std::min(spec.find_first_of(kSeparators), spec.size());
    words.push_back(spec.substr(0, end));
    spec.remove_prefix(end);
  }
}

// "PATTERN:console:%m" after "PATTERN": takes up to the next ':' and steps over it.
std::string_view take_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(':'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

}  // namespace

struct Log::Impl {
  struct ThreadState {
    std::string name;
    unsigned serial = 0;
  };

  Impl(const platform::Clock& the_clock, LogOutput& the_output, std::string the_program,
       std::int64_t pid)
      : clock(the_clock),
        output(the_output),
        program(std::move(the_program)),
        process_id(pid),
        start_ms(the_clock.now_ms()) {}

  LogModuleState& find_or_make(std::string_view name);
  void update(LogModuleState& module) const;
  void update_all();
  bool reaches(LogDestination destination) const;
  void emit(const LogModuleState& module, LogLevel level, std::string_view text);

  const platform::Clock& clock;
  LogOutput& output;
  mutable std::mutex mutex;  // guards all that follows
  std::string program;
  std::string host;
  std::int64_t process_id;
  std::uint64_t start_ms;
  std::optional<int> facility;
  bool console_open = true;
  bool file_open = false;
  std::string file_path;
  std::map<std::string, std::unique_ptr<LogModuleState>, std::less<>> modules;
  LogLevel initial[kLogDestinationCount] = {LogLevel::Info, LogLevel::Info, LogLevel::Info};
  std::string patterns[kLogDestinationCount] = {"%D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m",
                                                "ovs|%05N|%c%T|%p|%m",
                                                "%D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m"};
  std::map<std::thread::id, ThreadState> threads;
  std::string line;  // reused
};

LogModuleState& Log::Impl::find_or_make(std::string_view name) {
  const auto found = modules.find(name);
  if (found != modules.end()) return *found->second;
  auto state = std::make_unique<LogModuleState>();
  state->name = name;
  std::copy(std::begin(initial), std::end(initial), std::begin(state->levels));
  update(*state);
  return *modules.emplace(std::string(name), std::move(state)).first->second;
}

bool Log::Impl::reaches(LogDestination destination) const {
  switch (destination) {
    case LogDestination::Console: return console_open;
    case LogDestination::Syslog: return true;
    case LogDestination::File: return file_open;
  }
  return false;
}

void Log::Impl::update(LogModuleState& module) const {
  LogLevel threshold = LogLevel::Off;
  for (const LogDestination destination : kPatternOrder) {
    if (reaches(destination)) threshold = std::max(threshold, module.levels[index_of(destination)]);
  }
  module.threshold.store(threshold, std::memory_order_relaxed);
}

void Log::Impl::update_all() {
  for (auto& [name, module] : modules) update(*module);
}

void Log::Impl::emit(const LogModuleState& module, LogLevel level, std::string_view text) {
  ThreadState& thread = threads[std::this_thread::get_id()];
  const LogRecord record{.program = program,
                         .host = host,
                         .module = module.name,
                         .thread = thread.name,
                         .message = text,
                         .level = level,
                         .facility = facility.value_or(kPatternFacility),
                         .serial = ++thread.serial,
                         .wall_ms = clock.wall_ms(),
                         .uptime_ms = clock.now_ms() - start_ms,
                         .process_id = process_id};
  for (const LogDestination destination : kPatternOrder) {
    if (!reaches(destination) || level > module.levels[index_of(destination)]) continue;
    line.clear();
    append_log_line(line, patterns[index_of(destination)], record);
    switch (destination) {
      case LogDestination::Syslog:
        output.write_syslog(level, facility.value_or(kSyslogFacility), line);
        break;
      case LogDestination::Console: output.write_console(line += '\n'); break;
      case LogDestination::File: output.write_file(line += '\n'); break;
    }
  }
}

Log::Log(const platform::Clock& clock, LogOutput& output, std::string program,
         std::int64_t process_id)
    : impl_(std::make_unique<Impl>(clock, output, std::move(program), process_id)) {
  name_this_thread("");
}

Log::~Log() = default;

LogModule Log::module(std::string_view name) {
  const std::lock_guard lock(impl_->mutex);
  return LogModule(*this, impl_->find_or_make(name));
}

Result<void, LogError> Log::set_levels(std::string_view spec) {
  const std::vector<std::string_view> words = words_of(spec);
  if (!words.empty() && same_word(words[0], "PATTERN")) {
    std::string_view rest = spec;
    take_part(rest);
    const std::string_view destination = take_part(rest);
    if (destination.empty()) return LogError{"missing destination"};
    const std::size_t index = find_destination(destination);
    if (index < kLogDestinationCount) return set_pattern(static_cast<LogDestination>(index), rest);
    if (!same_word(destination, "ANY")) {
      return LogError{fmt::format("unknown destination \"{}\"", destination)};
    }
    for (const LogDestination each : kPatternOrder) OVS_TRY(set_pattern(each, rest));
    return kOk;
  }
  if (!words.empty() && same_word(words[0], "FACILITY")) {
    return set_facility(words.size() > 1 ? words[1] : "");
  }
  return set_level_words(words);
}

Result<void, LogError> Log::set_level_words(const std::vector<std::string_view>& words) {
  std::size_t destination = kLogDestinationCount;
  LogLevel wanted = LogLevel::Dbg;
  bool has_level = false;
  std::string module;
  for (const std::string_view word : words) {
    if (same_word(word, "ANY")) continue;
    if (const std::size_t found = find_destination(word); found < kLogDestinationCount) {
      if (destination < kLogDestinationCount) {
        return LogError{"cannot specify multiple destinations"};
      }
      destination = found;
    } else if (const auto parsed = parse_log_level(word); parsed.ok()) {
      if (has_level) return LogError{"cannot specify multiple levels"};
      wanted = *parsed;
      has_level = true;
    } else if (is_module(lower_case(word))) {
      if (!module.empty()) return LogError{"cannot specify multiple modules"};
      module = lower_case(word);
    } else {
      return LogError{fmt::format("no destination, level, or module \"{}\"", word)};
    }
  }
  apply(module, destination, wanted);
  return kOk;
}

bool Log::is_module(std::string_view name) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->modules.contains(name) || is_known_log_module(name);
}

void Log::apply(std::string_view module, std::size_t destination, LogLevel level) {
  const std::lock_guard lock(impl_->mutex);
  auto set = [&](LogLevel(&levels)[kLogDestinationCount]) {
    for (std::size_t i = 0; i < kLogDestinationCount; ++i) {
      if (destination == kLogDestinationCount || destination == i) levels[i] = level;
    }
  };
  if (!module.empty()) {
    set(impl_->find_or_make(module).levels);
  } else {
    set(impl_->initial);
    for (auto& [name, state] : impl_->modules) set(state->levels);
  }
  impl_->update_all();
}

void Log::set_level(LogDestination destination, LogLevel level) {
  apply("", index_of(destination), level);
}

Result<void, LogError> Log::set_pattern(LogDestination destination, std::string_view pattern) {
  const std::lock_guard lock(impl_->mutex);
  impl_->patterns[index_of(destination)] = pattern;
  return kOk;
}

Result<void, LogError> Log::set_facility(std::string_view name) {
  const auto* found = std::find_if(std::begin(kFacilities), std::end(kFacilities),
                                   [&](const Facility& f) { return same_word(f.name, name); });
  if (found == std::end(kFacilities)) return LogError{"invalid facility"};
  const std::lock_guard lock(impl_->mutex);
  impl_->facility = found->number;
  return kOk;
}

LogLevel Log::level(std::string_view module, LogDestination destination) const {
  const std::lock_guard lock(impl_->mutex);
  const auto found = impl_->modules.find(module);
  const auto& levels = found == impl_->modules.end() ? impl_->initial : found->second->levels;
  return levels[index_of(destination)];
}

Result<void, LogError> Log::open_file(std::string path) {
  const LogModule vlog = module("vlog");
  Result<void, LogError> opened = [&]() -> Result<void, LogError> {
    const std::lock_guard lock(impl_->mutex);
    impl_->output.close_file();
    auto done = impl_->output.open_file(path);
    impl_->file_open = done.ok();
    impl_->file_path = path;
    impl_->update_all();
    return done;
  }();
  if (opened.ok()) {
    vlog.info("opened log file {}", path);
  } else {
    vlog.warn("failed to open {} for logging: {}", path, opened.error().text);
  }
  return opened;
}

Result<void, LogError> Log::reopen_file() {
  const std::string path = file_path();
  if (path.empty()) return LogError{"Logging to file not configured"};
  return open_file(path);
}

void Log::close_file() {
  const std::lock_guard lock(impl_->mutex);
  impl_->output.close_file();
  impl_->file_open = false;
  impl_->update_all();
}

std::string Log::file_path() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->file_path;
}

Result<void, LogError> Log::set_syslog_target(std::string_view method) {
  const std::lock_guard lock(impl_->mutex);
  return impl_->output.set_syslog_target(method);
}

Result<void, LogError> Log::set_rate_limits(const std::vector<std::string>& modules,
                                            RateLimits limits) {
  for (const std::string& name : modules) {
    if (!is_module(lower_case(name))) return LogError{"unknown module"};
  }
  const std::lock_guard lock(impl_->mutex);
  for (const std::string& name : modules) {
    impl_->find_or_make(lower_case(name)).is_limited = limits == RateLimits::On;
  }
  if (!modules.empty()) return kOk;
  for (auto& [name, module] : impl_->modules) module->is_limited = limits == RateLimits::On;
  return kOk;
}

void Log::name_this_thread(std::string name) {
  const std::lock_guard lock(impl_->mutex);
  impl_->threads[std::this_thread::get_id()].name = std::move(name);
}

void Log::set_identity(std::string program, std::string host, std::int64_t process_id) {
  const std::lock_guard lock(impl_->mutex);
  impl_->program = std::move(program);
  impl_->host = std::move(host);
  impl_->process_id = process_id;
}

void Log::close_console() {
  set_level(LogDestination::Console, LogLevel::Off);
  const std::lock_guard lock(impl_->mutex);
  impl_->console_open = false;
  impl_->update_all();
}

std::string Log::levels_text() const {
  std::string text =
      "                 console    syslog    file\n"
      "                 -------    ------    ------\n";
  const std::lock_guard lock(impl_->mutex);
  for (const auto& [name, module] : impl_->modules) {
    fmt::format_to(std::back_inserter(text), "{:<16}  {:>4}       {:>4}       {:>4}{}\n", name,
                   log_level_name(module->levels[0]), log_level_name(module->levels[1]),
                   log_level_name(module->levels[2]),
                   module->is_limited ? "" : "    (rate limiting disabled)");
  }
  return text;
}

std::string Log::patterns_text() const {
  std::string text =
      "         prefix                            format\n"
      "         ------                            ------\n";
  const std::lock_guard lock(impl_->mutex);
  for (const LogDestination destination : kPatternOrder) {
    std::string name(kDestinationNames[index_of(destination)]);
    for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
    fmt::format_to(std::back_inserter(text), "{:<7}  {:<32}  {}\n", name,
                   destination == LogDestination::Syslog ? kSyslogPrefix : "none",
                   impl_->patterns[index_of(destination)]);
  }
  return text;
}

void Log::write(LogModuleState& module, LogLevel level, LogLimit* limit, std::string_view text) {
  const std::lock_guard lock(impl_->mutex);
  if (limit != nullptr && module.is_limited && !admit(module, level, *limit)) return;
  impl_->emit(module, level, text);
}

bool Log::admit(LogModuleState& module, LogLevel level, LogLimit& limit) {
  const std::uint64_t now_ms = impl_->clock.now_ms();
  const std::uint64_t full = limit.burst_ * kTokensPerMessage;
  const std::uint64_t gained = (now_ms - limit.filled_ms_) * limit.per_minute_;
  limit.tokens_ = limit.used_ ? std::min(full, limit.tokens_ + gained) : full;
  limit.used_ = true;
  limit.filled_ms_ = now_ms;
  if (limit.tokens_ < kTokensPerMessage) {
    if (limit.dropped_++ == 0) limit.first_dropped_ms_ = now_ms;
    limit.last_dropped_ms_ = now_ms;
    return false;
  }
  limit.tokens_ -= kTokensPerMessage;
  if (limit.dropped_ > 0) {
    impl_->emit(module, level,
                fmt::format("Dropped {} log messages in last {} seconds (most recently, {} seconds "
                            "ago) due to excessive rate",
                            limit.dropped_, (now_ms - limit.first_dropped_ms_) / 1000,
                            (now_ms - limit.last_dropped_ms_) / 1000));
    limit.dropped_ = 0;
  }
  return true;
}

void LogModule::write(LogLevel level, std::string_view text) const {
  if (is_enabled(level)) log_->write(*state_, level, nullptr, text);
}

void LogModule::write(LogLevel level, LogLimit& limit, std::string_view text) const {
  if (is_enabled(level)) log_->write(*state_, level, &limit, text);
}

void LogModule::write_formatted(LogLevel level, LogLimit* limit, fmt::string_view format,
                                fmt::format_args args) const {
  fmt::memory_buffer buffer;
  fmt::vformat_to(std::back_inserter(buffer), format, args);
  log_->write(*state_, level, limit, std::string_view(buffer.data(), buffer.size()));
}

Result<LogLevel, LogError> parse_log_level(std::string_view text) {
  for (const LogLevel level : {LogLevel::Off, LogLevel::Emer, LogLevel::Err, LogLevel::Warn,
                               LogLevel::Info, LogLevel::Dbg}) {
    if (same_word(text, log_level_name(level))) return level;
  }
  return LogError{fmt::format("\"{}\" is not a log level", text)};
}

}  // namespace ovs::daemon
