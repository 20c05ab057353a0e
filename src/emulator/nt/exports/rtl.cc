// Rtl and Dbg, and what compilers call by themselves.
#include <cstdint>
#include <string>

#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

void init_unicode_string(PUNICODE_STRING text, PCWSTR from) {
  constexpr std::size_t kMost = 0x7ffe;
  std::size_t count = 0;
  while (from != nullptr && from[count] != 0 && count < kMost) ++count;
  *text = {static_cast<USHORT>(2 * count), static_cast<USHORT>(from != nullptr ? 2 * count + 2 : 0),
           const_cast<PWCH>(from)};
}

WCHAR folded(WCHAR c) {
  return c >= u'a' && c <= u'z' ? WCHAR(c - 32) : c;
}

BOOLEAN equal_unicode_string(PCUNICODE_STRING a, PCUNICODE_STRING b, BOOLEAN ignores_case) {
  if (a->Length != b->Length) return FALSE;
  for (unsigned i = 0; i < a->Length / 2u; ++i) {
    const WCHAR left = a->Buffer[i], right = b->Buffer[i];
    if (left == right) continue;
    if (ignores_case == FALSE || folded(left) != folded(right)) return FALSE;
  }
  return TRUE;
}

// Repeatable where a seed decides everything else.
ULONG random_number(PULONG seed) {
  constexpr ULONG kMultiplier = 1664525, kIncrement = 1013904223, kMost = 0x7ffffffe;
  *seed = *seed * kMultiplier + kIncrement;
  return *seed % kMost;
}

// ---- DbgPrintEx ----

// One conversion of a format, from the character after '%'.
struct Conversion {
  std::string flags;
  int length = 0;  // bytes of an integer
  char kind = 0;
};

Conversion conversion_at(const char*& at) {
  Conversion found;
  while (*at != 0 && std::string_view("-+ #0123456789.").find(*at) != std::string_view::npos)
    found.flags += *at++;
  found.length = 4;
  for (const std::string_view prefix : {"I64", "ll", "l", "I", "z", "h", "w"}) {
    if (std::string_view(at).substr(0, prefix.size()) != prefix) continue;
    at += prefix.size();
    const bool is_long = prefix == "I64" || prefix == "ll" || prefix == "I" || prefix == "z";
    found.length = prefix == "w" ? 2 : is_long ? 8 : 4;
    break;
  }
  found.kind = *at != 0 ? *at++ : 0;
  return found;
}

std::string number_text(const Conversion& how, std::uint64_t value) {
  const bool is_signed = how.kind == 'd' || how.kind == 'i';
  if (how.length == 4)
    value = is_signed ? std::uint64_t(std::int64_t(std::int32_t(value))) : std::uint32_t(value);
  const std::string format = "%" + how.flags + "ll" + how.kind;
  char text[64];
  std::snprintf(text, sizeof text, format.c_str(), static_cast<unsigned long long>(value));
  return text;
}

std::string wide_text(const WCHAR* text) {
  std::size_t count = 0;
  while (text[count] != 0) ++count;
  return utf8_of(text, count);
}

std::string argument_text(const Conversion& how, std::uint64_t argument) {
  switch (how.kind) {
    case 's':
      if (how.length == 2) return wide_text(reinterpret_cast<const WCHAR*>(argument));
      return reinterpret_cast<const char*>(argument);
    case 'S': return wide_text(reinterpret_cast<const WCHAR*>(argument));
    case 'Z': return utf8_of(*reinterpret_cast<const UNICODE_STRING*>(argument));
    case 'c': return std::string(1, char(argument));
    case 'p': return hex_text(argument);
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o': return number_text(how, argument);
  }
  violate(86, std::string("DbgPrintEx: '%") + how.kind + "' is not supported yet");
}

ULONG print(PCSTR format, __builtin_ms_va_list arguments) {
  std::string text;
  for (const char* at = format; *at != 0;) {
    if (*at != '%') {
      text += *at++;
      continue;
    }
    if (*++at == '%') {
      text += *at++;
      continue;
    }
    const Conversion how = conversion_at(at);
    text += argument_text(how, __builtin_va_arg(arguments, std::uint64_t));
  }
  parts().messages.add(std::move(text));
  return 0;
}

ULONG NTAPI debug_print(ULONG, ULONG, PCSTR format, ...) {
  __builtin_ms_va_list arguments;
  __builtin_ms_va_start(arguments, format);
  on_host_stack([&] {
    const Call call("DbgPrintEx", kAnyLevel);
    print(format, arguments);
  });
  __builtin_ms_va_end(arguments);
  return 0;
}

// ---- what compilers call ----

PVOID NTAPI copy_memory(PVOID to, const VOID* from, SIZE_T size) {
  return __builtin_memcpy(to, from, size);
}
PVOID NTAPI move_memory(PVOID to, const VOID* from, SIZE_T size) {
  return __builtin_memmove(to, from, size);
}
PVOID NTAPI set_memory(PVOID at, INT byte, SIZE_T size) {
  return __builtin_memset(at, byte, size);
}
INT NTAPI compare_memory(const VOID* a, const VOID* b, SIZE_T size) {
  return __builtin_memcmp(a, b, size);
}
SIZE_T NTAPI text_length(const char* text) {
  return __builtin_strlen(text);
}

}  // namespace

void add_rtl(Exports& exports) {
  exports.add<init_unicode_string>("RtlInitUnicodeString", kUpToDispatch);
  exports.add<equal_unicode_string>("RtlEqualUnicodeString", kPassive);
  exports.add<random_number>("RtlRandomEx", kUpToApc);
  exports.add_address("DbgPrintEx", reinterpret_cast<void*>(debug_print));
  exports.add_address("memcpy", reinterpret_cast<void*>(copy_memory));
  exports.add_address("memmove", reinterpret_cast<void*>(move_memory));
  exports.add_address("memset", reinterpret_cast<void*>(set_memory));
  exports.add_address("memcmp", reinterpret_cast<void*>(compare_memory));
  exports.add_address("strlen", reinterpret_cast<void*>(text_length));
}

}  // namespace ovs::emulator
