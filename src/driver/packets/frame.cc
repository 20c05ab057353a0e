#include "driver/packets/frame.h"

#include "base/bytes/checksum.h"

namespace ovs::driver {
bool copy_from(const NET_BUFFER& buffer, std::uint32_t from, std::uint32_t size, std::uint8_t* to) {
  return for_each_piece(buffer, from, size, [&](Bytes piece) {
    __builtin_memcpy(to, piece.data(), piece.count());
    to += piece.count();
  });
}

bool copy_tail(const Frame& frame, std::uint32_t from, std::uint32_t size, std::uint8_t* to) {
  return for_each_tail_piece(frame, from, size, [&](Bytes piece) {
    __builtin_memcpy(to, piece.data(), piece.count());
    to += piece.count();
  });
}

std::uint16_t sum_tail(const Frame& frame) {
  Checksum sum;
  const auto add = [&](Bytes piece) { sum.add(piece); };
  (void)for_each_tail_piece(frame, 0, frame.packet.tail_size, add);
  return sum.sum();
}

}  // namespace ovs::driver
