// What every NDIS structure and function shares: handles, statuses, the object header, versions.
#pragma once
#include "emulator/sdk/ntddk.h"

using NDIS_HANDLE = PVOID;
using PNDIS_HANDLE = NDIS_HANDLE*;
using NDIS_STATUS = INT;
using NDIS_STRING = UNICODE_STRING;
using PNDIS_STRING = NDIS_STRING*;
using NDIS_OID = ULONG;
using NDIS_PORT_NUMBER = ULONG;
using NET_IFINDEX = ULONG;
inline constexpr NDIS_PORT_NUMBER NDIS_DEFAULT_PORT_NUMBER = 0;
inline constexpr std::size_t NDIS_MAX_PHYS_ADDRESS_LENGTH = 32;
inline constexpr std::size_t IF_MAX_STRING_SIZE = 256;

// 0x00MMmmmm of the running NDIS: 0x0006001e is 6.30. PASSIVE_LEVEL.
NTKERNELAPI UINT NTAPI NdisGetVersion();
// A function of ndis.sys by name, or null if this NDIS has none. PASSIVE_LEVEL.
NTKERNELAPI PVOID NTAPI NdisGetRoutineAddress(PNDIS_STRING NdisRoutineName);

union NET_LUID {
  ULONG64 Value;
  struct {
    ULONG64 Reserved : 24, NetLuidIndex : 24, IfType : 16;
  } Info;
};

// Length is bytes; what follows them in String is not zero, it is anything.
struct NDIS_IF_COUNTED_STRING {
  USHORT Length;
  WCHAR String[IF_MAX_STRING_SIZE + 1];
};

struct NDIS_OBJECT_HEADER {
  UCHAR Type, Revision;
  USHORT Size;
};
using PNDIS_OBJECT_HEADER = NDIS_OBJECT_HEADER*;
inline constexpr UCHAR NDIS_OBJECT_TYPE_DEFAULT = 0x80;
inline constexpr UCHAR NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES = 0x85;
inline constexpr UCHAR NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS = 0x8b;
inline constexpr UCHAR NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES = 0x8d;
inline constexpr UCHAR NDIS_OBJECT_TYPE_OID_REQUEST = 0x96;
inline constexpr UCHAR NDIS_OBJECT_TYPE_STATUS_INDICATION = 0x98;
inline constexpr UCHAR NDIS_OBJECT_TYPE_FILTER_ATTACH_PARAMETERS = 0x99;
inline constexpr UCHAR NDIS_OBJECT_TYPE_FILTER_PAUSE_PARAMETERS = 0x9a;
inline constexpr UCHAR NDIS_OBJECT_TYPE_FILTER_RESTART_PARAMETERS = 0x9b;
inline constexpr UCHAR NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS = 0xb8;

inline constexpr NDIS_STATUS NDIS_STATUS_SUCCESS = STATUS_SUCCESS;
inline constexpr NDIS_STATUS NDIS_STATUS_PENDING = STATUS_PENDING;
inline constexpr NDIS_STATUS NDIS_STATUS_FAILURE = STATUS_UNSUCCESSFUL;
inline constexpr NDIS_STATUS NDIS_STATUS_RESOURCES = STATUS_INSUFFICIENT_RESOURCES;
inline constexpr NDIS_STATUS NDIS_STATUS_NOT_SUPPORTED = STATUS_NOT_SUPPORTED;
inline constexpr NDIS_STATUS NDIS_STATUS_INVALID_PARAMETER = STATUS_INVALID_PARAMETER;
inline constexpr NDIS_STATUS NDIS_STATUS_INVALID_STATE = STATUS_INVALID_DEVICE_STATE;
inline constexpr NDIS_STATUS NDIS_STATUS_BUFFER_OVERFLOW = STATUS_BUFFER_OVERFLOW;
inline constexpr NDIS_STATUS NDIS_STATUS_BAD_VERSION = nt_status_of(0xc0010004);
inline constexpr NDIS_STATUS NDIS_STATUS_BAD_CHARACTERISTICS = nt_status_of(0xc0010005);
inline constexpr NDIS_STATUS NDIS_STATUS_REQUEST_ABORTED = nt_status_of(0xc001000c);
inline constexpr NDIS_STATUS NDIS_STATUS_INVALID_LENGTH = nt_status_of(0xc0010014);
inline constexpr NDIS_STATUS NDIS_STATUS_INVALID_DATA = nt_status_of(0xc0010015);
inline constexpr NDIS_STATUS NDIS_STATUS_BUFFER_TOO_SHORT = nt_status_of(0xc0010016);
inline constexpr NDIS_STATUS NDIS_STATUS_INVALID_OID = nt_status_of(0xc0010017);
inline constexpr NDIS_STATUS NDIS_STATUS_DATA_NOT_ACCEPTED = nt_status_of(0xc000021b);
inline constexpr NDIS_STATUS NDIS_STATUS_SEND_ABORTED = nt_status_of(0xc023000c);
inline constexpr NDIS_STATUS NDIS_STATUS_PAUSED = nt_status_of(0xc023002a);
inline constexpr NDIS_STATUS NDIS_STATUS_INTERFACE_NOT_FOUND = nt_status_of(0xc023002b);
inline constexpr NDIS_STATUS NDIS_STATUS_UNSUPPORTED_REVISION = nt_status_of(0xc023002c);
inline constexpr NDIS_STATUS NDIS_STATUS_INVALID_PORT = nt_status_of(0xc023002d);

