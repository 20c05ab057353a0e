// Control devices: the door that a filter driver opens for programs.
#pragma once
#include "emulator/sdk/net/object.h"

struct NDIS_DEVICE_OBJECT_ATTRIBUTES {
  NDIS_OBJECT_HEADER Header;
  PNDIS_STRING DeviceName, SymbolicName;
  PDRIVER_DISPATCH* MajorFunctions;  // IRP_MJ_MAXIMUM_FUNCTION + 1 of them
  ULONG ExtensionSize;
  PUNICODE_STRING DefaultSDDLString;
  LPCGUID DeviceClassGuid;
};
using PNDIS_DEVICE_OBJECT_ATTRIBUTES = NDIS_DEVICE_OBJECT_ATTRIBUTES*;
inline constexpr UCHAR NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 = 1;
inline constexpr USHORT NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 =
    RTL_SIZEOF_THROUGH_FIELD(NDIS_DEVICE_OBJECT_ATTRIBUTES, DeviceClassGuid);

// PASSIVE_LEVEL; `NdisHandle` is a filter driver's.
NTKERNELAPI NDIS_STATUS NTAPI
NdisRegisterDeviceEx(NDIS_HANDLE NdisHandle, PNDIS_DEVICE_OBJECT_ATTRIBUTES DeviceObjectAttributes,
                     PDEVICE_OBJECT* DeviceObject, PNDIS_HANDLE NdisDeviceHandle);
// Does not wait for handles that are open.
NTKERNELAPI VOID NTAPI NdisDeregisterDeviceEx(NDIS_HANDLE NdisDeviceHandle);
