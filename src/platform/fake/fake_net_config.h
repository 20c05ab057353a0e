// A host's network as tables that a test fills: what was set is listed, and followers are told of
// each change.
#pragma once
#include <map>
#include <vector>

#include "platform/api/net_config.h"

namespace ovs::platform {

class FakeNetConfig final : public NetConfig {
 public:
  Result<void, OsError> list_links(FunctionRef<void(const Link&)> each) override;
  Result<void, OsError> list_addresses(FunctionRef<void(const LinkAddress&)> each) override;
  Result<void, OsError> list_routes(FunctionRef<void(const Route&)> each) override;
  Result<void, OsError> list_neighbours(FunctionRef<void(const Neighbour&)> each) override;
  // At most one follower at a time keeps things simple; a second gets Error::Busy. It must not
  // outlive this.
  Result<Boxed<NetEvents>, OsError> follow() override;

  Result<Link, OsError> find_link(Text name) override;
  Result<LinkCounters, OsError> link_counters(LinkIndex link) override;
  Result<void, OsError> set_admin_state(LinkIndex link, LinkState state) override;
  Result<void, OsError> set_mtu(LinkIndex link, std::uint32_t mtu) override;
  Result<void, OsError> set_mac(LinkIndex link, const ovs::MacAddress& mac) override;
  Result<void, OsError> add_address(const LinkAddress& address) override;
  Result<void, OsError> remove_address(const LinkAddress& address) override;
  // Makes an Incomplete neighbour, until the test puts another in its place.
  Result<void, OsError> resolve(LinkIndex link, const IpAddress& address) override;

  // What a test changes. A link's index is its own, others replace what has the same key.
  LinkIndex add_link(Text name, const ovs::MacAddress& mac);
  void remove_link(LinkIndex link);
  void set_counters(LinkIndex link, const LinkCounters& counters) { counters_[link] = counters; }
  void put_route(const Route& route);
  void remove_route(const Route& route);
  void put_neighbour(const Neighbour& neighbour);
  // The follower's next delivery begins with on_lost().
  void lose_events();

 private:
  friend class FakeNetEvents;
  struct Told {
    enum class Kind : std::uint8_t { Link, Address, Route, Neighbour } kind;
    NetChange change;
    Link link;
    LinkAddress address;
    Route route;
    Neighbour neighbour;
  };
  template <class Change>
  Result<void, OsError> change_link(LinkIndex link, Change change);
  void tell(Told told);

  std::map<LinkIndex, Link> links_;
  std::map<LinkIndex, LinkCounters> counters_;
  std::vector<LinkAddress> addresses_;
  std::vector<Route> routes_;
  std::vector<Neighbour> neighbours_;
  std::uint32_t next_index_ = 1;
  std::vector<Told> untold_;
  bool lost_ = false;
  bool followed_ = false;
};

}  // namespace ovs::platform
