// What senders leave to devices, and devices to readers, through the driver: checksums, segments,
// coalesced packets. The emulator's own way of cutting frames is what ours is compared with.
#include <doctest/doctest.h>

#include "emulator/vmswitch/frame_edit.h"
#include "tests/driver/switch_net.h"
#include "tests/support/tcp_frame.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr std::uint16_t kSegment = 1000;
constexpr std::uint8_t kCongestionReduced = 0x80;

// With every checksum right.
FrameText tcp_frame(const MacAddress& from, const MacAddress& to, std::size_t payload,
                    Family family = Family::V4) {
  FrameText frame = tcp_frame_of(family, payload);
  store(frame.data(), to);
  store(frame.data() + 6, from);
  const MutableBytes bytes(frame.data(), frame.size());
  complete_ip_checksum(bytes, headers_of(bytes));
  complete_transport_checksum(bytes, headers_of(bytes));
  return frame;
}

// What a device makes of it.
Frames segments_of(const FrameText& frame, std::size_t size = kSegment) {
  Frames segments;
  cut_segments(Bytes(frame), headers_of(Bytes(frame)), size, [&](Bytes segment) {
    FrameText own(segment.begin(), segment.end());
    const Headers headers = headers_of(Bytes(own));
    if (!segments.empty()) own[headers.l4 + 13] &= std::uint8_t(~kCongestionReduced);
    complete_transport_checksum(MutableBytes(own.data(), own.size()), headers);
    segments.push_back(own);
  });
  return segments;
}

// The frames without what was put around them; each has to be whole.
Frames inside(const Frames& outer, std::size_t around) {
  Frames inner;
  for (const FrameText& frame : outer) {
    CHECK(fault_of(Bytes(frame)) == "");
    inner.emplace_back(frame.begin() + long(around), frame.end());
  }
  return inner;
}

NicSpec all_offloads(LargeSends large_sends = LargeSends::V2, bool guest_memory = true) {
  NicSpec nic;
  nic.offloads = {true, true};
  nic.large_sends = large_sends;
  nic.guest_memory = guest_memory;
  return nic;
}

// a (port 1), b (port 2) and a wire (port 11) can do everything, c (port 3) nothing.
struct Capable : Configured {
  explicit Capable(const NicSpec& like = all_offloads(), SwitchKind kind = SwitchKind::Private)
      : Configured(like, kind) {}
  void flow(const std::string& actions) {
    Configured::flow(actions);
    CHECK(client.put_flow(ipv6_from(1), actions) == "");
  }
  FrameText a_to_b(std::size_t payload, Family family = Family::V4) {
    return tcp_frame(net.mac("a"), net.mac("b"), payload, family);
  }
};

TEST_CASE("78 Offload: a large send goes whole to who takes it, in segments to who does not") {
  for (const LargeSends version : {LargeSends::V1, LargeSends::V2}) {
    for (const bool guest_memory : {true, false}) {
      Capable capable(all_offloads(version, guest_memory));
      capable.flow("2,3");
      for (const Family family : {Family::V4, Family::V6}) {
        for (const std::size_t payload : {1001u, 1700u, 9000u, 65000u}) {
          CAPTURE(payload);
          const FrameText frame = capable.a_to_b(payload, family);
          capable.net.send_open("a", frame, kSegment);
          const auto whole = capable.net.take_delivered("b");
          REQUIRE(whole.size() == 1);
          CHECK(whole[0].segment_size == kSegment);
          CHECK(segments_of(whole[0].bytes) == segments_of(frame));
          CHECK(capable.net.take("c").size() == (payload + kSegment - 1) / kSegment);
        }
      }
    }
  }
}

TEST_CASE("B-8 Offload: a large send whose header is written goes whole") {
  Capable capable;
  capable.flow(kRewrite + ",2,push_vlan(vid=7,pcp=0),2");
  for (const Family family : {Family::V4, Family::V6}) {
    for (const std::size_t payload : {1700u, 9000u, 65000u}) {
      CAPTURE(payload);
      const FrameText sent = capable.a_to_b(payload, family), frame = rewritten(sent);
      capable.net.send_open("a", sent, kSegment);
      const auto whole = capable.net.take_delivered("b");
      REQUIRE(whole.size() == 2);
      CHECK(whole[0].segment_size == kSegment);
      CHECK(segments_of(whole[0].bytes) == segments_of(frame));
      CHECK(whole[1].segment_size == kSegment);
      FrameText untagged = whole[1].bytes;
      remove_tag(untagged);
      CHECK(segments_of(untagged) == segments_of(frame));
    }
  }
}

