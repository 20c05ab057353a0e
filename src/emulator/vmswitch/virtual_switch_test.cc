// A switch whose extension is right: what its owner sees, what arrives where.
#include <atomic>
#include <thread>

#include "emulator/vmswitch/switch_rig_test.h"

namespace ovs::emulator::test {
namespace {

TEST_CASE(
    "VirtualSwitch: A frame goes through the extension to the port that "
    "it chose") {
  TestExtension extension;
  SwitchRig rig(extension);
  rig.private_switch();
  extension.routes[rig.a] = {{rig.b, 0}};
  const auto frame = udp_frame(kMacB, kMacA);
  CHECK(rig.send(rig.a, frame) == 1);
  REQUIRE(rig.nic_b.arrivals.size() == 1);
  CHECK(rig.nic_b.arrivals[0].bytes == frame);
  CHECK(rig.nic_a.arrivals.empty());
  CHECK(live_list_count() == 0);
}

// Sends a copy of its own in the place of each packet.
class Copying : public TestExtension {
 public:
  void send(NET_BUFFER_LIST* list) override {
    NET_BUFFER_LIST* own = copy(list);
    add(own, {SwitchRig::current().b, 0});
    forward(own);
    complete(list);
  }
};
TEST_CASE("VirtualSwitch: A copy of the extension's own arrives, and nothing is left of it") {
  Copying copying;
  SwitchRig rig(copying);
  rig.private_switch();
  const auto frame = udp_frame(kMacB, kMacA);
  rig.send(rig.a, frame);
  REQUIRE(rig.nic_b.arrivals.size() == 1);
  CHECK(rig.nic_b.arrivals[0].bytes == frame);
  CHECK(rig.made->disable_extension().ok());
}

TEST_CASE("VirtualSwitch: A port's life comes to the extension in its order") {
  TestExtension extension;
  SwitchRig rig(extension);
  VirtualSwitch& made = rig.private_switch();
  extension.oids.clear();
  MemoryNic nic;
  const PortId port = *made.add_port({PortKind::Internal, "", "c"});
  REQUIRE(made.connect_nic(port, nic_spec("nic-c", kMacA), nic).ok());
  REQUIRE(made.rename_port(port, "d").ok());
  REQUIRE(made.remove_port(port).ok());
  CHECK(extension.oids == std::vector<NDIS_OID>{OID_SWITCH_PORT_CREATE, OID_SWITCH_NIC_CREATE,
                                                OID_SWITCH_NIC_CONNECT, OID_SWITCH_PORT_UPDATED,
                                                OID_SWITCH_NIC_DISCONNECT, OID_SWITCH_NIC_DELETE,
                                                OID_SWITCH_PORT_TEARDOWN, OID_SWITCH_PORT_DELETE});
}

TEST_CASE("VirtualSwitch: Without an extension it learns where to send") {
  TestExtension extension;
  SwitchRig rig(extension);
  VirtualSwitch& made = rig.private_switch();
  MemoryNic nic_c;
  const PortId c = *made.add_port({PortKind::Synthetic, "", "c"});
  REQUIRE(made.connect_nic(c, nic_spec("nic-c", {{2, 0, 0, 0, 0, 0xc}}), nic_c).ok());
  REQUIRE(made.disable_extension().ok());
  rig.send(rig.a, plain_frame(kMacB, kMacA));
  CHECK(nic_c.arrivals.size() == 1);
  rig.send(rig.b, plain_frame(kMacA, kMacB));
  CHECK(rig.nic_a.arrivals.size() == 1);
  CHECK(nic_c.arrivals.size() == 1);
}

std::size_t send_frame(SwitchRig& rig, PortId from, const NicFrame& frame) {
  const NicFrame frames[] = {frame};
  return rig.made->transmit({from, 0}, frames);
}

// A switch whose extension sends everything from "a" to "b".
struct Pair {
  explicit Pair(const SwitchHabits& habits = {}) : rig(extension) {
    rig.private_switch(habits);
    extension.routes[rig.a] = {{rig.b, 0}};
  }
  const MemoryNic::Arrival& only() {
    REQUIRE(rig.nic_b.arrivals.size() == 1);
    return rig.nic_b.arrivals[0];
  }
  TestExtension extension;
  SwitchRig rig;
};

TEST_CASE("VirtualSwitch: A checksum that the sender left out is completed") {
  Pair pair;
  const auto whole = udp_frame(kMacB, kMacA);
  auto partial = whole;
  partial[40] = partial[41] = 0;
  send_frame(pair.rig, pair.rig.a, {Bytes(partial), {34, 6}, 0});
  CHECK(pair.only().bytes == whole);
}

TEST_CASE("VirtualSwitch: A large send arrives as segments that are right") {
  Pair pair;
  const auto large = tcp_frame(kMacB, kMacA, 3000);
  send_frame(pair.rig, pair.rig.a, {Bytes(large), {34, 16}, 1400});
  REQUIRE(pair.rig.nic_b.arrivals.size() == 3);
  CHECK(pair.rig.nic_b.arrivals[0].bytes.size() == 54 + 1400);
  CHECK(pair.rig.nic_b.arrivals[2].bytes.size() == 54 + 200);
}

TEST_CASE("VirtualSwitch: A large send arrives whole at a NIC that takes it") {
  Pair pair;
  NicSpec spec = nic_spec("nic-b", kMacB);
  spec.offloads = {true, true};
  REQUIRE(pair.rig.made->disconnect_nic(pair.rig.b).ok());
  REQUIRE(pair.rig.made->connect_nic(pair.rig.b, spec, pair.rig.nic_b).ok());
  const auto large = tcp_frame(kMacB, kMacA, 3000);
  send_frame(pair.rig, pair.rig.a, {Bytes(large), {34, 16}, 1400});
  CHECK(pair.only().segment_size == 1400);
  CHECK(pair.only().partial.start == 34);
  CHECK(pair.only().bytes.size() == large.size());
}

// Notes what a NIC's frame is to the extension.
struct Reader : TestExtension {
  void send(NET_BUFFER_LIST* list) override {
    bytes = frames_of(*list).front();
    large.Value = NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo);
    checksum.Value = NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo);
    TestExtension::send(list);
  }
  FrameBytes bytes;
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO large{};
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum{};
};

