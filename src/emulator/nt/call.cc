#include "emulator/nt/call.h"

#include <string>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {

Call::Call(const char* name, Levels levels, SpinLocks locks) {
  Thread& thread = Thread::current();
  thread.calls.push_back(name);
  if (thread.level < levels.lowest || thread.level > levels.highest)
    violate(86, std::string(name) + " is called at " + level_text(thread.level) +
                    "; it may be from " + level_text(levels.lowest) + " to " +
                    level_text(levels.highest));
  if (locks == SpinLocks::None && thread.holds_spin_locks())
    violate(87, std::string(name) + " is called with spin locks held");
  parts().scheduler.preempt(thread);
}

Call::~Call() {
  Thread::current().calls.pop_back();
}

bool has_detectors() {
  return parts().config.detectors == Detectors::On;
}

namespace {
thread_local unsigned nothing_to_be_had = 0;
}  // namespace

NothingToBeHad::NothingToBeHad() {
  ++nothing_to_be_had;
}
NothingToBeHad::~NothingToBeHad() {
  --nothing_to_be_had;
}

bool fails_now() {
  return nothing_to_be_had != 0 || parts().failures.ask();
}

void check_not_on_stack(const void* object, const char* what) {
  if (!has_detectors() || !Thread::current().kernel_stack.range().contains(object)) return;
  violate(88, std::string(what) + " at " + text_of(object) + " lies on a stack");
}

void on_host_stack(FunctionRef<void()> body) {
  Thread& thread = Thread::current();
  if (!thread.is_on_kernel_stack) {
    body();
    return;
  }
  void* const before = thread.kernel_at;
  thread.is_on_kernel_stack = false;
  run_on_stack(thread.host_stack, thread.host_at, thread.kernel_stack.range(), &thread.kernel_at,
               body);
  thread.kernel_at = before;
  thread.is_on_kernel_stack = true;
}

}  // namespace ovs::emulator
