// NdisRegisterDeviceEx: a filter driver's control device (rule 94). Requests for it are nt/io's.
#include "emulator/nt/io/devices.h"
#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {
namespace {

constexpr UCHAR kPower = 0x16;
constexpr UCHAR kPnp = 0x1b;
constexpr const char* kCall = "NdisRegisterDeviceEx";

struct NdisDevice {
  static constexpr std::uint64_t kMagic = 0x6563'6976'6564'6636;
  std::uint64_t magic = kMagic;
  PDEVICE_OBJECT object = nullptr;
  PVOID extension = nullptr;  // NDIS's, not the driver's
};

void check_attributes(const NDIS_DEVICE_OBJECT_ATTRIBUTES& how) {
  const NDIS_OBJECT_HEADER& header = how.Header;
  if (header.Type != NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES ||
      header.Revision != NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1 ||
      header.Size != NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1) {
    violate(94, std::string(kCall) + ": the header is not that of device attributes");
  }
  if (how.DeviceName == nullptr || how.SymbolicName == nullptr || how.MajorFunctions == nullptr) {
    violate(94, std::string(kCall) + ": no name, no link or no functions");
  }
  if (how.MajorFunctions[kPnp] != nullptr || how.MajorFunctions[kPower] != nullptr) {
    violate(94, std::string(kCall) + ": an entry for PnP or power, which are NDIS's");
  }
  if (how.DefaultSDDLString == nullptr) {
    violate(94, std::string(kCall) + ": no access list, so that anybody may open the device");
  }
}

NDIS_STATUS register_device(NDIS_HANDLE handle, PNDIS_DEVICE_OBJECT_ATTRIBUTES how,
                            PDEVICE_OBJECT* object, PNDIS_HANDLE device_handle) {
  check_handle(handle, kCall);
  const auto& driver = *static_cast<const FilterDriver*>(handle);
  if (driver.magic != FilterDriver::kMagic) {
    violate(94, std::string(kCall) + ": the handle is not a filter driver's");
  }
  check_attributes(*how);
  if (fails_now()) return NDIS_STATUS_RESOURCES;
  DeviceSpec spec;
  spec.driver = driver.object;
  spec.name = narrow(text_of(*how->DeviceName));
  spec.link = narrow(text_of(*how->SymbolicName));
  spec.access = narrow(text_of(*how->DefaultSDDLString));
  spec.functions = how->MajorFunctions;
  spec.extension_size = how->ExtensionSize;
  const auto made = create_device(spec);
  if (!made) return made.error();
  *object = *made;
  *device_handle = new NdisDevice{NdisDevice::kMagic, *made, (*made)->DeviceExtension};
  return NDIS_STATUS_SUCCESS;
}

void deregister_device(NDIS_HANDLE handle) {
  auto* device = static_cast<NdisDevice*>(handle);
  if (device == nullptr || device->magic != NdisDevice::kMagic) {
    violate(94, "NdisDeregisterDeviceEx: " + hex(handle) + " is no device's handle");
  }
  if (device->object->DeviceExtension != device->extension) {
    violate(94, "NdisDeregisterDeviceEx: the device extension pointer was changed");
  }
  delete_device(device->object);
  device->magic = 0;
  delete device;
}

}  // namespace

void add_device_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, register_device, NdisRegisterDeviceEx, kPassive);
  OVS_NDIS_EXPORT(exports, deregister_device, NdisDeregisterDeviceEx, kPassive);
}

}  // namespace ovs::emulator
