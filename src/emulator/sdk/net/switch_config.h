// The extensible switch's configuration: what the OID_SWITCH_* requests carry. Structures grow at
// their end from revision to revision: read no further than their header's Size, and walk arrays by
// their ElementSize.
#pragma once
#include "emulator/sdk/net/oid.h"

using NDIS_SWITCH_PORT_ID = UINT32;
using NDIS_SWITCH_NIC_INDEX = USHORT;
using NDIS_SWITCH_OBJECT_ID = GUID;
using NDIS_SWITCH_OBJECT_INSTANCE_ID = GUID;
using NDIS_SWITCH_OBJECT_VERSION = USHORT;
using NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION = USHORT;
using NDIS_SWITCH_NAME = NDIS_IF_COUNTED_STRING;
using NDIS_SWITCH_FRIENDLYNAME = NDIS_IF_COUNTED_STRING;
using NDIS_SWITCH_PORT_NAME = NDIS_IF_COUNTED_STRING;
using NDIS_SWITCH_PORT_FRIENDLYNAME = NDIS_IF_COUNTED_STRING;
using NDIS_SWITCH_NIC_NAME = NDIS_IF_COUNTED_STRING;
using NDIS_SWITCH_NIC_FRIENDLYNAME = NDIS_IF_COUNTED_STRING;
using NDIS_SWITCH_EXTENSION_FRIENDLYNAME = NDIS_IF_COUNTED_STRING;
using NDIS_VM_NAME = NDIS_IF_COUNTED_STRING;
using NDIS_VM_FRIENDLYNAME = NDIS_IF_COUNTED_STRING;
inline constexpr NDIS_SWITCH_PORT_ID NDIS_SWITCH_DEFAULT_PORT_ID = 0;
inline constexpr NDIS_SWITCH_NIC_INDEX NDIS_SWITCH_DEFAULT_NIC_INDEX = 0;

// --- the switch
struct NDIS_SWITCH_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_NAME SwitchName;
  NDIS_SWITCH_FRIENDLYNAME SwitchFriendlyName;
  UINT32 NumSwitchPorts;
  BOOLEAN IsActive;
};
using PNDIS_SWITCH_PARAMETERS = NDIS_SWITCH_PARAMETERS*;
inline constexpr UCHAR NDIS_SWITCH_PARAMETERS_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_PARAMETERS_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PARAMETERS, IsActive);

// --- ports
enum NDIS_SWITCH_PORT_TYPE : INT {
  NdisSwitchPortTypeGeneric = 0,
  NdisSwitchPortTypeExternal = 1,
  NdisSwitchPortTypeSynthetic = 2,
  NdisSwitchPortTypeEmulated = 3,
  NdisSwitchPortTypeInternal = 4,
};
enum NDIS_SWITCH_PORT_STATE : INT {
  NdisSwitchPortStateUnknown = 0,
  NdisSwitchPortStateCreated = 1,
  NdisSwitchPortStateTeardown = 2,
  NdisSwitchPortStateDeleted = 3,
};
inline constexpr ULONG NDIS_SWITCH_PORT_PARAMETERS_FLAG_UNTRUSTED_INTERNAL_PORT = 0x1;  // 6.50
inline constexpr ULONG NDIS_SWITCH_PORT_PARAMETERS_FLAG_RESTORING_PORT = 0x2;           // 6.60
struct NDIS_SWITCH_PORT_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_PORT_NAME PortName;
  NDIS_SWITCH_PORT_FRIENDLYNAME PortFriendlyName;
  NDIS_SWITCH_PORT_TYPE PortType;
  BOOLEAN IsValidationPort;
  NDIS_SWITCH_PORT_STATE PortState;
};
using PNDIS_SWITCH_PORT_PARAMETERS = NDIS_SWITCH_PORT_PARAMETERS*;
inline constexpr UCHAR NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_PORT_PARAMETERS_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PARAMETERS, PortState);