TEST_CASE(
    "VirtualSwitch: A large send comes to the extension without a length, in the first version "
    "with") {
  for (const LargeSends version : {LargeSends::V1, LargeSends::V2}) {
    Reader extension;
    SwitchRig rig(extension);
    rig.private_switch();
    extension.routes[rig.a] = {{rig.b, 0}};
    NicSpec spec = nic_spec("nic-a", kMacA);
    spec.large_sends = version;
    REQUIRE(rig.made->disconnect_nic(rig.a).ok());
    REQUIRE(rig.made->connect_nic(rig.a, spec, rig.nic_a).ok());
    NicSpec taker = nic_spec("nic-b", kMacB);
    taker.offloads = {true, true};
    REQUIRE(rig.made->disconnect_nic(rig.b).ok());
    REQUIRE(rig.made->connect_nic(rig.b, taker, rig.nic_b).ok());
    const auto large = tcp_frame(kMacB, kMacA, 3000);
    send_frame(rig, rig.a, {Bytes(large), {34, 16}, 1400});
    CHECK(unsigned(extension.large.LsoV2Transmit.MSS) == 1400);
    CHECK(unsigned(extension.large.LsoV2Transmit.TcpHeaderOffset) == 34);
    const bool has_length =
        extension.bytes[16] != std::byte{} || extension.bytes[17] != std::byte{};
    CHECK(has_length == (version == LargeSends::V1));
    // And it is right where the NIC of another has it.
    REQUIRE(rig.nic_b.arrivals.size() == 1);
    const auto& arrived = rig.nic_b.arrivals[0].bytes;
    REQUIRE(arrived.size() == large.size());
    CHECK(std::equal(arrived.begin(), arrived.begin() + 50, large.begin()));
  }
}

TEST_CASE("VirtualSwitch: A checksum that is neither TCP's nor UDP's is closed before it is sent") {
  Reader extension;
  SwitchRig rig(extension);
  rig.private_switch();
  extension.routes[rig.a] = {{rig.b, 0}};
  const auto whole = udp_frame(kMacB, kMacA);
  std::vector<std::uint8_t> odd = whole;
  // Of two bytes of the payload, say.
  const std::uint16_t start = std::uint16_t(whole.size() - 4);
  odd[start] = 0x12;
  odd[start + 1u] = 0x34;
  odd[start + 2u] = odd[start + 3u] = 0;
  send_frame(rig, rig.a, {Bytes(odd), {start, 2}, 0});
  REQUIRE(rig.nic_b.arrivals.size() == 1);
  CHECK(extension.checksum.Value == nullptr);
  const auto& arrived = rig.nic_b.arrivals[0];
  CHECK(arrived.partial.start == 0);
  CHECK(arrived.bytes[start + 2u] == 0xed);
  CHECK(arrived.bytes[start + 3u] == 0xcb);
}

