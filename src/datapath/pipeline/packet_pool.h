// Packets whose whole frame lies in the prefix, from memory that is taken once: what hosts without
// buffers of their own, tests and benchmarks use. Not synchronised: one pool a thread.
#pragma once
#include "datapath/pipeline/packet.h"
#include "platform/api/memory.h"

namespace ovs::datapath {

class PacketPool {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsK");

  // `count` packets for frames of up to `frame_size` bytes.
  static Result<Owned<PacketPool>> create(std::size_t count, std::size_t frame_size);
  PacketPool(OwnedArray<std::uint8_t> memory, OwnedArray<Packet> packets, OwnedArray<Packet*> free,
             std::size_t room_size);

  // An empty packet with kHeadroom bytes of headroom, or null.
  Packet* take();
  // The same, with these bytes as its frame; null if they do not fit.
  Packet* take(Bytes frame);
  Packet* clone(const Packet& packet);
  // As PacketHost::clone_part(); the packet has no tail.
  Packet* clone_part(const Packet& packet, std::uint32_t header_size, std::uint32_t from,
                     std::uint32_t size);
  void give_back(Span<Packet* const> packets);

  std::size_t free_count() const { return free_count_; }
  std::size_t count() const { return packets_.count(); }
  std::size_t frame_capacity() const { return room_size_ - kHeadroom; }

 private:
  OwnedArray<std::uint8_t> memory_;
  OwnedArray<Packet> packets_;
  OwnedArray<Packet*> free_;
  std::size_t room_size_;
  std::size_t free_count_;
};

}  // namespace ovs::datapath
