#include "driver/packets/mac_table.h"

#include "base/bytes/hash.h"

namespace ovs::driver {
namespace {

constexpr unsigned kPortBits = 16;

}  // namespace

Result<MacTable> MacTable::create() {
  OVS_TRY(auto entries, try_make_array<Atomic<std::uint64_t>>(kEntries, memory_tag("ovsL")));
  return MacTable(std::move(entries));
}

std::size_t MacTable::first_of(std::uint64_t mac) {
  return std::size_t(hash_mix(mac, 1)) & (kEntries - 1) & ~std::size_t{kWays - 1};
}

void MacTable::learn(std::uint64_t mac, MacPlace place) {
  if (is_group(mac) || mac == 0) return;
  const std::uint64_t word = mac << kPortBits | place.port;
  const std::size_t first = first_of(mac);
  std::size_t at = first + (mac & (kWays - 1));  // whom it displaces if all are taken
  for (std::size_t i = first; i < first + kWays; ++i) {
    const std::uint64_t there = entries_[i].load(Order::Relaxed);
    if (there == word) return;
    if (there >> kPortBits == mac) {
      at = i;
      break;
    }
    if (there == 0) at = i;
  }
  entries_[at].store(word, Order::Relaxed);
}

Maybe<MacPlace> MacTable::find(std::uint64_t mac) const {
  const std::size_t first = first_of(mac);
  for (std::size_t i = first; i < first + kWays; ++i) {
    const std::uint64_t there = entries_[i].load(Order::Relaxed);
    if (there >> kPortBits == mac && there != 0) return MacPlace{std::uint16_t(there)};
  }
  return {};
}

}  // namespace ovs::driver
