// Ke: events, and waiting.
#include <optional>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr UCHAR kEventSize = sizeof(KEVENT) / sizeof(LONG);  // as the kernel itself marks events
constexpr std::uint64_t kNsPer100ns = 100;
constexpr LONGLONG k100nsFrom1601To1970 = 116'444'736'000'000'000;

void check_event(const KEVENT* event) {
  const DISPATCHER_HEADER& header = event->Header;
  if (header.Size != kEventSize || header.Type > SynchronizationEvent)
    violate(88,
            "what is used as an event at " + text_of(event) + " was never initialized, or is gone");
}

void initialize_event(PRKEVENT event, EVENT_TYPE type, BOOLEAN state) {
  const KernelLock lock = parts().scheduler.lock();
  event->Header = {};
  event->Header.Type = static_cast<UCHAR>(type);
  event->Header.Size = kEventSize;
  event->Header.SignalState = state;
  event->Header.WaitListHead = {&event->Header.WaitListHead, &event->Header.WaitListHead};
}

LONG set_event(PRKEVENT event, KPRIORITY, BOOLEAN wait) {
  if (wait == TRUE)
    violate(88, "KeSetEvent with Wait set: a wait must follow at once, and none can");
  const KernelLock lock = parts().scheduler.lock();
  check_event(event);
  const LONG before = event->Header.SignalState;
  event->Header.SignalState = 1;
  parts().scheduler.notify();
  return before;
}

void clear_event(PRKEVENT event) {
  const KernelLock lock = parts().scheduler.lock();
  check_event(event);
  event->Header.SignalState = 0;
}

// Relative timeouts are negative; others are since 1601.
std::optional<std::uint64_t> deadline_of(const LARGE_INTEGER* timeout) {
  if (timeout == nullptr) return {};
  const Scheduler& scheduler = parts().scheduler;
  if (timeout->QuadPart <= 0)
    return scheduler.now_ns() + std::uint64_t(-timeout->QuadPart) * kNsPer100ns;
  const auto now = LONGLONG(scheduler.wall_ms()) * 10'000 + k100nsFrom1601To1970;
  const LONGLONG left = timeout->QuadPart - now;
  return scheduler.now_ns() + (left > 0 ? std::uint64_t(left) * kNsPer100ns : 0);
}

void check_wait(const Thread& thread, bool may_block, KPROCESSOR_MODE mode, const void* object) {
  if (may_block && thread.level > APC_LEVEL)
    violate(88, std::string("a wait that may last, at ") + level_text(thread.level));
  if (may_block && thread.holds_spin_locks())
    violate(88, "a wait that may last, with spin locks held");
  if (mode != KernelMode && thread.is_own_stack(object))
    violate(88, "a wait in user mode for " + text_of(object) +
                    ", which lies on a stack that may be paged out meanwhile");
}

NTSTATUS wait_for_object(PVOID object, KWAIT_REASON, KPROCESSOR_MODE mode, BOOLEAN,
                         PLARGE_INTEGER timeout) {
  const bool may_block = timeout == nullptr || timeout->QuadPart != 0;
  check_wait(Thread::current(), may_block, mode, object);
  Scheduler& scheduler = parts().scheduler;
  KernelLock lock = scheduler.lock();
  if (!parts().threads.is_thread(object)) check_event(static_cast<KEVENT*>(object));
  DISPATCHER_HEADER& header = *static_cast<DISPATCHER_HEADER*>(object);
  const auto deadline = deadline_of(timeout);
  if (!scheduler.wait(
          lock, [&] { return header.SignalState != 0; }, deadline))
    return STATUS_TIMEOUT;
  if (header.Type == SynchronizationEvent) header.SignalState = 0;
  return STATUS_SUCCESS;
}

NTSTATUS delay_execution(KPROCESSOR_MODE, BOOLEAN, PLARGE_INTEGER interval) {
  Scheduler& scheduler = parts().scheduler;
  const auto deadline = deadline_of(interval);
  KernelLock lock = scheduler.lock();
  scheduler.wait(
      lock, [] { return false; }, deadline);
  return STATUS_SUCCESS;
}

}  // namespace

void add_ke_waits(Exports& exports) {
  exports.add<initialize_event>("KeInitializeEvent", kAnyLevel);
  exports.add<set_event>("KeSetEvent", kUpToDispatch);
  exports.add<clear_event>("KeClearEvent", kUpToDispatch);
  exports.add<wait_for_object>("KeWaitForSingleObject", kUpToDispatch);
  exports.add<delay_execution>("KeDelayExecutionThread", kUpToApc);
}

}  // namespace ovs::emulator
