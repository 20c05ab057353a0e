#include "driver/device/control_device.h"

#include "driver/device/transfer.h"
#include "driver/status.h"

namespace ovs::driver {
namespace {

using platform::DeviceControl;

constexpr auto& kDeviceName = L"\\Device\\OpenvSwitchDevice";
constexpr auto& kLinkName = L"\\DosDevices\\OpenvSwitchDevice";
// Protected, and all access for SYSTEM and for Administrators: nobody else opens it.
constexpr auto& kAccess = L"D:P(A;;GA;;;SY)(A;;GA;;;BA)";

// The image's one device: a request says only which device object it is for, whose extension is
// NDIS's.
constinit ControlDevice* registered = nullptr;

NTSTATUS complete(PIRP irp, NTSTATUS status, std::size_t size = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = size;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

FILE_OBJECT& file_object_of(const IRP& irp) {
  return *IoGetCurrentIrpStackLocation(&irp)->FileObject;
}

OpenFile* file_of(const IRP& irp) {
  return static_cast<OpenFile*>(file_object_of(irp).FsContext);
}

// An answer that the engine composes piece by piece.
Result<std::size_t> answer(OpenFile& file, DeviceControl code, Transfer& transfer) {
  OVS_TRY(const MutableBytes room, transfer.compose());
  OVS_TRY(const std::size_t size, file.control(code, transfer.input(), room));
  transfer.finish(size);
  return size;
}

// One that it copies at once.
Result<std::size_t> copy_out(OpenFile& file, DeviceControl code, const Transfer& transfer) {
  OVS_TRY(const MutableBytes room, transfer.direct_output());
  return file.control(code, transfer.input(), room);
}

Result<std::size_t> run(OpenFile& file, ULONG code, Transfer& transfer) {
  switch (DeviceControl{code}) {
    case DeviceControl::GetPid:
    case DeviceControl::ReadPacket: return copy_out(file, DeviceControl{code}, transfer);
    case DeviceControl::Read:
    case DeviceControl::ReadEvent:
    case DeviceControl::Write:
    case DeviceControl::Transact: return answer(file, DeviceControl{code}, transfer);
  }
  return Error::Unsupported;
}

bool is_ours(ULONG code) {
  switch (DeviceControl{code}) {
    case DeviceControl::GetPid:
    case DeviceControl::Read:
    case DeviceControl::ReadEvent:
    case DeviceControl::ReadPacket:
    case DeviceControl::Write:
    case DeviceControl::Transact: return true;
  }
  return false;
}

}  // namespace

Result<Owned<ControlDevice>> ControlDevice::create(NDIS_HANDLE filter_driver,
                                                   platform::Device& engine) {
  OVS_TRY(auto device, try_make<ControlDevice>(engine));
  UNICODE_STRING name, link, access;
  RtlInitUnicodeString(&name, kDeviceName);
  RtlInitUnicodeString(&link, kLinkName);
  RtlInitUnicodeString(&access, kAccess);
  PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  functions[IRP_MJ_CREATE] = on_create;
  functions[IRP_MJ_CLEANUP] = on_cleanup;
  functions[IRP_MJ_CLOSE] = on_close;
  functions[IRP_MJ_DEVICE_CONTROL] = on_control;
  NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {};
  attributes.Header = {NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
                       NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                       NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1};
  attributes.DeviceName = &name;
  attributes.SymbolicName = &link;
  attributes.MajorFunctions = functions;
  attributes.DefaultSDDLString = &access;
  // Requests may come before this returns.
  registered = device.raw();
  const NDIS_STATUS status =
      NdisRegisterDeviceEx(filter_driver, &attributes, &device->device_, &device->handle_);
  if (status == NDIS_STATUS_RESOURCES) return Error::NoMemory;
  if (status == STATUS_OBJECT_NAME_COLLISION) return Error::Exists;
  if (status != NDIS_STATUS_SUCCESS) return Error::Io;
  return device;
}

ControlDevice::~ControlDevice() {
  if (handle_ != nullptr) NdisDeregisterDeviceEx(handle_);
  registered = nullptr;
}

NTSTATUS ControlDevice::open(FILE_OBJECT& file) {
  auto session = engine_.open();
  if (!session) return to_status(session.error());
  auto opened = try_make<OpenFile>(std::move(*session), completions_);
  if (!opened) return to_status(opened.error());
  file.FsContext = opened->release();
  return STATUS_SUCCESS;
}

NTSTATUS NTAPI ControlDevice::on_create(PDEVICE_OBJECT, PIRP irp) {
  return complete(irp, registered->open(file_object_of(*irp)));
}

NTSTATUS NTAPI ControlDevice::on_cleanup(PDEVICE_OBJECT, PIRP irp) {
  file_of(*irp)->cleanup();
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI ControlDevice::on_close(PDEVICE_OBJECT, PIRP irp) {
  (void)Owned<OpenFile>::adopt(file_of(*irp));
  file_object_of(*irp).FsContext = nullptr;
  return complete(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI ControlDevice::on_control(PDEVICE_OBJECT, PIRP irp) {
  const ULONG code = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl.IoControlCode;
  if (!is_ours(code)) return complete(irp, STATUS_INVALID_DEVICE_REQUEST);
  auto transfer = Transfer::of(*irp);
  if (!transfer) return complete(irp, to_status(transfer.error()));
  OpenFile& file = *file_of(*irp);
  const Result<std::size_t> size = run(file, code, *transfer);
  if (size) return complete(irp, STATUS_SUCCESS, *size);
  // The session does not answer at once what is to pend.
  if (DeviceControl{code} != DeviceControl::Write || size.error() != Error::Unsupported) {
    return complete(irp, to_status(size.error()));
  }
  const Result<void> pended = file.pend(*irp, transfer->input());
  if (!pended) return complete(irp, to_status(pended.error()));
  return STATUS_PENDING;
}

}  // namespace ovs::driver
