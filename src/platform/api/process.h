// What a hosted program asks of the system about itself: signals, becoming a daemon, its pidfile,
// the system's log.
#pragma once
#include <cstdint>

#include "base/core/boxed.h"
#include "base/core/maybe.h"
#include "base/core/result.h"
#include "platform/api/os_error.h"

namespace ovs::platform {

// A descriptor that poll() takes on POSIX, an event handle on Windows. Readable or signalled when
// there is something.
enum class WaitHandle : std::intptr_t {};

enum class ProcessId : std::uint32_t {};

enum class Signal : std::uint8_t { Terminate, Interrupt, Hangup, Alarm, User1, User2, Child };

class Signals {
 public:
  virtual WaitHandle wait_handle() const = 0;
  // The next one that arrived, without waiting.
  virtual Maybe<Signal> next() = 0;

 protected:
  ~Signals() = default;
};

// The pidfile stays locked while this lives, and is removed with it.
class PidFile {
 protected:
  ~PidFile() = default;
};

enum class LogFacility : std::uint8_t {
  Daemon,
  User,
  Local0,
  Local1,
  Local2,
  Local3,
  Local4,
  Local5,
  Local6,
  Local7
};
// syslog's numbers (RFC 5424 section 6.2.1).
enum class LogSeverity : std::uint8_t {
  Emergency,
  Alert,
  Critical,
  Error,
  Warning,
  Notice,
  Info,
  Debug
};

// syslog on POSIX, the event log on Windows.
class SystemLog {
 public:
  virtual void write(LogSeverity severity, Text message) = 0;

 protected:
  ~SystemLog() = default;
};

enum class Supervise : bool { No, Restart };
enum class WorkingDirectory : bool { Keep, Root };

// Whether standard output and error stay what they were, for tools that print from the background.
enum class Output : bool { Leave, Keep };

struct DetachOptions {
  Supervise supervise = Supervise::No;  // a parent stays and restarts the program when it crashes
  WorkingDirectory directory = WorkingDirectory::Root;
  Output output = Output::Leave;
};

class Process {
 public:
  virtual ProcessId id() const = 0;

  // Continues in a child in the background. The process the user started ends with 0 once the child
  // calls ready(), or with the child's status if that ends before. Called before any thread starts.
  virtual Result<void, OsError> detach(const DetachOptions& options) = 0;
  // With options.supervise but without detaching: this process becomes the supervisor, the child
  // returns.
  virtual Result<void, OsError> supervise() = 0;
  // The program serves now. After detach(): lets the waiting process end, and leaves the terminal.
  virtual Result<void, OsError> ready() = 0;

  // Takes over the given signals; they arrive at the returned object only.
  virtual Result<Boxed<Signals>, OsError> catch_signals() = 0;
  // Error::Busy if a running process holds it.
  virtual Result<Boxed<PidFile>, OsError> write_pidfile(Text path) = 0;
  // The process that holds the pidfile; Error::NotFound if none does.
  virtual Result<ProcessId, OsError> read_pidfile(Text path) = 0;
  virtual Result<void, OsError> send_signal(ProcessId process, Signal signal) = 0;
  virtual Result<Boxed<SystemLog>, OsError> open_system_log(Text program, LogFacility facility) = 0;

 protected:
  ~Process() = default;
};

}  // namespace ovs::platform
