// The engine's processors in the kernel: packets for each of them, lent to the engine at
// DISPATCH_LEVEL on that processor; what waits for a neighbour is looked after; packets that come
// over the device run here. One for the driver; modules' ways of packets use it.
#pragma once
#include <ndis.h>

#include "datapath/control/control.h"
#include "platform/nt/start.h"

namespace ovs::driver {

class PacketProcessors final : public datapath::PacketRunner {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsU");

  // All of the packets' memory is taken here. `platform` outlives it. PASSIVE_LEVEL. NoMemory.
  static Result<Owned<PacketProcessors>> create(const platform::nt::Platform& platform);
  struct Parts;
  explicit PacketProcessors(Owned<Parts> parts);
  PacketProcessors(const PacketProcessors&) = delete;
  // Stopped; no module is left.
  ~PacketProcessors();

  // Once, before the first packet; `datapath` was made for the platform's count of processors.
  void start(datapath::Datapath& datapath);
  // Before `datapath` ends, with no module left: gives up what waits. Also when never started.
  void stop(Passive passive);

  // What comes over the device. Sent soon, from a DPC. Errors: NoMemory, Range.
  Result<void> run(Bytes frame, const flow::PacketMetadata& metadata,
                   const datapath::Program& program) override;

  Parts& parts() { return *parts_; }

 private:
  Owned<Parts> parts_;
};

}  // namespace ovs::driver