TEST_CASE("VirtualSwitch: Frames of which their NIC says what is not true are not sent") {
  Pair pair;
  const auto udp = udp_frame(kMacB, kMacA);
  const auto tcp = tcp_frame(kMacB, kMacA, 3000);
  auto fragment = tcp;
  fragment[20] |= 0x20;  // more fragments
  const NicFrame wrong[] = {
      {Bytes(udp), {34, 6}, 8},      // segments of UDP
      {Bytes(tcp), {}, 1400},        // no checksum that is open
      {Bytes(tcp), {36, 16}, 1400},  // not where TCP is
      {Bytes(tcp), {34, 6}, 1400},   // not TCP's
      {Bytes(fragment), {34, 16}, 1400},
      {Bytes(udp), {0xfffe, 0xfffe}, 0},
      {Bytes(udp), {std::uint16_t(udp.size() - 3), 2}, 0},
  };
  CHECK(pair.rig.made->transmit({pair.rig.a, 0}, wrong) == std::size(wrong));
  CHECK(pair.rig.nic_b.arrivals.empty());
  const auto& port = pair.rig.made->view().ports;
  std::uint64_t dropped = 0;
  for (const PortView& each : port) {
    if (each.id == pair.rig.a) dropped = each.nics.front().counters.dropped_sends;
  }
  CHECK(dropped == std::size(wrong));
}

TEST_CASE("VirtualSwitch: A tag goes through the packet's metadata and back") {
  Pair pair;
  auto tagged = udp_frame(kMacB, kMacA);
  const std::uint8_t tag[] = {0x81, 0x00, 0x60, 0x05};
  tagged.insert(tagged.begin() + 12, tag, tag + 4);
  VlanPolicy trunk;
  trunk.mode = VlanMode::Trunk;
  trunk.trunk.set(5);
  REQUIRE(pair.rig.made->set_vlan(pair.rig.a, trunk).ok());
  REQUIRE(pair.rig.made->set_vlan(pair.rig.b, trunk).ok());
  pair.rig.send(pair.rig.a, tagged);
  CHECK(pair.only().bytes == tagged);
}

TEST_CASE("VirtualSwitch: A packet for several ports arrives at each") {
  Pair pair;
  MemoryNic nic_c;
  const PortId c = *pair.rig.made->add_port({PortKind::Internal, "", "c"});
  REQUIRE(pair.rig.made->connect_nic(c, nic_spec("nic-c", {{2, 0, 0, 0, 0, 0xc}}), nic_c).ok());
  pair.extension.routes[pair.rig.a] = {{pair.rig.b, 0}, {c, 0}};
  pair.rig.send(pair.rig.a, udp_frame(kMacB, kMacA));
  CHECK(pair.rig.nic_b.arrivals.size() == 1);
  CHECK(nic_c.arrivals.size() == 1);
}

TEST_CASE("VirtualSwitch: Nothing is sent from a NIC that is not connected, and nothing arrives") {
  Pair pair;
  REQUIRE(pair.rig.made->disconnect_nic(pair.rig.a).ok());
  CHECK(pair.rig.send(pair.rig.a, udp_frame(kMacB, kMacA)) == 0);
  CHECK(pair.rig.nic_b.arrivals.empty());
}

TEST_CASE("VirtualSwitch: By itself it keeps VLANs apart") {
  Pair pair;
  VlanPolicy ten;
  ten.mode = VlanMode::Access;
  ten.access = 10;
  REQUIRE(pair.rig.made->set_vlan(pair.rig.a, ten).ok());
  REQUIRE(pair.rig.made->disable_extension().ok());
  pair.rig.send(pair.rig.a, plain_frame(kMacB, kMacA));
  CHECK(pair.rig.nic_b.arrivals.empty());
  REQUIRE(pair.rig.made->set_vlan(pair.rig.b, ten).ok());
  pair.rig.send(pair.rig.a, plain_frame(kMacB, kMacA));
  CHECK(pair.rig.nic_b.arrivals.size() == 1);
}

