#include "emulator/nt/driver.h"

#include <atomic>

#include "emulator/nt/callback.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr CSHORT kDriverObject = 4;  // a DRIVER_OBJECT's type

UNICODE_STRING counted(std::u16string& text) {
  const auto size = static_cast<USHORT>(2 * text.size());
  return {size, size, reinterpret_cast<PWCH>(text.data())};
}

std::u16string wide(const std::string& ascii) {
  return std::u16string(ascii.begin(), ascii.end());
}

}  // namespace

StartedDriver::StartedDriver(const DriverImage& image, const std::string& service) {
  object_.DriverStart = image.base();
  object_.DriverSize = static_cast<ULONG>(image.size());
  start(image.entry(), service);
}

StartedDriver::StartedDriver(DRIVER_INITIALIZE* entry, const std::string& service) {
  start(entry, service);
}

StartedDriver::~StartedDriver() {
  unload();
}

void StartedDriver::start(DRIVER_INITIALIZE* entry, const std::string& service) {
  name_ = wide("\\Driver\\" + service);
  registry_path_ = wide("\\Registry\\Machine\\System\\CurrentControlSet\\Services\\" + service);
  object_.Type = kDriverObject;
  object_.Size = sizeof object_;
  object_.DriverName = counted(name_);
  object_.DriverInit = entry;
  UNICODE_STRING path = counted(registry_path_);
  const unsigned others = parts().drivers++;
  status_ = call_driver("DRIVER_INITIALIZE", entry, &object_, &path);
  if (NT_SUCCESS(status_)) return;
  --parts().drivers;
  if (others == 0) Kernel::current().check_nothing_left(7, "a DriverEntry that failed");
}

void StartedDriver::unload() {
  if (!NT_SUCCESS(status_)) return;
  status_ = STATUS_DELETE_PENDING;
  // Windows unloads no driver while a handle is open on its device.
  Kernel::current().wait_until([this] { return !parts().io.has_handles(&object_); });
  if (object_.DriverUnload == nullptr) violate(8, "the driver has no DriverUnload");
  call_driver("DRIVER_UNLOAD", object_.DriverUnload, &object_);
  if (--parts().drivers == 0) Kernel::current().check_nothing_left(8, "DriverUnload");
}

}  // namespace ovs::emulator
