#include "driver/driver.h"

namespace ovs::driver {
namespace {

// The ETW provider "Open vSwitch".
constexpr GUID kTraceProvider = {
    0x1e5219f5, 0xb94f, 0x463e, {0xa2, 0xf6, 0xf3, 0xc1, 0x5f, 0xde, 0xed, 0x9f}};

}  // namespace

Result<Owned<Driver>> Driver::start(DRIVER_OBJECT& object) {
  OVS_TRY(auto platform, platform::nt::Platform::start(kTraceProvider));
  OVS_TRY(auto engine, Engine::create(*platform));
  const SwitchModule::Hosts modules{engine->bindings(), engine->processors(), platform->worker(),
                                    platform->trace()};
  OVS_TRY(auto filter, FilterDriver::register_with_ndis(object, modules));
  OVS_TRY(auto device, ControlDevice::create(filter->handle(), engine->device()));
  return try_make<Driver>(std::move(platform), std::move(engine), std::move(filter),
                          std::move(device));
}

}  // namespace ovs::driver
