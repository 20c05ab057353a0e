// The driver under an emulated Hyper-V switch: what becomes of frames that virtual machines send.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/driver/switch_net.h"

namespace ovs::tests {
namespace {

using namespace emulator;

TEST_CASE("PacketPath: a switch that nobody configured learns") {
  Bare bare;
  Net& net = bare.net;
  const FrameText hello = udp_frame(net.mac("a"), kBroadcast);
  net.send("a", hello);
  CHECK(net.take("a").empty());
  CHECK(net.take("b") == Frames{hello});
  CHECK(net.take("c") == Frames{hello});
  const FrameText answer = udp_frame(net.mac("b"), net.mac("a"));
  net.send("b", answer);
  CHECK(net.take("a") == Frames{answer});
  CHECK(net.take("c").empty());
}

TEST_CASE("PacketPath: flows decide where a vport is bound, whatever a frame's size") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("2");
  Frames sent;
  for (const std::size_t size : {60, 192, 255, 256, 257, 300, 1000, 1514}) {
    sent.push_back(configured.a_to_b(size));
  }
  net.send("a", sent);
  CHECK(net.take("b") == sent);
  CHECK(net.take("c").empty());
  CHECK(configured.client.flows().at(0).packets == sent.size());
  net.send("b", udp_frame(net.mac("b"), net.mac("a")));
  CHECK(net.take("a").empty());
}

TEST_CASE("23 PacketPath: a frame goes to several adapters, and more of them than a batch") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("2,3");
  Frames sent;
  for (unsigned i = 0; i < 100; ++i) {
    sent.push_back(udp_frame(net.mac("a"), net.mac("b"), 60 + i, std::uint16_t(i)));
  }
  net.send("a", sent);
  CHECK(net.take("b") == sent);
  CHECK(net.take("c") == sent);
}

// Some go elsewhere besides.
TEST_CASE("PacketPath: frames of a stream stay in order, whichever way each goes") {
  const std::string sampled = "sample(sample=50%,actions(";
  const std::string actions[] = {"2", kRewrite + ",2", sampled + "3)),2",
                                 sampled + kRewrite + ",3)),2"};
  for (const bool guest_memory : {true, false}) {
    for (const std::string& each : actions) {
      CAPTURE(guest_memory);
      CAPTURE(each);
      NicSpec like;
      like.guest_memory = guest_memory;
      Configured configured(like);
      Net& net = configured.net;
      configured.flow(each);
      Frames sent;
      for (unsigned i = 0; i < 96; ++i) {
        const std::size_t size = i % 7 == 3 ? 1514 : 60 + i;
        sent.push_back(udp_frame(net.mac("a"), net.mac("b"), size, std::uint16_t(i)));
      }
      net.send("a", sent);
      if (each == kRewrite + ",2")
        std::transform(sent.begin(), sent.end(), sent.begin(), rewritten);
      CHECK(net.take("b") == sent);
      CHECK(net.take("c").size() < sent.size());
    }
  }
}

TEST_CASE("PacketPath: a header that was written is on the copy, and on no other frame") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("3," + kRewrite + ",2");
  const FrameText frame = configured.a_to_b(1200);
  const FrameText changed = rewritten(frame);
  net.send("a", Frames{frame, frame});
  CHECK(net.take("c") == Frames{frame, frame});
  CHECK(net.take("b") == Frames{changed, changed});
}

TEST_CASE("PacketPath: a tag that is pushed arrives, and one that came is matched and popped") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("push_vlan(vid=7,pcp=3),2");
  const FrameText frame = configured.a_to_b();
  FrameText tagged = frame;
  const std::uint8_t tag[] = {0x81, 0x00, 0x60, 0x07};
  tagged.insert(tagged.begin() + 12, std::begin(tag), std::end(tag));
  net.send("a", frame);
  CHECK(net.take("b") == Frames{tagged});
  CHECK(configured.client.put_flow(
            "in_port(2),eth(),eth_type(0x8100),vlan(vid=7,pcp=3),encap(eth_type(0x0800),"
            "ipv4(frag=no))",
            "pop_vlan,3") == "");
  FrameText from_b = tagged;
  store(from_b.data() + 6, net.mac("b"));
  FrameText popped = from_b;
  popped.erase(popped.begin() + 12, popped.begin() + 16);
  net.send("b", from_b);
  CHECK(net.take("c") == Frames{popped});
}

// Adapters whose frames no guest can write to any more.
NicSpec of_host_memory() {
  NicSpec nic;
  nic.guest_memory = false;
  return nic;
}

