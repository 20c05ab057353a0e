// Filter drivers: what one registers, its handlers, and what it calls as a module.
#pragma once
#include "emulator/sdk/net/net_buffer.h"
#include "emulator/sdk/net/oid.h"

// --- what handlers are given
enum NDIS_MEDIUM : INT { NdisMedium802_3 = 0 };
enum NDIS_PHYSICAL_MEDIUM : INT { NdisPhysicalMediumUnspecified = 0, NdisPhysicalMedium802_3 = 14 };
enum NDIS_MEDIA_CONNECT_STATE : INT {
  MediaConnectStateUnknown,
  MediaConnectStateConnected,
  MediaConnectStateDisconnected,
};
enum NET_IF_MEDIA_DUPLEX_STATE : INT {
  MediaDuplexStateUnknown,
  MediaDuplexStateHalf,
  MediaDuplexStateFull,
};

using NDIS_MEDIA_DUPLEX_STATE = NET_IF_MEDIA_DUPLEX_STATE;
enum NDIS_SUPPORTED_PAUSE_FUNCTIONS : INT {
  NdisPauseFunctionsUnsupported,
  NdisPauseFunctionsUnknown = 4,
};

// What NDIS_STATUS_LINK_STATE says of an adapter's cable.
struct NDIS_LINK_STATE {
  NDIS_OBJECT_HEADER Header;
  NDIS_MEDIA_CONNECT_STATE MediaConnectState;
  NDIS_MEDIA_DUPLEX_STATE MediaDuplexState;
  ULONG64 XmitLinkSpeed, RcvLinkSpeed;
  NDIS_SUPPORTED_PAUSE_FUNCTIONS PauseFunctions;
  ULONG AutoNegotiationFlags;
};
using PNDIS_LINK_STATE = NDIS_LINK_STATE*;
inline constexpr UCHAR NDIS_LINK_STATE_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_LINK_STATE_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_STATE, AutoNegotiationFlags);

struct NDIS_FILTER_ATTACH_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  NET_IFINDEX IfIndex;
  NET_LUID NetLuid;
  PNDIS_STRING FilterModuleGuidName;
  NET_IFINDEX BaseMiniportIfIndex;
  PNDIS_STRING BaseMiniportInstanceName, BaseMiniportName;
  NDIS_MEDIA_CONNECT_STATE MediaConnectState;
  NET_IF_MEDIA_DUPLEX_STATE MediaDuplexState;
  ULONG64 XmitLinkSpeed, RcvLinkSpeed;
  NDIS_MEDIUM MiniportMediaType;
  NDIS_PHYSICAL_MEDIUM MiniportPhysicalMediaType;
  NDIS_HANDLE MiniportMediaSpecificAttributes;
  PVOID DefaultOffloadConfiguration;
  USHORT MacAddressLength;
  UCHAR CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  NET_LUID BaseMiniportNetLuid;
  NET_IFINDEX LowerIfIndex;
  NET_LUID LowerIfNetLuid;
  ULONG Flags;
  PVOID HDSplitCurrentConfig;  // 6.1
  PVOID ReceiveFilterCapabilities;
  PDEVICE_OBJECT MiniportPhysicalDeviceObject;
  PVOID NicSwitchCapabilities;
  BOOLEAN BaseMiniportIfConnectorPresent;  // 6.30
  PVOID SriovCapabilities, NicSwitchArray;
};
using PNDIS_FILTER_ATTACH_PARAMETERS = NDIS_FILTER_ATTACH_PARAMETERS*;

struct NDIS_FILTER_ATTRIBUTES {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
};
using PNDIS_FILTER_ATTRIBUTES = NDIS_FILTER_ATTRIBUTES*;
inline constexpr UCHAR NDIS_FILTER_ATTRIBUTES_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1 = sizeof(NDIS_FILTER_ATTRIBUTES);

struct NDIS_RESTART_ATTRIBUTES;
struct NDIS_FILTER_RESTART_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  NDIS_MEDIUM MiniportMediaType;
  NDIS_PHYSICAL_MEDIUM MiniportPhysicalMediaType;
  NDIS_RESTART_ATTRIBUTES* RestartAttributes;
  NET_IFINDEX LowerIfIndex;
  NET_LUID LowerIfNetLuid;
  ULONG Flags;
};
using PNDIS_FILTER_RESTART_PARAMETERS = NDIS_FILTER_RESTART_PARAMETERS*;

struct NDIS_FILTER_PAUSE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags, PauseReason;
};
using PNDIS_FILTER_PAUSE_PARAMETERS = NDIS_FILTER_PAUSE_PARAMETERS*;

// --- handlers
using SET_OPTIONS = NDIS_STATUS NTAPI(NDIS_HANDLE NdisDriverHandle, NDIS_HANDLE DriverContext);
using FILTER_SET_MODULE_OPTIONS = NDIS_STATUS NTAPI(NDIS_HANDLE FilterModuleContext);
using FILTER_ATTACH = NDIS_STATUS NTAPI(NDIS_HANDLE NdisFilterHandle,
                                        NDIS_HANDLE FilterDriverContext,
                                        PNDIS_FILTER_ATTACH_PARAMETERS AttachParameters);
