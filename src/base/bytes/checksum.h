// The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
#pragma once
#include <cstdint>

#include "base/bytes/big.h"
#include "base/bytes/span.h"

namespace ovs {

// The sum of chunks, each continuing where the one before ended, odd lengths included.
class Checksum {
 public:
  constexpr Checksum() = default;

  void add(Bytes bytes);
  void add(Be16 value);
  void add(Be32 value);
  // The folded sum: what a receiver compares with 0xffff.
  std::uint16_t sum() const;
  // What a sender stores: the sum's complement.
  Be16 value() const { return Be16(std::uint16_t(~sum())); }

 private:
  std::uint64_t sum_ = 0;  // of words as they lie in memory; RFC 1071 section 2(B): the sum is
                           // independent of byte order
  bool odd_ = false;
};

Be16 checksum(Bytes bytes);

// The checksum after a covered field changed (RFC 1624, equation 3).
Be16 checksum_update(Be16 checksum, Be16 from, Be16 to);
Be16 checksum_update(Be16 checksum, Be32 from, Be32 to);
// Of any length, the same for both; the field begins at an even offset.
Be16 checksum_update(Be16 checksum, Bytes from, Bytes to);

}  // namespace ovs
