#include "driver/device/control_device.h"

namespace ovs::driver {
namespace {

constexpr auto& kDeviceName = L"\\Device\\OpenvSwitchDevice";
constexpr auto& kLinkName = L"\\DosDevices\\OpenvSwitchDevice";
// Protected, and all access for SYSTEM and for Administrators: nobody else opens it.
constexpr auto& kAccess = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)";

NTSTATUS complete(PIRP irp, NTSTATUS status) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = 0;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

}  // namespace

Result<Owned<ControlDevice>> ControlDevice::create(NDIS_HANDLE filter_driver) {
  OVS_TRY(auto device, try_make<ControlDevice>());
  UNICODE_STRING name, link, access;
  RtlInitUnicodeString(&name, kDeviceName);
  RtlInitUnicodeString(&link, kLinkName);
  RtlInitUnicodeString(&access, kAccess);
  PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  functions[IRP_MJ_CREATE] = accept;
  functions[IRP_MJ_CLEANUP] = accept;
  functions[IRP_MJ_CLOSE] = accept;
  functions[IRP_MJ_DEVICE_CONTROL] = control;
  NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {};
  attributes.Header = {NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
                       NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                       NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1};
  attributes.DeviceName = &name;
  attributes.SymbolicName = &link;
  attributes.MajorFunctions = functions;
  attributes.DefaultSDDLString = &access;
  const NDIS_STATUS status =
      NdisRegisterDeviceEx(filter_driver, &attributes, &device->device_, &device->handle_);
  if (status == NDIS_STATUS_RESOURCES) return Error::NoMemory;
  if (status == STATUS_OBJECT_NAME_COLLISION) return Error::Exists;
  if (status != NDIS_STATUS_SUCCESS) return Error::Io;
  return device;
}

ControlDevice::~ControlDevice() {
  if (handle_ != nullptr) NdisDeregisterDeviceEx(handle_);
}

NTSTATUS NTAPI ControlDevice::accept(PDEVICE_OBJECT, PIRP irp) {
  return complete(irp, STATUS_SUCCESS);
}

// The six controls: not supported yet.
NTSTATUS NTAPI ControlDevice::control(PDEVICE_OBJECT, PIRP irp) {
  return complete(irp, STATUS_NOT_SUPPORTED);
}

}  // namespace ovs::driver
