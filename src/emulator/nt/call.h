// The start of every import: which levels it may be called at, whether locks may be held, where
// the seeded scheduler may let another thread run, and the host's own stack. emulator/ndis and
// emulator/vmswitch use it for what they export or hand to drivers.
#pragma once
#include <string_view>
#include <utility>

#include "base/core/function_ref.h"
#include "emulator/host/loader/driver_image.h"
#include "emulator/nt/detectors.h"

namespace ovs::emulator {

// From the "IRQL" row of a function's page.
struct Levels {
  KIRQL lowest, highest;
};
inline constexpr Levels kPassive{PASSIVE_LEVEL, PASSIVE_LEVEL};
inline constexpr Levels kUpToApc{PASSIVE_LEVEL, APC_LEVEL};
inline constexpr Levels kUpToDispatch{PASSIVE_LEVEL, DISPATCH_LEVEL};
inline constexpr Levels kDispatch{DISPATCH_LEVEL, DISPATCH_LEVEL};
inline constexpr Levels kAnyLevel{PASSIVE_LEVEL, 15};

// Whether the caller may hold spin locks. Not where its own code may run before it returns: sends,
// completions, indications, requests (rule 87).
enum class SpinLocks : bool { MayBeHeld, None };

// One call under way, from its first line to its return: names it in reports, checks level (86)
// and locks (87), and is a point of preemption.
class Call {
 public:
  explicit Call(const char* name, Levels levels, SpinLocks locks = SpinLocks::MayBeHeld);
  Call(const Call&) = delete;
  ~Call();
};

// Whether the call under way is to fail as if memory had run out: asked once by every call that
// may fail, after its checks, before it has done anything. See Failures in kernel.h.
bool fails_now();

// While one lives, every such call of this thread fails, and none is counted (rule 17).
class NothingToBeHad {
 public:
  NothingToBeHad();
  NothingToBeHad(const NothingToBeHad&) = delete;
  ~NothingToBeHad();
};

// Rule 88: what others will use does not lie on the driver's stack.
void check_not_on_stack(const void* object, const char* what);

// Whether the kernel that lives has detectors (kernel.h): without, nothing is guarded.
bool has_detectors();

// Runs `body` on this thread's host stack, whatever the stack of the caller. Drivers have three
// pages; what the host does for them costs them nothing.
void on_host_stack(FunctionRef<void()> body);

// ---- what drivers import ----

struct ExportRow {
  const char* name = nullptr;
  Levels levels = kAnyLevel;
  SpinLocks locks = SpinLocks::MayBeHeld;
};

// `function`, in Windows' calling convention, on the host's stack and guarded by a Call.
template <auto function>
struct Exported;
template <class R, class... Args, R (*function)(Args...)>
struct Exported<function> {
  static inline ExportRow row;
  static R NTAPI entry(Args... args) {
    if constexpr (std::is_void_v<R>) {
      on_host_stack([&] {
        const Call call(row.name, row.levels, row.locks);
        function(args...);
      });
    } else {
      R result{};
      on_host_stack([&] {
        const Call call(row.name, row.levels, row.locks);
        result = function(args...);
      });
      return result;
    }
  }
  // For a host without detectors.
  static R NTAPI plain_entry(Args... args) { return function(args...); }
  // As a handler that is given to a driver otherwise than by an import.
  static auto handler(const char* name, Levels levels, SpinLocks locks) {
    [[maybe_unused]] static const bool is_named = (row = {name, levels, locks}, true);
    return has_detectors() ? &entry : &plain_entry;
  }
};

// The functions of one module, as an emulated Windows of some version has them.
class Exports {
 public:
  // `windows` as functions.inc counts: 0x0602 is Server 2012.
  Exports(ImportTable& table, std::string_view module, unsigned windows, Detectors detectors)
      : table_(table), module_(module), windows_(windows), detectors_(detectors) {}

  // `since`: the first Windows that has it; older ones lack it (rule 1).
  template <auto function>
  void add(const char* name, Levels levels, SpinLocks locks = SpinLocks::MayBeHeld,
           unsigned since = 0x0600) {
    Exported<function>::row = {name, levels, locks};
    if (windows_ < since) return;
    const bool is_plain = detectors_ == Detectors::Off;
    table_.add(module_, name,
               is_plain ? &Exported<function>::plain_entry : &Exported<function>::entry);
  }
  // A function that guards itself.
  void add_address(const char* name, void* address) { table_.add_address(module_, name, address); }

 private:
  ImportTable& table_;
  std::string_view module_;
  unsigned windows_;
  Detectors detectors_;
};

}  // namespace ovs::emulator
