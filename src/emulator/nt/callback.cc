#include "emulator/nt/callback.h"

#include <atomic>
#include <string>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

void run_on_kernel_stack(Thread& thread, FunctionRef<void()> body) {
  if (thread.is_on_kernel_stack) {
    body();
    return;
  }
  void* const host_before = thread.host_at;
  void* const top =
      thread.kernel_at != nullptr ? thread.kernel_at : thread.kernel_stack.range().top();
  thread.is_on_kernel_stack = true;
  run_on_stack(thread.kernel_stack.range(), top, thread.host_stack, &thread.host_at, body);
  thread.is_on_kernel_stack = false;
  thread.host_at = host_before;
}

}  // namespace

void run_callback_that_leaves(const char* name, KIRQL level, std::size_t locks,
                              FunctionRef<void()> body) {
  if (!has_detectors()) return body();
  Thread& thread = Thread::current();
  thread.calls.push_back(name);
  run_on_kernel_stack(thread, body);
  if (thread.level != level)
    violate(86, std::string(name) + " returns at " + level_text(thread.level) + ", and not at " +
                    level_text(level));
  if (thread.locks.size() != locks)
    violate(87, std::string(name) + " returns with " + std::to_string(thread.locks.size()) +
                    " locks held, and not with " + std::to_string(locks));
  thread.calls.pop_back();
}

void run_callback(const char* name, FunctionRef<void()> body) {
  if (!has_detectors()) return body();
  const Thread& thread = Thread::current();
  run_callback_that_leaves(name, thread.level, thread.locks.size(), body);
}

std::size_t deepest_stack() {
  return Thread::current().kernel_stack.deepest();
}

}  // namespace ovs::emulator
