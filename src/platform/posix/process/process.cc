#include "platform/posix/process/process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <syslog.h>

#include <cstdio>
#include <string>

#include "base/text/parse.h"
#include "platform/posix/boxed.h"
#include "platform/posix/os_error.h"
#include "platform/posix/process/supervisor.h"

namespace ovs::platform {
namespace {

struct SignalName {
  Signal signal;
  int number;
};
constexpr SignalName kSignals[] = {
    {Signal::Terminate, SIGTERM}, {Signal::Interrupt, SIGINT}, {Signal::Hangup, SIGHUP},
    {Signal::Alarm, SIGALRM},     {Signal::User1, SIGUSR1},    {Signal::User2, SIGUSR2},
    {Signal::Child, SIGCHLD},
};

int number_of(Signal signal) {
  for (const SignalName& row : kSignals) {
    if (row.signal == signal) return row.number;
  }
  return 0;
}

class SignalDescriptor final : public Signals {
 public:
  explicit SignalDescriptor(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  WaitHandle wait_handle() const override { return WaitHandle(descriptor_.number()); }

  Maybe<Signal> next() override {
    signalfd_siginfo arrived = {};
    const ssize_t got =
        retry_interrupted([&] { return read(descriptor_.number(), &arrived, sizeof arrived); });
    if (got != ssize_t(sizeof arrived)) return kNone;
    for (const SignalName& row : kSignals) {
      if (row.number == int(arrived.ssi_signo)) return row.signal;
    }
    return kNone;
  }

 private:
  Descriptor descriptor_;
};

// POSIX locks tell other programs who holds them, and Open vSwitch's tools check just that.
class LockedPidFile final : public PidFile {
 public:
  LockedPidFile(std::string path, Descriptor descriptor)
      : path_(std::move(path)), descriptor_(std::move(descriptor)), owner_(getpid()) {}
  ~LockedPidFile() {
    if (getpid() == owner_) unlink(path_.c_str());
  }

 private:
  std::string path_;
  Descriptor descriptor_;
  pid_t owner_;
};

struct flock whole_file(short type) {
  struct flock lock = {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

// The process that has `descriptor`'s file locked, or 0.
Result<pid_t, OsError> lock_holder(const Descriptor& descriptor) {
  struct flock lock = whole_file(F_WRLCK);
  OVS_TRY(os_check(fcntl(descriptor.number(), F_GETLK, &lock)));
  return lock.l_type == F_UNLCK ? pid_t{0} : lock.l_pid;
}

Result<void, OsError> refuse_if_held(const std::string& path) {
  const Descriptor existing(open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!existing) return kOk;
  OVS_TRY(const pid_t holder, lock_holder(existing));
  if (holder != 0) return OsError{Error::Busy, EBUSY};
  return kOk;
}

Result<void, OsError> fill_and_lock(const Descriptor& file) {
  struct flock lock = whole_file(F_WRLCK);
  OVS_TRY(os_check(fcntl(file.number(), F_SETLK, &lock)));
  const std::string line = std::to_string(getpid()) + "\n";
  OVS_TRY(os_check(write(file.number(), line.data(), line.size())));
  return kOk;
}

int facility_number(LogFacility facility) {
  switch (facility) {
    case LogFacility::Daemon: return LOG_DAEMON;
    case LogFacility::User: return LOG_USER;
    case LogFacility::Local0: return LOG_LOCAL0;
    case LogFacility::Local1: return LOG_LOCAL1;
    case LogFacility::Local2: return LOG_LOCAL2;
    case LogFacility::Local3: return LOG_LOCAL3;
    case LogFacility::Local4: return LOG_LOCAL4;
    case LogFacility::Local5: return LOG_LOCAL5;
    case LogFacility::Local6: return LOG_LOCAL6;
    case LogFacility::Local7: return LOG_LOCAL7;
  }
  return LOG_DAEMON;
}

class Syslog final : public SystemLog {
 public:
  Syslog(std::string program, int facility) : program_(std::move(program)), facility_(facility) {
    openlog(program_.c_str(), LOG_NDELAY, facility_);  // keeps the pointer: program_ is ours
  }
  ~Syslog() { closelog(); }
  void write(LogSeverity severity, Text message) override {
    syslog(facility_ | int(severity), "%.*s", int(message.size()), message.data());
  }

