// The underlay's routes, rules, addresses and neighbours as they are given by hand: for a daemon
// that does not use the host's own. Answers which way a packet goes; a RouteFeed tells a datapath
// all of it. Sends no packet and resolves no neighbour. Control thread only.
#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "platform/api/net_config.h"

namespace ovs::vswitch {

// Linux's numbers.
inline constexpr std::uint32_t kDefaultTable = 253, kMainTable = 254, kLocalTable = 255;

struct RouteEntry {
  std::uint32_t table = kMainTable;
  IpAddress destination;
  std::uint8_t prefix_length = 0;  // of its own family
  std::uint32_t mark = 0;
  std::string device;
  IpAddress gateway;  // none: on link
  IpAddress source;
  bool is_user = true;  // given as a route; else it follows from an address
};

struct RouteRule {
  std::uint32_t priority = 0;  // the lowest is asked first
  bool is_user = true;
  bool is_inverted = false;
  bool is_ipv4 = true;
  IpAddress from;
  std::uint8_t prefix_length = 0;  // 0: from all
  std::uint32_t table = kMainTable;
};

struct RouteQuery {
  IpAddress destination, source;  // source none: any
  std::uint32_t mark = 0;
};

struct NeighbourEntry {
  std::string device;
  IpAddress address;
  ovs::MacAddress mac;
};

class RouteTable final : public platform::NetConfig {
 public:
  RouteTable();

  // Called after each change.
  void set_change_handler(std::function<void()> handler) { changed_ = std::move(handler); }

  // An address of a device, and the routes that follow from it.
  void add_device_address(const std::string& device, const IpAddress& address,
                          std::uint8_t prefix_length);
  enum class Outcome : bool { Refused, Done };
  // Refused if no address of the device reaches the gateway, or the destination where there is
  // none, or if the source is not such an address.
  Outcome add(RouteEntry route);
  Outcome remove(const RouteEntry& route);  // by table, destination and mark
  // By table, then the longest prefix first.
  std::vector<RouteEntry> routes() const;
  bool has_table(std::uint32_t table) const;
  bool has_addresses() const { return !addresses_.empty(); }

  // Without a priority: before all others but the local table's.
  void add_rule(RouteRule rule, std::optional<std::uint32_t> priority);
  Outcome remove_rule(const RouteRule& rule, std::optional<std::uint32_t> priority);
  const std::vector<RouteRule>& rules() const { return rules_; }

  std::optional<RouteEntry> find(const RouteQuery& query) const;

  void set_neighbour(const NeighbourEntry& neighbour);
  void flush_neighbours();
  const std::vector<NeighbourEntry>& neighbours() const { return neighbours_; }

  // NetConfig: for the feed of a datapath.
  template <class T>
  using Net = Result<T, platform::OsError>;
  Net<void> list_links(FunctionRef<void(const platform::Link&)> each) override;
  Net<void> list_addresses(FunctionRef<void(const platform::LinkAddress&)> each) override;
  Net<void> list_routes(FunctionRef<void(const platform::Route&)> each) override;
  Net<void> list_neighbours(FunctionRef<void(const platform::Neighbour&)> each) override;
  // Never ready: set_change_handler() tells.
  Net<Boxed<platform::NetEvents>> follow() override;
  // Devices are others' business: Error::Unsupported.
  Net<platform::Link> find_link(Text name) override;
  Net<platform::LinkCounters> link_counters(platform::LinkIndex link) override;
  Net<void> set_admin_state(platform::LinkIndex link, platform::LinkState state) override;
  Net<void> set_mtu(platform::LinkIndex link, std::uint32_t mtu) override;
  Net<void> set_mac(platform::LinkIndex link, const ovs::MacAddress& mac) override;
  Net<void> add_address(const platform::LinkAddress& address) override;
  Net<void> remove_address(const platform::LinkAddress& address) override;
  // Neighbours are only given: nothing happens.
  Net<void> resolve(platform::LinkIndex link, const IpAddress& address) override;

 private:
  struct Address {
    std::string device;
    IpAddress address;
    std::uint8_t prefix_length;
  };
  const Address* find_address(const RouteEntry& route) const;
  void insert(RouteEntry route);
  std::optional<RouteEntry> find_in(std::uint32_t table, const RouteQuery& query) const;
  platform::LinkIndex index_of(const std::string& device);
  void tell() const;

  std::vector<Address> addresses_;
  std::vector<RouteEntry> routes_;  // in the order of routes()
  std::vector<RouteRule> rules_;    // by priority
  std::vector<NeighbourEntry> neighbours_;
  std::map<std::string, platform::LinkIndex> links_;
  std::function<void()> changed_;
};

// Whether an address is in a network of its family.
bool covers(const IpAddress& network, std::uint8_t prefix_length, const IpAddress& address);
IpAddress network_of(const IpAddress& address, std::uint8_t prefix_length);

}  // namespace ovs::vswitch
