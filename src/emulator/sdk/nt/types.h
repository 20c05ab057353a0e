// The Windows kernel's basic types, by its names. Sizes are x64's on every target: LONG and WCHAR
// are chosen by size, because an ELF target has a `long` of 64 bits and usually a wchar_t of 32.
// Included through ntddk.h; called by driver/ and by whoever plays the kernel.
#pragma once
#include <nt_target.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>

using VOID = void;
using PVOID = void*;
using HANDLE = void*;
using PHANDLE = HANDLE*;
using CHAR = char;
using CCHAR = char;
using UCHAR = unsigned char;
using BOOLEAN = UCHAR;
using SHORT = short;
using CSHORT = short;
using USHORT = unsigned short;
using INT = int;
using UINT = unsigned int;
using LONG = std::conditional_t<sizeof(long) == 4, long, int>;
using ULONG = std::make_unsigned_t<LONG>;
using LONGLONG = std::int64_t;
using ULONGLONG = std::uint64_t;
using LONG64 = std::int64_t;
using ULONG64 = std::uint64_t;
using UINT8 = std::uint8_t;
using UINT16 = std::uint16_t;
using UINT32 = std::uint32_t;
using UINT64 = std::uint64_t;
using LONG_PTR = std::int64_t;
using ULONG_PTR = std::uint64_t;
using SIZE_T = std::size_t;
using KAFFINITY = ULONG_PTR;
using ACCESS_MASK = ULONG;
using WCHAR = std::conditional_t<sizeof(wchar_t) == 2, wchar_t, char16_t>;
using PCHAR = CHAR*;
using PUCHAR = UCHAR*;
using PUSHORT = USHORT*;
using PULONG = ULONG*;
using PLONG = LONG*;
using PULONG_PTR = ULONG_PTR*;
using PCSTR = const char*;
using PWCH = WCHAR*;
using PCWCH = const WCHAR*;
using PWSTR = WCHAR*;
using PCWSTR = const WCHAR*;
using NTSTATUS = LONG;

static_assert(sizeof(LONG) == 4 && sizeof(WCHAR) == 2 && sizeof(void*) == 8 && sizeof(SIZE_T) == 8);

inline constexpr BOOLEAN FALSE = 0;
inline constexpr BOOLEAN TRUE = 1;

struct GUID {
  ULONG Data1;
  USHORT Data2, Data3;
  UCHAR Data4[8];
};
using LPCGUID = const GUID*;

union LARGE_INTEGER {
  struct {
    ULONG LowPart;
    LONG HighPart;
  };
  LONGLONG QuadPart;
};
using PLARGE_INTEGER = LARGE_INTEGER*;

// Lengths are bytes; a terminating zero is neither counted nor promised.
struct UNICODE_STRING {
  USHORT Length, MaximumLength;
  PWCH Buffer;
};
using PUNICODE_STRING = UNICODE_STRING*;
using PCUNICODE_STRING = const UNICODE_STRING*;

// A UNICODE_STRING over a literal, at compile time.
#define RTL_CONSTANT_STRING(s) \
  { sizeof(s) - sizeof((s)[0]), sizeof(s), const_cast<PWCH>(s) }

struct LIST_ENTRY {
  LIST_ENTRY *Flink, *Blink;
};
using PLIST_ENTRY = LIST_ENTRY*;

struct SINGLE_LIST_ENTRY {
  SINGLE_LIST_ENTRY* Next;
};

struct alignas(16) SLIST_ENTRY {
  SLIST_ENTRY* Next;
};
using PSLIST_ENTRY = SLIST_ENTRY*;

union alignas(16) SLIST_HEADER {
  struct {
    ULONGLONG Alignment, Region;
  };
};
using PSLIST_HEADER = SLIST_HEADER*;

// A type and a member cannot stand in parentheses here.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define CONTAINING_RECORD(address, type, field) \
  (reinterpret_cast<type*>(reinterpret_cast<PUCHAR>(address) - offsetof(type, field)))
#define FIELD_OFFSET(type, field) (static_cast<LONG>(offsetof(type, field)))
#define RTL_SIZEOF_THROUGH_FIELD(type, field) \
  (offsetof(type, field) + sizeof(static_cast<type*>(nullptr)->field))
// NOLINTEND(bugprone-macro-parentheses)
#define UNREFERENCED_PARAMETER(name) (static_cast<void>(name))

#define DECLSPEC_NORETURN __attribute__((noreturn))
// A function that a kernel module exports.
#define NTKERNELAPI extern "C" DECLSPEC_IMPORT
