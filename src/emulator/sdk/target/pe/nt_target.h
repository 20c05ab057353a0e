// What the declarations need to know of their target, for code that is a PE image: x64 has one
// calling convention, and what the kernel exports is reached through the import table. The other
// half of the choice is target/elf/nt_target.h; CMake puts one of the two on the include path.
#pragma once

#define NTAPI
#define DECLSPEC_IMPORT __declspec(dllimport)
