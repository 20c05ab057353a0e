// The engine's processors in the kernel: packets for each of them, lent to the engine at
// DISPATCH_LEVEL on that processor; what waits for a neighbour is looked after; packets that come
// over the device run here. One for the driver; modules' ways of packets use it.
#pragma once
#include "datapath/port/port_provider.h"
#include "driver/packets/packet_host.h"
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
  // Stopped, or never started; no module is left.
  ~PacketProcessors();

  // Once, before the first packet; `datapath` was made for the platform's count of processors.
  void start(datapath::Datapath& datapath);
  // Before `datapath` ends, with no module left: gives up what waits.
  void stop(Passive passive);

  // What comes over the device. Sent soon, from a DPC. Errors: NoMemory, Range, Down (not started).
  Result<void> run(Bytes frame, const flow::PacketMetadata& metadata,
                   const datapath::Program& program) override;

  // ---- for PacketPath ----
  FramePool& frames();
  // This processor's, as long as the reader lives.
  ProcessorHost& here(const RcuReader& reader);
  // Empty; null: too many are in use. Mostly `host` has one at hand.
  Burst* take_burst(ProcessorHost& host);
  // `host` is null where this may be another processor by now.
  void give_back(Burst& burst, ProcessorHost* host);

 private:
  Owned<Parts> parts_;
};

}  // namespace ovs::driver