TEST_CASE("B-8 Offload: addresses and ports are written into what is open, too") {
  Capable capable;
  CHECK(capable.client.put_flow("in_port(1),eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp()",
                                "set(ipv4(dst=10.9.8.7)),set(tcp(dst=80)),2,3") == "");
  FrameText frame = capable.a_to_b(3000);
  capable.net.send_open("a", frame, kSegment);
  const FrameText small = capable.a_to_b(500);
  capable.net.send_open("a", small);
  const auto whole = capable.net.take_delivered("b");
  REQUIRE(whole.size() == 2);
  CHECK(whole[1].open_checksum == 34);
  const Frames cut = capable.net.take("c");
  REQUIRE(cut.size() == 4);
  const std::uint8_t to[] = {10, 9, 8, 7};
  std::copy(std::begin(to), std::end(to), frame.begin() + 30);
  store(frame.data() + 36, Be16(80));
  const MutableBytes bytes(frame.data(), frame.size());
  complete_ip_checksum(bytes, headers_of(bytes));
  CHECK(segments_of(whole[0].bytes) == segments_of(frame));
  for (const FrameText& each : cut) CHECK(fault_of(Bytes(each)) == "");
}

TEST_CASE("B-8 Offload: a large send through a tunnel is cut, and each segment encapsulated") {
  for (const bool is_vxlan : {true, false}) {
    Tunnelling tunnelling(is_vxlan ? wire::VportType::Vxlan : wire::VportType::Gre,
                          is_vxlan ? 4789 : 0, all_offloads());
    Net& net = tunnelling.net;
    tunnelling.resolve();
    const std::size_t around = is_vxlan ? 50 : 42;
    tunnelling.flow_out("key");
    for (const Family family : {Family::V4, Family::V6}) {
      for (const std::size_t payload : {1001u, 9001u, 65000u}) {
        CAPTURE(payload);
        const FrameText frame = tcp_frame(net.mac("a"), net.mac("host"), payload, family);
        for (int i = 0; i < 3; ++i) net.send_open("a", frame, kSegment);
        const Frames segments = inside(net.take(kWire), around);
        Frames expected;
        for (int i = 0; i < 3; ++i) {
          for (FrameText& segment : segments_of(frame)) expected.push_back(std::move(segment));
        }
        CHECK(segments == expected);
      }
    }
  }
}

// However many there are: the engine hands on 64 frames at a time.
TEST_CASE("B-8 Offload: what comes behind a large send stays behind its segments") {
  Tunnelling tunnelling(wire::VportType::Vxlan, 4789, all_offloads());
  Net& net = tunnelling.net;
  tunnelling.resolve();
  tunnelling.flow_out("key");
  for (const std::size_t payload : {3000u, 63000u, 64000u, 65000u}) {
    CAPTURE(payload);
    const FrameText large = tcp_frame(net.mac("a"), net.mac("host"), payload);
    const FrameText small = tcp_frame(net.mac("a"), net.mac("host"), 100);
    net.send_open("a", {large, small}, kSegment);
    Frames expected = segments_of(large);
    expected.push_back(small);
    CHECK(inside(net.take(kWire), 50) == expected);
  }
}

TEST_CASE("B-8 Offload: a checksum that is left open is closed before a tunnel, its own too") {
  Tunnelling tunnelling(wire::VportType::Vxlan, 4789, all_offloads());
  Net& net = tunnelling.net;
  tunnelling.resolve();
  tunnelling.flow_out("csum|key");
  for (const std::size_t size : {60u, 61u, 1001u, 1300u}) {
    CAPTURE(size);
    for (const FrameText& frame : {tcp_frame(net.mac("a"), net.mac("host"), size),
                                   udp_frame(net.mac("a"), net.mac("host"), size)}) {
      net.send_open("a", frame);
      CHECK(inside(net.take(kWire), 50) == Frames{frame});
    }
  }
}

// What its device would make of a frame that is delivered with an open checksum.
FrameText closed(const DeliveredFrame& delivered, const FrameText& sent) {
  FrameText frame = delivered.bytes;
  const MutableBytes bytes(frame.data(), frame.size());
  const Headers headers = headers_of(bytes);
  CHECK(delivered.open_checksum == headers.l4);
  CHECK(delivered.bytes != sent);
  complete_transport_checksum(bytes, headers);
  return frame;
}

TEST_CASE("78 Offload: checksums that are left open, of lists that are like each other") {
  for (const bool guest_memory : {true, false}) {
    for (const std::string& actions :
         {std::string("2"), std::string("3"), kRewrite + ",2", kRewrite + ",3"}) {
      CAPTURE(guest_memory);
      CAPTURE(actions);
      Capable capable(all_offloads(LargeSends::V2, guest_memory));
      Net& net = capable.net;
      capable.flow(actions);
      Frames sent;
      for (std::size_t size = 1; size < 1400; size += 50) {
        sent.push_back(capable.a_to_b(size));
        sent.push_back(capable.a_to_b(size, Family::V6));
        sent.push_back(udp_frame(net.mac("a"), net.mac("b"), 60 + size));
      }
      net.send_open("a", sent);
      if (actions.size() > 1) std::transform(sent.begin(), sent.end(), sent.begin(), rewritten);
      const auto at_b = net.take_delivered("b");
      const bool is_to_b = actions.back() == '2';
      CHECK(at_b.size() == (is_to_b ? sent.size() : 0));
      for (std::size_t i = 0; i < at_b.size(); ++i) CHECK(closed(at_b[i], sent[i]) == sent[i]);
      CHECK(net.take("c") == (is_to_b ? Frames() : sent));
    }
  }
}

