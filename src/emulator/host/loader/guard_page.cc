#include "emulator/host/loader/guard_page.h"

#include <sys/mman.h>

#include <cstddef>
#include <cstring>

// Saved are the registers that carry arguments in Windows' convention; what is called keeps the
// others. A target that is not allowed is not called: the caller gets a zero. The two words behind
// the code are each page's own.
__asm__(R"(
    .pushsection .rodata
    .p2align 4
ovs_guard_begin:
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    subq $0x60, %rsp
    movaps %xmm0, 0x20(%rsp)
    movaps %xmm1, 0x30(%rsp)
    movaps %xmm2, 0x40(%rsp)
    movaps %xmm3, 0x50(%rsp)
    movq ovs_guard_context(%rip), %rcx
    movq %rax, %rdx
    callq *ovs_guard_check(%rip)
    movb %al, 0x20-0x8(%rsp)
    movaps 0x20(%rsp), %xmm0
    movaps 0x30(%rsp), %xmm1
    movaps 0x40(%rsp), %xmm2
    movaps 0x50(%rsp), %xmm3
    cmpb $0, 0x20-0x8(%rsp)
    leaq 0x60(%rsp), %rsp
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdx
    popq %rcx
    popq %rax
    je 1f
    jmpq *%rax
1:  xorl %eax, %eax
    retq
    .p2align 3
ovs_guard_context:
    .quad 0
ovs_guard_check:
    .quad 0
ovs_guard_end:
    .popsection
)");

extern "C" const char ovs_guard_begin[], ovs_guard_context[], ovs_guard_check[], ovs_guard_end[];

namespace ovs::emulator {
namespace {

constexpr std::size_t kPage = 4096;

// The check is called in Windows' convention, so that the compiler keeps what that convention
// keeps.
struct Words {
  GuardPage::Check check;
  void* context;
};
__attribute__((ms_abi)) bool call_check(const Words* words, std::uint64_t target) {
  return words->check(words->context, target);
}

}  // namespace

std::unique_ptr<GuardPage> GuardPage::make(Check check, void* context) {
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  const std::size_t size = std::size_t(ovs_guard_end - ovs_guard_begin);
  std::memcpy(page, ovs_guard_begin, size);
  auto* bytes = static_cast<char*>(page);
  auto* words = reinterpret_cast<Words*>(bytes + (size + 15) / 16 * 16);
  *words = {check, context};
  void* const entry = reinterpret_cast<void*>(&call_check);
  std::memcpy(bytes + (ovs_guard_context - ovs_guard_begin), &words, sizeof words);
  std::memcpy(bytes + (ovs_guard_check - ovs_guard_begin), &entry, sizeof entry);
  mprotect(page, kPage, PROT_READ | PROT_EXEC);
  return std::unique_ptr<GuardPage>(new GuardPage(page));
}

GuardPage::~GuardPage() {
  munmap(page_, kPage);
}

}  // namespace ovs::emulator
