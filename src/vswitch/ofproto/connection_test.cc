#include <doctest/doctest.h>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "flow/match/match_text.h"
#include "flow/match/odp_text.h"
#include "openflow/text/print.h"
#include "platform/fake/virtual_clock.h"
#include "vswitch/dpif/memory_dpif_test.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {
namespace {

using openflow::Kind;
using openflow::Version;

// br0 and one peer on BR.mgmt that speaks one version.
struct Meeting {
  explicit Meeting(Version version) : speaks(version) {
    auto datapath = std::make_unique<MemoryDpif>();
    dpif = datapath.get();
    bridge = &switches.add("br0", switches.add_datapath(std::move(datapath)), 0xabc);
    bridge->set_fail_mode(FailMode::Secure);
    connecting = network.connect("unix:/run/br0.mgmt", [this](auto made) {
      REQUIRE(made.ok());
      stream = std::move(*made);
      daemon::Stream::Handlers handlers;
      handlers.on_read = [this](std::string_view bytes) { received += bytes; };
      handlers.on_close = [](const daemon::IoError&) {};
      stream->start(std::move(handlers));
      stream->write(openflow::encode_hello(openflow::bit(speaks), 1));
    });
    loop.drain();
    received.clear();
  }

  // Everything that came, as ovs-ofctl prints it, without the first line's xid.
  std::string ask(const std::string& bytes) {
    received.clear();
    stream->write(bytes);
    loop.drain();
    std::string text;
    const auto* at = reinterpret_cast<const std::uint8_t*>(received.data());
    for (Bytes rest(at, received.size()); !rest.empty();) {
      const auto size = openflow::message_size(rest);
      REQUIRE(size.ok());
      REQUIRE(*size > 0);
      text += openflow::print_message(rest.first(*size));
      rest = rest.from(*size);
    }
    return text;
  }
  std::string ask(Kind kind, openflow::Body body) {
    return ask(openflow::encode(openflow::make_message(kind, speaks, 7, std::move(body))));
  }
  static openflow::FlowMod flow(const char* match, std::uint16_t port) {
    openflow::FlowMod mod;
    mod.match = *flow::parse_match(match);
    mod.priority = 32768;
    mod.table = 0;
    mod.actions = {openflow::Output{port, 0}};
    return mod;
  }

  Version speaks;
  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "test", 1};
  daemon::Loop loop{clock};
  daemon::MemoryNetwork network{loop};
  Switches switches{{loop, log, network, "/run", "3.7.1"}};
  MemoryDpif* dpif = nullptr;
  Ofproto* bridge = nullptr;
  std::unique_ptr<daemon::Connecting> connecting;
  std::unique_ptr<daemon::Stream> stream;
  std::string received;
};

}  // namespace

TEST_CASE("Connection: a flow that is added is in force before the barrier is answered") {
  Meeting meeting(Version::V13);
  std::string bytes =
      openflow::encode_flow_mod(Meeting::flow("in_port=1,tcp", 2), openflow::Protocol::Of13, 5);
  bytes += openflow::encode(
      openflow::make_message(Kind::BarrierRequest, Version::V13, 6, openflow::Empty{}));
  CHECK(meeting.ask(bytes) == "OFPT_BARRIER_REPLY (OF1.3) (xid=0x6):\n");
  const auto view = meeting.bridge->impl().backer.view();
  CHECK(view->bridges[0]->table(0)->count() == 1);
  openflow::FlowStatsRequest all;
  CHECK(meeting.ask(Kind::FlowStatsRequest, all) ==
        "OFPST_FLOW reply (OF1.3) (xid=0x7):\n"
        " cookie=0x0, duration=0s, table=0, n_packets=0, n_bytes=0, tcp,in_port=1 "
        "actions=output:2\n");
}

TEST_CASE("Connection: a barrier's reply means that the datapath follows the tables") {
  Meeting meeting(Version::V13);
  PortSettings port;
  port.name = "p1";
  port.type = "dummy";
  REQUIRE(meeting.bridge->add_port(port).ok());
  const auto change = [&](openflow::FlowMod mod) {
    const std::string barrier = openflow::encode(
        openflow::make_message(Kind::BarrierRequest, Version::V13, 6, openflow::Empty{}));
    return meeting.ask(openflow::encode_flow_mod(mod, openflow::Protocol::Of13, 5) + barrier);
  };
  openflow::FlowMod drop = Meeting::flow("tcp", 0), send = Meeting::flow("", 2);
  drop.actions = {};
  drop.priority = 50000;
  port.name = "p2";
  REQUIRE(meeting.bridge->add_port(port).ok());
  change(send);
  change(drop);
  const auto packet = flow::parse_odp(
      "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x0800),"
      "ipv4(src=1.1.1.1,dst=2.2.2.2,proto=6,tos=0,ttl=64,frag=no),tcp(src=1,dst=2)");
  REQUIRE(packet.ok());
  CHECK(meeting.dpif->receive(packet->key, 0) == "drop");
  REQUIRE(meeting.dpif->flows.size() == 1);
  drop.command = openflow::FlowCommand::Delete;
  CHECK(change(drop) == "OFPT_BARRIER_REPLY (OF1.3) (xid=0x6):\n");
  CHECK(meeting.dpif->receive(packet->key, 0) == "2");
}

