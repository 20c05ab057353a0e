// The host's links, addresses, routes and neighbours: read, followed and, for links and addresses,
// changed. rtnetlink on Linux, netioapi on Windows, tables in tests. Does not carry frames
// (frame_port.h does) and creates no links.
#pragma once
#include <cstdint>

#include "base/bytes/address.h"
#include "base/core/boxed.h"
#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "base/text/fixed_text.h"
#include "platform/api/os_error.h"
#include "platform/api/process.h"

namespace ovs::platform {

enum class LinkIndex : std::uint32_t {};
using LinkName = FixedText<255>;

enum class LinkState : bool { Down, Up };

struct Link {
  LinkIndex index{};
  LinkName name;
  LinkName alias;      // what people may call it beside its name; empty: nothing
  FixedText<16> kind;  // "veth", "tun", "bridge"; empty for a physical NIC
  ovs::MacAddress mac;
  std::uint32_t mtu = 0;
  LinkState admin = LinkState::Down;
  LinkState carrier = LinkState::Down;
  std::uint64_t speed_mbps = 0;  // 0: unknown
  LinkIndex master{};            // the bridge or bond it belongs to; 0: none
};

struct LinkCounters {
  std::uint64_t rx_packets = 0, tx_packets = 0;
  std::uint64_t rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = 0, tx_errors = 0;
  std::uint64_t rx_dropped = 0, tx_dropped = 0;
  std::uint64_t multicast = 0, collisions = 0;
  std::uint64_t rx_length_errors = 0, rx_over_errors = 0, rx_crc_errors = 0;
  std::uint64_t rx_frame_errors = 0, rx_fifo_errors = 0, rx_missed_errors = 0;
};

struct LinkAddress {
  LinkIndex link{};
  IpAddress address;
  std::uint8_t prefix_length = 0;  // of its own family: 0 to 32 for IPv4
};

enum class RouteKind : std::uint8_t { Unicast, Local, Unreachable, Other };

struct Route {
  RouteKind kind = RouteKind::Unicast;
  IpAddress destination;  // of the route's family even when prefix_length is 0
  std::uint8_t prefix_length = 0;
  IpAddress gateway;  // none: on link
  IpAddress source;   // preferred source address; none: any
  LinkIndex link{};
  std::uint32_t metric = 0;
  std::uint32_t table = 0;
};

enum class NeighbourState : std::uint8_t { Incomplete, Reachable, Stale, Failed, Permanent };

struct Neighbour {
  LinkIndex link{};
  IpAddress address;
  ovs::MacAddress mac;  // zero unless the state is Reachable, Stale or Permanent
  NeighbourState state = NeighbourState::Incomplete;
};

enum class NetChange : std::uint8_t { Added, Removed };  // Added: new, or changed

// Exactly what changed; the callback that matches is called.
class NetListener {
 public:
  virtual void on_link(NetChange change, const Link& link) = 0;
  virtual void on_address(NetChange change, const LinkAddress& address) = 0;
  virtual void on_route(NetChange change, const Route& route) = 0;
  virtual void on_neighbour(NetChange change, const Neighbour& neighbour) = 0;
  // Events were lost: the listener lists everything again.
  virtual void on_lost() = 0;

 protected:
  ~NetListener() = default;
};

class NetEvents {
 public:
  virtual WaitHandle wait_handle() const = 0;
  // Delivers whatever has arrived, without waiting.
  virtual Result<void, OsError> deliver(NetListener& listener) = 0;

 protected:
  ~NetEvents() = default;
};

class NetConfig {
 public:
  virtual Result<void, OsError> list_links(FunctionRef<void(const Link&)> each) = 0;
  virtual Result<void, OsError> list_addresses(FunctionRef<void(const LinkAddress&)> each) = 0;
  virtual Result<void, OsError> list_routes(FunctionRef<void(const Route&)> each) = 0;
  virtual Result<void, OsError> list_neighbours(FunctionRef<void(const Neighbour&)> each) = 0;
  // Everything that changes from now on.
  virtual Result<Boxed<NetEvents>, OsError> follow() = 0;

  // Error::NotFound if there is no such link.
  virtual Result<Link, OsError> find_link(Text name) = 0;
  virtual Result<LinkCounters, OsError> link_counters(LinkIndex link) = 0;
  virtual Result<void, OsError> set_admin_state(LinkIndex link, LinkState state) = 0;
  virtual Result<void, OsError> set_mtu(LinkIndex link, std::uint32_t mtu) = 0;
  virtual Result<void, OsError> set_mac(LinkIndex link, const ovs::MacAddress& mac) = 0;
  virtual Result<void, OsError> add_address(const LinkAddress& address) = 0;
  virtual Result<void, OsError> remove_address(const LinkAddress& address) = 0;
  // Asks the system to find the MAC of an address on a link; the answer comes as an event.
  virtual Result<void, OsError> resolve(LinkIndex link, const IpAddress& address) = 0;

 protected:
  ~NetConfig() = default;
};

}  // namespace ovs::platform
