// The extensible switch as a packet sees it: forwarding detail, destinations, and the functions
// that the switch gives a module. Its configuration is in net/switch_config.h.
#pragma once
#include "emulator/sdk/net/filter.h"
#include "emulator/sdk/net/switch_config.h"

using NDIS_SWITCH_CONTEXT = NDIS_HANDLE;
using PNDIS_SWITCH_CONTEXT = NDIS_SWITCH_CONTEXT*;

union NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO {
  UINT64 AsUINT64;
  struct {
    UINT32 NumAvailableDestinations : 16, SourcePortId : 16;
    UINT32 SourceNicIndex : 8;
    UINT32 NativeForwardingRequired : 1;  // 6.40
    UINT32 Reserved1 : 1;
    UINT32 IsPacketDataSafe : 1, SafePacketDataSize : 12;
    UINT32 IsPacketDataUncached : 1, IsSafePacketDataUncached : 1;  // 6.60
    UINT32 Reserved2 : 7;
  };
};
using PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO =
    NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO*;
inline PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(
    PNET_BUFFER_LIST nbl) {
  return reinterpret_cast<PNDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO>(
      &nbl->NetBufferListInfo[SwitchForwardingDetail]);
}

struct NDIS_SWITCH_PORT_DESTINATION {
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_NIC_INDEX NicIndex;
  USHORT IsExcluded : 1, PreserveVLAN : 1, PreservePriority : 1, Reserved : 13;
};
using PNDIS_SWITCH_PORT_DESTINATION = NDIS_SWITCH_PORT_DESTINATION*;

struct NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY {
  NDIS_OBJECT_HEADER Header;
  UINT32 ElementSize, NumElements, NumDestinations;
  PVOID FirstElement;
};
using PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY = NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY*;
inline constexpr UCHAR NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1 = 1;
inline PNDIS_SWITCH_PORT_DESTINATION NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(
    PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array, UINT32 index) {
  return reinterpret_cast<PNDIS_SWITCH_PORT_DESTINATION>(static_cast<PUCHAR>(array->FirstElement) +
                                                         std::size_t{array->ElementSize} * index);
}

inline constexpr UINT32 NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_DESTINATIONS = 1;
inline constexpr UINT32 NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_SWITCH_INFO_ONLY = 2;
inline constexpr UINT32 NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING = 1;

// --- the functions
using NDIS_SWITCH_ALLOCATE_NET_BUFFER_LIST_FORWARDING_CONTEXT =
    NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList);
using NDIS_SWITCH_FREE_NET_BUFFER_LIST_FORWARDING_CONTEXT =
    VOID NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList);
using NDIS_SWITCH_SET_NET_BUFFER_LIST_SOURCE =
    NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
                      NDIS_SWITCH_PORT_ID PortId, NDIS_SWITCH_NIC_INDEX NicIndex);
using NDIS_SWITCH_ADD_NET_BUFFER_LIST_DESTINATION =
    NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
                      PNDIS_SWITCH_PORT_DESTINATION Destination);
using NDIS_SWITCH_GROW_NET_BUFFER_LIST_DESTINATIONS = NDIS_STATUS NTAPI(
    NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
    UINT32 NumberOfNewDestinations, PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* Destinations);
using NDIS_SWITCH_GET_NET_BUFFER_LIST_DESTINATIONS =
    VOID NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
               PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* Destinations);
using NDIS_SWITCH_UPDATE_NET_BUFFER_LIST_DESTINATIONS = NDIS_STATUS NTAPI(
    NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST NetBufferList,
    UINT32 NumberOfNewDestinations, PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY Destinations);
using NDIS_SWITCH_COPY_NET_BUFFER_LIST_INFO =
    NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext, PNET_BUFFER_LIST DestNetBufferList,
                      PNET_BUFFER_LIST SrcNetBufferList, UINT32 Flags);
