#include "driver/packets/frame.h"

#include "base/bytes/checksum.h"

namespace ovs::driver {
namespace {

template <class F>
bool for_each_tail_piece(const Frame& frame, F&& use) {
  std::uint32_t left = frame.packet.tail_size;
  if (frame.has_arrived_tail) return for_each_piece(*frame.buffer, frame.tail_at, left, use);
  for (const Block* block = frame.blocks; block != nullptr && left > 0; block = block->next) {
    const std::uint32_t part = left < kBlockSize ? left : kBlockSize;
    use(Bytes(block->bytes, part));
    left -= part;
  }
  return left == 0;
}

}  // namespace

bool copy_from(const NET_BUFFER& buffer, std::uint32_t from, std::uint32_t size, std::uint8_t* to) {
  return for_each_piece(buffer, from, size, [&](Bytes piece) {
    __builtin_memcpy(to, piece.data(), piece.count());
    to += piece.count();
  });
}

bool copy_tail(const Frame& frame, std::uint8_t* to) {
  return for_each_tail_piece(frame, [&](Bytes piece) {
    __builtin_memcpy(to, piece.data(), piece.count());
    to += piece.count();
  });
}

std::uint16_t sum_tail(const Frame& frame) {
  Checksum sum;
  (void)for_each_tail_piece(frame, [&](Bytes piece) { sum.add(piece); });
  return sum.sum();
}

}  // namespace ovs::driver
