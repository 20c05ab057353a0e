// Packets of one thread, from a pool of its own, for the engine; and frames from and to frame
// ports.
#pragma once
#include <vector>

#include "datapath/pipeline/packet_pool.h"
#include "platform/api/frame_port.h"

namespace ovs::userdp {

inline constexpr std::size_t kMaxFrame = 9216 + 22;  // a jumbo frame with two tags

// What the engine knows a port's device as.
class FrameSink {
 public:
  // Takes copies, or passes them on; any thread that switches packets.
  virtual void send(Span<const platform::FrameParts> frames) = 0;

 protected:
  ~FrameSink() = default;
};

class PooledHost final : public datapath::PacketHost {
 public:
  explicit PooledHost(Owned<datapath::PacketPool> pool) : pool_(std::move(pool)) {}

  datapath::PacketPool& pool() { return *pool_; }

  datapath::Packet* clone(const datapath::Packet& packet) override;
  void release(Span<datapath::Packet* const> packets) override;
  // `port` is a FrameSink.
  void transmit(void* port, Span<datapath::Packet* const> packets) override;
  void copy_tail(const datapath::Packet& packet, std::uint8_t* to) override;
  std::uint16_t sum_tail(const datapath::Packet& packet) override;

 private:
  Owned<datapath::PacketPool> pool_;
};

}  // namespace ovs::userdp