TEST_CASE("B-8 Offload: sizes of segments that make no sense") {
  Capable capable;
  capable.flow(kRewrite + ",3");
  // Larger than the payload: one packet.
  const FrameText frame = capable.a_to_b(900);
  capable.net.send_open("a", frame, kSegment);
  CHECK(capable.net.take("c") == Frames{rewritten(frame)});
  // A device may be asked for segments of one byte; we are not one.
  capable.net.send_open("a", capable.a_to_b(3000), 1);
  CHECK(capable.net.take("c").size() == 3000);
}

TEST_CASE("B-8 Offload: a packet that would become too many segments is lost in a tunnel") {
  Tunnelling tunnelling(wire::VportType::Vxlan, 4789, all_offloads());
  Net& net = tunnelling.net;
  tunnelling.resolve();
  tunnelling.flow_out("key");
  const FrameText frame = tcp_frame(net.mac("a"), net.mac("host"), 1280);
  net.send_open("a", frame, 10);
  CHECK(net.take(kWire).size() == 128);
  net.send_open("a", frame, 9);
  CHECK(net.take(kWire).empty());
}

TEST_CASE("B-8 Offload: what goes up of a large send are its segments") {
  Capable capable;
  CHECK(capable.client.subscribe_upcalls_of(1) == "");
  const FrameText frame = capable.a_to_b(5500);
  capable.net.send_open("a", frame, kSegment);
  Frames seen;
  for (const auto& upcall : capable.client.upcalls()) seen.push_back(upcall.packet);
  CHECK(seen == segments_of(frame));
}

// ---- received ----------------------------------------------------------------------------------

// Its wire's device coalesces.
struct Coalescing : Capable {
  Coalescing() : Capable(all_offloads(), SwitchKind::External) {}
  void flow(const std::string& actions) { Configured::flow(actions, 11); }
};

TEST_CASE("78 Offload: a coalesced packet goes whole to who takes it, in segments to others") {
  for (const char* actions : {"1,3", "set(eth(src=02:00:00:00:00:98)),1,3"}) {
    CAPTURE(actions);
    Coalescing coalescing;
    coalescing.flow(actions);
    FrameText frame = tcp_frame(MacAddress{{{2, 0, 0, 0, 0, 0x98}}}, coalescing.net.mac("a"), 9000);
    coalescing.net.send_open(kWire, frame, kSegment);
    const auto whole = coalescing.net.take_delivered("a");
    REQUIRE(whole.size() == 1);
    CHECK(whole[0].segment_size == kSegment);
    CHECK(segments_of(whole[0].bytes) == segments_of(frame));
    CHECK(coalescing.net.take("c").size() == 9);
  }
}

TEST_CASE("78 Offload: a coalesced packet that goes out to a wire again is cut") {
  Coalescing coalescing;
  coalescing.flow("11");
  const FrameText frame = tcp_frame(MacAddress{{{2, 0, 0, 0, 0, 0x98}}}, kBroadcast, 9500);
  coalescing.net.send_open(kWire, frame, kSegment);
  CHECK(coalescing.net.take(kWire) == segments_of(frame, 950));
}

TEST_CASE("106 Offload: a coalesced packet to another switch is a large send there") {
  Coalescing coalescing;
  Net other(coalescing.host, SwitchKind::Private, "other");
  other.add("d", PortKind::Synthetic, all_offloads());
  CHECK(coalescing.client.add_port("d", kNetdev, 4) == "");
  coalescing.flow("4");
  const FrameText frame = tcp_frame(MacAddress{{{2, 0, 0, 0, 0, 0x98}}}, other.mac("d"), 9000);
  coalescing.net.send_open(kWire, frame, kSegment);
  const auto whole = other.take_delivered("d");
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].segment_size == kSegment);
  CHECK(segments_of(whole[0].bytes) == segments_of(frame));
}

TEST_CASE("90 Offload: whichever allocation fails, a large send arrives, or some of it is lost") {
  Tunnelling tunnelling(wire::VportType::Vxlan, 4789, all_offloads());
  Net& net = tunnelling.net;
  tunnelling.resolve();
  tunnelling.flow_out("key", "10," + kRewrite + ",10,");
  const FrameText frame = tcp_frame(net.mac("a"), net.mac("host"), 9000);
  Failures& failures = tunnelling.host.kernel().failures();
  std::size_t arrived = 0;
  for (int nth = 0;; ++nth) {
    CAPTURE(nth);
    failures.fail_nth(nth);
    net.send_open("a", frame, kSegment);
    const bool has_failed = failures.has_failed();
    failures.fail_nth(-1);
    arrived = net.take(kWire).size() + net.take("host").size();
    CHECK(arrived <= 9 + 2 * 9);
    if (!has_failed) break;
    REQUIRE(nth < 1000);
  }
  CHECK(arrived == 9 + 2 * 9);
}

}  // namespace
}  // namespace ovs::tests
