// What an image by clang for the msvc target needs of the runtime library that it does not have:
// stack cookies, control flow guard, and the load configuration through which the kernel finds
// both. Not for other targets.
#include <cstddef>
#include <cstdint>

#include "base/core/assert.h"

// Before the kernel puts its own check into the pointers below, every target is fine.
__asm__(R"(
    .text
    .globl __guard_dispatch_icall_nop
    .p2align 4
__guard_dispatch_icall_nop:
    jmp *%rax
    .globl __guard_check_icall_nop
    .p2align 4
__guard_check_icall_nop:
    ret
    .globl __security_check_cookie
    .p2align 4
__security_check_cookie:
    cmpq __security_cookie(%rip), %rcx
    jne 1f
    ret
1:  movl $2, %ecx
    int $0x29
)");

extern "C" {

void __guard_dispatch_icall_nop();
void __guard_check_icall_nop();

// The linker's.
extern void* __guard_fids_table[];
extern void* __guard_fids_count[];

// The value by which the kernel knows that it is to draw one.
std::uintptr_t __security_cookie = 0x00002b992ddfa232;

[[gnu::section(".00cfg")]] extern void (*const __guard_check_icall_fptr)();
[[gnu::section(".00cfg")]] void (*const __guard_check_icall_fptr)() = __guard_check_icall_nop;
[[gnu::section(".00cfg")]] extern void (*const __guard_dispatch_icall_fptr)();
[[gnu::section(".00cfg")]] void (*const __guard_dispatch_icall_fptr)() = __guard_dispatch_icall_nop;

// IMAGE_LOAD_CONFIG_DIRECTORY64 up to the guard flags.
struct LoadConfig {
  std::uint32_t size;
  std::uint32_t unused1[21];
  const void* security_cookie;
  std::uint64_t unused2[2];
  const void* guard_check;
  const void* guard_dispatch;
  const void* guard_table;
  const void* guard_count;
  std::uint32_t guard_flags;
  std::uint32_t unused3[27];
};
static_assert(offsetof(LoadConfig, security_cookie) == 0x58 &&
              offsetof(LoadConfig, guard_flags) == 0x90 && sizeof(LoadConfig) == 0x100);

constexpr std::uint32_t kInstrumented = 0x100;
constexpr std::uint32_t kTablePresent = 0x400;

extern const LoadConfig _load_config_used;
const LoadConfig _load_config_used = {
    .size = sizeof(LoadConfig),
    .unused1 = {},
    .security_cookie = &__security_cookie,
    .unused2 = {},
    .guard_check = &__guard_check_icall_fptr,
    .guard_dispatch = &__guard_dispatch_icall_fptr,
    .guard_table = __guard_fids_table,
    .guard_count = __guard_fids_count,
    .guard_flags = kInstrumented | kTablePresent,
    .unused3 = {},
};

// A virtual function of an abstract class, called while its object is made or ends.
void _purecall() {
  ovs::panic("pure virtual function called", __FILE__, __LINE__);
}

}  // extern "C"
