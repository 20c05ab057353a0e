#include "vswitch/router/route_table.h"

#include <algorithm>
#include <cerrno>

#include "platform/api/memory.h"

namespace ovs::vswitch {

using platform::LinkIndex;
using platform::OsError;

namespace {

constexpr std::uint32_t kMainPriority = 32766, kDefaultPriority = 32767;

class NoEvents final : public platform::NetEvents {
 public:
  platform::WaitHandle wait_handle() const override { return platform::WaitHandle{-1}; }
  Result<void, OsError> deliver(platform::NetListener&) override { return kOk; }
};

bool is_same_route(const RouteEntry& a, const RouteEntry& b) {
  return a.table == b.table && a.destination == b.destination &&
         a.prefix_length == b.prefix_length && a.mark == b.mark && a.is_user == b.is_user;
}

// Tables in the order in which they are asked by default, then the longest prefix.
bool comes_before(const RouteEntry& a, const RouteEntry& b) {
  if (a.table != b.table) return a.table > b.table;
  return a.prefix_length > b.prefix_length;
}

constexpr OsError kUnsupported{Error::Unsupported, EOPNOTSUPP};

}  // namespace

IpAddress network_of(const IpAddress& address, std::uint8_t prefix_length) {
  const unsigned kept = (address.is_ipv4() ? 96u : 0u) + prefix_length;
  IpAddress network = address;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned bits = kept > 8 * i ? std::min(kept - 8 * i, 8u) : 0;
    network.bits.bytes[i] &= std::uint8_t(0xff00 >> bits);
  }
  return network;
}

bool covers(const IpAddress& network, std::uint8_t prefix_length, const IpAddress& address) {
  return network.is_ipv4() == address.is_ipv4() &&
         network_of(network, prefix_length) == network_of(address, prefix_length);
}

RouteTable::RouteTable() {
  for (const bool is_ipv4 : {true, false}) {
    rules_.push_back({0, false, false, is_ipv4, {}, 0, kLocalTable});
    rules_.push_back({kMainPriority, false, false, is_ipv4, {}, 0, kMainTable});
    if (is_ipv4) rules_.push_back({kDefaultPriority, false, false, true, {}, 0, kDefaultTable});
  }
  std::stable_sort(rules_.begin(), rules_.end(),
                   [](const RouteRule& a, const RouteRule& b) { return a.priority < b.priority; });
}

void RouteTable::tell() const {
  if (changed_) changed_();
}

void RouteTable::insert(RouteEntry route) {
  std::erase_if(routes_, [&](const RouteEntry& old) { return is_same_route(old, route); });
  routes_.insert(std::upper_bound(routes_.begin(), routes_.end(), route, comes_before),
                 std::move(route));
}

void RouteTable::add_device_address(const std::string& device, const IpAddress& address,
                                    std::uint8_t prefix_length) {
  std::erase_if(addresses_,
                [&](const Address& old) { return old.device == device && old.address == address; });
  addresses_.push_back({device, address, prefix_length});
  RouteEntry route;
  route.is_user = false;
  route.device = device;
  route.source = address;
  route.destination = address;
  route.prefix_length = address.is_ipv4() ? 32 : 128;
  route.table = kLocalTable;
  insert(route);
  route.destination = network_of(address, prefix_length);
  route.prefix_length = prefix_length;
  route.table = kMainTable;
  insert(std::move(route));
  tell();
}

// The device's address from which the route's next hop is reached.
const RouteTable::Address* RouteTable::find_address(const RouteEntry& route) const {
  const IpAddress& hop = route.gateway.is_none() ? route.destination : route.gateway;
  for (const Address& own : addresses_) {
    if (own.device != route.device || !covers(own.address, own.prefix_length, hop)) continue;
    if (route.source.is_none() || route.source == own.address) return &own;
  }
  return nullptr;
}

RouteTable::Outcome RouteTable::add(RouteEntry route) {
  const Address* const own = find_address(route);
  if (own == nullptr) return Outcome::Refused;
  route.source = own->address;
  route.destination = network_of(route.destination, route.prefix_length);
  insert(std::move(route));
  tell();
  return Outcome::Done;
}

RouteTable::Outcome RouteTable::remove(const RouteEntry& route) {
  RouteEntry wanted = route;
  wanted.destination = network_of(route.destination, route.prefix_length);
  const auto is_it = [&](const RouteEntry& each) { return is_same_route(each, wanted); };
  if (std::erase_if(routes_, is_it) == 0) return Outcome::Refused;
  tell();
  return Outcome::Done;
}

std::vector<RouteEntry> RouteTable::routes() const {
  return routes_;
}

bool RouteTable::has_table(std::uint32_t table) const {
  if (table == kLocalTable || table == kMainTable || table == kDefaultTable) return true;
  return std::any_of(routes_.begin(), routes_.end(),
                     [&](const RouteEntry& route) { return route.table == table; });
}

void RouteTable::add_rule(RouteRule rule, std::optional<std::uint32_t> priority) {
  const auto first = std::find_if(rules_.begin(), rules_.end(),
                                  [](const RouteRule& each) { return each.priority > 0; });
  const std::uint32_t before = first == rules_.end() ? kMainPriority : first->priority;
  rule.priority = priority.value_or(before > 1 ? before - 1 : 1);
  rules_.insert(std::upper_bound(
                    rules_.begin(), rules_.end(), rule,
                    [](const RouteRule& a, const RouteRule& b) { return a.priority < b.priority; }),
                rule);
}

