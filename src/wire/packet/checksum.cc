#include "wire/packet/checksum.h"

namespace ovs::wire {
namespace {

constexpr std::uint32_t kCastagnoli = 0x82f63b78;  // bit-reversed polynomial

struct CrcTable {
  std::uint32_t rows[256];
};
constexpr CrcTable make_crc_table() {
  CrcTable table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kCastagnoli : crc >> 1;
    table.rows[i] = crc;
  }
  return table;
}
constexpr CrcTable kCrcTable = make_crc_table();

std::uint16_t folded(std::uint64_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return std::uint16_t(sum);
}

}  // namespace

Checksum& Checksum::add(Bytes bytes) {
  // Four bytes at a time: the sum of 32-bit words folds to that of 16-bit words.
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.count();
  for (; left >= 4; left -= 4, at += 4) sum_ += load<Be32>(at).host();
  if (left >= 2) {
    sum_ += load<Be16>(at).host();
    left -= 2, at += 2;
  }
  if (left != 0) sum_ += std::uint64_t{*at} << 8;
  return *this;
}

std::uint16_t Checksum::finish() const {
  return std::uint16_t(~folded(sum_));
}

std::uint16_t transport_checksum(Bytes addresses, std::uint8_t protocol, Bytes segment) {
  Checksum sum;
  sum.add(addresses).add32(std::uint32_t(segment.count())).add16(protocol);
  return sum.add(segment).finish();
}

std::uint16_t checksum_after(std::uint16_t old_checksum, Bytes before, Bytes after) {
  // RFC 1624, equation 3: ~(~old + ~before + after).
  Checksum sum;
  sum.add16(std::uint16_t(~old_checksum));
  sum.add16(Checksum().add(before).finish());
  return sum.add(after).finish();
}

std::uint32_t crc32c(Bytes bytes) {
  std::uint32_t crc = ~std::uint32_t{0};
  for (const std::uint8_t byte : bytes) crc = crc >> 8 ^ kCrcTable.rows[(crc ^ byte) & 0xff];
  return ~crc;
}

}  // namespace ovs::wire
