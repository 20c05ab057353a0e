#include <doctest/doctest.h>

#include "daemon/log/log.h"
#include "daemon/log/memory_log_output.h"
#include "daemon/log/pattern.h"
#include "platform/fake/virtual_clock.h"

namespace ovs::daemon {
namespace {

struct Fixture {
  Fixture() { log.set_identity("prog", "host", 77); }

  platform::VirtualClock clock;
  MemoryLogOutput output;
  Log log{clock, output, "prog", 77};
  LogModule bridge = log.module("bridge");

  void set(const char* spec) { CHECK(log.set_levels(spec).ok()); }
  std::string error(const char* spec) { return log.set_levels(spec).error().text; }
};

TEST_CASE_FIXTURE(Fixture, "Log: the console and the file have upstream's line formats") {
  REQUIRE(log.open_file("/x.log").ok());
  clock.advance_ms(1234);
  bridge.warn("{} ports", 3);
  CHECK(output.console ==
        "2026-01-01T00:00:00Z|00001|vlog|INFO|opened log file /x.log\n"
        "2026-01-01T00:00:01Z|00002|bridge|WARN|3 ports\n");
  CHECK(output.file ==
        "2026-01-01T00:00:00.000Z|00001|vlog|INFO|opened log file /x.log\n"
        "2026-01-01T00:00:01.234Z|00002|bridge|WARN|3 ports\n");
  CHECK(output.syslog ==
        "<3>ovs|00001|vlog|INFO|opened log file /x.log\n<3>ovs|00002|bridge|WARN|3 ports\n");
}

TEST_CASE_FIXTURE(Fixture, "Log: a pattern knows every conversion, widths and alignment") {
  log.name_this_thread("handler3");
  set("PATTERN:console:%A|%B|%-8c|%8c|%08N|%E|%P|%p|%t|%T|%r|%D{%H:%M:%S.##}|%%|%q|%m%n");
  set("FACILITY:local0");
  clock.advance_ms(50);
  bridge.err("broken");
  CHECK(output.console ==
        "prog|131|bridge  |  "
        "bridge|00000001|host|77|ERR|handler3|(handler3)|50|00:00:00.05|%|q|broken\n\n");
}

TEST_CASE_FIXTURE(Fixture, "Log: levels are set by module, by destination, by both, for all") {
  set("bridge:console:err");
  CHECK(log.level("bridge", LogDestination::Console) == LogLevel::Err);
  CHECK(log.level("bridge", LogDestination::File) == LogLevel::Info);
  set("file,warn");
  CHECK(log.level("bridge", LogDestination::File) == LogLevel::Warn);
  set("ANY:ANY:emer");
  CHECK(log.level("bridge", LogDestination::Syslog) == LogLevel::Emer);
  set("raft");
  CHECK(log.level("raft", LogDestination::Syslog) == LogLevel::Dbg);
  CHECK(log.level("new_one", LogDestination::Syslog) == LogLevel::Emer);
}

TEST_CASE_FIXTURE(Fixture, "Log: a wrong specification says what is wrong") {
  CHECK(error("nonsense") == "no destination, level, or module \"nonsense\"");
  CHECK(error("console:syslog") == "cannot specify multiple destinations");
  CHECK(error("dbg info") == "cannot specify multiple levels");
  CHECK(error("bridge,raft") == "cannot specify multiple modules");
  CHECK(error("PATTERN") == "missing destination");
  CHECK(error("PATTERN:pipe:x") == "unknown destination \"pipe\"");
  CHECK(error("FACILITY:none") == "invalid facility");
  CHECK(log.set_rate_limits({"bridge", "nonsense"}, Log::RateLimits::Off).error().text ==
        "unknown module");
}

TEST_CASE_FIXTURE(Fixture, "Log: what no destination wants is not even formatted") {
  set("off");
  CHECK(!bridge.is_enabled(LogLevel::Emer));
  set("file:dbg");  // there is no file
  CHECK(!bridge.is_enabled(LogLevel::Emer));
  set("bridge:console:info");
  CHECK(bridge.is_enabled(LogLevel::Info));
  CHECK(!bridge.is_enabled(LogLevel::Dbg));
}

TEST_CASE_FIXTURE(
    Fixture, "Log: a limited message that comes too often is counted, and the count is logged") {
  set("PATTERN:console:%p %m");
  LogLimit limit(60, 2);
  for (int i = 0; i < 5; ++i) bridge.warn(limit, "again");
  CHECK(output.console == "WARN again\nWARN again\n");
  output.console.clear();
  clock.advance_ms(2000);
  bridge.warn(limit, "later");
  CHECK(output.console ==
        "WARN Dropped 3 log messages in last 2 seconds (most recently, 2 seconds ago) due to "
        "excessive rate\n"
        "WARN later\n");
}

TEST_CASE_FIXTURE(Fixture, "Log: rate limits can be switched off for a module") {
  set("PATTERN:console:%m");
  LogLimit limit(60, 1);
  REQUIRE(log.set_rate_limits({"bridge"}, Log::RateLimits::Off).ok());
  for (int i = 0; i < 3; ++i) bridge.warn(limit, "x");
  CHECK(output.console == "x\nx\nx\n");
  CHECK(log.levels_text().find(
            "bridge            INFO       INFO       INFO    (rate limiting disabled)\n") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Log: levels are listed in columns") {
  set("bridge:syslog:off");
  CHECK(log.levels_text() ==
        "                 console    syslog    file\n"
        "                 -------    ------    ------\n"
        "bridge            INFO        OFF       INFO\n");
}

TEST_CASE_FIXTURE(Fixture, "Log: patterns are listed with their prefixes") {
  CHECK(log.patterns_text() ==
        "         prefix                            format\n"
        "         ------                            ------\n"
        "SYSLOG   <%B> %D{%h %e %T} %E %A:          ovs|%05N|%c%T|%p|%m\n"
        "CONSOLE  none                              %D{%Y-%m-%dT%H:%M:%SZ}|%05N|%c%T|%p|%m\n"
        "FILE     none                              %D{%Y-%m-%dT%H:%M:%S.###Z}|%05N|%c%T|%p|%m\n");
}

TEST_CASE_FIXTURE(Fixture,
                  "Log: a file is closed and reopened, and one that cannot be opened is reported") {
  CHECK(log.reopen_file().error().text == "Logging to file not configured");
  CHECK(!log.open_file("/full").ok());
  CHECK(output.console.ends_with(
      "|vlog|WARN|failed to open /full for logging: No space left on device\n"));
  REQUIRE(log.open_file("/x.log").ok());
  log.close_file();
  output.file.clear();
  bridge.info("unseen");
  CHECK(output.file.empty());
  CHECK(log.reopen_file().ok());
  CHECK(output.file.ends_with("|vlog|INFO|opened log file /x.log\n"));
}

TEST_CASE("Log pattern: any text is a pattern") {
  LogRecord record;
  record.message = "m";
  for (const char* pattern :
       {"", "%", "%-", "%0", "%5", "%D{", "%D{%", "%99999999999999m", "%{x}m", "\xff%\xff"}) {
    std::string line;
    append_log_line(line, pattern, record);
    CHECK(line.size() < 20000);
  }
}

}  // namespace
}  // namespace ovs::daemon
