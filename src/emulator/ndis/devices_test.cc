// A filter driver's control device: attributes that are wrong are caught.
#include "emulator/nt/io/devices.h"
#include "emulator/ndis/rig_test.h"

namespace ovs::emulator::test {
namespace {

NTSTATUS NTAPI answer(PDEVICE_OBJECT, PIRP irp) {
  irp->IoStatus.Status = STATUS_SUCCESS;
  irp->IoStatus.Information = 0;
  reinterpret_cast<decltype(&::IofCompleteRequest)>(
      Rig::current().imports.find("ntoskrnl.exe", "IofCompleteRequest"))(irp, 0);
  return STATUS_SUCCESS;
}

UNICODE_STRING counted(std::u16string& text) {
  const auto size = static_cast<USHORT>(2 * text.size());
  return {size, size, reinterpret_cast<PWCH>(text.data())};
}

// What a right driver registers; a test changes one thing.
struct DeviceCall {
  std::u16string name = u"\\Device\\Test", link = u"\\DosDevices\\Test";
  std::u16string access = u"D:P(A;;GA;;;SY)(A;;GA;;;BA)";
  UNICODE_STRING counted_name = counted(name), counted_link = counted(link);
  UNICODE_STRING counted_access = counted(access);
  PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  NDIS_DEVICE_OBJECT_ATTRIBUTES attributes = {};
  PDEVICE_OBJECT device = nullptr;
  NDIS_HANDLE handle = nullptr;

  DeviceCall() {
    functions[IRP_MJ_CREATE] = functions[IRP_MJ_CLEANUP] = functions[IRP_MJ_CLOSE] = answer;
    attributes.Header = {NDIS_OBJECT_TYPE_DEVICE_OBJECT_ATTRIBUTES,
                         NDIS_DEVICE_OBJECT_ATTRIBUTES_REVISION_1,
                         NDIS_SIZEOF_DEVICE_OBJECT_ATTRIBUTES_REVISION_1};
    attributes.DeviceName = &counted_name;
    attributes.SymbolicName = &counted_link;
    attributes.MajorFunctions = functions;
    attributes.ExtensionSize = 16;
    attributes.DefaultSDDLString = &counted_access;
  }
  DeviceCall(const DeviceCall&) = delete;
  NDIS_STATUS run(NDIS_HANDLE driver) {
    return OVS_IMPORTED(NdisRegisterDeviceEx)(driver, &attributes, &device, &handle);
  }
};

TEST_CASE("94 NdisRegisterDeviceEx: a right driver's device opens and closes") {
  Rig rig;
  rig.kernel.add_functions(rig.imports);
  rig.start();
  DeviceCall call;
  REQUIRE(call.run(rig.driver) == NDIS_STATUS_SUCCESS);
  CHECK(find_device("\\DosDevices\\Test") == call.device);
  auto file = FileHandle::open(call.device);
  REQUIRE(file.ok());
  file->reset();
  OVS_IMPORTED(NdisDeregisterDeviceEx)(call.handle);
}
TEST_CASE("94 NdisRegisterDeviceEx: a module's handle in the place of the driver's is found") {
  CHECK(expect_violation(94, [] {
          Rig rig;
          rig.start();
          DeviceCall().run(rig.handle);
        }) == "");
}
TEST_CASE("94 NdisRegisterDeviceEx: an entry for Plug and Play is found") {
  CHECK(expect_violation(
            94,
            [] {
              Rig rig;
              rig.start();
              DeviceCall call;
              call.functions[0x1b] = answer;
              call.run(rig.driver);
            },
            "an entry for PnP") == "");
}
TEST_CASE("94 NdisRegisterDeviceEx: no access list is found") {
  CHECK(expect_violation(94, [] {
          Rig rig;
          rig.start();
          DeviceCall call;
          call.attributes.DefaultSDDLString = nullptr;
          call.run(rig.driver);
        }) == "");
}
TEST_CASE("94 NdisDeregisterDeviceEx: a device extension pointer that was written is found") {
  CHECK(expect_violation(
            94,
            [] {
              Rig rig;
              rig.start();
              DeviceCall call;
              call.run(rig.driver);
              call.device->DeviceExtension = &call;
              OVS_IMPORTED(NdisDeregisterDeviceEx)(call.handle);
            },
            "NdisDeregisterDeviceEx: the") == "");
}

}  // namespace
}  // namespace ovs::emulator::test
