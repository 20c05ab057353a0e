// The life of a program, from its command line to its exit status.
#include "daemon/run/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

#include "daemon/run/host_name.h"
#include "daemon/run/version.h"
#include "daemon/run/watch.h"
#include "daemon/stream/method.h"
#include "daemon/stream/system_network.h"

namespace ovs::daemon {
namespace {

using platform::os_error_text;
using platform::OsError;

// How a shell sees a process that a signal ended.
constexpr int kEndedBySignal = 128;

struct SignalName {
  platform::Signal signal;
  int number;
  std::string_view text;
};
constexpr SignalName kFatalSignals[] = {
    {platform::Signal::Terminate, 15, "Terminated"},
    {platform::Signal::Interrupt, 2, "Interrupt"},
    {platform::Signal::Hangup, 1, "Hangup"},
    {platform::Signal::Alarm, 14, "Alarm clock"},
};

Result<void, UsageError> usage(const Result<void, LogError>& done) {
  if (!done.ok()) return UsageError{done.error().text};
  return kOk;
}

}  // namespace

// What exists from start() on. Destroyed in reverse: control, network, signals, loop, pidfile.
struct Program::Running {
  explicit Running(Program& program)
      : loop(program.clock_),
        network(loop, program.log_, program.directories_.run),
        control(program.log_) {}