struct NDIS_SWITCH_PORT_ARRAY {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  USHORT FirstElementOffset;
  ULONG NumElements, ElementSize;
};
using PNDIS_SWITCH_PORT_ARRAY = NDIS_SWITCH_PORT_ARRAY*;
inline constexpr UCHAR NDIS_SWITCH_PORT_ARRAY_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_PORT_ARRAY_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_ARRAY, ElementSize);
inline PNDIS_SWITCH_PORT_PARAMETERS NDIS_SWITCH_PORT_AT_ARRAY_INDEX(PNDIS_SWITCH_PORT_ARRAY array,
                                                                    ULONG index) {
  return reinterpret_cast<PNDIS_SWITCH_PORT_PARAMETERS>(reinterpret_cast<PUCHAR>(array) +
                                                        array->FirstElementOffset +
                                                        std::size_t{array->ElementSize} * index);
}

// --- adapters
enum NDIS_SWITCH_NIC_TYPE : INT {
  NdisSwitchNicTypeExternal = 0,
  NdisSwitchNicTypeSynthetic = 1,
  NdisSwitchNicTypeEmulated = 2,
  NdisSwitchNicTypeInternal = 3,
};
enum NDIS_SWITCH_NIC_STATE : INT {
  NdisSwitchNicStateUnknown = 0,
  NdisSwitchNicStateCreated = 1,
  NdisSwitchNicStateConnected = 2,
  NdisSwitchNicStateDisconnected = 3,
  NdisSwitchNicStateDeleted = 4,
};
inline constexpr ULONG NDIS_SWITCH_NIC_FLAGS_NIC_INITIALIZING = 0x00000001;    // 6.40
inline constexpr ULONG NDIS_SWITCH_NIC_FLAGS_NIC_SUSPENDED = 0x00000002;       // 6.50
inline constexpr ULONG NDIS_SWITCH_NIC_FLAGS_MAPPED_NIC_UPDATED = 0x00000004;  // 6.60
inline constexpr ULONG NDIS_SWITCH_NIC_FLAGS_NIC_SUSPENDED_LM = 0x00000010;    // 6.80
struct NDIS_SWITCH_NIC_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_NIC_NAME NicName;
  NDIS_SWITCH_NIC_FRIENDLYNAME NicFriendlyName;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_NIC_INDEX NicIndex;
  NDIS_SWITCH_NIC_TYPE NicType;
  NDIS_SWITCH_NIC_STATE NicState;
  NDIS_VM_NAME VmName;
  NDIS_VM_FRIENDLYNAME VmFriendlyName;
  GUID NetCfgInstanceId;
  ULONG MTU;
  USHORT NumaNodeId;
  UCHAR PermanentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  UCHAR VMMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  UCHAR CurrentMacAddress[NDIS_MAX_PHYS_ADDRESS_LENGTH];
  BOOLEAN VFAssigned;
  ULONG64 NdisReserved[2];  // revision 2, 6.40
};
using PNDIS_SWITCH_NIC_PARAMETERS = NDIS_SWITCH_NIC_PARAMETERS*;
inline constexpr UCHAR NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 = 1;
inline constexpr UCHAR NDIS_SWITCH_NIC_PARAMETERS_REVISION_2 = 2;
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_PARAMETERS, VFAssigned);
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_2 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_PARAMETERS, NdisReserved);

struct NDIS_SWITCH_NIC_ARRAY {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  USHORT FirstElementOffset;
  ULONG NumElements, ElementSize;
};
using PNDIS_SWITCH_NIC_ARRAY = NDIS_SWITCH_NIC_ARRAY*;
inline constexpr UCHAR NDIS_SWITCH_NIC_ARRAY_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_NIC_ARRAY_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_NIC_ARRAY, ElementSize);
inline PNDIS_SWITCH_NIC_PARAMETERS NDIS_SWITCH_NIC_AT_ARRAY_INDEX(PNDIS_SWITCH_NIC_ARRAY array,
                                                                  ULONG index) {
  return reinterpret_cast<PNDIS_SWITCH_NIC_PARAMETERS>(reinterpret_cast<PUCHAR>(array) +
                                                       array->FirstElementOffset +
                                                       std::size_t{array->ElementSize} * index);
}

// OID_SWITCH_NIC_REQUEST: a request for an adapter, wrapped.
struct NDIS_SWITCH_NIC_OID_REQUEST {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID SourcePortId;
  NDIS_SWITCH_NIC_INDEX SourceNicIndex;
  NDIS_SWITCH_PORT_ID DestinationPortId;
  NDIS_SWITCH_NIC_INDEX DestinationNicIndex;
  PNDIS_OID_REQUEST OidRequest;
};
using PNDIS_SWITCH_NIC_OID_REQUEST = NDIS_SWITCH_NIC_OID_REQUEST*;

