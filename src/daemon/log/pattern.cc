// Conversions of the log pattern language, one function for parsing a conversion and one for what
// it stands for.
#include "daemon/log/pattern.h"

#include <ctime>

namespace ovs::daemon {
namespace {

constexpr std::string_view kLevelNames[] = {"OFF", "EMER", "ERR", "WARN", "INFO", "DBG"};
constexpr std::string_view kDefaultDate = "%Y-%m-%d %H:%M:%S.###";
constexpr std::size_t kMaxFieldWidth = 1024;
constexpr std::size_t kMaxDate = 1024;

struct Conversion {
  bool align_left = false;
  char pad = ' ';
  std::size_t width = 0;
  char letter = '%';
  std::string_view argument;  // what stands in braces
};

// Reads what follows a '%'; `rest` then begins after it. False at the end of the pattern.
bool read_conversion(std::string_view& rest, Conversion& conversion) {
  auto take = [&rest](char wanted) {
    if (rest.empty() || rest.front() != wanted) return false;
    rest.remove_prefix(1);
    return true;
  };
  conversion.align_left = take('-');
  if (take('0')) conversion.pad = '0';
  while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
    const auto digit = static_cast<std::size_t>(rest.front() - '0');
    if (conversion.width < kMaxFieldWidth) conversion.width = conversion.width * 10 + digit;
    rest.remove_prefix(1);
  }
  if (rest.empty()) return false;
  conversion.letter = rest.front();
  rest.remove_prefix(1);
  const std::size_t close = rest.find('}');
  if (!rest.empty() && rest.front() == '{' && close != rest.npos) {
    conversion.argument = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
  }
  return true;
}

std::string date(const Conversion& conversion, const LogRecord& record, TimeZone zone) {
  const std::string_view format = conversion.argument.empty() ? kDefaultDate : conversion.argument;
  return format_wall_time(format, record.wall_ms, zone);
}

std::string text_or(std::string_view text, std::string_view otherwise) {
  return std::string(text.empty() ? otherwise : text);
}

std::string conversion_text(const Conversion& conversion, const LogRecord& record) {
  switch (conversion.letter) {
    case 'A': return std::string(record.program);
    case 'B': return std::to_string(record.facility * 8 + log_severity(record.level));
    case 'c': return std::string(record.module);
    case 'd': return date(conversion, record, TimeZone::Local);
    case 'D': return date(conversion, record, TimeZone::Utc);
    case 'E': return std::string(record.host);
    case 'm': return std::string(record.message);
    case 'N': return std::to_string(record.serial);
    case 'n': return "\n";
    case 'p': return std::string(log_level_name(record.level));
    case 'P': return std::to_string(record.process_id);
    case 'r': return std::to_string(record.uptime_ms);
    case 't': return text_or(record.thread, "main");
    case 'T': return record.thread.empty() ? "" : "(" + std::string(record.thread) + ")";
    default: return std::string(1, conversion.letter);  // letters are input, not an enum
  }
}

void append_padded(std::string& out, const Conversion& conversion, std::string_view text) {
  const std::size_t padding = conversion.width > text.size() ? conversion.width - text.size() : 0;
  if (!conversion.align_left) out.append(padding, conversion.pad);
  out += text;
  if (conversion.align_left) out.append(padding, conversion.pad);
}

// The fraction goes in first, because strftime does not know '#'.
std::string with_fraction(std::string_view format, unsigned milliseconds) {
  const unsigned digits[] = {milliseconds / 100, milliseconds / 10 % 10, milliseconds % 10};
  std::string result;
  std::size_t place = 0;
  for (const char c : format) {
    if (c != '#') {
      result += c;
      continue;
    }
    result += place < 3 ? static_cast<char>('0' + digits[place]) : '0';
    ++place;
  }
  return result;
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  return kLevelNames[static_cast<std::size_t>(level)];
}

int log_severity(LogLevel level) {
  switch (level) {
    case LogLevel::Emer: return 1;
    case LogLevel::Err: return 3;
    case LogLevel::Warn: return 4;
    case LogLevel::Info: return 5;
    case LogLevel::Off:
    case LogLevel::Dbg: return 7;
  }
  return 7;
}

std::string format_wall_time(std::string_view format, std::uint64_t wall_ms, TimeZone zone) {
  const auto seconds = static_cast<std::time_t>(wall_ms / 1000);
  std::tm parts{};
  if (zone == TimeZone::Utc) {
    gmtime_r(&seconds, &parts);
  } else {
    localtime_r(&seconds, &parts);
  }
  const std::string digits = with_fraction(format, static_cast<unsigned>(wall_ms % 1000));
  char buffer[kMaxDate];
  return std::string(buffer, std::strftime(buffer, sizeof buffer, digits.c_str(), &parts));
}

void append_log_line(std::string& out, std::string_view pattern, const LogRecord& record) {
  while (!pattern.empty()) {
    const std::size_t percent = pattern.find('%');
    out += pattern.substr(0, percent);
    if (percent == pattern.npos) return;
    pattern.remove_prefix(percent + 1);
    Conversion conversion;
    if (!read_conversion(pattern, conversion)) return;
    if (conversion.letter == 'm' && conversion.width == 0) {
      out += record.message;  // the one field that may be long
    } else {
      append_padded(out, conversion, conversion_text(conversion, record));
    }
  }
}

}  // namespace ovs::daemon
