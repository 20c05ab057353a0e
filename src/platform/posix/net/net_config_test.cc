// rtnetlink against the kernel, in a network namespace of the test's own; skipped, and said so,
// without the right to make one.
#include "platform/posix/net/net_config.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/core/function_ref.h"
#include "base/text/formatter.h"
#include "base/text/parse.h"

namespace ovs::platform {
namespace {

// Runs `test` on a thread in a new network namespace that has a pair of veths, va and vb.
void in_namespace(FunctionRef<void(SystemNetConfig&)> test) {
  std::thread([&] {
    if (system("command -v ip > /dev/null") != 0 || unshare(CLONE_NEWNET) != 0) {
      MESSAGE("skipped: needs the ip command and the right to make a network namespace");
      return;
    }
    REQUIRE(system("ip link add va type veth peer name vb && ip link set lo up") == 0);
    auto config = SystemNetConfig::create();
    REQUIRE(config.ok());
    test(**config);
  }).join();
}

std::string text_of(const IpAddress& address) {
  TextBuffer<64> buffer;
  buffer->address(address);
  return std::string(buffer.text());
}

IpAddress ip(Text text) {
  return parse_ip(text).value();
}

TEST_CASE("NetConfig: links are listed and found, with their properties as they are set") {
  in_namespace([](SystemNetConfig& config) {
    std::vector<std::string> names;
    CHECK(config.list_links([&](const Link& link) { names.emplace_back(Text(link.name)); }).ok());
    CHECK(names == std::vector<std::string>{"lo", "vb", "va"});
    auto link = config.find_link("va");
    REQUIRE(link.ok());
    CHECK(link->kind.text() == "veth");
    CHECK(link->mtu == 1500);
    CHECK(link->admin == LinkState::Down);
    const ovs::MacAddress mac = parse_mac("02:00:00:00:00:07").value();
    CHECK(config.set_mac(link->index, mac).ok());
    CHECK(config.set_mtu(link->index, 1400).ok());
    CHECK(config.set_admin_state(link->index, LinkState::Up).ok());
    CHECK(config.set_admin_state(config.find_link("vb")->index, LinkState::Up).ok());
    link = config.find_link("va");
    CHECK(link->mac == mac);
    CHECK(link->mtu == 1400);
    CHECK(link->admin == LinkState::Up);
    CHECK(link->carrier == LinkState::Up);
    CHECK(link->speed_mbps == 10000);
    CHECK(config.set_alias("va", "vEthernet (a)").ok());
    CHECK(config.find_link("va")->alias.text() == "vEthernet (a)");
    CHECK(config.find_link("none").error().kind == Error::NotFound);
    CHECK(config.find_link("a-name-that-no-link-can-have").error().kind == Error::NotFound);
    CHECK(config.set_mtu(LinkIndex{999}, 1400).error().kind == Error::NotFound);
  });
}

std::vector<std::string> addresses(SystemNetConfig& config, LinkIndex link) {
  std::vector<std::string> found;
  (void)config.list_addresses([&](const LinkAddress& address) {
    if (address.link != link) return;
    found.push_back(text_of(address.address) + "/" + std::to_string(address.prefix_length));
  });
  return found;
}

TEST_CASE("NetConfig: addresses come and go, and routes with them") {
  in_namespace([](SystemNetConfig& config) {
    const LinkIndex a = config.find_link("va")->index;
    CHECK(config.set_admin_state(a, LinkState::Up).ok());
    CHECK(config.add_address({a, ip("192.0.2.1"), 24}).ok());
    CHECK(config.add_address({a, ip("2001:db8::1"), 64}).ok());
    CHECK(addresses(config, a) == std::vector<std::string>{"192.0.2.1/24", "2001:db8::1/64"});
    CHECK(config.add_address({a, ip("192.0.2.1"), 24}).error().kind == Error::Exists);
    std::vector<std::string> routes;
    CHECK(config
              .list_routes([&](const Route& route) {
                if (route.kind != RouteKind::Unicast || route.link != a) return;
                if (!route.destination.is_ipv4()) return;
                routes.push_back(text_of(route.destination) + "/" +
                                 std::to_string(route.prefix_length) + " src " +
                                 text_of(route.source));
              })
              .ok());
    CHECK(routes == std::vector<std::string>{"192.0.2.0/24 src 192.0.2.1"});
    CHECK(config.remove_address({a, ip("192.0.2.1"), 24}).ok());
    CHECK(addresses(config, a) == std::vector<std::string>{"2001:db8::1/64"});
  });
}

struct Recorder final : NetListener {
  void on_link(NetChange change, const Link& link) override {
    add(change, "link " + std::string(Text(link.name)));
  }
  void on_address(NetChange change, const LinkAddress& address) override {
    add(change, "address " + text_of(address.address));
  }
  void on_route(NetChange change, const Route& route) override {
    add(change, "route " + text_of(route.destination) + " via " + text_of(route.gateway));
  }
  void on_neighbour(NetChange change, const Neighbour& neighbour) override {
    const bool failed = neighbour.state == NeighbourState::Failed;
    const bool known = !neighbour.mac.is_zero();
    add(change, "neighbour " + text_of(neighbour.address) +
                    (known    ? " known"
                     : failed ? " failed"
                              : " incomplete"));
  }
  void on_lost() override { events.push_back("lost"); }

