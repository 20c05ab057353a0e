// Handlers of the common commands.
#include "daemon/control/common_commands.h"

#include <fmt/format.h>

#include <charconv>
#include <memory>

namespace ovs::daemon {
namespace {

// Real time in which threads and the loop may do what a step of the clock has made due.
constexpr std::uint64_t kWarpPauseMs = 10;

void answer(ControlCall& call, const Result<void, LogError>& done) {
  if (done.ok()) {
    call.reply("");
  } else {
    call.reply_error(done.error().text);
  }
}

std::vector<std::string> arguments_of(const ControlCall& call) {
  return {call.arguments().begin() + 1, call.arguments().end()};
}

// Without a specification everything becomes as loud as can be.
Result<void, LogError> set_levels(Log& log, const std::vector<std::string>& specs) {
  if (specs.empty()) return log.set_levels("");
  for (const std::string& spec : specs) OVS_TRY(log.set_levels(spec));
  return kOk;
}

void add_log_commands(ControlServer& server, Log& log) {
  constexpr unsigned kAny = ControlServer::kAnyNumber;
  server.add("vlog/set", "{spec | PATTERN:destination:pattern}", 0, kAny,
             [&log](ControlCall call) { answer(call, set_levels(log, arguments_of(call))); });
  server.add("vlog/list", "", 0, 0, [&log](ControlCall call) { call.reply(log.levels_text()); });
  server.add("vlog/list-pattern", "", 0, 0,
             [&log](ControlCall call) { call.reply(log.patterns_text()); });
  server.add("vlog/reopen", "", 0, 0,
             [&log](ControlCall call) { answer(call, log.reopen_file()); });
  server.add("vlog/close", "", 0, 0, [&log](ControlCall call) {
    log.close_file();
    call.reply("");
  });
  server.add("vlog/enable-rate-limit", "[module]...", 0, kAny, [&log](ControlCall call) {
    answer(call, log.set_rate_limits(arguments_of(call), Log::RateLimits::On));
  });
  server.add("vlog/disable-rate-limit", "[module]...", 0, kAny, [&log](ControlCall call) {
    answer(call, log.set_rate_limits(arguments_of(call), Log::RateLimits::Off));
  });
  server.add("vlog/message", nullptr, 1, 1, [&log](ControlCall call) {
    log.module("vlog").write(LogLevel::Info, call.argument(1));
    call.reply("");
  });
}

void add_coverage_commands(ControlServer& server, Coverage& coverage) {
  server.add("coverage/show", "", 0, 0,
             [&coverage](ControlCall call) { call.reply(coverage.text()); });
  server.add("coverage/read-counter", "COUNTER", 1, 1, [&coverage](ControlCall call) {
    const Maybe<std::uint64_t> total = coverage.read(call.argument(1));
    if (!total) return call.reply_error("No such counter");
    call.reply(fmt::format("{}\n", *total));
  });
}

std::string memory_text(const MemoryUse& use) {
  std::string text;
  for (const auto& [name, quantity] : use) {
    fmt::format_to(std::back_inserter(text), "{}{}:{}", text.empty() ? "" : " ", name, quantity);
  }
  return text + "\n";
}

// One time/warp on its way to `left_ms`.
struct Warp {
  ControlCall call;
  std::uint64_t left_ms;
  std::uint64_t step_ms;
};

void continue_warp(WarpClock& clock, Loop& loop, std::shared_ptr<Warp> warp) {
  const std::uint64_t step_ms = std::min(warp->step_ms, warp->left_ms);
  if (step_ms == 0) return warp->call.reply("warped");
  clock.warp(step_ms);
  warp->left_ms -= step_ms;
  loop.after_real_ms(kWarpPauseMs, [&clock, &loop, warp] { continue_warp(clock, loop, warp); });
}

Maybe<std::uint64_t> parse_ms(const std::string& text) {
  std::uint64_t ms = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, ms);
  if (error != std::errc() || stop != end || ms == 0) return kNone;
  return ms;
}

}  // namespace

void add_common_commands(ControlServer& server, CommonCommands commands) {
  add_log_commands(server, commands.log);
  add_coverage_commands(server, commands.coverage);
  server.add("version", "", 0, 0,
             [version = commands.version](ControlCall call) { call.reply(version); });
  server.add("exit", "", 0, 0, [exit = commands.exit](ControlCall call) {
    call.reply("");
    exit();
  });
  server.add("memory/show", "", 0, 0, [report = commands.report_memory](ControlCall call) {
    MemoryUse use;
    if (report) report(use);
    call.reply(memory_text(use));
  });
}

void add_time_commands(ControlServer& server, WarpClock& clock, Loop& loop) {
  server.add("time/stop", "", 0, 0, [&clock](ControlCall call) {
    clock.stop();
    call.reply("");
  });
  server.add("time/warp", "[large_msecs] msecs", 1, 2, [&clock, &loop](ControlCall call) {
    const bool has_total = call.arguments().size() > 2;
    const Maybe<std::uint64_t> total_ms = parse_ms(call.argument(1));
    const Maybe<std::uint64_t> step_ms = parse_ms(call.argument(has_total ? 2 : 1));
    if (!total_ms || !step_ms) return call.reply_error("invalid MSECS");
    continue_warp(clock, loop, std::make_shared<Warp>(Warp{std::move(call), *total_ms, *step_ms}));
  });
}

}  // namespace ovs::daemon
