#include <doctest/doctest.h>

#include "base/text/parse.h"
#include "daemon/log/memory_log_output.h"
#include "platform/fake/virtual_clock.h"
#include "vswitch/router/route_commands.h"

namespace ovs::vswitch {
namespace {

struct Answer final : daemon::ControlCall::Sink {
  void answer(wire::Json body, bool is_error) override {
    text = (is_error ? "error: " : "") + std::string(body.string());
  }
  std::string text;
};

// br0 is 10.0.0.1/24 and fd00::1/64, p1 is 10.0.1.1/24.
struct Lab {
  Lab() {
    add_route_commands(server, table);
    for (const auto& [device, network] :
         {std::pair{"br0", "10.0.0.1/24"}, {"br0", "fd00::1/64"}, {"p1", "10.0.1.1/24"}}) {
      const auto typed = parse_network(network);
      table.add_device_address(device, typed->address, typed->prefix_length);
    }
  }
  std::string run(std::vector<std::string> words) {
    const auto answer = std::make_shared<Answer>();
    server.run(daemon::ControlCall(answer, std::move(words)));
    return answer->text;
  }

  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "test", 1};
  daemon::ControlServer server{log};
  RouteTable table;
};

TEST_CASE("RouteTable: an address brings a local route and one to its network") {
  Lab lab;
  CHECK(lab.run({"ovs/route/show"}) ==
        "Route Table:\n"
        "Cached: fd00::1/128 dev br0 SRC fd00::1 local\n"
        "Cached: 10.0.0.1/32 dev br0 SRC 10.0.0.1 local\n"
        "Cached: 10.0.1.1/32 dev p1 SRC 10.0.1.1 local\n"
        "Cached: fd00::/64 dev br0 SRC fd00::1\n"
        "Cached: 10.0.0.0/24 dev br0 SRC 10.0.0.1\n"
        "Cached: 10.0.1.0/24 dev p1 SRC 10.0.1.1\n");
}

TEST_CASE("RouteTable: a route needs an address that reaches its next hop") {
  Lab lab;
  CHECK(lab.run({"ovs/route/add", "20.0.0.0/8", "br0", "10.0.0.9"}) == "OK");
  CHECK(lab.run({"ovs/route/add", "20.0.0.0/8", "br0"}) == "error: Error while inserting route.");
  CHECK(lab.run({"ovs/route/add", "20.0.0.0/8", "p1", "10.0.0.9"}) ==
        "error: Error while inserting route.");
  CHECK(lab.run({"ovs/route/add", "20.0.0.0/8", "br0", "10.0.0.9", "src=10.0.1.1"}) ==
        "error: Error while inserting route.");
  CHECK(lab.run({"ovs/route/add", "20.0.0.0/33", "br0"}) == "error: Invalid 'ip/plen' parameter");
  CHECK(lab.run({"ovs/route/add", "20.0.0.0/8", "br0", "pkt_mark=x"}) ==
        "error: Invalid pkt_mark, IP gateway or src_ip");
}

TEST_CASE("RouteTable: the longest prefix of the packet's mark is the way") {
  Lab lab;
  lab.run({"ovs/route/add", "20.0.0.0/8", "br0", "10.0.0.9"});
  lab.run({"ovs/route/add", "20.1.0.0/16", "p1", "10.0.1.9"});
  lab.run({"ovs/route/add", "20.1.0.0/16", "br0", "10.0.0.8", "pkt_mark=7"});
  CHECK(lab.run({"ovs/route/lookup", "20.2.0.1"}) == "src 10.0.0.1\ngateway 10.0.0.9\ndev br0\n");
  CHECK(lab.run({"ovs/route/lookup", "20.1.0.1"}) == "src 10.0.1.1\ngateway 10.0.1.9\ndev p1\n");
  CHECK(lab.run({"ovs/route/lookup", "20.1.0.1", "pkt_mark=7"}) ==
        "src 10.0.0.1\ngateway 10.0.0.8\ndev br0\n");
  CHECK(lab.run({"ovs/route/lookup", "10.0.0.7"}) == "src 10.0.0.1\ngateway ::\ndev br0\n");
  lab.run({"ovs/route/add", "10.0.0.0/24", "br0", "10.0.0.3"});
  CHECK(lab.run({"ovs/route/lookup", "10.0.0.7"}) == "src 10.0.0.1\ngateway 10.0.0.3\ndev br0\n");
  CHECK(lab.run({"ovs/route/lookup", "30.0.0.1"}) == "error: Not found");
  CHECK(lab.run({"ovs/route/del", "20.1.0.0/16", "pkt_mark=7"}) == "OK");
  CHECK(lab.run({"ovs/route/del", "20.1.0.0/16", "pkt_mark=7"}) == "error: Not found");
  CHECK(lab.run({"ovs/route/lookup", "20.1.0.1", "pkt_mark=7"}) == "error: Not found");
}

TEST_CASE("RouteTable: rules say by the source which tables are asked, each family its own") {
  Lab lab;
  lab.run({"ovs/route/add", "0.0.0.0/0", "p1", "10.0.1.9", "table=11"});
  CHECK(lab.run({"ovs/route/lookup", "30.0.0.1", "src=10.0.0.1"}) == "error: Not found");
  CHECK(lab.run({"ovs/route/rule/add", "from=10.0.0.0/24", "table=11"}) == "OK");
  CHECK(lab.run({"ovs/route/rule/add", "-6", "not", "from=fd00::5", "prio=9", "table=main"}) ==
        "OK");
  CHECK(lab.run({"ovs/route/rule/show"}) ==
        "Cached: 0: from all lookup local\n"
        "User: 32765: from 10.0.0.0/24  lookup 11\n"
        "Cached: 32766: from all lookup main\n"
        "Cached: 32767: from all lookup default\n");
  CHECK(lab.run({"ovs/route/rule/show", "-6"}) ==
        "Cached: 0: from all lookup local\n"
        "User: 9: not from fd00::5 lookup main\n"
        "Cached: 32766: from all lookup main\n");
  CHECK(lab.run({"ovs/route/lookup", "30.0.0.1", "src=10.0.0.1"}) ==
        "src 10.0.0.1\ngateway 10.0.1.9\ndev p1\n");
  CHECK(lab.run({"ovs/route/lookup", "30.0.0.1", "src=10.0.1.1"}) == "error: Not found");
  CHECK(lab.run({"ovs/route/rule/del", "from=10.0.0.0/24", "table=11"}) == "OK");
  CHECK(lab.run({"ovs/route/lookup", "30.0.0.1", "src=10.0.0.1"}) == "error: Not found");
  CHECK(lab.run({"ovs/route/rule/add", "to=all"}) ==
        "error: \"ovs/route/rule/add\" command requires at least 2 arguments");
}

TEST_CASE("RouteTable: a feed reads what was given, and hears of changes") {
  Lab lab;
  int changes = 0;
  lab.table.set_change_handler([&] { ++changes; });
  lab.run({"ovs/route/add", "20.0.0.0/8", "br0", "10.0.0.9"});
  CHECK(lab.run({"tnl/neigh/set", "br0", "10.0.0.9", "aa:55:00:00:00:09"}) == "OK");
  CHECK(changes == 2);
  unsigned routes = 0, neighbours = 0;
  REQUIRE(lab.table.list_routes([&](const platform::Route&) { ++routes; }).ok());
  REQUIRE(lab.table
              .list_neighbours([&](const platform::Neighbour& each) {
                ++neighbours;
                CHECK(each.mac == parse_mac("aa:55:00:00:00:09").value());
              })
              .ok());
  CHECK(routes == 4);
  CHECK(neighbours == 1);
  const std::string shown = lab.run({"tnl/neigh/show"});
  CHECK(shown.ends_with("10.0.0.9                                      aa:55:00:00:00:09   br0\n"));
  lab.run({"tnl/neigh/flush"});
  CHECK(lab.table.neighbours().empty());
}

}  // namespace
}  // namespace ovs::vswitch
