// The I/O manager: drivers, devices, files, requests and their cancellation.
#pragma once
#include "emulator/sdk/nt/mm.h"
#include "emulator/sdk/nt/rtl.h"

struct DRIVER_OBJECT;
struct DEVICE_OBJECT;
struct FILE_OBJECT;
struct IRP;
using PDRIVER_OBJECT = DRIVER_OBJECT*;
using PDEVICE_OBJECT = DEVICE_OBJECT*;
using PFILE_OBJECT = FILE_OBJECT*;
using PIRP = IRP*;

using DRIVER_INITIALIZE = NTSTATUS NTAPI(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
using DRIVER_UNLOAD = VOID NTAPI(PDRIVER_OBJECT DriverObject);
using DRIVER_DISPATCH = NTSTATUS NTAPI(PDEVICE_OBJECT DeviceObject, PIRP Irp);
using DRIVER_CANCEL = VOID NTAPI(PDEVICE_OBJECT DeviceObject, PIRP Irp);
using IO_COMPLETION_ROUTINE = NTSTATUS NTAPI(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context);
using PDRIVER_INITIALIZE = DRIVER_INITIALIZE*;
using PDRIVER_UNLOAD = DRIVER_UNLOAD*;
using PDRIVER_DISPATCH = DRIVER_DISPATCH*;
using PDRIVER_CANCEL = DRIVER_CANCEL*;
using PIO_COMPLETION_ROUTINE = IO_COMPLETION_ROUTINE*;

inline constexpr UCHAR IRP_MJ_CREATE = 0x00;
inline constexpr UCHAR IRP_MJ_CLOSE = 0x02;
inline constexpr UCHAR IRP_MJ_READ = 0x03;
inline constexpr UCHAR IRP_MJ_WRITE = 0x04;
inline constexpr UCHAR IRP_MJ_DEVICE_CONTROL = 0x0e;
inline constexpr UCHAR IRP_MJ_CLEANUP = 0x12;
inline constexpr UCHAR IRP_MJ_MAXIMUM_FUNCTION = 0x1b;

struct DRIVER_OBJECT {
  CSHORT Type, Size;
  PDEVICE_OBJECT DeviceObject;
  ULONG Flags;
  PVOID DriverStart;
  ULONG DriverSize;
  PVOID DriverSection, DriverExtension;
  UNICODE_STRING DriverName;
  PUNICODE_STRING HardwareDatabase;
  PVOID FastIoDispatch;
  PDRIVER_INITIALIZE DriverInit;
  PVOID DriverStartIo;
  PDRIVER_UNLOAD DriverUnload;
  PDRIVER_DISPATCH MajorFunction[IRP_MJ_MAXIMUM_FUNCTION + 1];
};

struct alignas(16) DEVICE_OBJECT {
  CSHORT Type;
  USHORT Size;
  LONG ReferenceCount;
  PDRIVER_OBJECT DriverObject;
  PDEVICE_OBJECT NextDevice, AttachedDevice;
  PIRP CurrentIrp;
  PVOID Timer;
  ULONG Flags, Characteristics;
  PVOID Vpb, DeviceExtension;
  ULONG DeviceType;
  CCHAR StackSize;
  ULONG_PTR Queue[9];  // the I/O manager's
  ULONG AlignmentRequirement;
  ULONG_PTR DeviceQueue[5];
  KDPC Dpc;
  ULONG ActiveThreadCount;
  PVOID SecurityDescriptor;
  KEVENT DeviceLock;
  USHORT SectorSize, Spare1;
  PVOID DeviceObjectExtension, Reserved;
};
inline constexpr ULONG DO_BUFFERED_IO = 0x00000004;
inline constexpr ULONG DO_DIRECT_IO = 0x00000010;
inline constexpr ULONG DO_DEVICE_INITIALIZING = 0x00000080;

struct FILE_OBJECT {
  CSHORT Type, Size;
  PDEVICE_OBJECT DeviceObject;
  PVOID Vpb;
  PVOID FsContext, FsContext2;  // the driver's
  PVOID SectionObjectPointer, PrivateCacheMap;
  NTSTATUS FinalStatus;
  PFILE_OBJECT RelatedFileObject;
  BOOLEAN LockOperation, DeletePending, ReadAccess, WriteAccess, DeleteAccess;
  BOOLEAN SharedRead, SharedWrite, SharedDelete;
  ULONG Flags;
  UNICODE_STRING FileName;
  LARGE_INTEGER CurrentByteOffset;
  ULONG Waiters, Busy;
  PVOID LastLock;
  KEVENT Lock, Event;
  PVOID CompletionContext;
  KSPIN_LOCK IrpListLock;
  LIST_ENTRY IrpList;
  PVOID FileObjectExtension;
};

struct IO_STATUS_BLOCK {
  union {
    NTSTATUS Status;
    PVOID Pointer;
  };
  ULONG_PTR Information;
};
using PIO_STATUS_BLOCK = IO_STATUS_BLOCK*;

struct IO_STACK_LOCATION {
  UCHAR MajorFunction, MinorFunction, Flags, Control;
  union {
    struct {
      PVOID SecurityContext;
      ULONG Options;
      alignas(8) USHORT FileAttributes;
      USHORT ShareAccess;
      alignas(8) ULONG EaLength;
    } Create;
    struct {
      ULONG Length;
      alignas(8) ULONG Key;
      LARGE_INTEGER ByteOffset;
    } Read, Write;
    struct {
      ULONG OutputBufferLength;
      alignas(8) ULONG InputBufferLength;
      alignas(8) ULONG IoControlCode;
      PVOID Type3InputBuffer;
    } DeviceIoControl;
    struct {
      PVOID Argument1, Argument2, Argument3, Argument4;
    } Others;
  } Parameters;
  PDEVICE_OBJECT DeviceObject;
  PFILE_OBJECT FileObject;
  PIO_COMPLETION_ROUTINE CompletionRoutine;
  PVOID Context;
};
using PIO_STACK_LOCATION = IO_STACK_LOCATION*;
inline constexpr UCHAR SL_PENDING_RETURNED = 0x01;

struct alignas(16) IRP {
  CSHORT Type;
  USHORT Size;
  USHORT AllocationProcessorNumber, Reserved;
  PMDL MdlAddress;
  ULONG Flags;
  union {
    PIRP MasterIrp;
    LONG IrpCount;
    PVOID SystemBuffer;
  } AssociatedIrp;
  LIST_ENTRY ThreadListEntry;
  IO_STATUS_BLOCK IoStatus;
  KPROCESSOR_MODE RequestorMode;
  BOOLEAN PendingReturned;
  CHAR StackCount, CurrentLocation;
  BOOLEAN Cancel;
  KIRQL CancelIrql;
  CCHAR ApcEnvironment;
  UCHAR AllocationFlags;
  PIO_STATUS_BLOCK UserIosb;
  PKEVENT UserEvent;
  struct {
    PVOID UserApcRoutine, UserApcContext;
  } Overlay;
  PDRIVER_CANCEL CancelRoutine;  // only through IoSetCancelRoutine
  PVOID UserBuffer;
  union {
    struct {
      PVOID DriverContext[4];  // the driver's while it holds the request
      PVOID Thread;
      PCHAR AuxiliaryBuffer;
      LIST_ENTRY ListEntry;  // likewise
      PIO_STACK_LOCATION CurrentStackLocation;
      PFILE_OBJECT OriginalFileObject;
      PVOID IrpExtension;
    } Overlay;
    PVOID CompletionKey;
  } Tail;
};

inline PIO_STACK_LOCATION IoGetCurrentIrpStackLocation(const IRP* irp) {
  return irp->Tail.Overlay.CurrentStackLocation;
}
inline VOID IoMarkIrpPending(PIRP irp) {
  IoGetCurrentIrpStackLocation(irp)->Control |= SL_PENDING_RETURNED;
}
inline PDRIVER_CANCEL IoSetCancelRoutine(PIRP irp, PDRIVER_CANCEL routine) {
  return __atomic_exchange_n(&irp->CancelRoutine, routine, __ATOMIC_SEQ_CST);
}
// A cancel routine is entered with the cancel lock held and releases it to irp->CancelIrql.
NTKERNELAPI VOID NTAPI IoAcquireCancelSpinLock(PKIRQL Irql);
NTKERNELAPI VOID NTAPI IoReleaseCancelSpinLock(KIRQL Irql);
NTKERNELAPI VOID NTAPI IofCompleteRequest(PIRP Irp, CCHAR PriorityBoost);
inline VOID IoCompleteRequest(PIRP irp, CCHAR boost) {
  IofCompleteRequest(irp, boost);
}

NTKERNELAPI PMDL NTAPI IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer,
                                     BOOLEAN ChargeQuota, PIRP Irp);
NTKERNELAPI VOID NTAPI IoFreeMdl(PMDL Mdl);
NTKERNELAPI VOID NTAPI IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress,
                                         ULONG Length);

inline constexpr ULONG METHOD_BUFFERED = 0;
inline constexpr ULONG METHOD_IN_DIRECT = 1;
inline constexpr ULONG METHOD_OUT_DIRECT = 2;
inline constexpr ULONG METHOD_NEITHER = 3;
inline constexpr ULONG FILE_ANY_ACCESS = 0;
inline constexpr ULONG FILE_READ_ACCESS = 1;
inline constexpr ULONG FILE_WRITE_ACCESS = 2;
constexpr ULONG CTL_CODE(ULONG device, ULONG function, ULONG method, ULONG access) {
  return (device << 16) | (access << 14) | (function << 2) | method;
}

extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath);