// --- status indications
inline constexpr NDIS_STATUS NDIS_STATUS_LINK_STATE = nt_status_of(0x40010017);
inline constexpr NDIS_STATUS NDIS_STATUS_SWITCH_PORT_REMOVE_VF = nt_status_of(0xc0241001);
inline constexpr NDIS_STATUS NDIS_STATUS_SWITCH_NIC_STATUS = nt_status_of(0xc0241002);

struct NDIS_STATUS_INDICATION {
  NDIS_OBJECT_HEADER Header;
  NDIS_HANDLE SourceHandle;
  NDIS_PORT_NUMBER PortNumber;
  NDIS_STATUS StatusCode;
  ULONG Flags;
  NDIS_HANDLE DestinationHandle;
  PVOID RequestId, StatusBuffer;
  ULONG StatusBufferSize;
  GUID Guid;
  PVOID NdisReserved[4];
};
using PNDIS_STATUS_INDICATION = NDIS_STATUS_INDICATION*;
inline constexpr UCHAR NDIS_STATUS_INDICATION_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_STATUS_INDICATION_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_STATUS_INDICATION, NdisReserved);

// --- Plug and Play
enum NET_PNP_EVENT_CODE {
  NetEventSetPower,
  NetEventQueryPower,
  NetEventQueryRemoveDevice,
  NetEventCancelRemoveDevice,
  NetEventReconfigure,
  NetEventBindList,
  NetEventBindsComplete,
  NetEventPnPCapabilities,
  NetEventPause,
  NetEventRestart,
  NetEventPortActivation,
  NetEventPortDeactivation,
  NetEventIMReEnableDevice,
  NetEventNDKEnable,
  NetEventNDKDisable,
  NetEventFilterPreDetach,
  NetEventBindFailed,
  NetEventSwitchActivate,
};
struct NET_PNP_EVENT {
  NET_PNP_EVENT_CODE NetEvent;
  PVOID Buffer;
  ULONG BufferLength;
  ULONG_PTR NdisReserved[4], TransportReserved[4], TdiReserved[4], TdiClientReserved[4];
};
// Of revision 1; later ones append, and a filter passes the event on as it came.
struct NET_PNP_EVENT_NOTIFICATION {
  NDIS_OBJECT_HEADER Header;
  NDIS_PORT_NUMBER PortNumber;
  NET_PNP_EVENT NetPnPEvent;
  ULONG Flags;
};
using PNET_PNP_EVENT_NOTIFICATION = NET_PNP_EVENT_NOTIFICATION*;
struct NET_DEVICE_PNP_EVENT {
  NDIS_OBJECT_HEADER Header;
  NDIS_PORT_NUMBER PortNumber;
  INT DevicePnPEvent;
  PVOID InformationBuffer;
  ULONG InformationBufferLength;
  UCHAR NdisReserved[2 * sizeof(PVOID)];
};
using PNET_DEVICE_PNP_EVENT = NET_DEVICE_PNP_EVENT*;
