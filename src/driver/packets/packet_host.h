// A processor's packets, lent to the engine: the engine is entered with a burst, and what it sends
// is in the burst when it is left. At DISPATCH_LEVEL on that processor; calls nobody.
#pragma once
#include "datapath/datapath.h"
#include "driver/packets/burst.h"
#include "driver/packets/frame_pool.h"

namespace ovs::driver {

class ProcessorHost final : public datapath::PacketHost {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsk");

  explicit ProcessorHost(FramePool& pool) : pool_(pool), hand_(pool) {}

  // Whose packets these are, from now on.
  void join(datapath::Datapath& engine, unsigned processor) {
    engine_ = &engine;
    processor_ = processor;
    engine.processor(processor).host = this;
  }
  // Between the two, the engine may run and has packets of the burst's. `reader` lives until end(),
  // whose caller may then let go of the lists that arrived: what `processor` holds is ours.
  void begin(Burst& burst, const RcuReader& reader);
  void end(datapath::Processor& processor);
  FrameHand& hand() { return hand_; }

 private:
  datapath::Packet* clone(const datapath::Packet& packet) override;
  datapath::Packet* clone_part(const datapath::Packet& packet, std::uint32_t header_size,
                               std::uint32_t from, std::uint32_t size) override;
  void release(Span<datapath::Packet* const> packets) override;
  void transmit(void* port, Span<datapath::Packet* const> packets) override;
  void copy_tail(const datapath::Packet& packet, std::uint8_t* to) override;
  std::uint16_t sum_tail(const datapath::Packet& packet) override;

  [[gnu::always_inline]] inline void deliver(Frame& frame, const HypervNic& nic,
                                             datapath::PortNo number);
  [[gnu::always_inline]] inline bool apply_policy(Frame& frame, const HypervNic& nic);
  void drop(Frame& frame, datapath::PortNo to, datapath::Drop why);

  FramePool& pool_;
  FrameHand hand_;
  Burst* burst_ = nullptr;
  const RcuReader* reader_ = nullptr;
  datapath::Datapath* engine_ = nullptr;
  unsigned processor_ = 0;
};

}  // namespace ovs::driver
