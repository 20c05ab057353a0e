// NET_BUFFER_LISTs: their layout, accessors, pools, clones, flags. What offloads say of a packet is
// in net/packet_info.h, what the switch says in net/switch.h.
#pragma once
#include "emulator/sdk/net/object.h"

struct NET_BUFFER;
struct NET_BUFFER_LIST;
using PNET_BUFFER = NET_BUFFER*;
using PNET_BUFFER_LIST = NET_BUFFER_LIST*;

// Its data follow: `Size` bytes of them are in use, after `Offset` bytes that are not.
struct alignas(16) NET_BUFFER_LIST_CONTEXT {
  NET_BUFFER_LIST_CONTEXT* Next;
  USHORT Size, Offset;
};
struct NET_BUFFER {
  union {
    struct {
      PNET_BUFFER Next;
      PMDL CurrentMdl;
      ULONG CurrentMdlOffset;
      union {
        ULONG DataLength;
        SIZE_T stDataLength;
      };
      PMDL MdlChain;
      ULONG DataOffset;
    };
    SLIST_HEADER Link;
  };
  USHORT ChecksumBias, Reserved;
  NDIS_HANDLE NdisPoolHandle;
  alignas(16) PVOID NdisReserved[2];
  alignas(16) PVOID ProtocolReserved[6];
  alignas(16) PVOID MiniportReserved[4];
  LARGE_INTEGER DataPhysicalAddress;
  union {
    PVOID SharedMemoryInfo;
    PVOID ScatterGatherList;
  };
};

// Indices of NetBufferListInfo.
enum NDIS_NET_BUFFER_LIST_INFO {
  TcpIpChecksumNetBufferListInfo = 0,
  IPsecOffloadV1NetBufferListInfo = 1,
  TcpLargeSendNetBufferListInfo = 2,
  ClassificationHandleNetBufferListInfo = 3,
  Ieee8021QNetBufferListInfo = 4,
  NetBufferListCancelId = 5,
  MediaSpecificInformation = 6,
  NetBufferListProtocolId = 7,
  NetBufferListHashValue = 8,
  NetBufferListHashInfo = 9,
  WfpNetBufferListInfo = 10,
  NetBufferListCorrelationId = 13,
  NetBufferListFilteringInfo = 14,
  SwitchForwardingReserved = 18,
  SwitchForwardingDetail = 19,
  VirtualSubnetInfo = 20,
  TcpRecvSegCoalesceInfo = 22,
  RscTcpTimestampDelta = 23,
  MaxNetBufferListInfo = 24,  // of 6.30; later NDIS versions have more
};

// NetBufferListInfo is longer on later NDIS versions: only ever point at one that NDIS allocated.
struct NET_BUFFER_LIST {
  union {
    struct {
      PNET_BUFFER_LIST Next;
      PNET_BUFFER FirstNetBuffer;
    };
    SLIST_HEADER Link;
  };
  NET_BUFFER_LIST_CONTEXT* Context;
  PNET_BUFFER_LIST ParentNetBufferList;
  NDIS_HANDLE NdisPoolHandle;
  alignas(16) PVOID NdisReserved[2];
  alignas(16) PVOID ProtocolReserved[4];
  alignas(16) PVOID MiniportReserved[2];
  PVOID Scratch;
  NDIS_HANDLE SourceHandle;
  ULONG NblFlags;
  LONG ChildRefCount;
  ULONG Flags;
  union {
    NDIS_STATUS Status;
    ULONG NdisReserved2;
  };
  PVOID NetBufferListInfo[MaxNetBufferListInfo];
};

