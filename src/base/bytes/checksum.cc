#include "base/bytes/checksum.h"

#include "base/core/assert.h"

namespace ovs {
namespace {

constexpr std::uint16_t fold(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return std::uint16_t(sum);
}

// The folded sum of `bytes` taken as little-endian words, the last one padded with zero.
std::uint16_t native_sum(Bytes bytes) {
  const std::uint8_t* at = bytes.data();
  std::size_t left = bytes.count();
  std::uint64_t sum = 0;
  // 32-bit words into 64 bits: no carry is lost before 16 GiB.
  for (; left >= 16; at += 16, left -= 16) {
    sum += std::uint64_t(load<std::uint32_t>(at)) + load<std::uint32_t>(at + 4);
    sum += std::uint64_t(load<std::uint32_t>(at + 8)) + load<std::uint32_t>(at + 12);
  }
  for (; left >= 2; at += 2, left -= 2) sum += load<std::uint16_t>(at);
  if (left == 1) sum += *at;
  return fold(sum);
}

Be16 update(Be16 checksum, std::uint16_t native_from, std::uint16_t native_to) {
  // HC' = ~(~HC + ~m + m')
  const std::uint64_t sum = std::uint64_t(std::uint16_t(~load<std::uint16_t>(&checksum))) +
                            std::uint16_t(~native_from) + native_to;
  Be16 updated;
  store(&updated, std::uint16_t(~fold(sum)));
  return updated;
}

Bytes bytes_of(const Be16& value) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof value);
}
Bytes bytes_of(const Be32& value) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof value);
}

}  // namespace

void Checksum::add(Bytes bytes) {
  const std::uint16_t part = native_sum(bytes);
  sum_ += odd_ ? byte_swap(part) : part;
  if (bytes.count() % 2 != 0) odd_ = !odd_;
}

void Checksum::add(Be16 value) {
  add(bytes_of(value));
}

void Checksum::add(Be32 value) {
  add(bytes_of(value));
}

std::uint16_t Checksum::sum() const {
  return byte_swap(fold(sum_));
}

Be16 checksum(Bytes bytes) {
  Checksum sum;
  sum.add(bytes);
  return sum.value();
}

Be16 checksum_update(Be16 checksum, Be16 from, Be16 to) {
  return update(checksum, native_sum(bytes_of(from)), native_sum(bytes_of(to)));
}

Be16 checksum_update(Be16 checksum, Be32 from, Be32 to) {
  return update(checksum, native_sum(bytes_of(from)), native_sum(bytes_of(to)));
}

Be16 checksum_update(Be16 checksum, Bytes from, Bytes to) {
  OVS_ASSERT(from.count() == to.count());
  return update(checksum, native_sum(from), native_sum(to));
}

}  // namespace ovs
