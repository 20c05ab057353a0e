// Where Windows enters the image. Knows no part of the driver but the whole.
#include "driver/driver.h"
#include "driver/status.h"

namespace ovs::driver {
namespace {

// The image's one driver: Windows gives DriverUnload nothing else by which to find it.
constinit Driver* loaded = nullptr;

VOID NTAPI unload(PDRIVER_OBJECT) {
  (void)Owned<Driver>::adopt(std::exchange(loaded, nullptr));
}

}  // namespace
}  // namespace ovs::driver

extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT object, PUNICODE_STRING) {
  using namespace ovs::driver;
  auto driver = Driver::start(*object);
  if (!driver) return to_status(driver.error());
  loaded = driver->release();
  object->DriverUnload = unload;
  return STATUS_SUCCESS;
}
