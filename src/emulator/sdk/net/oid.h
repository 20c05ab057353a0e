// Object identifier requests: how NDIS asks and is asked.
#pragma once
#include "emulator/sdk/net/object.h"

enum NDIS_REQUEST_TYPE {
  NdisRequestQueryInformation = 0,
  NdisRequestSetInformation = 1,
  NdisRequestQueryStatistics = 2,
  NdisRequestMethod = 12,
};

struct NDIS_OID_REQUEST {
  NDIS_OBJECT_HEADER Header;
  NDIS_REQUEST_TYPE RequestType;
  NDIS_PORT_NUMBER PortNumber;
  UINT Timeout;  // seconds; 0: none
  PVOID RequestId;
  NDIS_HANDLE RequestHandle;
  union {
    struct {
      NDIS_OID Oid;
      PVOID InformationBuffer;
      UINT InformationBufferLength, BytesWritten, BytesNeeded;
    } QUERY_INFORMATION;
    struct {
      NDIS_OID Oid;
      PVOID InformationBuffer;
      UINT InformationBufferLength, BytesRead, BytesNeeded;
    } SET_INFORMATION;
    struct {
      NDIS_OID Oid;
      PVOID InformationBuffer;
      ULONG InputBufferLength, OutputBufferLength, MethodId;
      UINT BytesWritten, BytesRead, BytesNeeded;
    } METHOD_INFORMATION;
  } DATA;
  UCHAR NdisReserved[16 * sizeof(PVOID)];
  UCHAR MiniportReserved[2 * sizeof(PVOID)];
  UCHAR SourceReserved[2 * sizeof(PVOID)];  // whoever made the request: a clone's maker, its own
  UCHAR SupportedRevision, Reserved1;
  USHORT Reserved2;
};
using PNDIS_OID_REQUEST = NDIS_OID_REQUEST*;
inline constexpr UCHAR NDIS_OID_REQUEST_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_OID_REQUEST_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_OID_REQUEST, Reserved2);

// The clone's buffers are the original's. At most DISPATCH_LEVEL.
NTKERNELAPI NDIS_STATUS NTAPI NdisAllocateCloneOidRequest(NDIS_HANDLE SourceHandle,
                                                          PNDIS_OID_REQUEST Request, UINT PoolTag,
                                                          PNDIS_OID_REQUEST* CloneRequest);
NTKERNELAPI VOID NTAPI NdisFreeCloneOidRequest(NDIS_HANDLE SourceHandle, PNDIS_OID_REQUEST Request);

// --- the switch's
inline constexpr NDIS_OID OID_SWITCH_PROPERTY_ADD = 0x00010263;
inline constexpr NDIS_OID OID_SWITCH_PROPERTY_UPDATE = 0x00010264;
inline constexpr NDIS_OID OID_SWITCH_PROPERTY_DELETE = 0x00010265;
inline constexpr NDIS_OID OID_SWITCH_PROPERTY_ENUM = 0x00010266;
inline constexpr NDIS_OID OID_SWITCH_FEATURE_STATUS_QUERY = 0x00010267;
inline constexpr NDIS_OID OID_SWITCH_NIC_REQUEST = 0x00010270;
inline constexpr NDIS_OID OID_SWITCH_PORT_PROPERTY_ADD = 0x00010271;
inline constexpr NDIS_OID OID_SWITCH_PORT_PROPERTY_UPDATE = 0x00010272;
inline constexpr NDIS_OID OID_SWITCH_PORT_PROPERTY_DELETE = 0x00010273;
inline constexpr NDIS_OID OID_SWITCH_PORT_PROPERTY_ENUM = 0x00010274;
inline constexpr NDIS_OID OID_SWITCH_PARAMETERS = 0x00010275;
inline constexpr NDIS_OID OID_SWITCH_PORT_ARRAY = 0x00010276;
inline constexpr NDIS_OID OID_SWITCH_NIC_ARRAY = 0x00010277;
inline constexpr NDIS_OID OID_SWITCH_PORT_CREATE = 0x00010278;
inline constexpr NDIS_OID OID_SWITCH_PORT_DELETE = 0x00010279;
inline constexpr NDIS_OID OID_SWITCH_NIC_CREATE = 0x0001027a;
inline constexpr NDIS_OID OID_SWITCH_NIC_CONNECT = 0x0001027b;
inline constexpr NDIS_OID OID_SWITCH_NIC_DISCONNECT = 0x0001027c;
inline constexpr NDIS_OID OID_SWITCH_NIC_DELETE = 0x0001027d;
inline constexpr NDIS_OID OID_SWITCH_PORT_FEATURE_STATUS_QUERY = 0x0001027e;
inline constexpr NDIS_OID OID_SWITCH_PORT_TEARDOWN = 0x0001027f;
inline constexpr NDIS_OID OID_SWITCH_NIC_SAVE = 0x00010290;
inline constexpr NDIS_OID OID_SWITCH_NIC_SAVE_COMPLETE = 0x00010291;
inline constexpr NDIS_OID OID_SWITCH_NIC_RESTORE = 0x00010292;
inline constexpr NDIS_OID OID_SWITCH_NIC_RESTORE_COMPLETE = 0x00010293;
inline constexpr NDIS_OID OID_SWITCH_NIC_UPDATED = 0x00010294;
inline constexpr NDIS_OID OID_SWITCH_PORT_UPDATED = 0x00010295;
inline constexpr NDIS_OID OID_SWITCH_NIC_DIRECT_REQUEST = 0x00010296;  // 6.40
inline constexpr NDIS_OID OID_SWITCH_NIC_SUSPEND = 0x00010297;         // 6.50
inline constexpr NDIS_OID OID_SWITCH_NIC_RESUME = 0x00010298;          // 6.50

// --- those of hardware offload that come wrapped in OID_SWITCH_NIC_REQUEST
inline constexpr NDIS_OID OID_RECEIVE_FILTER_ALLOCATE_QUEUE = 0x00010223;
inline constexpr NDIS_OID OID_RECEIVE_FILTER_SET_FILTER = 0x00010227;
inline constexpr NDIS_OID OID_RECEIVE_FILTER_MOVE_FILTER = 0x00010230;
inline constexpr NDIS_OID OID_NIC_SWITCH_CREATE_SWITCH = 0x00010237;
inline constexpr NDIS_OID OID_NIC_SWITCH_CREATE_VPORT = 0x00010241;
inline constexpr NDIS_OID OID_NIC_SWITCH_ALLOCATE_VF = 0x00010245;
