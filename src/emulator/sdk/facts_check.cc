// Holds our declarations to the tables of facts/, when it is compiled: for each target that uses
// them. Has no code.
#include <ndis.h>

#include <type_traits>

#define NT_SIZE_(type, bytes) static_assert(sizeof(type) == (bytes));
#define NT_OFFSET_(type, field, bytes) static_assert(offsetof(type, field) == (bytes));
#define NT_VALUE_(name, value) \
  static_assert(static_cast<std::uint32_t>(name) == static_cast<std::uint32_t>(value));

#define NT_SIZE(type, bytes) NT_SIZE_(type, bytes)
#define NT_OFFSET(type, field, bytes) NT_OFFSET_(type, field, bytes)
#define NT_VALUE(name, value) NT_VALUE_(name, value)
#include "emulator/sdk/facts/ndis.inc"
#include "emulator/sdk/facts/wdm.inc"
#undef NT_SIZE
#undef NT_OFFSET
#undef NT_VALUE

// Ours are of the newest level.
#define NT_SIZE(level, type, bytes) NT_SIZE_(type, bytes)
#define NT_OFFSET(level, type, field, bytes) NT_OFFSET_(type, field, bytes)
#define NT_VALUE(level, name, value) NT_VALUE_(name, value)
#include "emulator/sdk/facts/shared.inc"

#define NT_IMPORT(module, since, name, result, ...) \
  static_assert(std::is_convertible_v<decltype(&name), result(NTAPI*)(__VA_ARGS__)>, #name);
#define NT_RUNTIME(module, since, name)
#define NT_CALLBACK(type, result, ...) \
  static_assert(std::is_same_v<type, result NTAPI(__VA_ARGS__)>, #type);
#include "emulator/sdk/facts/functions.inc"