using FILTER_DETACH = VOID NTAPI(NDIS_HANDLE FilterModuleContext);
using FILTER_RESTART = NDIS_STATUS NTAPI(NDIS_HANDLE FilterModuleContext,
                                         PNDIS_FILTER_RESTART_PARAMETERS RestartParameters);
using FILTER_PAUSE = NDIS_STATUS NTAPI(NDIS_HANDLE FilterModuleContext,
                                       PNDIS_FILTER_PAUSE_PARAMETERS PauseParameters);
using FILTER_SEND_NET_BUFFER_LISTS = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                PNET_BUFFER_LIST NetBufferLists,
                                                NDIS_PORT_NUMBER PortNumber, ULONG SendFlags);
using FILTER_SEND_NET_BUFFER_LISTS_COMPLETE = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                         PNET_BUFFER_LIST NetBufferLists,
                                                         ULONG SendCompleteFlags);
using FILTER_CANCEL_SEND_NET_BUFFER_LISTS = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                       PVOID CancelId);
using FILTER_RECEIVE_NET_BUFFER_LISTS = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                   PNET_BUFFER_LIST NetBufferLists,
                                                   NDIS_PORT_NUMBER PortNumber,
                                                   ULONG NumberOfNetBufferLists,
                                                   ULONG ReceiveFlags);
using FILTER_RETURN_NET_BUFFER_LISTS = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                  PNET_BUFFER_LIST NetBufferLists,
                                                  ULONG ReturnFlags);
using FILTER_OID_REQUEST = NDIS_STATUS NTAPI(NDIS_HANDLE FilterModuleContext,
                                             PNDIS_OID_REQUEST OidRequest);
using FILTER_OID_REQUEST_COMPLETE = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                               PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status);
using FILTER_CANCEL_OID_REQUEST = VOID NTAPI(NDIS_HANDLE FilterModuleContext, PVOID RequestId);
using FILTER_DEVICE_PNP_EVENT_NOTIFY = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                  PNET_DEVICE_PNP_EVENT NetDevicePnPEvent);
using FILTER_NET_PNP_EVENT = NDIS_STATUS NTAPI(NDIS_HANDLE FilterModuleContext,
                                               PNET_PNP_EVENT_NOTIFICATION NetPnPEvent);
using FILTER_STATUS = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                 PNDIS_STATUS_INDICATION StatusIndication);
using FILTER_DIRECT_OID_REQUEST = FILTER_OID_REQUEST;
using FILTER_DIRECT_OID_REQUEST_COMPLETE = FILTER_OID_REQUEST_COMPLETE;
using FILTER_CANCEL_DIRECT_OID_REQUEST = FILTER_CANCEL_OID_REQUEST;
using FILTER_SYNCHRONOUS_OID_REQUEST = NDIS_STATUS NTAPI(NDIS_HANDLE FilterModuleContext,
                                                         PNDIS_OID_REQUEST OidRequest,
                                                         NDIS_HANDLE* CallContext);
using FILTER_SYNCHRONOUS_OID_REQUEST_COMPLETE = VOID NTAPI(NDIS_HANDLE FilterModuleContext,
                                                           PNDIS_OID_REQUEST OidRequest,
                                                           NDIS_STATUS* Status,
                                                           NDIS_HANDLE CallContext);

struct NDIS_FILTER_DRIVER_CHARACTERISTICS {
  NDIS_OBJECT_HEADER Header;
  UCHAR MajorNdisVersion, MinorNdisVersion, MajorDriverVersion, MinorDriverVersion;
  ULONG Flags;
  NDIS_STRING FriendlyName, UniqueName, ServiceName;
  SET_OPTIONS* SetOptionsHandler;
  FILTER_SET_MODULE_OPTIONS* SetFilterModuleOptionsHandler;
  FILTER_ATTACH* AttachHandler;
  FILTER_DETACH* DetachHandler;
  FILTER_RESTART* RestartHandler;
  FILTER_PAUSE* PauseHandler;
  FILTER_SEND_NET_BUFFER_LISTS* SendNetBufferListsHandler;
  FILTER_SEND_NET_BUFFER_LISTS_COMPLETE* SendNetBufferListsCompleteHandler;
  FILTER_CANCEL_SEND_NET_BUFFER_LISTS* CancelSendNetBufferListsHandler;
  FILTER_RECEIVE_NET_BUFFER_LISTS* ReceiveNetBufferListsHandler;
  FILTER_RETURN_NET_BUFFER_LISTS* ReturnNetBufferListsHandler;
  FILTER_OID_REQUEST* OidRequestHandler;
  FILTER_OID_REQUEST_COMPLETE* OidRequestCompleteHandler;
  FILTER_CANCEL_OID_REQUEST* CancelOidRequestHandler;
  FILTER_DEVICE_PNP_EVENT_NOTIFY* DevicePnPEventNotifyHandler;
  FILTER_NET_PNP_EVENT* NetPnPEventHandler;
  FILTER_STATUS* StatusHandler;
  FILTER_DIRECT_OID_REQUEST* DirectOidRequestHandler;  // revision 2, 6.1
  FILTER_DIRECT_OID_REQUEST_COMPLETE* DirectOidRequestCompleteHandler;
  FILTER_CANCEL_DIRECT_OID_REQUEST* CancelDirectOidRequestHandler;
  FILTER_SYNCHRONOUS_OID_REQUEST* SynchronousOidRequestHandler;  // revision 3, 6.80
  FILTER_SYNCHRONOUS_OID_REQUEST_COMPLETE* SynchronousOidRequestCompleteHandler;
};
using PNDIS_FILTER_DRIVER_CHARACTERISTICS = NDIS_FILTER_DRIVER_CHARACTERISTICS*;
inline constexpr UCHAR NDIS_FILTER_CHARACTERISTICS_REVISION_2 = 2;
inline constexpr UCHAR NDIS_FILTER_CHARACTERISTICS_REVISION_3 = 3;
inline constexpr USHORT NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_FILTER_DRIVER_CHARACTERISTICS, CancelDirectOidRequestHandler);
inline constexpr USHORT NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_FILTER_DRIVER_CHARACTERISTICS,
                             SynchronousOidRequestCompleteHandler);