// --- accessors, macros in the WDK
inline PNET_BUFFER_LIST& NET_BUFFER_LIST_NEXT_NBL(PNET_BUFFER_LIST nbl) {
  return nbl->Next;
}
inline PNET_BUFFER& NET_BUFFER_LIST_FIRST_NB(PNET_BUFFER_LIST nbl) {
  return nbl->FirstNetBuffer;
}
inline ULONG& NET_BUFFER_LIST_FLAGS(PNET_BUFFER_LIST nbl) {
  return nbl->Flags;
}
inline NDIS_STATUS& NET_BUFFER_LIST_STATUS(PNET_BUFFER_LIST nbl) {
  return nbl->Status;
}
inline PVOID& NET_BUFFER_LIST_INFO(PNET_BUFFER_LIST nbl, NDIS_NET_BUFFER_LIST_INFO id) {
  return nbl->NetBufferListInfo[id];
}
inline PUCHAR NET_BUFFER_LIST_CONTEXT_DATA_START(PNET_BUFFER_LIST nbl) {
  return reinterpret_cast<PUCHAR>(nbl->Context + 1) + nbl->Context->Offset;
}
inline USHORT NET_BUFFER_LIST_CONTEXT_DATA_SIZE(PNET_BUFFER_LIST nbl) {
  return nbl->Context->Size;
}
inline PNET_BUFFER& NET_BUFFER_NEXT_NB(PNET_BUFFER nb) {
  return nb->Next;
}
inline PMDL& NET_BUFFER_FIRST_MDL(PNET_BUFFER nb) {
  return nb->MdlChain;
}
inline PMDL& NET_BUFFER_CURRENT_MDL(PNET_BUFFER nb) {
  return nb->CurrentMdl;
}
inline ULONG& NET_BUFFER_CURRENT_MDL_OFFSET(PNET_BUFFER nb) {
  return nb->CurrentMdlOffset;
}
inline ULONG& NET_BUFFER_DATA_LENGTH(PNET_BUFFER nb) {
  return nb->DataLength;
}
inline ULONG& NET_BUFFER_DATA_OFFSET(PNET_BUFFER nb) {
  return nb->DataOffset;
}
inline PVOID NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(PNET_BUFFER_LIST nbl) {
  return nbl->NetBufferListInfo[NetBufferListCancelId];
}

// --- flags of sends, completions, receives and returns
inline constexpr ULONG NDIS_SEND_FLAGS_DISPATCH_LEVEL = 0x00000001;
inline constexpr ULONG NDIS_SEND_FLAGS_CHECK_FOR_LOOPBACK = 0x00000002;
inline constexpr ULONG NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP = 0x00000010;
inline constexpr ULONG NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE = 0x00000020;
inline constexpr ULONG NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL = 0x00000001;
inline constexpr ULONG NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE = 0x00000004;
inline constexpr ULONG NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL = 0x00000001;
inline constexpr ULONG NDIS_RECEIVE_FLAGS_RESOURCES = 0x00000002;
inline constexpr ULONG NDIS_RECEIVE_FLAGS_SWITCH_DESTINATION_GROUP = 0x00004000;
inline constexpr ULONG NDIS_RECEIVE_FLAGS_SWITCH_SINGLE_SOURCE = 0x00008000;
inline constexpr ULONG NDIS_RETURN_FLAGS_DISPATCH_LEVEL = 0x00000001;
inline constexpr ULONG NDIS_RETURN_FLAGS_SWITCH_SINGLE_SOURCE = 0x00000004;

// --- pools
struct NET_BUFFER_LIST_POOL_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  UCHAR ProtocolId;
  BOOLEAN fAllocateNetBuffer;
  USHORT ContextSize;
  ULONG PoolTag, DataSize;
};
using PNET_BUFFER_LIST_POOL_PARAMETERS = NET_BUFFER_LIST_POOL_PARAMETERS*;
inline constexpr UCHAR NDIS_PROTOCOL_ID_DEFAULT = 0x00;
inline constexpr UCHAR NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1 =
    sizeof(NET_BUFFER_LIST_POOL_PARAMETERS);
struct NET_BUFFER_POOL_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG PoolTag, DataSize;
};
using PNET_BUFFER_POOL_PARAMETERS = NET_BUFFER_POOL_PARAMETERS*;
inline constexpr UCHAR NET_BUFFER_POOL_PARAMETERS_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1 =
    sizeof(NET_BUFFER_POOL_PARAMETERS);

using NET_BUFFER_ALLOCATE_MDL = PMDL NTAPI(PULONG BufferSize);
using NET_BUFFER_FREE_MDL = VOID NTAPI(PMDL Mdl);
using NET_BUFFER_ALLOCATE_MDL_HANDLER = NET_BUFFER_ALLOCATE_MDL*;
using NET_BUFFER_FREE_MDL_HANDLER = NET_BUFFER_FREE_MDL*;

