// The engine and its control as a daemon meets them: netlink over a device, frames in and out of
// dummy devices.
#include <doctest/doctest.h>

#include <set>

#include "platform/fake/virtual_clock.h"
#include "tests/support/datapath_client.h"
#include "userdp/dummy_datapath.h"

using namespace ovs;
using tests::DatapathClient;
using userdp::DummyDatapath;

namespace {

using Frame = std::vector<std::uint8_t>;

// Ethernet, IPv4, UDP, with the ports given; checksums are not this file's business.
Frame udp_frame(std::uint16_t source, std::uint16_t destination) {
  Frame frame(64);
  const std::uint8_t head[] = {2,  0, 0, 0, 0, 2,  2,  0, 0, 0,  0, 1, 8, 0,  0x45, 0, 0,
                               50, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0,    0, 2};
  std::copy(std::begin(head), std::end(head), frame.begin());
  store(frame.data() + 34, Be16(source));
  store(frame.data() + 36, Be16(destination));
  store(frame.data() + 38, Be16(30));
  return frame;
}

struct Rig {
  platform::VirtualClock clock;
  std::unique_ptr<DummyDatapath> switch_;
  std::vector<std::string> sent;

  Rig() {
    auto made = DummyDatapath::create("ovs-dummy", clock);
    REQUIRE(made.ok());
    switch_ = std::move(*made);
  }
  void add_port(DatapathClient& client, const std::string& name, std::uint32_t number) {
    REQUIRE(client.add_port(name, wire::VportType::Netdev, number) == "");
    REQUIRE(switch_->set_listener(name, [this, name](Bytes) { sent.push_back(name); }).ok());
  }
};

constexpr const char* kUdp = "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)";

}  // namespace

TEST_CASE("DummyDatapath: a flow put over netlink switches frames, and counts them") {
  Rig rig;
  DatapathClient client(rig.switch_->device());
  rig.add_port(client, "p1", 1);
  rig.add_port(client, "p2", 2);
  REQUIRE(client.put_flow(kUdp, "2") == "");
  for (int i = 0; i < 3; ++i) REQUIRE(rig.switch_->receive("p1", udp_frame(1, 2)).ok());
  CHECK(rig.sent == std::vector<std::string>{"p2", "p2", "p2"});
  const auto flows = client.flows();
  REQUIRE(flows.size() == 1);
  CHECK(flows[0].actions == "2");
  CHECK(flows[0].packets == 3);
  CHECK(flows[0].bytes == 192);
  CHECK(client.port_stats(1).rx_packets == 3);
  CHECK(client.port_stats(2).tx_bytes == 192);
}

TEST_CASE("Control: a packet without a flow goes to the session of its port's PID") {
  Rig rig;
  DatapathClient client(rig.switch_->device());
  REQUIRE(client.subscribe_upcalls() == "");
  rig.add_port(client, "p1", 1);
  REQUIRE(rig.switch_->receive("p1", udp_frame(7, 8)).ok());
  const auto upcalls = client.upcalls();
  REQUIRE(upcalls.size() == 1);
  CHECK(upcalls[0].reason == wire::PacketCommand::Miss);
  CHECK(upcalls[0].packet == udp_frame(7, 8));
  CHECK(client.upcalls().empty());
}

TEST_CASE(
    "Control: while nobody reads, upcalls take bounded memory, losses are counted, and it "
    "recovers") {
  Rig rig;
  DatapathClient client(rig.switch_->device());
  REQUIRE(client.subscribe_upcalls() == "");
  rig.add_port(client, "p1", 1);
  for (int i = 0; i < 5000; ++i) REQUIRE(rig.switch_->receive("p1", udp_frame(7, 8)).ok());
  const std::size_t kept = client.upcalls().size();
  CHECK(kept > 500);
  CHECK(client.datapath_stats().lost == 5000 - kept);
  REQUIRE(rig.switch_->receive("p1", udp_frame(7, 9)).ok());
  CHECK(client.upcalls().size() == 1);
}

