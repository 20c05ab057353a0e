#include "emulator/nt/schedule/stack.h"

#include <pthread.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

// void ovs_emulator_switch_stack(void* top, void (*function)(void*), void* argument, void** left):
// keeps the frame pointer, so that debuggers and sanitizers see through it.
asm(R"(
.pushsection .text
.globl ovs_emulator_switch_stack
.hidden ovs_emulator_switch_stack
.type ovs_emulator_switch_stack,@function
ovs_emulator_switch_stack:
  .cfi_startproc
  push %rbp
  .cfi_def_cfa_offset 16
  .cfi_offset %rbp, -16
  mov %rsp, %rbp
  .cfi_def_cfa_register %rbp
  mov %rsp, (%rcx)
  mov %rdi, %rsp
  mov %rdx, %rdi
  call *%rsi
  leave
  .cfi_def_cfa %rsp, 8
  ret
  .cfi_endproc
.size ovs_emulator_switch_stack,.-ovs_emulator_switch_stack
.popsection
)");

extern "C" {
void ovs_emulator_switch_stack(void* top, void (*function)(void*), void* argument, void** left_at);
// There where a sanitizer is.
void __sanitizer_start_switch_fiber(void** save, const void* low, std::size_t size)
    __attribute__((weak));
void __sanitizer_finish_switch_fiber(void* saved, const void** low, std::size_t* size)
    __attribute__((weak));
void __tsan_init() __attribute__((weak));
void __asan_unpoison_memory_region(const volatile void* at, std::size_t size) __attribute__((weak));
}

namespace ovs::emulator {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPages = 3;
constexpr std::size_t kPagesUnderSanitizers = 128;  // their frames are several times larger
constexpr std::byte kFill{0x5c};

std::size_t stack_size() {
  return (is_sanitized() ? kPagesUnderSanitizers : kPages) * kPage;
}

struct Switch {
  FunctionRef<void()> body;
  const StackRange& from;
};

void start_switch(void** save, const StackRange& to) {
  if (__sanitizer_start_switch_fiber != nullptr)
    __sanitizer_start_switch_fiber(save, to.low, to.size);
}
void finish_switch(void* saved) {
  if (__sanitizer_finish_switch_fiber != nullptr)
    __sanitizer_finish_switch_fiber(saved, nullptr, nullptr);
}

void run_body(void* argument) {
  const auto& to_do = *static_cast<Switch*>(argument);
  finish_switch(nullptr);
  to_do.body();
  void* save = nullptr;
  start_switch(&save, to_do.from);
}

}  // namespace

bool is_sanitized() {
  return __sanitizer_start_switch_fiber != nullptr || __tsan_init != nullptr;
}

KernelStack::KernelStack() {
  const std::size_t size = stack_size();
  void* memory = mmap(nullptr, kPage + size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) std::abort();
  guard_ = {static_cast<std::byte*>(memory), kPage};
  range_ = {guard_.top(), size};
  std::memset(range_.low, int(kFill), size);
  mprotect(guard_.low, kPage, PROT_NONE);
}

KernelStack::~KernelStack() {
  // It may end in the middle of its calls; whoever gets this memory next is not to hear of them.
  if (__asan_unpoison_memory_region != nullptr) {
    __asan_unpoison_memory_region(range_.low, range_.size);
  }
  munmap(guard_.low, guard_.size + range_.size);
}

std::size_t KernelStack::deepest() const {
  const std::byte* at = range_.low;
  while (at < range_.top() && *at == kFill) ++at;
  return std::size_t(range_.top() - at);
}

StackRange own_stack() {
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return {};
  void* low = nullptr;
  std::size_t size = 0;
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  return {static_cast<std::byte*>(low), size};
}

void run_on_stack(const StackRange& to, void* top, const StackRange& from, void** left_at,
                  FunctionRef<void()> body) {
  Switch to_do{body, from};
  void* save = nullptr;
  start_switch(&save, to);
  ovs_emulator_switch_stack(top, run_body, &to_do, left_at);
  finish_switch(save);
}

}  // namespace ovs::emulator
