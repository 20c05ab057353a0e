// The switch as the driver hosts it: the datapath behind its control door, a processor of it for
// each of the machine's, the bindings that give it ports, and a work item that keeps it up.
#pragma once
#include "driver/extension/port_bindings.h"
#include "driver/packets/packet_processors.h"

namespace ovs::driver {

class Engine final : private platform::WorkItem {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsE");

  // `platform` outlives it. PASSIVE_LEVEL. Error::NoMemory.
  static Result<Owned<Engine>> create(const platform::nt::Platform& platform);
  explicit Engine(const platform::nt::Platform& platform)
      : platform_(platform), bindings_(platform.worker(), platform.trace()) {}
  Engine(const Engine&) = delete;
  // No handle is open, no module attached, no packet under way. PASSIVE_LEVEL.
  ~Engine();

  // What handles of the control device are opened on.
  platform::Device& device() { return *control_; }
  // For modules.
  PortBindings& bindings() { return bindings_; }
  PacketProcessors& processors() { return *processors_; }

 private:
  void run(Passive passive) override;

  const platform::nt::Platform& platform_;
  PortBindings bindings_;  // outlives the datapath, whose ports have its devices
  Owned<PacketProcessors> processors_;
  Owned<datapath::Control> control_;
};

}  // namespace ovs::driver
