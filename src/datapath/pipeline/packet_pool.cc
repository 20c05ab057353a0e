#include "datapath/pipeline/packet_pool.h"

namespace ovs::datapath {

namespace {

// Whole cache lines, an odd number of them: buffers a power of two apart would share few sets of
// the first cache.
std::size_t room_for(std::size_t frame_size) {
  const std::size_t lines = (kHeadroom + frame_size + 63) / 64;
  return (lines | 1) * 64;
}

}  // namespace

PacketPool::PacketPool(OwnedArray<std::uint8_t> memory, OwnedArray<Packet> packets,
                       OwnedArray<Packet*> free, std::size_t room_size)
    : memory_(std::move(memory)),
      packets_(std::move(packets)),
      free_(std::move(free)),
      room_size_(room_size),
      free_count_(packets_.count()) {
  for (std::size_t i = 0; i < packets_.count(); ++i) {
    packets_[i].room = memory_.data() + i * room_size_;
    packets_[i].room_size = std::uint32_t(room_size_);
    packets_[i].owner = this;
    free_[i] = &packets_[i];
  }
}

Result<Owned<PacketPool>> PacketPool::create(std::size_t count, std::size_t frame_size) {
  const std::size_t room_size = room_for(frame_size);
  OVS_TRY(auto memory, try_make_array<std::uint8_t>(count * room_size, kTag));
  OVS_TRY(auto packets, try_make_array<Packet>(count, kTag));
  OVS_TRY(auto free, try_make_array<Packet*>(count, kTag));
  return try_make<PacketPool>(std::move(memory), std::move(packets), std::move(free), room_size);
}

Packet* PacketPool::take() {
  if (free_count_ == 0) return nullptr;
  Packet* packet = free_.data()[--free_count_];
  packet->clear(packet->room + kHeadroom);
  return packet;
}

Packet* PacketPool::take(Bytes frame) {
  if (frame.count() > frame_capacity()) return nullptr;
  Packet* packet = take();
  if (packet == nullptr) return nullptr;
  __builtin_memcpy(packet->data, frame.data(), frame.count());
  packet->head_size = std::uint32_t(frame.count());
  return packet;
}

Packet* PacketPool::clone(const Packet& packet) {
  return clone_part(packet, packet.head_size, 0, 0);
}

Packet* PacketPool::clone_part(const Packet& packet, std::uint32_t header_size, std::uint32_t from,
                               std::uint32_t size) {
  if (packet.headroom() + header_size + size > room_size_) return nullptr;
  Packet* copy = take();
  if (copy == nullptr) return nullptr;
  std::uint8_t* const room = copy->room;
  void* const owner = copy->owner;
  *copy = packet;
  copy->room = room;
  copy->owner = owner;
  copy->room_size = std::uint32_t(room_size_);
  copy->data = room + packet.headroom();
  copy->head_size = header_size + size;
  __builtin_memcpy(copy->data, packet.data, header_size);
  __builtin_memcpy(copy->data + header_size, packet.data + from, size);
  return copy;
}

void PacketPool::give_back(Span<Packet* const> packets) {
  for (Packet* packet : packets) {
    OVS_ASSERT(packet->owner == this);
    free_.data()[free_count_++] = packet;
  }
}

}  // namespace ovs::datapath