// NDIS_STATUS_SWITCH_NIC_STATUS: a status indication of an adapter, wrapped.
struct NDIS_SWITCH_NIC_STATUS_INDICATION {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID SourcePortId;
  NDIS_SWITCH_NIC_INDEX SourceNicIndex;
  NDIS_SWITCH_PORT_ID DestinationPortId;
  NDIS_SWITCH_NIC_INDEX DestinationNicIndex;
  PNDIS_STATUS_INDICATION StatusIndication;
};
using PNDIS_SWITCH_NIC_STATUS_INDICATION = NDIS_SWITCH_NIC_STATUS_INDICATION*;

struct NDIS_SWITCH_NIC_SAVE_STATE {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_NIC_INDEX NicIndex;
  GUID ExtensionId;
  NDIS_SWITCH_EXTENSION_FRIENDLYNAME ExtensionFriendlyName;
  GUID FeatureClassId;
  USHORT SaveDataSize, SaveDataOffset;
  ULONG SaveDataSizeOverflow;  // revision 2, 6.50
};
using PNDIS_SWITCH_NIC_SAVE_STATE = NDIS_SWITCH_NIC_SAVE_STATE*;

// --- port properties
enum NDIS_SWITCH_PORT_PROPERTY_TYPE : INT {
  NdisSwitchPortPropertyTypeUndefined,
  NdisSwitchPortPropertyTypeCustom,
  NdisSwitchPortPropertyTypeSecurity,
  NdisSwitchPortPropertyTypeVlan,
  NdisSwitchPortPropertyTypeProfile,
  NdisSwitchPortPropertyTypeIsolation,
  NdisSwitchPortPropertyTypeRoutingDomain,
};

// OID_SWITCH_PORT_PROPERTY_ADD and _UPDATE; the property lies at PropertyBufferOffset.
struct NDIS_SWITCH_PORT_PROPERTY_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
  NDIS_SWITCH_OBJECT_ID PropertyId;
  NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
  NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
  NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
  ULONG PropertyBufferLength, PropertyBufferOffset, Reserved;
};
using PNDIS_SWITCH_PORT_PROPERTY_PARAMETERS = NDIS_SWITCH_PORT_PROPERTY_PARAMETERS*;

struct NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
  NDIS_SWITCH_OBJECT_ID PropertyId;
  NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
};
using PNDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS = NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS*;

struct NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_PORT_PROPERTY_TYPE PropertyType;
  NDIS_SWITCH_OBJECT_ID PropertyId;
  NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
  ULONG FirstPropertyOffset, NumProperties;
  USHORT Reserved;
};
using PNDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS = NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS*;

struct NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
  NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
  ULONG QwordAlignedPropertyBufferLength, PropertyBufferLength, PropertyBufferOffset;
};
using PNDIS_SWITCH_PORT_PROPERTY_ENUM_INFO = NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO*;

struct NDIS_SWITCH_PORT_PROPERTY_SECURITY {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  BOOLEAN AllowMacSpoofing, AllowIeeePriorityTag;
  UINT32 VirtualSubnetId;
  BOOLEAN AllowTeaming;
  UINT32 DynamicIPAddressLimit;  // revision 2, 6.40
};
using PNDIS_SWITCH_PORT_PROPERTY_SECURITY = NDIS_SWITCH_PORT_PROPERTY_SECURITY*;
inline constexpr UCHAR NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_1 = 1;
inline constexpr UCHAR NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_2 = 2;
inline constexpr USHORT NDIS_SIZEOF_NDIS_SWITCH_PORT_PROPERTY_SECURITY_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_SWITCH_PORT_PROPERTY_SECURITY, AllowTeaming);

