// What the main of a daemon or a tool is made of: its clock, log, command line, loop, network and
// control socket, and the order in which they come to be. Everything is reached from here; nothing
// is global.
//
//   SystemClock clock; SystemProcess process; SystemFiles files;
//   Program program({clock, process, files}, argv[0]);
//   program.options().text("remote", 0, remote);
//   program.add_log_options();
//   program.add_daemon_options();
//   auto operands = program.parse(argc, argv, usage);       // --help and --version end here
//   if (!operands.ok()) return operands.error();
//   if (auto started = program.start(); !started.ok()) return program.fail(started.error().text);
//   ...build what serves, from program.loop(), network(), control()...
//   program.ready();
//   return program.run();
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/boxed.h"
#include "base/core/result.h"
#include "daemon/control/common_commands.h"
#include "daemon/control/unixctl.h"
#include "daemon/log/log.h"
#include "daemon/log/system_log_output.h"
#include "daemon/run/command_line.h"
#include "daemon/run/coverage.h"
#include "daemon/run/directories.h"
#include "daemon/run/loop.h"
#include "daemon/run/warp_clock.h"
#include "daemon/stream/stream.h"
#include "platform/api/file.h"
#include "platform/api/process.h"

namespace ovs::daemon {

struct ProgramError {
  std::string text;
};

class Program {
 public:
  struct System {
    const platform::Clock& clock;
    platform::Process& process;
    platform::Files& files;
  };

  // Every part of `system` must outlive it. The program's name is the last part of `invocation`,
  // without ".exe".
  Program(System system, std::string invocation);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  const std::string& name() const { return name_; }
  const Directories& directories() const { return directories_; }
  platform::Files& files() { return system_.files; }
  platform::Process& process() { return system_.process; }
  WarpClock& clock() { return clock_; }
  Log& log() { return log_; }
  Coverage& coverage() { return coverage_; }

  // The command line: -h and -V are there, add what else there is, then parse. The options apply in
  // the order given; a failed one ends parsing. The error is the status with which to end (0 after
  // --help and --version).
  CommandLine& options() { return options_; }
  void add_log_options();     // -v, --verbose, --log-file, --syslog-method, --syslog-target
  void add_daemon_options();  // --detach, --monitor, --pidfile, --overwrite-pidfile, --no-chdir,
                              // --unixctl, ...
  Result<std::vector<std::string>, int> parse(
      int argc, char** argv, std::string_view usage,
      CommandLine::Order order = CommandLine::Order::Permute);

  // Prints "NAME: text" to standard error; returns the status of a fatal error, 1.
  int fail(std::string_view text) const;

  // Detaches if it was asked to, writes the pidfile, makes the loop, opens the control socket.
  // After it, and not before:
  Result<void, ProgramError> start();
  Loop& loop();
  Network& network();
  ControlServer& control();

  // For memory/show; adds its quantities to those of earlier reporters.
  void add_memory_report(std::function<void(MemoryUse&)> report);
  void enable_time_commands();

  // The program serves: the process that the user started ends with 0.
  void ready();
  bool is_detached() const { return detach_; }
  // Before start(): where the control socket is, if the command line has not said so.
  void set_control_path(std::string path) {
    if (control_path_.empty()) control_path_ = std::move(path);
  }
  // Before start(): a detached tool goes on printing where it was told to.
  void keep_output() { detached_output_ = platform::Output::Keep; }
  // Runs the loop until exit() or a signal; returns the status to end with.
  int run();
  void exit(int status = 0);

 private:
  struct Running;

  Result<void, UsageError> set_verbosity(std::string_view spec, bool has_spec);
  Result<void, ProgramError> refuse_second_instance();
  Result<void, ProgramError> background();
  Result<void, ProgramError> write_pidfile();
  Result<void, ProgramError> open_control();
  Result<void, ProgramError> catch_signals();
  void on_signal(platform::Signal signal);

  System system_;
  std::string invocation_;
  std::string name_;
  Directories directories_;
  WarpClock clock_;
  SystemLogOutput output_;
  Log log_;
  Coverage coverage_;
  CommandLine options_;
  bool wants_help_ = false;
  bool wants_version_ = false;
  bool detach_ = false;
  platform::Output detached_output_ = platform::Output::Leave;
  bool monitor_ = false;
  bool overwrite_pidfile_ = false;
  platform::WorkingDirectory directory_ = platform::WorkingDirectory::Root;
  std::string pidfile_path_;  // empty: none
  std::string control_path_;  // empty: the usual one
  int status_ = 0;
  std::vector<std::function<void(MemoryUse&)>> memory_reports_;
  std::unique_ptr<Running> running_;
};

// The last part of a path, without ".exe".
std::string program_name(std::string_view invocation);

}  // namespace ovs::daemon
