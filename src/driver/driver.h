// Everything that lives while the image is loaded, in the order in which it starts; it ends in the
// reverse order.
#pragma once
#include "driver/device/control_device.h"
#include "driver/engine.h"
#include "driver/extension/filter_driver.h"

namespace ovs::driver {

class Driver {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovs!");

  // PASSIVE_LEVEL. Errors: as its parts have them; then nothing is left of it.
  static Result<Owned<Driver>> start(DRIVER_OBJECT& object);
  Driver(Owned<platform::nt::Platform> platform, Owned<Engine> engine, Owned<FilterDriver> filter,
         Owned<ControlDevice> device)
      : platform_(std::move(platform)),
        engine_(std::move(engine)),
        filter_(std::move(filter)),
        device_(std::move(device)) {}
  Driver(const Driver&) = delete;
  ~Driver() = default;

 private:
  Owned<platform::nt::Platform> platform_;
  Owned<Engine> engine_;
  Owned<FilterDriver> filter_;
  Owned<ControlDevice> device_;
};

}  // namespace ovs::driver
