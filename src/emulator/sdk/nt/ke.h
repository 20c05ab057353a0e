// The kernel proper: interrupt levels, spin locks, events, DPCs, processors, time, threads.
// Not here: what the WDK writes in line by reading cr8 or gs (KeGetCurrentIrql, KeRaiseIrql,
// KeGetCurrentThread), because an image that runs outside a kernel cannot; raise by acquiring a
// lock of one's own.
#pragma once
#include "emulator/sdk/nt/status.h"

using KIRQL = UCHAR;
using PKIRQL = KIRQL*;
inline constexpr KIRQL PASSIVE_LEVEL = 0;
inline constexpr KIRQL APC_LEVEL = 1;
inline constexpr KIRQL DISPATCH_LEVEL = 2;

using KPRIORITY = LONG;
inline constexpr KPRIORITY IO_NO_INCREMENT = 0;
inline constexpr KPRIORITY IO_NETWORK_INCREMENT = 2;

using KPROCESSOR_MODE = CCHAR;
enum MODE { KernelMode, UserMode, MaximumMode };
enum KWAIT_REASON { Executive = 0, UserRequest = 6 };

// --- spin locks
using KSPIN_LOCK = ULONG_PTR;
using PKSPIN_LOCK = KSPIN_LOCK*;
inline VOID KeInitializeSpinLock(PKSPIN_LOCK lock) {
  *lock = 0;
}
// At most DISPATCH_LEVEL; the level to go back to.
NTKERNELAPI KIRQL NTAPI KeAcquireSpinLockRaiseToDpc(PKSPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI KeReleaseSpinLock(PKSPIN_LOCK SpinLock, KIRQL NewIrql);
// At DISPATCH_LEVEL already.
NTKERNELAPI VOID NTAPI KeAcquireSpinLockAtDpcLevel(PKSPIN_LOCK SpinLock);
NTKERNELAPI VOID NTAPI KeReleaseSpinLockFromDpcLevel(PKSPIN_LOCK SpinLock);

// --- what can be waited for
struct DISPATCHER_HEADER {
  UCHAR Type, Signalling, Size, Reserved1;
  LONG SignalState;
  LIST_ENTRY WaitListHead;
};
enum EVENT_TYPE { NotificationEvent, SynchronizationEvent };
struct KEVENT {
  DISPATCHER_HEADER Header;
};
using PKEVENT = KEVENT*;
using PRKEVENT = KEVENT*;
NTKERNELAPI VOID NTAPI KeInitializeEvent(PRKEVENT Event, EVENT_TYPE Type, BOOLEAN State);
NTKERNELAPI LONG NTAPI KeSetEvent(PRKEVENT Event, KPRIORITY Increment, BOOLEAN Wait);
NTKERNELAPI VOID NTAPI KeClearEvent(PRKEVENT Event);
// Above APC_LEVEL only with a timeout of zero. Relative timeouts are negative, in units of 100 ns.
NTKERNELAPI NTSTATUS NTAPI KeWaitForSingleObject(PVOID Object, KWAIT_REASON WaitReason,
                                                 KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                                 PLARGE_INTEGER Timeout);
NTKERNELAPI NTSTATUS NTAPI KeDelayExecutionThread(KPROCESSOR_MODE WaitMode, BOOLEAN Alertable,
                                                  PLARGE_INTEGER Interval);

// --- deferred procedure calls
struct KDPC;
using KDEFERRED_ROUTINE = VOID NTAPI(KDPC* Dpc, PVOID DeferredContext, PVOID SystemArgument1,
                                     PVOID SystemArgument2);
using PKDEFERRED_ROUTINE = KDEFERRED_ROUTINE*;
enum KDPC_IMPORTANCE { LowImportance, MediumImportance, HighImportance, MediumHighImportance };
struct KDPC {
  UCHAR Type, Importance;
  volatile USHORT Number;
  SINGLE_LIST_ENTRY DpcListEntry;
  KAFFINITY ProcessorHistory;
  PKDEFERRED_ROUTINE DeferredRoutine;
  PVOID DeferredContext, SystemArgument1, SystemArgument2, DpcData;
};
using PKDPC = KDPC*;
using PRKDPC = KDPC*;
struct PROCESSOR_NUMBER {
  USHORT Group;
  UCHAR Number, Reserved;
};
using PPROCESSOR_NUMBER = PROCESSOR_NUMBER*;
NTKERNELAPI VOID NTAPI KeInitializeDpc(PRKDPC Dpc, PKDEFERRED_ROUTINE DeferredRoutine,
                                       PVOID DeferredContext);
NTKERNELAPI NTSTATUS NTAPI KeSetTargetProcessorDpcEx(PKDPC Dpc, PPROCESSOR_NUMBER ProcNumber);
NTKERNELAPI VOID NTAPI KeSetImportanceDpc(PRKDPC Dpc, KDPC_IMPORTANCE Importance);
NTKERNELAPI BOOLEAN NTAPI KeInsertQueueDpc(PRKDPC Dpc, PVOID SystemArgument1,
                                           PVOID SystemArgument2);
NTKERNELAPI BOOLEAN NTAPI KeRemoveQueueDpc(PRKDPC Dpc);
NTKERNELAPI VOID NTAPI KeFlushQueuedDpcs();

// --- processors
inline constexpr USHORT ALL_PROCESSOR_GROUPS = 0xffff;
NTKERNELAPI ULONG NTAPI KeQueryActiveProcessorCountEx(USHORT GroupNumber);
NTKERNELAPI ULONG NTAPI KeQueryMaximumProcessorCountEx(USHORT GroupNumber);
// The index of the processor that runs this, below KeQueryMaximumProcessorCountEx.
NTKERNELAPI ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER ProcNumber);
NTKERNELAPI NTSTATUS NTAPI KeGetProcessorNumberFromIndex(ULONG ProcIndex,
                                                         PPROCESSOR_NUMBER ProcNumber);