// --- the driver's calls
// Calls AttachHandler and RestartHandler before it returns. PASSIVE_LEVEL.
NTKERNELAPI NDIS_STATUS NTAPI NdisFRegisterFilterDriver(
    PDRIVER_OBJECT DriverObject, NDIS_HANDLE FilterDriverContext,
    PNDIS_FILTER_DRIVER_CHARACTERISTICS FilterCharacteristics, PNDIS_HANDLE NdisFilterDriverHandle);
// Calls DetachHandler of what is still attached. PASSIVE_LEVEL.
NTKERNELAPI VOID NTAPI NdisFDeregisterFilterDriver(NDIS_HANDLE NdisFilterDriverHandle);

// --- a module's calls
NTKERNELAPI NDIS_STATUS NTAPI NdisFSetAttributes(NDIS_HANDLE NdisFilterHandle,
                                                 NDIS_HANDLE FilterModuleContext,
                                                 PNDIS_FILTER_ATTRIBUTES FilterAttributes);
NTKERNELAPI VOID NTAPI NdisFRestartComplete(NDIS_HANDLE NdisFilterHandle, NDIS_STATUS Status);
NTKERNELAPI VOID NTAPI NdisFPauseComplete(NDIS_HANDLE NdisFilterHandle);
NTKERNELAPI NDIS_STATUS NTAPI NdisFNetPnPEvent(NDIS_HANDLE NdisFilterHandle,
                                               PNET_PNP_EVENT_NOTIFICATION NetPnPEvent);
NTKERNELAPI VOID NTAPI NdisFDevicePnPEventNotify(NDIS_HANDLE NdisFilterHandle,
                                                 PNET_DEVICE_PNP_EVENT NetDevicePnPEvent);
NTKERNELAPI VOID NTAPI NdisFIndicateStatus(NDIS_HANDLE NdisFilterHandle,
                                           PNDIS_STATUS_INDICATION StatusIndication);
NTKERNELAPI NDIS_STATUS NTAPI NdisFOidRequest(NDIS_HANDLE NdisFilterHandle,
                                              PNDIS_OID_REQUEST OidRequest);
NTKERNELAPI VOID NTAPI NdisFOidRequestComplete(NDIS_HANDLE NdisFilterHandle,
                                               PNDIS_OID_REQUEST OidRequest, NDIS_STATUS Status);
NTKERNELAPI VOID NTAPI NdisFCancelOidRequest(NDIS_HANDLE NdisFilterHandle, PVOID RequestId);
NTKERNELAPI VOID NTAPI NdisFSendNetBufferLists(NDIS_HANDLE NdisFilterHandle,
                                               PNET_BUFFER_LIST NetBufferLists,
                                               NDIS_PORT_NUMBER PortNumber, ULONG SendFlags);
NTKERNELAPI VOID NTAPI NdisFSendNetBufferListsComplete(NDIS_HANDLE NdisFilterHandle,
                                                       PNET_BUFFER_LIST NetBufferLists,
                                                       ULONG SendCompleteFlags);
NTKERNELAPI VOID NTAPI NdisFCancelSendNetBufferLists(NDIS_HANDLE NdisFilterHandle, PVOID CancelId);
NTKERNELAPI VOID NTAPI NdisFIndicateReceiveNetBufferLists(NDIS_HANDLE NdisFilterHandle,
                                                          PNET_BUFFER_LIST NetBufferLists,
                                                          NDIS_PORT_NUMBER PortNumber,
                                                          ULONG NumberOfNetBufferLists,
                                                          ULONG ReceiveFlags);
NTKERNELAPI VOID NTAPI NdisFReturnNetBufferLists(NDIS_HANDLE NdisFilterHandle,
                                                 PNET_BUFFER_LIST NetBufferLists,
                                                 ULONG ReturnFlags);
