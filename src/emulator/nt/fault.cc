// Faults in guard pages are violations: a driver's stack that is too deep, a pool block that is
// left. Every other fault goes to whoever handled it before.
#include <signal.h>

#include <cstdlib>
#include <string>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr std::size_t kAlternateSize = 64 * 1024;

struct sigaction before;

// A stack that has run out cannot take a signal.
struct AlternateStack {
  AlternateStack() {
    stack_t now = {};
    if (sigaltstack(nullptr, &now) == 0 && (now.ss_flags & SS_DISABLE) == 0) return;
    memory = std::malloc(kAlternateSize);
    const stack_t mine = {memory, 0, kAlternateSize};
    sigaltstack(&mine, nullptr);
  }
  ~AlternateStack() {
    if (memory == nullptr) return;
    const stack_t none = {nullptr, SS_DISABLE, 0};
    sigaltstack(&none, nullptr);
    std::free(memory);
  }
  void* memory = nullptr;
};

void on_fault(int, siginfo_t* info, void*) {
  if (Thread::is_known()) {
    const KernelStack& stack = Thread::current().kernel_stack;
    if (stack.is_guard(info->si_addr))
      violate(91,
              "the kernel stack of " + std::to_string(stack.range().size) + " bytes is used up");
    if (parts().pool.is_guard(info->si_addr))
      violate(89, "access behind a pool block, or to a freed one, at " + text_of(info->si_addr));
    if (GuardedBuffer::is_guard(info->si_addr))
      violate(98, "access behind a buffer of a program, at " + text_of(info->si_addr));
  }
  // Again, as if this had not been here.
  sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace

void use_alternate_stack() {
  thread_local const AlternateStack stack;
  (void)stack;
}

void report_faults() {
  struct sigaction action = {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  sigaction(SIGSEGV, &action, &before);
}

void leave_faults() {
  sigaction(SIGSEGV, &before, nullptr);
}

}  // namespace ovs::emulator
