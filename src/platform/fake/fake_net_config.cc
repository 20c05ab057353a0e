#include "platform/fake/fake_net_config.h"

#include <algorithm>
#include <cerrno>

#include "platform/posix/boxed.h"
#include "platform/posix/os_error.h"

namespace ovs::platform {

class FakeNetEvents final : public NetEvents {
 public:
  explicit FakeNetEvents(FakeNetConfig& config) : config_(config) {}
  ~FakeNetEvents() { config_.followed_ = false; }

  // Nothing to poll: whoever moves the tables calls deliver().
  WaitHandle wait_handle() const override { return WaitHandle{-1}; }

  Result<void, OsError> deliver(NetListener& listener) override {
    if (std::exchange(config_.lost_, false)) listener.on_lost();
    const auto untold = std::exchange(config_.untold_, {});
    for (const FakeNetConfig::Told& told : untold) deliver_one(told, listener);
    return kOk;
  }

 private:
  static void deliver_one(const FakeNetConfig::Told& told, NetListener& listener) {
    using Kind = FakeNetConfig::Told::Kind;
    switch (told.kind) {
      case Kind::Link: return listener.on_link(told.change, told.link);
      case Kind::Address: return listener.on_address(told.change, told.address);
      case Kind::Route: return listener.on_route(told.change, told.route);
      case Kind::Neighbour: return listener.on_neighbour(told.change, told.neighbour);
    }
  }

  FakeNetConfig& config_;
};

namespace {

bool same_key(const LinkAddress& a, const LinkAddress& b) {
  return a.link == b.link && a.address == b.address;
}
bool same_key(const Route& a, const Route& b) {
  return a.table == b.table && a.destination == b.destination && a.metric == b.metric &&
         a.prefix_length == b.prefix_length;
}
bool same_key(const Neighbour& a, const Neighbour& b) {
  return a.link == b.link && a.address == b.address;
}

template <class T>
void put(std::vector<T>& rows, const T& row) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const T& old) { return same_key(old, row); });
  if (found == rows.end()) {
    rows.push_back(row);
  } else {
    *found = row;
  }
}

template <class T>
bool take(std::vector<T>& rows, const T& row) {
  return std::erase_if(rows, [&](const T& old) { return same_key(old, row); }) > 0;
}

}  // namespace

void FakeNetConfig::tell(Told told) {
  if (followed_) untold_.push_back(told);
}

Result<void, OsError> FakeNetConfig::list_links(FunctionRef<void(const Link&)> each) {
  for (const auto& [index, link] : links_) each(link);
  return kOk;
}

Result<void, OsError> FakeNetConfig::list_addresses(FunctionRef<void(const LinkAddress&)> each) {
  for (const LinkAddress& address : addresses_) each(address);
  return kOk;
}

Result<void, OsError> FakeNetConfig::list_routes(FunctionRef<void(const Route&)> each) {
  for (const Route& route : routes_) each(route);
  return kOk;
}

Result<void, OsError> FakeNetConfig::list_neighbours(FunctionRef<void(const Neighbour&)> each) {
  for (const Neighbour& neighbour : neighbours_) each(neighbour);
  return kOk;
}

Result<Boxed<NetEvents>, OsError> FakeNetConfig::follow() {
  if (followed_) return os_error_of(EBUSY);
  followed_ = true;
  return make_boxed<NetEvents, FakeNetEvents>(*this);
}

Result<Link, OsError> FakeNetConfig::find_link(Text name) {
  for (const auto& [index, link] : links_) {
    if (link.name.text() == name) return link;
  }
  return os_error_of(ENODEV);
}

Result<LinkCounters, OsError> FakeNetConfig::link_counters(LinkIndex link) {
  if (!links_.contains(link)) return os_error_of(ENODEV);
  return counters_[link];
}

template <class Change>
Result<void, OsError> FakeNetConfig::change_link(LinkIndex index, Change change) {
  const auto found = links_.find(index);
  if (found == links_.end()) return os_error_of(ENODEV);
  change(found->second);
  tell({Told::Kind::Link, NetChange::Added, found->second, {}, {}, {}});
  return kOk;
}

Result<void, OsError> FakeNetConfig::set_admin_state(LinkIndex index, LinkState state) {
  return change_link(index, [&](Link& link) { link.admin = link.carrier = state; });
}

Result<void, OsError> FakeNetConfig::set_mtu(LinkIndex index, std::uint32_t mtu) {
  return change_link(index, [&](Link& link) { link.mtu = mtu; });
}

Result<void, OsError> FakeNetConfig::set_mac(LinkIndex index, const ovs::MacAddress& mac) {
  return change_link(index, [&](Link& link) { link.mac = mac; });
}

Result<void, OsError> FakeNetConfig::add_address(const LinkAddress& address) {
  if (!links_.contains(address.link)) return os_error_of(ENODEV);
  for (const LinkAddress& old : addresses_) {
    if (same_key(old, address)) return os_error_of(EEXIST);
  }
  addresses_.push_back(address);
  tell({Told::Kind::Address, NetChange::Added, {}, address, {}, {}});
  return kOk;
}

Result<void, OsError> FakeNetConfig::remove_address(const LinkAddress& address) {
  if (!take(addresses_, address)) return os_error_of(EADDRNOTAVAIL);
  tell({Told::Kind::Address, NetChange::Removed, {}, address, {}, {}});
  return kOk;
}

Result<void, OsError> FakeNetConfig::resolve(LinkIndex link, const IpAddress& address) {
  if (!links_.contains(link)) return os_error_of(ENODEV);
  for (const Neighbour& known : neighbours_) {
    if (known.link == link && known.address == address) return kOk;
  }
  put_neighbour({link, address, {}, NeighbourState::Incomplete});
  return kOk;
}

LinkIndex FakeNetConfig::add_link(Text name, const ovs::MacAddress& mac) {
  Link link;
  link.index = LinkIndex{next_index_++};
  link.name = LinkName::cut(name);
  link.mac = mac;
  link.mtu = 1500;
  links_[link.index] = link;
  tell({Told::Kind::Link, NetChange::Added, link, {}, {}, {}});
  return link.index;
}

// Its addresses, routes and neighbours go with it, silently but for the link itself.
void FakeNetConfig::remove_link(LinkIndex index) {
  const auto found = links_.find(index);
  if (found == links_.end()) return;
  tell({Told::Kind::Link, NetChange::Removed, found->second, {}, {}, {}});
  links_.erase(found);
  counters_.erase(index);
  std::erase_if(addresses_, [&](const LinkAddress& row) { return row.link == index; });
  std::erase_if(routes_, [&](const Route& row) { return row.link == index; });
  std::erase_if(neighbours_, [&](const Neighbour& row) { return row.link == index; });
}

void FakeNetConfig::put_route(const Route& route) {
  put(routes_, route);
  tell({Told::Kind::Route, NetChange::Added, {}, {}, route, {}});
}

void FakeNetConfig::remove_route(const Route& route) {
  if (take(routes_, route)) tell({Told::Kind::Route, NetChange::Removed, {}, {}, route, {}});
}

void FakeNetConfig::put_neighbour(const Neighbour& neighbour) {
  put(neighbours_, neighbour);
  tell({Told::Kind::Neighbour, NetChange::Added, {}, {}, {}, neighbour});
}

void FakeNetConfig::lose_events() {
  untold_.clear();
  lost_ = true;
}

}  // namespace ovs::platform
