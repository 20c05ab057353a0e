// Behind which adapter of a switch an address was last seen: what a learning switch knows. Fixed
// memory, no lock: each entry is one word, and whoever writes last is right. An entry that another
// address takes is learnt again.
#pragma once
#include <ndis.h>

#include "base/core/atomic.h"
#include "base/core/maybe.h"
#include "platform/api/memory.h"

namespace ovs::driver {

struct MacPlace {
  std::uint16_t port = 0;

  bool operator==(const MacPlace&) const = default;
};

class MacTable {
 public:
  static constexpr std::size_t kEntries = 2048;  // a power of two
  static constexpr unsigned kWays = 4;           // where an address may be

  // Error::NoMemory.
  static Result<MacTable> create();

  // `mac` as mac_bits has it: 48 bits. Groups are not learnt.
  void learn(std::uint64_t mac, MacPlace place);
  Maybe<MacPlace> find(std::uint64_t mac) const;

 private:
  explicit MacTable(OwnedArray<Atomic<std::uint64_t>> entries) : entries_(std::move(entries)) {}
  static std::size_t first_of(std::uint64_t mac);

  OwnedArray<Atomic<std::uint64_t>> entries_;  // the address, and the port in the low 16 bits
};

constexpr bool is_group(std::uint64_t mac) {
  return (mac >> 40 & 1) != 0;
}

}  // namespace ovs::driver
