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
  // Runs the engine over the burst's packets: what is to go out is in the burst then. Afterwards
  // the lists that arrived may be let go of.
  void receive(Burst& burst, const RcuReader& reader);
  // The same for a packet that comes over the device; and for what waits.
  void execute(Burst& burst, datapath::Packet& packet, const datapath::Program& program,
               const RcuReader& reader);
  void retry(Burst& burst, const RcuReader& reader);

  FramePool& frames() { return pool_; }
  FrameHand& hand() { return hand_; }
  // For flow::extract while a burst is filled.
  flow::PacketKey& scratch_key() { return processor().action_key; }
  // A frame that was on its way to this vport, or so many that came from it, went nowhere; kNoPort:
  // none counts it.
  void count_lost(datapath::PortNo to, datapath::Drop why);
  void count_refused(datapath::PortNo from, datapath::Drop why, unsigned count);
  // Where a packet of this port came in, if it is an adapter's.
  const HypervNic* nic_of(std::uint32_t in_port, const RcuReader& reader) const;
  // A burst that is kept here. Null: there is none. At DISPATCH_LEVEL on this processor.
  Burst* take_burst() { return burst_count_ == 0 ? nullptr : bursts_[--burst_count_]; }
  // False: there are enough here.
  bool keep(Burst& burst) {
    if (burst_count_ == kMostBursts) return false;
    bursts_[burst_count_++] = &burst;
    return true;
  }

 private:
  datapath::Packet* clone(const datapath::Packet& packet) override;
  datapath::Packet* clone_part(const datapath::Packet& packet, std::uint32_t header_size,
                               std::uint32_t from, std::uint32_t size) override;
  void release(Span<datapath::Packet* const> packets) override;
  void transmit(void* port, Span<datapath::Packet* const> packets) override;
  Sent transmit_copies(void* port, Span<datapath::Packet* const> packets) override;
  void copy_tail(const datapath::Packet& packet, std::uint8_t* to) override;
  std::uint16_t sum_tail(const datapath::Packet& packet) override;

  struct Way;

  void deliver(Frame& frame, const Way& way);
  std::size_t go_as_copies(Span<datapath::Packet* const> packets, const Way& way);
  std::size_t go_plainly(Span<datapath::Packet* const> packets, Way& way);
  std::size_t note_plainly(Span<datapath::Packet* const> packets, Way& way);
  bool goes_straight(Frame& frame, Arrival& arrival, const Way& way);
  bool note(const Frame& frame, Way& way);
  bool note(Arrival& arrival, Way& way);
  void drop(Frame& frame, datapath::PortNo to, datapath::Drop why);
  datapath::Processor& processor() { return engine_->processor(processor_); }
  void begin(Burst& burst, const RcuReader& reader);
  void end();

  FramePool& pool_;
  FrameHand hand_;
  static constexpr unsigned kMostBursts = 2;

  Burst* bursts_[kMostBursts];
  unsigned burst_count_ = 0;
  Burst* burst_ = nullptr;
  const RcuReader* reader_ = nullptr;
  datapath::Datapath* engine_ = nullptr;
  unsigned processor_ = 0;
};

}  // namespace ovs::driver