  void add(NetChange change, const std::string& what) {
    events.push_back((change == NetChange::Added ? "+" : "-") + what);
  }
  bool has(const std::string& event) const {
    for (const std::string& seen : events) {
      if (seen == event) return true;
    }
    return false;
  }
  std::vector<std::string> events;
};

// Delivers until `event` has come, for at most five seconds.
bool await(NetEvents& events, Recorder& recorder, const std::string& event) {
  for (int attempt = 0; attempt < 50 && !recorder.has(event); ++attempt) {
    pollfd wait = {int(events.wait_handle()), POLLIN, 0};
    poll(&wait, 1, 100);
    if (!events.deliver(recorder).ok()) return false;
  }
  return recorder.has(event);
}

TEST_CASE("NetConfig: what changes is told, and a neighbour asked for is looked for") {
  in_namespace([](SystemNetConfig& config) {
    auto events = config.follow();
    REQUIRE(events.ok());
    Recorder recorder;
    const LinkIndex a = config.find_link("va")->index;
    CHECK(config.set_admin_state(a, LinkState::Up).ok());
    CHECK(config.set_admin_state(config.find_link("vb")->index, LinkState::Up).ok());
    CHECK(config.add_address({a, ip("192.0.2.1"), 24}).ok());
    CHECK(await(**events, recorder, "+link va"));
    CHECK(await(**events, recorder, "+address 192.0.2.1"));
    REQUIRE(system("ip route add 198.51.100.0/24 via 192.0.2.9") == 0);
    CHECK(await(**events, recorder, "+route 198.51.100.0 via 192.0.2.9"));
    CHECK(config.resolve(a, ip("192.0.2.9")).ok());
    CHECK(await(**events, recorder, "+neighbour 192.0.2.9 failed"));
    REQUIRE(system("ip neigh replace 192.0.2.8 lladdr 02:00:00:00:00:08 dev va") == 0);
    CHECK(await(**events, recorder, "+neighbour 192.0.2.8 known"));
    std::vector<std::string> neighbours;
    CHECK(config
              .list_neighbours([&](const Neighbour& neighbour) {
                if (neighbour.state == NeighbourState::Permanent && neighbour.link == a &&
                    neighbour.address.is_ipv4()) {
                  neighbours.push_back(text_of(neighbour.address));
                }
              })
              .ok());
    CHECK(neighbours == std::vector<std::string>{"192.0.2.8"});
    REQUIRE(system("ip link del va") == 0);
    CHECK(await(**events, recorder, "-link va"));
  });
}

TEST_CASE("NetConfig: counters count") {
  in_namespace([](SystemNetConfig& config) {
    const LinkIndex lo = config.find_link("lo")->index;
    CHECK(config.link_counters(lo)->tx_packets == 0);
    const int udp = socket(AF_INET, SOCK_DGRAM, 0);
    sockaddr_in self = {};
    self.sin_family = AF_INET;
    self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(udp, reinterpret_cast<sockaddr*>(&self), sizeof self) == 0);
    socklen_t size = sizeof self;
    REQUIRE(getsockname(udp, reinterpret_cast<sockaddr*>(&self), &size) == 0);
    CHECK(sendto(udp, "x", 1, 0, reinterpret_cast<sockaddr*>(&self), size) == 1);
    close(udp);
    const auto counters = config.link_counters(lo);
    CHECK(counters->tx_packets == 1);
    CHECK(counters->tx_bytes >= 29);
    CHECK(counters->rx_bytes == counters->tx_bytes);
  });
}

}  // namespace
}  // namespace ovs::platform