TEST_CASE("Connection: a port that is set down takes its device down, and that is told") {
  Meeting meeting(Version::V13);
  openflow::SwitchConfig listening;
  listening.miss_send_length = 64;
  meeting.ask(Kind::SetConfig, listening);
  PortSettings port;
  port.name = "p1";
  port.type = "dummy";
  meeting.dpif->links["p1"].is_up = meeting.dpif->links["p1"].carrier = true;
  REQUIRE(meeting.bridge->add_port(port).ok());
  openflow::PortMod mod;
  mod.port = 1;
  mod.mask = mod.config = openflow::kPortDown;
  const std::string told = meeting.ask(Kind::PortMod, mod);
  CHECK(meeting.dpif->links["p1"].is_up == false);
  CHECK(told.find("config:     PORT_DOWN\n     state:      0\n") != std::string::npos);
  CHECK(told.find("config:     PORT_DOWN\n     state:      LINK_DOWN\n") != std::string::npos);
  mod.config = 0;
  CHECK(meeting.ask(Kind::PortMod, mod).find("state:      LIVE") != std::string::npos);
  CHECK(meeting.dpif->links["p1"].is_up);
}

TEST_CASE("Connection: a flow names groups that exist, and goes with them") {
  Meeting meeting(Version::V13);
  openflow::FlowMod mod = Meeting::flow("ip", 2);
  mod.actions = {openflow::Basic{openflow::BasicOp::Group, 1}};
  const std::string add = openflow::encode_flow_mod(mod, openflow::Protocol::Of13, 5);
  CHECK(meeting.ask(add).starts_with("OFPT_ERROR (OF1.3) (xid=0x5): OFPBAC_BAD_OUT_GROUP\n"));
  openflow::GroupMod group;
  group.id = 1;
  group.buckets.resize(2);
  group.buckets[0].actions = {openflow::Output{1, 0}};
  group.buckets[1].actions = {openflow::Output{2, 0}};
  CHECK(meeting.ask(Kind::GroupMod, group).empty());
  CHECK(meeting.ask(add).empty());
  CHECK(meeting.ask(Kind::GroupDescStatsRequest, openflow::Empty{}) ==
        "OFPST_GROUP_DESC reply (OF1.3) (xid=0x7):\n"
        " group_id=1,type=all,bucket=actions=output:1,bucket=actions=output:2\n");
  CHECK(meeting.bridge->impl().tables.count_of_group(1) == 1);
  group.command = openflow::GroupCommand::Delete;
  group.buckets.clear();
  CHECK(meeting.ask(Kind::GroupMod, group).empty());
  CHECK(meeting.bridge->impl().tables.count(0) == 0);
}

TEST_CASE("Connection: what is not supported yet is refused by OpenFlow's own error") {
  Meeting meeting(Version::V13);
  openflow::FlowMod mod = Meeting::flow("ip", 2);
  mod.actions = {openflow::Basic{openflow::BasicOp::Meter, 1}};
  const std::string answer =
      meeting.ask(openflow::encode_flow_mod(mod, openflow::Protocol::Of13, 5));
  CHECK(answer.starts_with("OFPT_ERROR (OF1.3) (xid=0x5): "));
}

TEST_CASE("Connection: a peer of another version alone is told so and left") {
  Meeting meeting(Version::V10);
  meeting.bridge->set_protocols(openflow::bit(Version::V13));
  Result<std::unique_ptr<daemon::Stream>, daemon::IoError> second = daemon::IoError{};
  const auto connecting =
      meeting.network.connect("unix:/run/br0.mgmt", [&](auto made) { second = std::move(made); });
  meeting.loop.drain();
  REQUIRE(second.ok());
  std::string heard;
  daemon::Stream::Handlers handlers;
  handlers.on_read = [&](std::string_view bytes) { heard += bytes; };
  handlers.on_close = [](const daemon::IoError&) {};
  (*second)->start(std::move(handlers));
  (*second)->write(openflow::encode_hello(openflow::bit(Version::V10), 1));
  meeting.loop.drain();
  CHECK(heard.size() > 8);
  CHECK(meeting.ask(Kind::FeaturesRequest, openflow::Empty{}).find("dpid:0000000000000abc") !=
        std::string::npos);
}

}  // namespace ovs::vswitch