NTKERNELAPI NDIS_HANDLE NTAPI
NdisAllocateNetBufferListPool(NDIS_HANDLE NdisHandle, PNET_BUFFER_LIST_POOL_PARAMETERS Parameters);
NTKERNELAPI VOID NTAPI NdisFreeNetBufferListPool(NDIS_HANDLE PoolHandle);
NTKERNELAPI NDIS_HANDLE NTAPI NdisAllocateNetBufferPool(NDIS_HANDLE NdisHandle,
                                                        PNET_BUFFER_POOL_PARAMETERS Parameters);
NTKERNELAPI VOID NTAPI NdisFreeNetBufferPool(NDIS_HANDLE PoolHandle);
NTKERNELAPI PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferList(NDIS_HANDLE PoolHandle,
                                                             USHORT ContextSize,
                                                             USHORT ContextBackFill);
NTKERNELAPI VOID NTAPI NdisFreeNetBufferList(PNET_BUFFER_LIST NetBufferList);
NTKERNELAPI PNET_BUFFER NTAPI NdisAllocateNetBuffer(NDIS_HANDLE PoolHandle, PMDL MdlChain,
                                                    ULONG DataOffset, SIZE_T DataLength);
NTKERNELAPI VOID NTAPI NdisFreeNetBuffer(PNET_BUFFER NetBuffer);
NTKERNELAPI PNET_BUFFER_LIST NTAPI NdisAllocateNetBufferAndNetBufferList(
    NDIS_HANDLE PoolHandle, USHORT ContextSize, USHORT ContextBackFill, PMDL MdlChain,
    ULONG DataOffset, SIZE_T DataLength);
NTKERNELAPI PNET_BUFFER NTAPI NdisAllocateNetBufferMdlAndData(NDIS_HANDLE PoolHandle);
NTKERNELAPI NDIS_STATUS NTAPI NdisAllocateNetBufferListContext(PNET_BUFFER_LIST NetBufferList,
                                                               USHORT ContextSize,
                                                               USHORT ContextBackFill,
                                                               ULONG PoolTag);
NTKERNELAPI VOID NTAPI NdisFreeNetBufferListContext(PNET_BUFFER_LIST NetBufferList,
                                                    USHORT ContextSize);
NTKERNELAPI PMDL NTAPI NdisAllocateMdl(NDIS_HANDLE NdisHandle, PVOID VirtualAddress, UINT Length);
NTKERNELAPI VOID NTAPI NdisFreeMdl(PMDL Mdl);

// --- clones. The same flags must be given to both.
inline constexpr ULONG NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS = 0x00000002;
NTKERNELAPI PNET_BUFFER_LIST NTAPI NdisAllocateCloneNetBufferList(
    PNET_BUFFER_LIST OriginalNetBufferList, NDIS_HANDLE NetBufferListPoolHandle,
    NDIS_HANDLE NetBufferPoolHandle, ULONG AllocateCloneFlags);
NTKERNELAPI VOID NTAPI NdisFreeCloneNetBufferList(PNET_BUFFER_LIST CloneNetBufferList,
                                                  ULONG FreeCloneFlags);
NTKERNELAPI VOID NTAPI NdisCopySendNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
                                                     PNET_BUFFER_LIST SrcNetBufferList);
NTKERNELAPI VOID NTAPI NdisCopyReceiveNetBufferListInfo(PNET_BUFFER_LIST DestNetBufferList,
                                                        PNET_BUFFER_LIST SrcNetBufferList);

// --- data. Null: not contiguous, and no `Storage` to copy to, or no mapping.
NTKERNELAPI PVOID NTAPI NdisGetDataBuffer(PNET_BUFFER NetBuffer, ULONG BytesNeeded, PVOID Storage,
                                          UINT AlignMultiple, UINT AlignOffset);
NTKERNELAPI NDIS_STATUS NTAPI
NdisRetreatNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta, ULONG DataBackFill,
                              NET_BUFFER_ALLOCATE_MDL_HANDLER AllocateMdlHandler);
NTKERNELAPI VOID NTAPI NdisAdvanceNetBufferDataStart(PNET_BUFFER NetBuffer, ULONG DataOffsetDelta,
                                                     BOOLEAN FreeMdl,
                                                     NET_BUFFER_FREE_MDL_HANDLER FreeMdlHandler);
NTKERNELAPI NDIS_STATUS NTAPI NdisCopyFromNetBufferToNetBuffer(
    PNET_BUFFER Destination, ULONG DestinationOffset, ULONG BytesToCopy, PNET_BUFFER Source,
    ULONG SourceOffset, PULONG BytesCopied);