 private:
  std::string program_;
  int facility_;
};

}  // namespace

ProcessId SystemProcess::id() const {
  return ProcessId(getpid());
}

Result<void, OsError> SystemProcess::detach(const DetachOptions& options) {
  OVS_TRY(readiness_, fork_and_wait_until_ready());
  directory_ = options.directory;
  output_ = options.output;
  terminal_ = Terminal::Leave;
  if (options.supervise == Supervise::No) return kOk;
  return fork_and_supervise(readiness_, terminal_);
}

Result<void, OsError> SystemProcess::supervise() {
  return fork_and_supervise(readiness_, Terminal::Keep);
}

Result<void, OsError> SystemProcess::ready() {
  if (terminal_ == Terminal::Keep) return kOk;
  if (directory_ == WorkingDirectory::Root) {
    OVS_TRY(os_check(chdir("/")));
  }
  leave_terminal(output_);
  const Descriptor pipe = std::move(readiness_);
  if (!pipe) return kOk;  // restarted: nobody waits any more
  const char byte = 0;
  return os_check(retry_interrupted([&] { return write(pipe.number(), &byte, 1); }));
}

Result<Boxed<Signals>, OsError> SystemProcess::catch_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const SignalName& row : kSignals) sigaddset(&set, row.number);
  signal(SIGPIPE, SIG_IGN);  // a peer that goes away is an error of write()
  OVS_TRY(os_check(sigprocmask(SIG_BLOCK, &set, nullptr)));
  Descriptor descriptor(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!descriptor) return last_os_error();
  return make_boxed<Signals, SignalDescriptor>(std::move(descriptor));
}

// Made under another name, locked and then renamed: whoever sees the pidfile sees it locked and
// complete.
Result<Boxed<PidFile>, OsError> SystemProcess::write_pidfile(Text path) {
  const std::string name(path);
  OVS_TRY(refuse_if_held(name));
  const std::string temporary = name + ".tmp" + std::to_string(getpid());
  Descriptor file(open(temporary.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!file) return last_os_error();
  auto written = fill_and_lock(file);
  if (written.ok()) written = os_check(rename(temporary.c_str(), name.c_str()));
  if (!written.ok()) {
    unlink(temporary.c_str());
    return written.error();
  }
  return make_boxed<PidFile, LockedPidFile>(name, std::move(file));
}

Result<ProcessId, OsError> SystemProcess::read_pidfile(Text path) {
  const Descriptor file(open(std::string(path).c_str(), O_RDWR | O_CLOEXEC));
  if (!file) return last_os_error();
  char line[32];
  const ssize_t size = read(file.number(), line, sizeof line);
  if (size <= 0) return OsError{Error::Malformed, EINVAL};
  Text number(line, std::size_t(size));
  if (number[number.size() - 1] == '\n') number = number.part(0, number.size() - 1);
  const auto pid = parse_integer<std::uint32_t>(number, Radix::Decimal);
  if (!pid.ok()) return OsError{Error::Malformed, EINVAL};
  OVS_TRY(const pid_t holder, lock_holder(file));
  if (holder != pid_t(*pid)) return OsError{Error::NotFound, ESRCH};
  return ProcessId(*pid);
}

Result<void, OsError> SystemProcess::send_signal(ProcessId process, Signal signal) {
  return os_check(kill(pid_t(process), number_of(signal)));
}

Result<Boxed<SystemLog>, OsError> SystemProcess::open_system_log(Text program,
                                                                 LogFacility facility) {
  return make_boxed<SystemLog, Syslog>(std::string(program), facility_number(facility));
}

}  // namespace ovs::platform
