// What the engine knows of the network under its tunnels: which local address belongs to which
// INTERNAL port, where routes lead, and which MAC addresses neighbours have. Told by the daemon;
// entries outlive it. Readers need no lock; one writer at a time. Does not resolve anything: who
// misses a neighbour asks the daemon.
#pragma once
#include "base/bytes/address.h"
#include "datapath/port/vport.h"

namespace ovs::datapath {

inline constexpr std::size_t kMaxRoutes = 16384, kMaxLocalAddresses = 1024, kMaxNeighbours = 16384;

struct LocalAddress {
  Ipv4Address address;
  PortNo port = kNoPort;
  MacAddress mac;  // zero: the port's
};
struct UnderlayRoute {
  Ipv4Address destination;
  std::uint8_t prefix_length = 0;
  Ipv4Address gateway;  // zero: on link
  Ipv4Address source;   // zero: any address of the port
  PortNo port = kNoPort;
  std::uint32_t priority = 0;  // among equal prefixes the lowest counts
};
struct UnderlayNeighbour {
  Ipv4Address address;
  PortNo port = kNoPort;
  MacAddress mac;
};

// Rows in an order, replaced as a whole at each change: few, rarely changed, read all the time.
template <class Row>
struct UnderlayRows : RcuObject {
  static constexpr MemoryTag kTag = memory_tag("ovsU");
  OwnedArray<Row> rows;
  explicit UnderlayRows(OwnedArray<Row> rows_) : rows(std::move(rows_)) {}
};

template <class Row>
class UnderlayTable {
 public:
  explicit UnderlayTable(std::size_t max) : max_(max) {}

  Span<const Row> rows(const RcuReader& reader) const { return span(table_.read(reader)); }
  Span<const Row> rows() const { return span(table_.current()); }
  // In place of an equal row (same_key), or where before() says. Errors: NoMemory, Full; then
  // nothing has changed.
  Result<void> put(const Row& row, Reclaimer& reclaimer);
  // NotFound: there is no such row.
  Result<void> remove(const Row& row, Reclaimer& reclaimer);
  void clear(Reclaimer& reclaimer) { reclaimer.take(table_.publish(nullptr)); }

 private:
  static Span<const Row> span(const UnderlayRows<Row>* table) {
    if (table == nullptr) return {};
    return Span<const Row>(table->rows.data(), table->rows.count());
  }

  std::size_t max_;
  RcuPtr<UnderlayRows<Row>> table_;
};

// How a packet to a tunnel endpoint leaves.
struct UnderlayPath {
  PortNo port = kNoPort;  // INTERNAL: owns the source address
  Ipv4Address source;
  Ipv4Address next_hop;
  MacAddress source_mac;
  MacAddress next_hop_mac;
  bool resolved = false;  // next_hop_mac is known
};

class Underlay {
 public:
  explicit Underlay(Reclaimer& reclaimer) : reclaimer_(reclaimer) {}

  // From `source` if that is not zero. Errors: NotFound (no route, or no local address to send
  // from).
  Result<UnderlayPath> find_path(Ipv4Address destination, Ipv4Address source,
                                 const RcuReader& reader) const;
  // The port that owns a local address; kNoPort if none does.
  PortNo owner_of(Ipv4Address address, const RcuReader& reader) const;

  // The writer's.
  Result<void> put(const LocalAddress& address) { return addresses_.put(address, reclaimer_); }
  Result<void> put(const UnderlayRoute& route) { return routes_.put(route, reclaimer_); }
  Result<void> put(const UnderlayNeighbour& neighbour);
  Result<void> remove(const LocalAddress& row) { return addresses_.remove(row, reclaimer_); }
  Result<void> remove(const UnderlayRoute& row) { return routes_.remove(row, reclaimer_); }
  Result<void> remove(const UnderlayNeighbour& row) { return neighbours_.remove(row, reclaimer_); }
  void clear();
  Span<const LocalAddress> addresses() const { return addresses_.rows(); }
  Span<const UnderlayRoute> routes() const { return routes_.rows(); }
  Span<const UnderlayNeighbour> neighbours() const { return neighbours_.rows(); }
  // Changes whenever a neighbour becomes known: who holds packets tries again.
  std::uint64_t neighbour_generation() const { return generation_.load(Order::Acquire); }

 private:
  Reclaimer& reclaimer_;
  UnderlayTable<LocalAddress> addresses_{kMaxLocalAddresses};
  UnderlayTable<UnderlayRoute> routes_{kMaxRoutes};
  UnderlayTable<UnderlayNeighbour> neighbours_{kMaxNeighbours};
  Atomic<std::uint64_t> generation_;
};

}  // namespace ovs::datapath