// Of what happens until a frame of a's has arrived: each may fail, and a list of the driver's own
// takes several.
int fallible_calls(const char* actions, const FrameText& frame) {
  Configured configured(of_host_memory());
  configured.flow(actions);
  CHECK(
      configured.client.put_flow("in_port(1),eth(),eth_type(0x8100),vlan(),encap(eth_type(0x0800),"
                                 "ipv4(frag=no))",
                                 actions) == "");
  Failures& failures = configured.host.kernel().failures();
  for (int nth = 0;; ++nth) {
    REQUIRE(nth < 1000);
    failures.fail_nth(nth);
    configured.net.send("a", frame);
    const bool has_failed = failures.has_failed();
    failures.fail_nth(-1);
    if (!has_failed) return nth;
  }
}

TEST_CASE("PacketPath: a list goes on itself where all that differs is the tag beside it") {
  const FrameText plain = Configured(of_host_memory()).a_to_b(), tagged = with_tag(plain, 7);
  const int itself = fallible_calls("2", plain);
  CHECK(fallible_calls("push_vlan(vid=7,pcp=3),2", plain) == itself);
  CHECK(fallible_calls("2", tagged) == itself);
  CHECK(fallible_calls("pop_vlan,2", tagged) == itself);
  CHECK(fallible_calls("push_vlan(vid=7,pcp=3),2,pop_vlan,3", plain) > itself);
  CHECK(fallible_calls("set(eth(dst=02:00:00:00:00:99)),2", plain) > itself);
  CHECK(fallible_calls("2,3", plain) < fallible_calls("2,2", plain));
}

TEST_CASE("PacketPath: the tag of its port goes beside a list that goes itself") {
  Configured configured(of_host_memory());
  Net& net = configured.net;
  VlanPolicy access;
  access.mode = VlanMode::Access;
  access.access = 5;
  CHECK(net.hyperv().set_vlan(net.address("a").port, access).ok());
  CHECK(configured.client.put_flow("in_port(1),eth(),eth_type(0x8100),vlan(vid=5),encap(eth_type("
                                   "0x0800),ipv4(frag=no))",
                                   "2") == "");
  const FrameText frame = configured.a_to_b();
  net.send("a", Frames{frame, frame});
  CHECK(net.take("b") == Frames(2, with_tag(frame, 5)));
}

TEST_CASE("PacketPath: what goes itself, beside copies that differ, is as it came") {
  Configured configured(of_host_memory());
  Net& net = configured.net;
  const FrameText frame = configured.a_to_b();
  configured.flow("2,push_vlan(vid=7,pcp=0),3,2,pop_vlan,set(eth(dst=02:00:00:00:00:99)),3,3");
  FrameText changed = frame;
  store(changed.data(), MacAddress{{{2, 0, 0, 0, 0, 0x99}}});
  net.send("a", frame);
  Frames at_b = net.take("b"), at_c = net.take("c");
  std::sort(at_b.begin(), at_b.end());
  std::sort(at_c.begin(), at_c.end());
  Frames to_b = {frame, with_tag(frame, 7)}, to_c = {with_tag(frame, 7), changed, changed};
  std::sort(to_b.begin(), to_b.end());
  std::sort(to_c.begin(), to_c.end());
  CHECK(at_b == to_b);
  CHECK(at_c == to_c);
}

TEST_CASE("PacketPath: what no flow knows goes up, whole, and comes back over the device") {
  Configured configured;
  Net& net = configured.net;
  CHECK(configured.client.subscribe_upcalls_of(1) == "");
  for (const std::size_t size : {60u, 1514u}) {
    const FrameText frame = configured.a_to_b(size);
    net.send("a", frame);
    const auto upcalls = configured.client.upcalls();
    REQUIRE(upcalls.size() == 1);
    CHECK(upcalls[0].packet == frame);
    CHECK(configured.client.execute(Bytes(frame.data(), frame.size()), "in_port(1)", "2,3") == "");
    configured.host.kernel().flush_dpcs();
    CHECK(net.take("b") == Frames{frame});
    CHECK(net.take("c") == Frames{frame});
  }
}

TEST_CASE("62 PacketPath: completions come at once, late, in any order, and with failures") {
  Configured configured(85, Completions::Mixed);
  Net& net = configured.net;
  configured.flow("2," + kRewrite + ",3");
  for (unsigned i = 0; i < 200; ++i) net.send("a", Frames(5, configured.a_to_b(60 + 5 * i)));
  CHECK(net.take("b").size() == 1000);
  CHECK(net.take("c").size() == 1000);
}

TEST_CASE("15 PacketPath: a switch is paused and goes on, and its packets with it") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("2");
  for (int round = 0; round < 3; ++round) {
    net.send("a", configured.a_to_b());
    CHECK(net.take("b").size() == 1);
    CHECK(net.hyperv().disable_extension().ok());
    net.send("a", configured.a_to_b());
    net.take("b");
    net.take("c");
    CHECK(net.hyperv().enable_extension().ok());
  }
}

