// NTSTATUS codes that a forwarding extension returns, receives or compares.
#pragma once
#include "emulator/sdk/nt/types.h"

constexpr NTSTATUS nt_status_of(std::uint32_t code) {
  return static_cast<NTSTATUS>(code);
}

inline constexpr NTSTATUS STATUS_SUCCESS = 0;
inline constexpr NTSTATUS STATUS_TIMEOUT = nt_status_of(0x00000102);
inline constexpr NTSTATUS STATUS_PENDING = nt_status_of(0x00000103);
inline constexpr NTSTATUS STATUS_BUFFER_OVERFLOW = nt_status_of(0x80000005);
inline constexpr NTSTATUS STATUS_DEVICE_BUSY = nt_status_of(0x80000011);
inline constexpr NTSTATUS STATUS_UNSUCCESSFUL = nt_status_of(0xc0000001);
inline constexpr NTSTATUS STATUS_NOT_IMPLEMENTED = nt_status_of(0xc0000002);
inline constexpr NTSTATUS STATUS_INVALID_HANDLE = nt_status_of(0xc0000008);
inline constexpr NTSTATUS STATUS_INVALID_PARAMETER = nt_status_of(0xc000000d);
inline constexpr NTSTATUS STATUS_NO_SUCH_DEVICE = nt_status_of(0xc000000e);
inline constexpr NTSTATUS STATUS_INVALID_DEVICE_REQUEST = nt_status_of(0xc0000010);
inline constexpr NTSTATUS STATUS_NO_MEMORY = nt_status_of(0xc0000017);
inline constexpr NTSTATUS STATUS_ACCESS_DENIED = nt_status_of(0xc0000022);
inline constexpr NTSTATUS STATUS_BUFFER_TOO_SMALL = nt_status_of(0xc0000023);
inline constexpr NTSTATUS STATUS_OBJECT_NAME_NOT_FOUND = nt_status_of(0xc0000034);
inline constexpr NTSTATUS STATUS_OBJECT_NAME_COLLISION = nt_status_of(0xc0000035);
inline constexpr NTSTATUS STATUS_DELETE_PENDING = nt_status_of(0xc0000056);
inline constexpr NTSTATUS STATUS_INSUFFICIENT_RESOURCES = nt_status_of(0xc000009a);
inline constexpr NTSTATUS STATUS_DEVICE_NOT_READY = nt_status_of(0xc00000a3);
inline constexpr NTSTATUS STATUS_NOT_SUPPORTED = nt_status_of(0xc00000bb);
inline constexpr NTSTATUS STATUS_CANCELLED = nt_status_of(0xc0000120);
inline constexpr NTSTATUS STATUS_INVALID_DEVICE_STATE = nt_status_of(0xc0000184);
inline constexpr NTSTATUS STATUS_INVALID_BUFFER_SIZE = nt_status_of(0xc0000206);
inline constexpr NTSTATUS STATUS_NOT_FOUND = nt_status_of(0xc0000225);

constexpr bool NT_SUCCESS(NTSTATUS status) {
  return status >= 0;
}
