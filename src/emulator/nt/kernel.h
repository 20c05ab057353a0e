// Windows' kernel as a driver sees it, on Linux and stricter: one for each process. Its functions
// are in ke, ex, mm, rtl, io, etw (a file for each prefix); threads of the process become threads
// of the kernel when they first call one. Made by the emulated host before it loads a driver.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/function_ref.h"
#include "emulator/nt/detectors.h"
#include "emulator/sdk/ntddk.h"
#include "platform/api/clock.h"

namespace ovs::emulator {

class ImportTable;

struct KernelConfig {
  unsigned processors = 2;
  unsigned max_processors = 0;  // with those that may be added; 0: no more than `processors`
  unsigned windows = 0x0a00;    // what it exports: 0x0602 is Server 2012, 0x0a00 Server 2016
  UINT ndis = 0x00060055;       // for emulator/ndis: 6.85
  // Nothing: Linux threads run as they run, on the machine's clock. A seed: one at a time, the
  // seed decides which, and time passes only when all wait.
  std::optional<std::uint64_t> seed;
  bool guarded_pool = false;            // every pool block ends at a page that cannot be read
  Detectors detectors = Detectors::On;  // a seed needs them
};

// The n-th call that may fail fails. Counting starts with fail_nth; each such call asks once.
class Failures {
 public:
  // 0 is the next one. Negative: none.
  void fail_nth(std::int64_t nth);
  // How many asked since.
  std::int64_t asked() const;
  bool has_failed() const;
  bool ask();

 private:
  std::atomic<std::int64_t> nth_{-1}, asked_{0};
};

// What a driver owns of the kernel and has to give back before it is unloaded (7, 8): pools,
// devices, callbacks, registrations, by what they are called in reports.
class LiveObjects {
 public:
  void add(const char* kind, const void* object, std::string text);
  // False if there is none.
  bool remove(const char* kind, const void* object);
  std::size_t count(std::string_view kind) const;
  // A line for each; pool by tag.
  std::string list() const;
  LiveObjects();
  ~LiveObjects();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// A thread of the host that may call drivers, where threads are scheduled by a seed; elsewhere any
// thread may. Ended by its destructor, which waits for it.
class HostThread {
 public:
  HostThread(std::string name, std::function<void()> main);
  HostThread(const HostThread&) = delete;
  ~HostThread();
  void join();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

class Kernel {
 public:
  explicit Kernel(const KernelConfig& config = {});
  Kernel(const Kernel&) = delete;
  // All drivers are unloaded, all host threads ended.
  ~Kernel();
  // The one that lives.
  static Kernel& current();

  const KernelConfig& config() const;
  // Those of ntoskrnl.exe and hal.dll that the configured Windows has.
  void add_functions(ImportTable& table);
  // Real, or the scheduler's.
  const platform::Clock& clock() const;
  Failures& failures();
  LiveObjects& live_objects();

  // Until `ready` says so, which is asked whenever something changed, by any thread and more than
  // once: it looks, changes nothing, and calls nothing of the kernel. False when the time is up.
  // PASSIVE_LEVEL. No deadline: a seeded kernel in which nothing else can happen ends with a
  // report.
  bool wait_until(FunctionRef<bool()> ready, std::optional<std::uint64_t> timeout_ms = {});
  // What a `ready` looks at has changed: calls `change` where no `ready` is being asked.
  void change(FunctionRef<void()> change);
  // Until nobody has it; then it is the caller's, who gives it back by setting it to false in
  // change(). PASSIVE_LEVEL.
  void take(bool& taken);
  void sleep_ms(std::uint64_t ms);
  // Every DPC queued so far has run.
  void flush_dpcs();
  // One more, as by hot-add: the driver's callbacks hear of it.
  void add_processor();

  // Violates `rule` if a driver has anything left: live objects, threads, queued DPCs.
  void check_nothing_left(int rule, std::string_view when);

  // Lines of DbgPrintEx and of EtwWriteString, oldest first; `on_message` hears each as it comes.
  std::vector<std::string> messages() const;
  void on_message(std::function<void(const std::string&)> listener);
  // Words for an address in the driver's image, for reports.
  void describe_addresses(std::function<std::string(const void*)> describe);

  struct Parts;
  Parts& parts() { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

}  // namespace ovs::emulator