TEST_CASE("90 PacketPath: whichever allocation fails, a frame arrives or is dropped") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("2,3," + kRewrite + ",2,push_vlan(vid=7,pcp=0),3");
  const FrameText frame = configured.a_to_b(1000);
  Failures& failures = configured.host.kernel().failures();
  std::size_t arrived = 0;
  for (int nth = 0;; ++nth) {
    CAPTURE(nth);
    failures.fail_nth(nth);
    net.send("a", Frames{frame, frame});
    const bool has_failed = failures.has_failed();
    failures.fail_nth(-1);
    arrived = net.take("b").size() + net.take("c").size();
    CHECK(arrived <= 8);
    if (!has_failed) break;
    REQUIRE(nth < 1000);
  }
  CHECK(arrived == 8);
}

TEST_CASE("17 PacketPath: a switch is paused under traffic, with completions that come late") {
  Configured configured(85, Completions::Mixed);
  Net& net = configured.net;
  configured.flow("2," + kRewrite + ",3");
  std::atomic<bool> is_over{false};
  const FrameText frame = configured.a_to_b(700);
  const auto send = [&] {
    while (!is_over) net.hyperv_send("a", Frames(7, frame));
  };
  std::thread one(send), other(send);
  for (int round = 0; round < 10; ++round) {
    CHECK(net.hyperv().disable_extension().ok());
    CHECK(net.hyperv().enable_extension().ok());
    CHECK(configured.client.execute(Bytes(frame.data(), frame.size()), "in_port(1)", "2") == "");
  }
  is_over = true;
  one.join();
  other.join();
  CHECK(!net.take("b").empty());
}

TEST_CASE("PacketPath: frames that are under way when a host ends find their adapters") {
  for (int round = 0; round < 30; ++round) {
    Configured configured;
    const FrameText frame = configured.a_to_b(700);
    const Bytes bytes(frame.data(), frame.size());
    for (int i = 0; i < 10; ++i) {
      CHECK(configured.client.execute(bytes, "in_port(1)", "2,3") == "");
    }
  }
}

TEST_CASE("PacketPath: a frame to another switch's port is a list of that switch's own") {
  DriverHost host;
  Net one(host, SwitchKind::Private, "net1"), other(host, SwitchKind::Internal, "net2");
  one.add("a");
  other.add("b");
  DatapathClient client(host.device());
  CHECK(client.add_port("a", kNetdev, 1) == "");
  CHECK(client.add_port("b", kNetdev, 2) == "");
  CHECK(client.put_flow(ipv4_from(1), "2") == "");
  const FrameText frame = udp_frame(one.mac("a"), other.mac("b"), 1000);
  one.send("a", Frames{frame, frame});
  CHECK(other.take("b") == Frames{frame, frame});
}

TEST_CASE(
    "PacketPath: frames enter a tunnel on their way to the wire, and leave it on their way in") {
  Tunnelling tunnelling(wire::VportType::Vxlan, 4789);
  Net& net = tunnelling.net;
  tunnelling.resolve();
  tunnelling.flow_out("key");
  tunnelling.flow_in("-csum+key");
  for (const std::size_t size : {60u, 250u, 1000u, 1464u}) {
    CAPTURE(size);
    const FrameText frame = udp_frame(net.mac("a"), net.mac("host"), size);
    net.send("a", frame);
    const Frames outside = net.take("wire");
    REQUIRE(outside.size() == 1);
    CHECK(outside[0].size() == size + 50);
    CHECK(std::equal(frame.begin(), frame.end(), outside[0].begin() + 50));
    net.send("wire", turned(outside[0]));
    CHECK(net.take("a") == Frames{frame});
    CHECK(net.take("host").empty());
  }
}

TEST_CASE("PacketPath: a frame waits for its neighbour, and goes when it is known") {
  Tunnelling tunnelling(wire::VportType::Gre);
  Net& net = tunnelling.net;
  tunnelling.flow(ipv4_from(1), "set(tunnel(dst=192.168.0.2,ttl=64,flags())),20");
  tunnelling.flow(ipv4_from(10), "11");
  const FrameText frame = udp_frame(net.mac("a"), net.mac("host"), 1200);
  net.send("a", frame);
  CHECK(net.take("wire").empty());
  tunnelling.resolve();
  Frames outside;
  for (int i = 0; i < 50 && outside.empty(); ++i) {
    tunnelling.host.kernel().sleep_ms(20);
    outside = net.take("wire");
  }
  REQUIRE(outside.size() == 1);
  CHECK(std::equal(frame.begin(), frame.end(), outside[0].begin() + 38));
}

TEST_CASE("PacketPath: every NDIS level") {
  for (const unsigned minor : {30u, 40u, 50u, 60u, 80u, 82u, 85u}) {
    CAPTURE(minor);
    Configured configured(minor);
    configured.flow("2,3");
    configured.net.send("a", configured.a_to_b());
    CHECK(configured.net.take("b").size() == 1);
    CHECK(configured.net.take("c").size() == 1);
  }
}

}  // namespace
}  // namespace ovs::tests
