// Assertions about what we wrote. Input (a packet, a request, a file) is never asserted: it gets an
// Error.
#pragma once

namespace ovs {

// Ends the program (bug check in a kernel). Defined by the platform backend, not here.
[[noreturn]] void panic(const char* what, const char* file, int line) noexcept;

}  // namespace ovs

// Checked in every build: a broken invariant in a switch must stop it before it forwards wrongly.
#define OVS_ASSERT(condition) \
  (__builtin_expect(!(condition), 0) ? ::ovs::panic(#condition, __FILE__, __LINE__) : (void)0)