TEST_CASE("VirtualSwitch: By itself it drops a source address that is not the NIC's") {
  Pair pair;
  REQUIRE(pair.rig.made->disable_extension().ok());
  pair.rig.send(pair.rig.a, plain_frame(kMacB, {{2, 9, 9, 9, 9, 9}}));
  CHECK(pair.rig.nic_b.arrivals.empty());
  REQUIRE(pair.rig.made->set_security(pair.rig.a, {.allow_mac_spoofing = true}).ok());
  pair.rig.send(pair.rig.a, plain_frame(kMacB, {{2, 9, 9, 9, 9, 9}}));
  CHECK(pair.rig.nic_b.arrivals.size() == 1);
}

TEST_CASE("VirtualSwitch: An external switch joins its wire and its guests") {
  TestExtension extension;
  SwitchRig rig(extension);
  MemoryNic wire;
  SwitchSpec spec;
  spec.name = spec.friendly_name = "external";
  spec.kind = SwitchKind::External;
  spec.physical = {{nic_spec("eth0", kMacB), &wire}};
  rig.made = std::move(*VirtualSwitch::create(*rig.ndis, spec));
  rig.a = *rig.made->add_port({PortKind::Synthetic, "", "a"});
  REQUIRE(rig.made->connect_nic(rig.a, nic_spec("nic-a", kMacA), rig.nic_a).ok());
  REQUIRE(rig.made->enable_extension().ok());
  const auto outside = rig.made->find_physical_nic("eth0");
  REQUIRE(outside.has_value());
  CHECK(outside->index == 1);
  extension.routes[rig.a] = {*outside};
  extension.routes[outside->port] = {{rig.a, 0}};
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  CHECK(wire.arrivals.size() == 1);
  const auto reply = udp_frame(kMacA, kMacB);
  const NicFrame frames[] = {{Bytes(reply), {}, 0}};
  CHECK(rig.made->transmit(*outside, frames) == 1);
  REQUIRE(rig.nic_a.arrivals.size() == 1);
  CHECK(rig.nic_a.arrivals[0].bytes == reply);
}

TEST_CASE("VirtualSwitch: A port's number is not used again") {
  Pair pair;
  const SwitchView view = pair.rig.made->view();
  REQUIRE(view.ports.size() == 2);
  CHECK(view.ports[0].spec.friendly_name == "a");
  CHECK(view.ports[0].nics[0].state == NicState::Connected);
  REQUIRE(pair.rig.made->remove_port(pair.rig.b).ok());
  const PortId next = *pair.rig.made->add_port({PortKind::Synthetic, "", "b"});
  CHECK(next != pair.rig.b);
}

TEST_CASE("VirtualSwitch: NICs come and go and the extension too while frames are sent") {
  Pair pair;
  std::atomic<bool> is_over = false;
  std::thread sender([&] {
    const auto frame = udp_frame(kMacB, kMacA);
    while (!is_over) pair.rig.send(pair.rig.a, frame);
  });
  MemoryNic nic_c;
  for (int i = 0; i < 20; ++i) {
    const auto c = pair.rig.made->add_port({PortKind::Internal, "", "c"});
    CHECK(pair.rig.made->connect_nic(*c, nic_spec("nic-c", {{2, 0, 0, 0, 0, 0xc}}), nic_c).ok());
    CHECK(pair.rig.made->disable_extension().ok());
    CHECK(pair.rig.made->enable_extension().ok());
    CHECK(pair.rig.made->remove_port(*c).ok());
  }
  is_over = true;
  sender.join();
  const NicCounters sent = pair.rig.made->view().ports[0].nics[0].counters;
  const NicCounters arrived = pair.rig.made->view().ports[1].nics[0].counters;
  CHECK(sent.sent_frames == arrived.delivered_frames + sent.dropped_sends);
  CHECK(live_list_count() == 0);
}

TEST_CASE("VirtualSwitch: What cannot be is refused with a reason") {
  Pair pair;
  CHECK(pair.rig.made->remove_port(PortId{99}).error().text == "switch 'test': no port 99");
  CHECK(pair.rig.made->connect_nic(pair.rig.a, nic_spec("x", kMacA), pair.rig.nic_a).error().text ==
        "switch 'test': NIC 'Network Adapter': the port has a NIC");
  CHECK(pair.rig.made->add_port({PortKind::External, "", ""}).error().text ==
        "switch 'test': it has its external port, or none");
}

}  // namespace
}  // namespace ovs::emulator::test