enum KE_PROCESSOR_CHANGE_NOTIFY_STATE {
  KeProcessorAddStartNotify,
  KeProcessorAddCompleteNotify,
  KeProcessorAddFailureNotify,
};
struct KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT {
  KE_PROCESSOR_CHANGE_NOTIFY_STATE State;
  ULONG NtNumber;
  NTSTATUS Status;
  PROCESSOR_NUMBER ProcNumber;
};
using PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT = KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT*;
using PROCESSOR_CALLBACK_FUNCTION = VOID NTAPI(PVOID CallbackContext,
                                               PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT ChangeContext,
                                               NTSTATUS* OperationStatus);
using PPROCESSOR_CALLBACK_FUNCTION = PROCESSOR_CALLBACK_FUNCTION*;
inline constexpr ULONG KE_PROCESSOR_CHANGE_ADD_EXISTING = 1;
NTKERNELAPI PVOID NTAPI KeRegisterProcessorChangeCallback(
    PPROCESSOR_CALLBACK_FUNCTION CallbackFunction, PVOID CallbackContext, ULONG Flags);
NTKERNELAPI VOID NTAPI KeDeregisterProcessorChangeCallback(PVOID CallbackHandle);

// --- time
// Exported by hal.dll. Any level.
NTKERNELAPI LARGE_INTEGER NTAPI KeQueryPerformanceCounter(PLARGE_INTEGER PerformanceFrequency);
// Since 1601-01-01 UTC in units of 100 ns. Windows 8 and Server 2012.
NTKERNELAPI VOID NTAPI KeQuerySystemTimePrecise(PLARGE_INTEGER CurrentTime);

// Ends the machine, and here the process.
NTKERNELAPI DECLSPEC_NORETURN VOID NTAPI KeBugCheckEx(ULONG BugCheckCode,
                                                      ULONG_PTR BugCheckParameter1,
                                                      ULONG_PTR BugCheckParameter2,
                                                      ULONG_PTR BugCheckParameter3,
                                                      ULONG_PTR BugCheckParameter4);

// --- system threads
using KSTART_ROUTINE = VOID NTAPI(PVOID StartContext);
using PKSTART_ROUTINE = KSTART_ROUTINE*;
struct OBJECT_ATTRIBUTES {
  ULONG Length;
  HANDLE RootDirectory;
  PUNICODE_STRING ObjectName;
  ULONG Attributes;
  PVOID SecurityDescriptor, SecurityQualityOfService;
};
using POBJECT_ATTRIBUTES = OBJECT_ATTRIBUTES*;
using PCLIENT_ID = struct CLIENT_ID*;
using POBJECT_TYPE = struct OBJECT_TYPE*;
using POBJECT_HANDLE_INFORMATION = struct OBJECT_HANDLE_INFORMATION*;
inline constexpr ULONG OBJ_KERNEL_HANDLE = 0x00000200;
inline constexpr ACCESS_MASK THREAD_ALL_ACCESS = 0x001fffff;
inline VOID InitializeObjectAttributes(POBJECT_ATTRIBUTES attributes, PUNICODE_STRING name,
                                       ULONG flags, HANDLE root, PVOID security) {
  *attributes = {sizeof(OBJECT_ATTRIBUTES), root, name, flags, security, nullptr};
}
NTKERNELAPI NTSTATUS NTAPI PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                                                POBJECT_ATTRIBUTES ObjectAttributes,
                                                HANDLE ProcessHandle, PCLIENT_ID ClientId,
                                                PKSTART_ROUTINE StartRoutine, PVOID StartContext);
NTKERNELAPI NTSTATUS NTAPI PsTerminateSystemThread(NTSTATUS ExitStatus);
// With KernelMode the type may be null.
NTKERNELAPI NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                                     POBJECT_TYPE ObjectType,
                                                     KPROCESSOR_MODE AccessMode, PVOID* Object,
                                                     POBJECT_HANDLE_INFORMATION HandleInformation);
NTKERNELAPI LONG_PTR NTAPI ObfDereferenceObject(PVOID Object);
NTKERNELAPI NTSTATUS NTAPI ZwClose(HANDLE Handle);
inline VOID ObDereferenceObject(PVOID object) {
  ObfDereferenceObject(object);
}
