// Run-time support: counted strings, lists, memory, messages for a debugger.
#pragma once
#include "emulator/sdk/nt/status.h"

NTKERNELAPI VOID NTAPI RtlInitUnicodeString(PUNICODE_STRING DestinationString, PCWSTR SourceString);
NTKERNELAPI BOOLEAN NTAPI RtlEqualUnicodeString(PCUNICODE_STRING String1, PCUNICODE_STRING String2,
                                                BOOLEAN CaseInSensitive);
// Weak, for want of better in a kernel that may import no cryptography: mix it with other sources.
NTKERNELAPI ULONG NTAPI RtlRandomEx(PULONG Seed);

inline VOID InitializeListHead(PLIST_ENTRY head) {
  head->Flink = head->Blink = head;
}
inline BOOLEAN IsListEmpty(const LIST_ENTRY* head) {
  return head->Flink == head ? TRUE : FALSE;
}
// TRUE if the list is empty afterwards.
inline BOOLEAN RemoveEntryList(PLIST_ENTRY entry) {
  entry->Blink->Flink = entry->Flink;
  entry->Flink->Blink = entry->Blink;
  return entry->Flink == entry->Blink ? TRUE : FALSE;
}
inline PLIST_ENTRY RemoveHeadList(PLIST_ENTRY head) {
  PLIST_ENTRY entry = head->Flink;
  RemoveEntryList(entry);
  return entry;
}
inline VOID InsertTailList(PLIST_ENTRY head, PLIST_ENTRY entry) {
  entry->Flink = head;
  entry->Blink = head->Blink;
  head->Blink->Flink = entry;
  head->Blink = entry;
}

inline VOID RtlZeroMemory(PVOID destination, SIZE_T length) {
  __builtin_memset(destination, 0, length);
}
inline VOID RtlCopyMemory(PVOID destination, const VOID* source, SIZE_T length) {
  __builtin_memcpy(destination, source, length);
}

inline constexpr ULONG DPFLTR_IHVNETWORK_ID = 80;
inline constexpr ULONG DPFLTR_ERROR_LEVEL = 0;
inline constexpr ULONG DPFLTR_WARNING_LEVEL = 1;
inline constexpr ULONG DPFLTR_TRACE_LEVEL = 2;
inline constexpr ULONG DPFLTR_INFO_LEVEL = 3;
NTKERNELAPI ULONG NTAPI DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
