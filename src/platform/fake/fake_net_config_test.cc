// The fake network answers as the system's does.
#include "platform/fake/fake_net_config.h"

#include <doctest/doctest.h>

#include <string>

#include "base/text/parse.h"

namespace ovs::platform {
namespace {

struct Recorder final : NetListener {
  void on_link(NetChange change, const Link& link) override {
    text += (change == NetChange::Added ? "+" : "-") + std::string(link.name.text()) + " ";
  }
  void on_address(NetChange, const LinkAddress&) override { text += "address "; }
  void on_route(NetChange, const Route&) override { text += "route "; }
  void on_neighbour(NetChange, const Neighbour& neighbour) override {
    text += neighbour.state == NeighbourState::Incomplete ? "wanted " : "known ";
  }
  void on_lost() override { text += "lost "; }
  std::string text;
};

TEST_CASE("FakeNetConfig: tells its follower what changed since, once") {
  FakeNetConfig config;
  const LinkIndex eth0 = config.add_link("eth0", {});
  const auto events = config.follow();
  REQUIRE(events.ok());
  CHECK(config.follow().error().kind == Error::Busy);
  const IpAddress address = parse_ip("192.0.2.1").value();
  CHECK(config.add_address({eth0, address, 24}).ok());
  CHECK(config.add_address({eth0, address, 24}).error().kind == Error::Exists);
  CHECK(config.resolve(eth0, address).ok());
  config.put_neighbour({eth0, address, MacAddress{}, NeighbourState::Reachable});
  config.remove_link(eth0);
  Recorder recorder;
  CHECK((*events)->deliver(recorder).ok());
  CHECK((*events)->deliver(recorder).ok());
  CHECK(recorder.text == "address wanted known -eth0 ");
}

TEST_CASE("FakeNetConfig: lost events are said to be lost") {
  FakeNetConfig config;
  const auto events = config.follow();
  config.add_link("eth0", {});
  config.lose_events();
  Recorder recorder;
  CHECK((*events)->deliver(recorder).ok());
  CHECK(recorder.text == "lost ");
  CHECK(config.find_link("eth0").ok());
}

}  // namespace
}  // namespace ovs::platform