TEST_CASE("Control: a dump shows a flow that lives throughout once, whatever comes and goes") {
  Rig rig;
  DatapathClient client(rig.switch_->device()), other(rig.switch_->device());
  rig.add_port(client, "p1", 1);
  const auto match = [](int port) {
    return "in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp(src=" +
           std::to_string(port) + ")";
  };
  for (int i = 1; i <= 1000; ++i) REQUIRE(client.put_flow(match(i), "1") == "");
  std::multiset<std::string> seen;
  int step = 0;
  const auto visit = [&](const wire::MessageView&) {
    ++step;
    if (step % 3 == 0) CHECK(other.del_flow(match(step % 500 * 2 + 2)) != "never");
    if (step % 5 == 0) CHECK(other.put_flow(match(2000 + step), "1") != "never");
  };
  // The odd ones live throughout.
  const std::string done = client.dump(wire::Family::Flow, std::uint8_t(wire::FlowCommand::Find),
                                       [&](const wire::MessageView& message) {
                                         visit(message);
                                         const auto list = wire::Attributes::parse(message.payload);
                                         const Bytes key = list->find(wire::FlowAttr::Key)->payload;
                                         seen.insert(std::string(key.begin(), key.end()));
                                       });
  CHECK(done == "");
  for (const std::string& key : seen) CHECK(seen.count(key) == 1);
  CHECK(seen.size() >= 500);
}

TEST_CASE("Control: refuses by name what the engine cannot do, and changes nothing") {
  Rig rig;
  DatapathClient client(rig.switch_->device());
  rig.add_port(client, "p1", 1);
  CHECK(client.put_flow(kUdp, "meter(1),2") == "meter: not supported yet");
  CHECK(client.flows().empty());
  CHECK(client.put_flow(kUdp, "2") == "");
  CHECK(client.put_flow(kUdp, "3") == "the flow exists");
  CHECK(client.add_port("p1", wire::VportType::Netdev, 5) == "a port of this name exists");
  CHECK(client.add_port("p9", wire::VportType::Netdev, 1) == "the port number is taken");
  CHECK(client.add_port("g", wire::VportType::Geneve, 6) == "geneve: not supported yet");
  CHECK(client.del_port(77) == "no such port");
  CHECK(client.transact(wire::Family::Meter, 1, {}) == "meters: not supported yet");
}

namespace {

class Pend final : public platform::DeviceRequest {
 public:
  explicit Pend(const std::vector<std::uint8_t>& message)
      : DeviceRequest(platform::DeviceControl::Write, message, MutableBytes()) {}
  void completed(Result<std::size_t> outcome) override {
    ++count;
    if (!outcome) error = outcome.error();
  }
  int count = 0;
  Error error = Error::Io;
};

}  // namespace

TEST_CASE(
    "Session: a pended request completes once: by a packet, by cancel, by close, at once if "
    "something waits") {
  Rig rig;
  auto client = std::make_unique<DatapathClient>(rig.switch_->device());
  REQUIRE(client->subscribe_upcalls() == "");
  rig.add_port(*client, "p1", 1);
  const auto message =
      tests::control_message(client->pid(), wire::ControlCommand::PendPacketRequest);
  Pend first(message), second(message), third(message), fourth(message);
  client->handle().submit(first);
  CHECK(first.count == 0);
  client->handle().submit(second);
  CHECK((second.count == 1 && second.error == Error::Busy));
  REQUIRE(rig.switch_->receive("p1", udp_frame(7, 8)).ok());
  CHECK((first.count == 1 && first.error == Error::Io));
  client->handle().submit(third);
  CHECK(third.count == 1);  // the packet is still there
  CHECK(client->upcalls().size() == 1);
  client->handle().submit(fourth);
  client->handle().cancel(fourth);
  CHECK((fourth.count == 1 && fourth.error == Error::Cancelled));
  Pend fifth(message);
  client->handle().submit(fifth);
  client = nullptr;
  CHECK((fifth.count == 1 && fifth.error == Error::Cancelled));
}

TEST_CASE("Control: subscribers hear of ports that come and go") {
  Rig rig;
  DatapathClient client(rig.switch_->device()), listener(rig.switch_->device());
  REQUIRE(listener.subscribe_group(wire::kVportGroup) == "");
  rig.add_port(client, "p1", 1);
  REQUIRE(client.del_port(1) == "");
  CHECK(listener.events() == std::vector<std::string>{"port added p1", "port removed p1"});
}

TEST_CASE("DummyDatapath: what a packet put in over netlink leads to waits until it is delivered") {
  Rig rig;
  DatapathClient client(rig.switch_->device());
  rig.add_port(client, "p1", 1);
  rig.add_port(client, "p2", 2);
  int told = 0;
  rig.switch_->set_waiting_handler([&] { ++told; });
  REQUIRE(client.execute(udp_frame(1, 2), kUdp, "1,2") == "");
  CHECK(told == 1);
  CHECK(rig.sent.empty());
  rig.switch_->deliver();
  CHECK(rig.sent == std::vector<std::string>{"p1", "p2"});
}

TEST_CASE("DummyDatapath: devices number themselves as their names say") {
  CHECK(userdp::dummy_port_number("p7") == 7);
  CHECK(userdp::dummy_port_number("br0") == 100);
  CHECK(userdp::dummy_port_number("lan") == 65535);
}
