// \\.\OpenvSwitchDevice: the door for daemons and tools, which SYSTEM and Administrators may open.
// Answers requests of the I/O manager; what they ask is datapath/control's business. It lives as
// long as the driver: switches come and go behind it.
#pragma once
#include <ndis.h>

#include "driver/device/open_file.h"

namespace ovs::driver {

class ControlDevice {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsV");

  // `filter_driver` is NDIS's handle of the driver; `engine`, on which handles are opened, outlives
  // it. One at a time. PASSIVE_LEVEL. Errors: NoMemory, Exists, Io.
  static Result<Owned<ControlDevice>> create(NDIS_HANDLE filter_driver, platform::Device& engine);
  explicit ControlDevice(platform::Device& engine) : engine_(engine) {}
  ControlDevice(const ControlDevice&) = delete;
  // No handle is open. PASSIVE_LEVEL.
  ~ControlDevice();

 private:
  static DRIVER_DISPATCH on_create;
  static DRIVER_DISPATCH on_cleanup;
  static DRIVER_DISPATCH on_close;
  static DRIVER_DISPATCH on_control;

  NTSTATUS open(FILE_OBJECT& file);

  platform::Device& engine_;
  Completions completions_;
  PDEVICE_OBJECT device_ = nullptr;
  NDIS_HANDLE handle_ = nullptr;
};

}  // namespace ovs::driver