RouteTable::Outcome RouteTable::remove_rule(const RouteRule& rule,
                                            std::optional<std::uint32_t> priority) {
  const auto found = std::find_if(rules_.begin(), rules_.end(), [&](const RouteRule& each) {
    return each.is_user && each.is_ipv4 == rule.is_ipv4 && each.is_inverted == rule.is_inverted &&
           each.from == rule.from && each.prefix_length == rule.prefix_length &&
           each.table == rule.table && (!priority || each.priority == *priority);
  });
  if (found == rules_.end()) return Outcome::Refused;
  rules_.erase(found);
  return Outcome::Done;
}

std::optional<RouteEntry> RouteTable::find_in(std::uint32_t table, const RouteQuery& query) const {
  const RouteEntry* best = nullptr;
  for (const RouteEntry& route : routes_) {
    if (route.table != table || route.mark != query.mark) continue;
    if (!covers(route.destination, route.prefix_length, query.destination)) continue;
    const bool is_longer = best == nullptr || route.prefix_length > best->prefix_length;
    const bool is_given = best != nullptr && route.prefix_length == best->prefix_length &&
                          route.is_user && !best->is_user;
    if (is_longer || is_given) best = &route;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::optional<RouteEntry> RouteTable::find(const RouteQuery& query) const {
  for (const RouteRule& rule : rules_) {
    if (rule.is_ipv4 != query.destination.is_ipv4()) continue;
    const bool is_from =
        rule.prefix_length == 0 ||
        (!query.source.is_none() && covers(rule.from, rule.prefix_length, query.source));
    if (is_from == rule.is_inverted) continue;
    auto route = find_in(rule.table, query);
    if (!route) continue;
    if (!query.source.is_none()) route->source = query.source;
    return route;
  }
  return std::nullopt;
}

void RouteTable::set_neighbour(const NeighbourEntry& neighbour) {
  std::erase_if(neighbours_, [&](const NeighbourEntry& old) {
    return old.device == neighbour.device && old.address == neighbour.address;
  });
  neighbours_.push_back(neighbour);
  tell();
}

void RouteTable::flush_neighbours() {
  neighbours_.clear();
  tell();
}

LinkIndex RouteTable::index_of(const std::string& device) {
  return links_.try_emplace(device, LinkIndex(links_.size() + 1)).first->second;
}

RouteTable::Net<void> RouteTable::list_links(FunctionRef<void(const platform::Link&)> each) {
  for (const Address& own : addresses_) index_of(own.device);
  for (const NeighbourEntry& neighbour : neighbours_) index_of(neighbour.device);
  for (const auto& [name, index] : links_) {
    platform::Link link;
    link.index = index;
    link.name = platform::LinkName::cut(Text(name));
    link.admin = link.carrier = platform::LinkState::Up;
    each(link);
  }
  return kOk;
}

RouteTable::Net<void> RouteTable::list_addresses(
    FunctionRef<void(const platform::LinkAddress&)> each) {
  for (const Address& own : addresses_) {
    each({index_of(own.device), own.address, own.prefix_length});
  }
  return kOk;
}

// What the usual rules ask. Marks and other tables are of packets that no tunnel of ours sends.
RouteTable::Net<void> RouteTable::list_routes(FunctionRef<void(const platform::Route&)> each) {
  for (const RouteEntry& entry : routes_) {
    if (entry.table != kMainTable || entry.mark != 0) continue;
    platform::Route route;
    route.destination = entry.destination;
    route.prefix_length = entry.prefix_length;
    route.gateway = entry.gateway;
    route.source = entry.source;
    route.link = index_of(entry.device);
    route.metric = entry.is_user ? 0 : 1;
    route.table = entry.table;
    each(route);
  }
  return kOk;
}

RouteTable::Net<void> RouteTable::list_neighbours(
    FunctionRef<void(const platform::Neighbour&)> each) {
  for (const NeighbourEntry& neighbour : neighbours_) {
    each({index_of(neighbour.device), neighbour.address, neighbour.mac,
          platform::NeighbourState::Permanent});
  }
  return kOk;
}

RouteTable::Net<Boxed<platform::NetEvents>> RouteTable::follow() {
  auto events = try_make<NoEvents>();
  if (!events) return OsError{events.error(), ENOMEM};
  return Boxed<platform::NetEvents>(std::move(events).value());
}

RouteTable::Net<platform::Link> RouteTable::find_link(Text) {
  return kUnsupported;
}
RouteTable::Net<platform::LinkCounters> RouteTable::link_counters(LinkIndex) {
  return kUnsupported;
}
RouteTable::Net<void> RouteTable::set_admin_state(LinkIndex, platform::LinkState) {
  return kUnsupported;
}
RouteTable::Net<void> RouteTable::set_mtu(LinkIndex, std::uint32_t) {
  return kUnsupported;
}
RouteTable::Net<void> RouteTable::set_mac(LinkIndex, const ovs::MacAddress&) {
  return kUnsupported;
}
RouteTable::Net<void> RouteTable::add_address(const platform::LinkAddress&) {
  return kUnsupported;
}
RouteTable::Net<void> RouteTable::remove_address(const platform::LinkAddress&) {
  return kUnsupported;
}
RouteTable::Net<void> RouteTable::resolve(LinkIndex, const IpAddress&) {
  return kOk;
}

}  // namespace ovs::vswitch
