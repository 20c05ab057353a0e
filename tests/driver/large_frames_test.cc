// Frames larger than what the driver copies ahead, and what it counts of frames that go nowhere.
#include <doctest/doctest.h>

#include "emulator/vmswitch/frame_edit.h"
#include "tests/driver/switch_net.h"
#include "tests/scenarios/frame_check.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr std::uint32_t kMostOfIp = 65535;

NicSpec of_mtu(std::uint32_t mtu) {
  NicSpec nic;
  nic.mtu = mtu;
  return nic;
}

constexpr std::size_t kSizes[] = {1791, 1792, 1793, 1856, 1857, 9000, 65535};

// a and b take any frame.
struct Jumbo : Configured {
  Jumbo() : Configured(of_mtu(kMostOfIp)) {}
  // Of UDP packets from a to port 7: who does not believe their length finds no port.
  void flow(const std::string& actions) {
    CHECK(client.put_flow("in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp(dst=7)",
                          actions) == "");
  }
};

TEST_CASE("LargeFrames: their ports are matched, their size is counted, and they arrive") {
  Jumbo jumbo;
  jumbo.flow("2");
  std::uint64_t bytes = 0;
  for (const std::size_t size : kSizes) {
    CAPTURE(size);
    const FrameText frame = jumbo.a_to_b(size);
    jumbo.net.send("a", Frames{frame, frame});
    CHECK(jumbo.net.take("b") == Frames{frame, frame});
    bytes += 2 * size;
  }
  CHECK(jumbo.client.flows().at(0).bytes == bytes);
  CHECK(jumbo.client.port_stats(1).rx_bytes == bytes);
  CHECK(jumbo.client.port_stats(2).tx_bytes == bytes);
}

TEST_CASE("LargeFrames: a header is written, and addresses with their sums") {
  Jumbo jumbo;
  jumbo.flow(kRewrite + ",2,set(ipv4(dst=10.0.0.9)),2");
  for (const std::size_t size : kSizes) {
    CAPTURE(size);
    const FrameText frame = jumbo.a_to_b(size);
    jumbo.net.send("a", frame);
    const Frames taken = jumbo.net.take("b");
    REQUIRE(taken.size() == 2);
    CHECK(taken[0] == rewritten(frame));
    CHECK(taken[1].size() == size);
    CHECK(fault_of(Bytes(taken[1])) == "");
  }
}

TEST_CASE("LargeFrames: SCTP's ports are written, with a CRC over all of the packet") {
  Jumbo jumbo;
  constexpr const char* kHeaders[] = {
      "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),"
      "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=132,tos=0,ttl=64,frag=no),sctp(src=1000,dst=7)",
      "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x86dd),ipv6(src=fd00::1,"
      "dst=fd00::2,label=0,proto=132,tclass=0,hlimit=64,frag=no),sctp(src=1000,dst=7)"};
  CHECK(jumbo.client.put_flow("in_port(1),eth(),eth_type(0x0800),ipv4(proto=132,frag=no),sctp()",
                              "set(sctp(src=77,dst=88)),2") == "");
  CHECK(jumbo.client.put_flow("in_port(1),eth(),eth_type(0x86dd),ipv6(proto=132,frag=no),sctp()",
                              "set(sctp(src=77,dst=88)),2") == "");
  for (const char* headers : kHeaders) {
    for (const unsigned data : {0u, 1u, 7u, 1700u, 1746u, 1747u, 9000u, 65000u}) {
      CAPTURE(data);
      const auto frame = make_frame(std::string(headers) + " data(" + std::to_string(data) + ")");
      REQUIRE(frame.ok());
      // As it is, and filled up as a wire's shortest frames are: nobody's CRC covers that.
      for (const std::size_t fill : {0u, 14u}) {
        FrameText sent = *frame;
        sent.insert(sent.end(), fill, 0xee);
        jumbo.net.send("a", sent);
        const Frames taken = jumbo.net.take("b");
        REQUIRE(taken.size() == 1);
        REQUIRE(taken[0].size() == sent.size());
        const FrameText packet(taken[0].begin(), taken[0].end() - long(fill));
        CHECK(check_frame(packet, "sctp(src=77,dst=88)") == "");
      }
    }
  }
}

TEST_CASE("LargeFrames: what is larger than the exit's MTU is dropped and counted") {
  Jumbo jumbo;
  jumbo.flow("3");
  jumbo.net.send("a", jumbo.a_to_b(9000));
  CHECK(jumbo.net.take("c").empty());
  CHECK(jumbo.client.port_stats(3).tx_dropped == 1);
  CHECK(jumbo.client.drops()["too_large"] == 1);
}

