// A driver's life: DriverEntry, what it registered, DriverUnload, and that nothing is left of it.
#pragma once
#include <memory>
#include <string>

#include "emulator/host/loader/driver_image.h"

namespace ovs::emulator {

class StartedDriver {
 public:
  // Calls DriverEntry; `image` outlives it. A driver that refuses leaves nothing (7).
  explicit StartedDriver(const DriverImage& image, const std::string& service = "OVSExt");
  // The same for a driver that is in the process already.
  explicit StartedDriver(DRIVER_INITIALIZE* entry, const std::string& service = "Test");
  StartedDriver(const StartedDriver&) = delete;
  // Unloads if it is not yet.
  ~StartedDriver();

  NTSTATUS status() const { return status_; }
  PDRIVER_OBJECT object() { return &object_; }
  // Calls DriverUnload; the last driver leaves nothing (8).
  void unload();

 private:
  void start(DRIVER_INITIALIZE* entry, const std::string& service);

  DRIVER_OBJECT object_ = {};
  std::u16string name_;
  std::u16string registry_path_;
  NTSTATUS status_ = STATUS_UNSUCCESSFUL;
};

}  // namespace ovs::emulator
