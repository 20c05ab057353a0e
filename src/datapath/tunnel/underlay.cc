#include "datapath/tunnel/underlay.h"

namespace ovs::datapath {

namespace {

std::uint32_t prefix_mask(std::uint8_t length) {
  return length == 0 ? 0 : ~std::uint32_t{0} << (32 - (length > 32 ? 32 : length));
}
bool covers(const UnderlayRoute& route, Ipv4Address address) {
  return ((route.destination.bits.host() ^ address.bits.host()) &
          prefix_mask(route.prefix_length)) == 0;
}

bool same_key(const LocalAddress& a, const LocalAddress& b) {
  return a.address == b.address;
}
bool before(const LocalAddress& a, const LocalAddress& b) {
  return a.address.bits.host() < b.address.bits.host();
}
bool same_key(const UnderlayRoute& a, const UnderlayRoute& b) {
  return a.destination == b.destination && a.prefix_length == b.prefix_length &&
         a.priority == b.priority;
}
// The first that covers an address is its route.
bool before(const UnderlayRoute& a, const UnderlayRoute& b) {
  if (a.prefix_length != b.prefix_length) return a.prefix_length > b.prefix_length;
  if (a.priority != b.priority) return a.priority < b.priority;
  return a.destination.bits.host() < b.destination.bits.host();
}
bool same_key(const UnderlayNeighbour& a, const UnderlayNeighbour& b) {
  return a.address == b.address && a.port == b.port;
}
bool before(const UnderlayNeighbour& a, const UnderlayNeighbour& b) {
  if (a.address != b.address) return a.address.bits.host() < b.address.bits.host();
  return a.port < b.port;
}

// The first row that is not before `row`.
template <class Row>
std::size_t place_of(Span<const Row> rows, const Row& row) {
  std::size_t low = 0, high = rows.count();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (before(rows.data()[middle], row)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

template <class Row>
Result<void> UnderlayTable<Row>::put(const Row& row, Reclaimer& reclaimer) {
  const Span<const Row> old = rows();
  const std::size_t at = place_of(old, row);
  const bool replaces = at < old.count() && same_key(old[at], row);
  const std::size_t count = old.count() + (replaces ? 0 : 1);
  if (count > max_) return Error::Full;
  OVS_TRY(auto made, try_make_array<Row>(count, UnderlayRows<Row>::kTag));
  for (std::size_t i = 0; i < at; ++i) made[i] = old[i];
  made[at] = row;
  for (std::size_t i = at + 1; i < count; ++i) made[i] = old[replaces ? i : i - 1];
  OVS_TRY(auto table, try_make<UnderlayRows<Row>>(std::move(made)));
  reclaimer.take(table_.publish(std::move(table)));
  return kOk;
}

template <class Row>
Result<void> UnderlayTable<Row>::remove(const Row& row, Reclaimer& reclaimer) {
  const Span<const Row> old = rows();
  const std::size_t at = place_of(old, row);
  if (at == old.count() || !same_key(old[at], row)) return Error::NotFound;
  OVS_TRY(auto made, try_make_array<Row>(old.count() - 1, UnderlayRows<Row>::kTag));
  for (std::size_t i = 0; i < made.count(); ++i) made[i] = old[i < at ? i : i + 1];
  OVS_TRY(auto table, try_make<UnderlayRows<Row>>(std::move(made)));
  reclaimer.take(table_.publish(std::move(table)));
  return kOk;
}

template class UnderlayTable<LocalAddress>;
template class UnderlayTable<UnderlayRoute>;
template class UnderlayTable<UnderlayNeighbour>;

PortNo Underlay::owner_of(Ipv4Address address, const RcuReader& reader) const {
  const auto rows = addresses_.rows(reader);
  const std::size_t at = place_of(rows, LocalAddress{address, kNoPort, {}});
  return at < rows.count() && rows[at].address == address ? rows[at].port : kNoPort;
}

namespace {

// The route's own source address, or the first of the port that leads there.
const LocalAddress* source_for(Span<const LocalAddress> addresses, const UnderlayRoute& route,
                               Ipv4Address wanted) {
  const Ipv4Address source = wanted.is_zero() ? route.source : wanted;
  for (const LocalAddress& row : addresses) {
    if (source.is_zero() ? row.port == route.port : row.address == source) return &row;
  }
  return nullptr;
}

}  // namespace

Result<UnderlayPath> Underlay::find_path(Ipv4Address destination, Ipv4Address source,
                                         const RcuReader& reader) const {
  const UnderlayRoute* route = nullptr;
  for (const UnderlayRoute& row : routes_.rows(reader)) {
    if (!covers(row, destination)) continue;
    route = &row;
    break;
  }
  if (route == nullptr) return Error::NotFound;
  const LocalAddress* from = source_for(addresses_.rows(reader), *route, source);
  if (from == nullptr) return Error::NotFound;
  UnderlayPath path;
  path.port = from->port;
  path.source = from->address;
  path.source_mac = from->mac;
  path.next_hop = route->gateway.is_zero() ? destination : route->gateway;
  const auto neighbours = neighbours_.rows(reader);
  for (std::size_t at = place_of(neighbours, UnderlayNeighbour{path.next_hop, PortNo{0}, {}});
       at < neighbours.count() && neighbours[at].address == path.next_hop; ++at) {
    if (neighbours[at].port != path.port) continue;
    path.next_hop_mac = neighbours[at].mac;
    path.resolved = true;
  }
  return path;
}

Result<void> Underlay::put(const UnderlayNeighbour& neighbour) {
  OVS_TRY(neighbours_.put(neighbour, reclaimer_));
  generation_.fetch_add(1, Order::Release);
  return kOk;
}

void Underlay::clear() {
  addresses_.clear(reclaimer_);
  routes_.clear(reclaimer_);
  neighbours_.clear(reclaimer_);
}

}  // namespace ovs::datapath
