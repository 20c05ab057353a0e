// The Internet checksum (RFC 1071), its incremental update (RFC 1624), the pseudo headers of IPv4
// and IPv6, and SCTP's CRC-32c. Sums are 16-bit numbers as they stand in a header, in host order.
#pragma once
#include "base/bytes/big.h"
#include "base/bytes/span.h"

namespace ovs::wire {

// A sum in progress. Parts other than the last must have an even size.
class Checksum {
 public:
  Checksum& add(Bytes bytes);
  Checksum& add16(std::uint16_t value) {
    sum_ += value;
    return *this;
  }
  Checksum& add32(std::uint32_t value) {
    return add16(std::uint16_t(value >> 16)).add16(std::uint16_t(value));
  }
  // What to write into the header; over a packet with a right checksum it is zero.
  std::uint16_t finish() const;

 private:
  std::uint64_t sum_ = 0;
};

inline std::uint16_t checksum(Bytes bytes) {
  return Checksum().add(bytes).finish();
}

// The sum over a transport header and payload with its pseudo header; `addresses` are source and
// destination, 8 or 32 bytes.
std::uint16_t transport_checksum(Bytes addresses, std::uint8_t protocol, Bytes segment);
// RFC 768: a zero in UDP's field means that none was computed, so a computed zero is sent as its
// other representation.
constexpr std::uint16_t udp_checksum_field(std::uint16_t computed) {
  return computed == 0 ? 0xffff : computed;
}

// The checksum after `before` in the packet became `after`; both of the same, even size.
std::uint16_t checksum_after(std::uint16_t old_checksum, Bytes before, Bytes after);

// RFC 9260 appendix A, over the packet with a zero checksum field; to be stored in little-endian
// order.
std::uint32_t crc32c(Bytes bytes);

}  // namespace ovs::wire
