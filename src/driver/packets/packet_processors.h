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
  // This processor's.
  FrameHand& hand(const RcuReader& reader);
  // Reads tails for the engine's functions; this processor's.
  datapath::PacketHost& host();
  // Empty; null: too many are in use.
  Burst* take_burst();
  void give_back(Burst& burst);
  // Runs the engine over the burst's packets; what is to go out is in the burst then.
  void receive(Burst& burst, const RcuReader& reader);
  // A frame that was on its way to this vport, or came from it, went nowhere; kNoPort: none counts
  // it. At DISPATCH_LEVEL.
  void count_lost(datapath::PortNo to, datapath::Drop why);
  void count_refused(datapath::PortNo from, datapath::Drop why, unsigned count);
  // Where a packet of this port came in, if it is an adapter's.
  const HypervNic* nic_of(std::uint32_t in_port, const RcuReader& reader) const;
  // For flow::extract while the burst is filled, on this processor.
  flow::PacketKey& scratch_key(const RcuReader& reader);

 private:
  Owned<Parts> parts_;
};

}  // namespace ovs::driver