  Boxed<platform::PidFile> pidfile;
  Loop loop;
  Boxed<platform::Signals> signals;
  std::unique_ptr<Watch> signal_watch;
  SystemNetwork network;
  ControlServer control;
  std::unique_ptr<Timer> coverage_timer;
};

std::string program_name(std::string_view invocation) {
  const std::size_t slash = invocation.find_last_of("/\\");
  if (slash != invocation.npos) invocation.remove_prefix(slash + 1);
  if (invocation.ends_with(".exe")) invocation.remove_suffix(4);
  // What libtool calls a program that is not installed.
  if (invocation.starts_with("lt-")) invocation.remove_prefix(3);
  return std::string(invocation);
}

Program::Program(System system, std::string invocation)
    : system_(system),
      invocation_(std::move(invocation)),
      name_(program_name(invocation_)),
      directories_(Directories::from_environment()),
      clock_(system.clock),
      output_(system.files, system.process, name_),
      log_(clock_, output_, name_, static_cast<std::int64_t>(system.process.id())) {
  log_.set_identity(name_, host_name(), static_cast<std::int64_t>(system_.process.id()));
  options_.flag("help", 'h', wants_help_);
  options_.flag("version", 'V', wants_version_);
  const char* method = std::getenv("OVS_SYSLOG_METHOD");
  if (method != nullptr && *method != 0) (void)log_.set_syslog_target(method);
}

Program::~Program() = default;

Result<void, UsageError> Program::set_verbosity(std::string_view spec, bool has_spec) {
  const Result<void, LogError> done = log_.set_levels(has_spec ? spec : "");
  if (!done.ok()) {
    return UsageError{fmt::format("processing \"{}\": {}", spec, done.error().text)};
  }
  return kOk;
}

void Program::add_log_options() {
  options_.add({"verbose", 'v', OptionArgument::Optional,
                [this](std::string_view spec, bool has) { return set_verbosity(spec, has); }});
  options_.add({"log-file", 0, OptionArgument::Optional,
                [this](std::string_view path, bool has) -> Result<void, UsageError> {
                  const std::string file = has ? std::string(path) : name_ + ".log";
                  const auto done = log_.open_file(absolute_path(directories_.log, file));
                  if (!done.ok()) return UsageError{""};  // the log has said it
                  return kOk;
                }});
  options_.add(
      {"syslog-method", 0, OptionArgument::Required,
       [this](std::string_view method, bool) { return usage(log_.set_syslog_target(method)); }});
  options_.add(
      {"syslog-target", 0, OptionArgument::Required, [this](std::string_view target, bool) {
         return usage(log_.set_syslog_target("udp:" + std::string(target)));
       }});
}

void Program::add_daemon_options() {
  options_.flag("detach", 0, detach_);
  options_.flag("monitor", 0, monitor_);
  options_.flag("overwrite-pidfile", 0, overwrite_pidfile_);
  options_.text("unixctl", 0, control_path_);
  options_.add({"no-chdir", 0, OptionArgument::None,
                [this](std::string_view, bool) -> Result<void, UsageError> {
                  directory_ = platform::WorkingDirectory::Keep;
                  return kOk;
                }});
  options_.add({"pidfile", 0, OptionArgument::Optional,
                [this](std::string_view path, bool has) -> Result<void, UsageError> {
                  const std::string file = has ? std::string(path) : name_ + ".pid";
                  pidfile_path_ = absolute_path(directories_.run, file);
                  return kOk;
                }});
  // Files are confined by nobody here, so there is nothing to switch off.
  options_.add({"no-self-confinement", 0, OptionArgument::None,
                [](std::string_view, bool) -> Result<void, UsageError> { return kOk; }});
  options_.add(
      {"user", 0, OptionArgument::Required, [](std::string_view, bool) -> Result<void, UsageError> {
         return UsageError{"--user: not supported yet"};
       }});
}

Result<std::vector<std::string>, int> Program::parse(int argc, char** argv,
                                                     std::string_view usage_text,
                                                     CommandLine::Order order) {
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  auto operands = options_.parse(arguments, order);
  if (wants_help_ || wants_version_) {
    const std::string text = wants_help_ ? std::string(usage_text)
                                         : fmt::format("{}\n{}\n", version_line(name_), kProject);
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
  }
  if (operands.ok()) return std::move(*operands);
  const UsageError& error = operands.error();
  const bool by_invocation = error.speaker == UsageError::Speaker::Invocation;
  if (by_invocation) {
    fmt::print(stderr, "{}: {}\n", invocation_, error.text);
  } else if (!error.text.empty()) {
    fail(error.text);
  }
  return 1;
}

int Program::fail(std::string_view text) const {
  fmt::print(stderr, "{}: {}\n", name_, text);
  return 1;
}

Result<void, ProgramError> Program::refuse_second_instance() {
  if (pidfile_path_.empty()) return kOk;
  if (overwrite_pidfile_) {
    (void)system_.files.remove(pidfile_path_);  // it need not be there
    return kOk;
  }
  const auto holder = system_.process.read_pidfile(pidfile_path_);
  if (!holder.ok()) return kOk;  // stale, or not there: writing it will tell
  return ProgramError{fmt::format("{}: already running as pid {}, aborting", pidfile_path_,
                                  static_cast<std::uint32_t>(*holder))};
}

Result<void, ProgramError> Program::background() {
  const auto supervise = monitor_ ? platform::Supervise::Restart : platform::Supervise::No;
  Result<void, OsError> done;
  if (detach_) {
    done = system_.process.detach(
        {.supervise = supervise, .directory = directory_, .output = detached_output_});
  } else if (monitor_) {
    done = system_.process.supervise();
  }
  if (!done.ok())
    return ProgramError{
        fmt::format("fork failed: {}", std::string_view(os_error_text(done.error())))};
  log_.set_identity(name_, host_name(), static_cast<std::int64_t>(system_.process.id()));
  return kOk;
}

Result<void, ProgramError> Program::write_pidfile() {
  if (pidfile_path_.empty()) return kOk;
  auto written = system_.process.write_pidfile(pidfile_path_);
  if (!written.ok()) {
    return ProgramError{fmt::format("{}: create failed ({})", pidfile_path_,
                                    std::string_view(os_error_text(written.error())))};
  }
  running_->pidfile = std::move(*written);
  return kOk;
}

Result<void, ProgramError> Program::open_control() {
  if (control_path_ == "none") return kOk;
  if (control_path_.empty()) {
    control_path_ =
        fmt::format("{}.{}.ctl", name_, static_cast<std::uint32_t>(system_.process.id()));
  }
  const std::string path = absolute_path(directories_.run, control_path_);
  const auto listening = control().listen(network(), "punix:" + path);
  if (!listening.ok()) {
    return ProgramError{fmt::format("{}: could not initialize control socket ({})", path,
                                    listening.error().text())};
  }
  return kOk;
}

Result<void, ProgramError> Program::catch_signals() {
  auto signals = system_.process.catch_signals();
  if (!signals.ok()) {
    return ProgramError{
        fmt::format("cannot catch signals ({})", std::string_view(os_error_text(signals.error())))};
  }
  running_->signals = std::move(*signals);
  running_->signal_watch =
      std::make_unique<Watch>(loop(), running_->signals->wait_handle(), [this] {
        while (const auto signal = running_->signals->next()) on_signal(*signal);
      });
  return kOk;
}

void Program::on_signal(platform::Signal signal) {
  for (const SignalName& row : kFatalSignals) {
    if (row.signal != signal) continue;
    log_.module("fatal_signal").warn("terminating with signal {} ({})", row.number, row.text);
    exit(kEndedBySignal + row.number);
  }
}

Result<void, ProgramError> Program::start() {
  OVS_TRY(refuse_second_instance());
  OVS_TRY(background());
  running_ = std::make_unique<Running>(*this);
  OVS_TRY(write_pidfile());
  OVS_TRY(catch_signals());
  clock_.on_change([this] { loop().wake(); });
  running_->coverage_timer = std::make_unique<Timer>(loop(), [this] {
    coverage_.sample();
    running_->coverage_timer->set_after(Coverage::kSampleMs);
  });
  running_->coverage_timer->set_after(Coverage::kSampleMs);
  add_common_commands(control(), {.log = log_,
                                  .coverage = coverage_,
                                  .version = version_line(name_),
                                  .exit = [this] { exit(); },
                                  .report_memory =
                                      [this](MemoryUse& use) {
                                        for (const auto& report : memory_reports_) report(use);
                                      }});
  return open_control();
}

Loop& Program::loop() {
  OVS_ASSERT(running_ != nullptr);
  return running_->loop;
}

Network& Program::network() {
  OVS_ASSERT(running_ != nullptr);
  return running_->network;
}

ControlServer& Program::control() {
  OVS_ASSERT(running_ != nullptr);
  return running_->control;
}

void Program::add_memory_report(std::function<void(MemoryUse&)> report) {
  memory_reports_.push_back(std::move(report));
}

void Program::enable_time_commands() {
  add_time_commands(control(), clock_, loop());
}

void Program::ready() {
  if (detach_) log_.close_console();
  const auto done = system_.process.ready();
  if (!done.ok()) {
    log_.module("daemon").err("cannot leave the terminal ({})",
                              std::string_view(os_error_text(done.error())));
  }
}

int Program::run() {
  loop().run();
  return status_;
}

void Program::exit(int status) {
  status_ = status;
  loop().stop();
}

}  // namespace ovs::daemon