TEST_CASE("LargeFrames: they go up whole, and come back") {
  Jumbo jumbo;
  CHECK(jumbo.client.subscribe_upcalls_of(1) == "");
  for (const std::size_t size : {1791u, 1792u, 1793u, 9000u, 65000u}) {
    CAPTURE(size);
    const FrameText frame = jumbo.a_to_b(size);
    jumbo.net.send("a", frame);
    const auto upcalls = jumbo.client.upcalls();
    REQUIRE(upcalls.size() == 1);
    CHECK(upcalls[0].packet == frame);
    CHECK(jumbo.client.execute(Bytes(frame.data(), frame.size()), "in_port(1)", "2") == "");
    jumbo.host.kernel().flush_dpcs();
    CHECK(jumbo.net.take("b") == Frames{frame});
  }
  const std::uint64_t lost = jumbo.client.datapath_stats().lost;
  jumbo.net.send("a", jumbo.a_to_b(65535));  // no message of the device is as large
  CHECK(jumbo.client.upcalls().empty());
  CHECK(jumbo.client.datapath_stats().lost == lost + 1);
}

TEST_CASE("LargeFrames: a tunnel carries all of them that IP can") {
  for (const bool is_vxlan : {true, false}) {
    Tunnelling tunnelling(is_vxlan ? wire::VportType::Vxlan : wire::VportType::Gre,
                          is_vxlan ? 4789 : 0, of_mtu(kMostOfIp));
    Net& net = tunnelling.net;
    tunnelling.resolve();
    tunnelling.flow_out("key|csum");
    tunnelling.flow_in("+csum+key");
    for (const std::size_t size : {1742u, 1743u, 1791u, 1792u, 1793u, 9000u, 9001u, 65400u}) {
      CAPTURE(size);
      const FrameText frame = udp_frame(net.mac("a"), net.mac("host"), size);
      net.send("a", frame);
      const Frames outside = net.take(kWire);
      REQUIRE(outside.size() == 1);
      CHECK(fault_of(Bytes(outside[0])) == "");
      net.send(kWire, turned(outside[0]));
      CHECK(net.take("a") == Frames{frame});
    }
    const std::uint64_t before = tunnelling.client.port_stats(20).tx_dropped;
    net.send("a", udp_frame(net.mac("a"), net.mac("host"), 65535));
    CHECK(net.take(kWire).empty());
    CHECK(tunnelling.client.port_stats(20).tx_dropped == before + 1);
  }
}

// ---- what goes nowhere -------------------------------------------------------------------------

TEST_CASE("Counters: a sender that its port forbids is counted where it came in") {
  Jumbo jumbo;
  jumbo.flow("2");
  jumbo.net.send("a", udp_frame(MacAddress{{{2, 0, 0, 0, 0, 0x77}}}, jumbo.net.mac("b")));
  CHECK(jumbo.net.take("b").empty());
  CHECK(jumbo.client.port_stats(1).rx_dropped == 1);
  CHECK(jumbo.client.port_stats(1).rx_packets == 0);
  CHECK(jumbo.client.drops()["policy"] == 1);
}

TEST_CASE("Counters: a list of which one frame cannot come in is counted by its frames") {
  SwitchHabits habits;
  habits.frames_in_list = 3;
  Configured configured(kernel_of(85), NdisConfig(), habits);
  const FrameText good = configured.a_to_b(), runt(13, 2);
  configured.net.send("a", Frames{good, runt, good});
  CHECK(configured.client.port_stats(1).rx_dropped + configured.client.port_stats(1).rx_packets ==
        3);
}

TEST_CASE("Counters: whichever allocation fails, a frame has arrived or is counted") {
  Jumbo jumbo;
  jumbo.flow("2," + kRewrite + ",2");
  const FrameText frame = jumbo.a_to_b(9000);
  Failures& failures = jumbo.host.kernel().failures();
  std::uint64_t arrived = 0, sent = 0;
  for (int nth = 0;; ++nth) {
    CAPTURE(nth);
    failures.fail_nth(nth);
    jumbo.net.send("a", frame);
    const bool has_failed = failures.has_failed();
    failures.fail_nth(-1);
    arrived += jumbo.net.take("b").size();
    ++sent;
    const std::uint64_t lost =
        jumbo.client.port_stats(2).tx_dropped + 2 * jumbo.client.port_stats(1).rx_dropped;
    CHECK(arrived + lost == 2 * sent);
    if (!has_failed) break;
    REQUIRE(nth < 1000);
  }
}

}  // namespace
}  // namespace ovs::tests
