// What the declarations need to know of their target, for code that is an ELF image on Linux:
// kernel functions have Windows' calling convention, so that one emulated kernel serves the shared
// object and the .sys alike. The other half of the choice is target/pe/nt_target.h; CMake puts one
// of the two on the include path.
#pragma once

#define NTAPI __attribute__((ms_abi))
#define DECLSPEC_IMPORT