enum NDIS_SWITCH_PORT_VLAN_MODE : INT {
  NdisSwitchPortVlanModeUnknown = 0,
  NdisSwitchPortVlanModeAccess = 1,
  NdisSwitchPortVlanModeTrunk = 2,
  NdisSwitchPortVlanModePrivate = 3,
};
enum NDIS_SWITCH_PORT_PVLAN_MODE : INT {
  NdisSwitchPortPvlanModeUndefined = 0,
  NdisSwitchPortPvlanModeIsolated,
  NdisSwitchPortPvlanModeCommunity,
  NdisSwitchPortPvlanModePromiscuous,
};
struct NDIS_SWITCH_PORT_PROPERTY_VLAN {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_VLAN_MODE OperationMode;
  union {
    struct {
      UINT16 AccessVlanId, NativeVlanId;
      UINT64 PruneVlanIdArray[64], TrunkVlanIdArray[64];  // a bit for each VLAN
    } VlanProperties;
    struct {
      NDIS_SWITCH_PORT_PVLAN_MODE PvlanMode;
      UINT16 PrimaryVlanId;
      union {
        UINT16 SecondaryVlanId;
        UINT64 SecondaryVlanIdArray[64];
      };
    } PvlanProperties;
  };
};
using PNDIS_SWITCH_PORT_PROPERTY_VLAN = NDIS_SWITCH_PORT_PROPERTY_VLAN*;
inline constexpr UCHAR NDIS_SWITCH_PORT_PROPERTY_VLAN_REVISION_1 = 1;

// 6.40.
enum NDIS_ISOLATION_MODE : INT {
  NdisIsolationModeNone = 0,
  NdisIsolationModeNativeVirtualSubnet = 1,
  NdisIsolationModeExternalVirtualSubnet = 2,
  NdisIsolationModeVlan = 3,
};
struct NDIS_SWITCH_PORT_PROPERTY_ISOLATION {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_ISOLATION_MODE IsolationMode;
  BOOLEAN AllowUntaggedTraffic;
  UINT32 DefaultIsolationId;
};
using PNDIS_SWITCH_PORT_PROPERTY_ISOLATION = NDIS_SWITCH_PORT_PROPERTY_ISOLATION*;
inline constexpr UCHAR NDIS_SWITCH_PORT_PROPERTY_ISOLATION_REVISION_1 = 1;

// A property of an extension's own: its bytes lie at PropertyBufferOffset.
struct NDIS_SWITCH_PORT_PROPERTY_CUSTOM {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags, PropertyBufferLength, PropertyBufferOffset;
};
using PNDIS_SWITCH_PORT_PROPERTY_CUSTOM = NDIS_SWITCH_PORT_PROPERTY_CUSTOM*;

// OID_SWITCH_PORT_FEATURE_STATUS_QUERY.
enum NDIS_SWITCH_PORT_FEATURE_STATUS_TYPE : INT {
  NdisSwitchPortFeatureStatusTypeUndefined,
  NdisSwitchPortFeatureStatusTypeCustom,
};
struct NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PORT_ID PortId;
  NDIS_SWITCH_PORT_FEATURE_STATUS_TYPE FeatureStatusType;
  NDIS_SWITCH_OBJECT_ID FeatureStatusId;
  NDIS_SWITCH_OBJECT_VERSION FeatureStatusVersion;
  NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
  NDIS_SWITCH_OBJECT_INSTANCE_ID FeatureStatusInstanceId;
  ULONG FeatureStatusBufferLength, FeatureStatusBufferOffset, Reserved;
};
using PNDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS = NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS*;

// --- properties of the whole switch
enum NDIS_SWITCH_PROPERTY_TYPE : INT {
  NdisSwitchPropertyTypeUndefined,
  NdisSwitchPropertyTypeCustom,
};
struct NDIS_SWITCH_PROPERTY_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PROPERTY_TYPE PropertyType;
  NDIS_SWITCH_OBJECT_ID PropertyId;
  NDIS_SWITCH_OBJECT_VERSION PropertyVersion;
  NDIS_SWITCH_OBJECT_SERIALIZATION_VERSION SerializationVersion;
  NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
  ULONG PropertyBufferLength, PropertyBufferOffset;
};
using PNDIS_SWITCH_PROPERTY_PARAMETERS = NDIS_SWITCH_PROPERTY_PARAMETERS*;

struct NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS {
  NDIS_OBJECT_HEADER Header;
  ULONG Flags;
  NDIS_SWITCH_PROPERTY_TYPE PropertyType;
  NDIS_SWITCH_OBJECT_ID PropertyId;
  NDIS_SWITCH_OBJECT_INSTANCE_ID PropertyInstanceId;
};
using PNDIS_SWITCH_PROPERTY_DELETE_PARAMETERS = NDIS_SWITCH_PROPERTY_DELETE_PARAMETERS*;
