// What an image by mingw's g++ needs of the runtime library that it does not have: stack cookies.
// Windows does not seed these: this image is a second opinion, not the one that ships.
#include <cstdint>

#include "base/core/assert.h"

extern "C" {

[[gnu::used]] std::uintptr_t __stack_chk_guard = 0x00002b992ddfa232;

[[noreturn, gnu::used]] void __stack_chk_fail() {
  ovs::panic("stack buffer overrun", __FILE__, __LINE__);
}

// A virtual function of an abstract class, called while its object is made or ends.
void __cxa_pure_virtual() {
  ovs::panic("pure virtual function called", __FILE__, __LINE__);
}

}  // extern "C"
