// \\.\OpenvSwitchDevice: the door for daemons and tools, which SYSTEM and Administrators may open.
// Answers requests of the I/O manager; what they ask is datapath/control's business.
#pragma once
#include <ndis.h>

#include "base/core/result.h"
#include "platform/api/memory.h"

namespace ovs::driver {

class ControlDevice {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsV");

  // `filter_driver` is NDIS's handle of the driver. PASSIVE_LEVEL. Errors: NoMemory, Exists, Io.
  static Result<Owned<ControlDevice>> create(NDIS_HANDLE filter_driver);
  ControlDevice() = default;
  ControlDevice(const ControlDevice&) = delete;
  // PASSIVE_LEVEL.
  ~ControlDevice();

 private:
  static DRIVER_DISPATCH accept;
  static DRIVER_DISPATCH control;

  PDEVICE_OBJECT device_ = nullptr;
  NDIS_HANDLE handle_ = nullptr;
};

}  // namespace ovs::driver