using NDIS_SWITCH_REFERENCE_SWITCH_NIC = NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext,
                                                           NDIS_SWITCH_PORT_ID SwitchPortId,
                                                           NDIS_SWITCH_NIC_INDEX SwitchNicIndex);
using NDIS_SWITCH_DEREFERENCE_SWITCH_NIC = NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext,
                                                             NDIS_SWITCH_PORT_ID SwitchPortId,
                                                             NDIS_SWITCH_NIC_INDEX SwitchNicIndex);
using NDIS_SWITCH_REFERENCE_SWITCH_PORT = NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext,
                                                            NDIS_SWITCH_PORT_ID SwitchPortId);
using NDIS_SWITCH_DEREFERENCE_SWITCH_PORT = NDIS_STATUS NTAPI(NDIS_SWITCH_CONTEXT NdisSwitchContext,
                                                              NDIS_SWITCH_PORT_ID SwitchPortId);
using NDIS_SWITCH_REPORT_FILTERED_NET_BUFFER_LISTS = VOID NTAPI(
    NDIS_SWITCH_CONTEXT NdisSwitchContext, PUNICODE_STRING ExtensionGuid,
    PUNICODE_STRING ExtensionFriendlyName, NDIS_SWITCH_PORT_ID PortId, UINT32 Flags,
    UINT32 NumberOfNetBufferLists, PNET_BUFFER_LIST NetBufferLists, PUNICODE_STRING FilterReason);

// Of revision 1, which every NDIS from 6.30 on fills.
struct NDIS_SWITCH_OPTIONAL_HANDLERS {
  NDIS_OBJECT_HEADER Header;
  NDIS_SWITCH_ALLOCATE_NET_BUFFER_LIST_FORWARDING_CONTEXT* AllocateNetBufferListForwardingContext;
  NDIS_SWITCH_FREE_NET_BUFFER_LIST_FORWARDING_CONTEXT* FreeNetBufferListForwardingContext;
  NDIS_SWITCH_SET_NET_BUFFER_LIST_SOURCE* SetNetBufferListSource;
  NDIS_SWITCH_ADD_NET_BUFFER_LIST_DESTINATION* AddNetBufferListDestination;
  NDIS_SWITCH_GROW_NET_BUFFER_LIST_DESTINATIONS* GrowNetBufferListDestinations;
  NDIS_SWITCH_GET_NET_BUFFER_LIST_DESTINATIONS* GetNetBufferListDestinations;
  NDIS_SWITCH_UPDATE_NET_BUFFER_LIST_DESTINATIONS* UpdateNetBufferListDestinations;
  NDIS_SWITCH_COPY_NET_BUFFER_LIST_INFO* CopyNetBufferListInfo;
  NDIS_SWITCH_REFERENCE_SWITCH_NIC* ReferenceSwitchNic;
  NDIS_SWITCH_DEREFERENCE_SWITCH_NIC* DereferenceSwitchNic;
  NDIS_SWITCH_REFERENCE_SWITCH_PORT* ReferenceSwitchPort;
  NDIS_SWITCH_DEREFERENCE_SWITCH_PORT* DereferenceSwitchPort;
  NDIS_SWITCH_REPORT_FILTERED_NET_BUFFER_LISTS* ReportFilteredNetBufferLists;
};
using PNDIS_SWITCH_OPTIONAL_HANDLERS = NDIS_SWITCH_OPTIONAL_HANDLERS*;
inline constexpr UCHAR NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_OPTIONAL_HANDLERS, ReportFilteredNetBufferLists);

// PASSIVE_LEVEL, in AttachHandler. Fails where the stack is no switch's.
NTKERNELAPI NDIS_STATUS NTAPI
NdisFGetOptionalSwitchHandlers(NDIS_HANDLE NdisFilterHandle, PNDIS_SWITCH_CONTEXT NdisSwitchContext,
                               PNDIS_SWITCH_OPTIONAL_HANDLERS NdisSwitchHandlers);
