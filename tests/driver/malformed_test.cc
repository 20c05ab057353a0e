// What a virtual machine can put into a packet, and into whatever memory, against the driver under
// an emulated switch. Numbers of tests: docs/reference/upstream-defects.md; 83: the host's
// contract.
#include <doctest/doctest.h>

#include "base/bytes/checksum.h"
#include "emulator/ndis/buffers/net_buffers.h"
#include "flow/match/extract.h"
#include "tests/driver/switch_net.h"
#include "tests/scenarios/frame_check.h"

namespace ovs::tests {
namespace {

using namespace emulator;

FrameText frame_of(const std::string& text) {
  auto made = make_frame(text);
  REQUIRE_MESSAGE(made.ok(), text);
  return *made;
}

// Headers that an engine looks into, each in one frame of port a's.
constexpr const char* kEthernet = "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),";
constexpr const char* kSamples[] = {
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),"
    "udp(src=1000,dst=7)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),"
    "tcp(src=1000,dst=7),tcp_flags(0x010)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=1,tos=0,ttl=64,frag=no),"
    "icmp(type=8,code=0)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=132,tos=0,ttl=64,frag=no),"
    "sctp(src=1000,dst=7)",
    "eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1,sha=02:00:00:00:00:01,"
    "tha=00:00:00:00:00:00)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=17,tclass=0,hlimit=64,frag=no),"
    "udp(src=1000,dst=7)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=6,tclass=0,hlimit=64,frag=no),"
    "tcp(src=1000,dst=7),tcp_flags(0x010)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=58,tclass=0,hlimit=255,frag=no),"
    "icmpv6(type=135,code=0),nd(target=fe80::3,sll=02:00:00:00:00:01,tll=00:00:00:00:00:00)",
    "eth_type(0x8100),vlan(vid=9,pcp=3),encap(eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
    "proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=7))",
};

std::vector<FrameText> samples() {
  std::vector<FrameText> frames;
  for (const char* text : kSamples) frames.push_back(frame_of(std::string(kEthernet) + text));
  return frames;
}

// Frames of a's that no flow knows: what goes up of them.
struct Upcalls : Configured {
  Upcalls() { CHECK(client.subscribe_upcalls_of(1) == ""); }
  void lay_out(const FrameLayout& layout) { host.ndis().set_layout(layout); }
  // The upcall says of the frame what its bytes say, which are in it, whole.
  void check(const FrameText& frame) {
    net.send("a", frame);
    const auto upcalls = client.upcalls();
    REQUIRE(upcalls.size() == 1);
    CHECK(upcalls[0].packet == frame);
    check_agrees(upcalls[0]);
  }
  static void check_agrees(const ClientUpcall& upcall) {
    flow::PacketMetadata metadata;
    metadata.in_port = 1;
    CHECK(upcall.key == flow::extract(Bytes(upcall.packet.data(), upcall.packet.size()), metadata));
  }
};

FrameLayout guarded(std::vector<std::uint32_t> splits, std::uint32_t offset = 0) {
  FrameLayout layout;
  layout.memory = FrameMemory::Guarded;
  layout.is_mapped = false;
  layout.offset = offset;
  layout.splits = std::move(splits);
  return layout;
}

// ---- B-3: wherever memory ends -----------------------------------------------------------------

TEST_CASE("B-3 Driver: a header is split over MDLs at every byte") {
  Upcalls upcalls;
  for (const FrameText& frame : samples()) {
    CAPTURE(describe_frame(frame));
    for (std::uint32_t split = 0; split <= 100 && split <= frame.size(); ++split) {
      CAPTURE(split);
      upcalls.lay_out(guarded({split}, split % 9));
      upcalls.check(frame);
      upcalls.lay_out(guarded({split / 2, split, split}));
      upcalls.check(frame);
    }
  }
}

TEST_CASE("B-3 Driver: a frame lies in 64 MDLs and more, of a byte each, some of them empty") {
  Upcalls upcalls;
  for (const unsigned empty_ones : {1u, 2u}) {
    std::vector<std::uint32_t> splits;
    for (std::uint32_t at = 1; at <= 80; ++at) splits.insert(splits.end(), empty_ones, at);
    upcalls.lay_out(guarded(splits, 5));
    for (const FrameText& frame : samples()) upcalls.check(frame);
  }
}

TEST_CASE("B-3 Driver: a frame ends at any byte, whatever its headers promise") {
  Upcalls upcalls;
  for (const FrameText& frame : samples()) {
    CAPTURE(describe_frame(frame));
    for (std::size_t size = 14; size < frame.size(); ++size) {
      CAPTURE(size);
      upcalls.lay_out(guarded({std::uint32_t(size / 2)}));
      upcalls.check(FrameText(frame.begin(), frame.begin() + long(size)));
    }
  }
}

TEST_CASE("B-3 Driver: less than an Ethernet header is dropped, and goes nowhere") {
  Upcalls upcalls;
  for (std::size_t size = 1; size < 14; ++size) {
    CAPTURE(size);
    upcalls.lay_out(guarded({std::uint32_t(size / 2)}));
    upcalls.net.send("a", FrameText(size, 2));
    CHECK(upcalls.client.upcalls().empty());
  }
}

// ---- writing into what is not there ------------------------------------------------------------

// All that is written into headers, by flows that promise nothing beyond the EtherType and the
// protocol.
struct Writing : Configured {
  Writing() {
    put("eth_type(0x0800),ipv4(proto=17)",
        "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),set(udp(src=5,dst=6)),2");
    put("eth_type(0x0800),ipv4(proto=6)",
        "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),set(tcp(src=5,dst=6)),2");
    put("eth_type(0x0800),ipv4(proto=132)",
        "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),set(sctp(src=5,dst=6)),2");
    put("eth_type(0x0800),ipv4(proto=1)", "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),2");
    put("eth_type(0x0800),ipv4(proto=0)", "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),2");
    put("eth_type(0x0806)", "push_vlan(vid=7,pcp=0),2");
    put("eth_type(0x86dd),ipv6(proto=17)", kSixth + std::string("set(udp(src=5,dst=6)),2"));
    put("eth_type(0x86dd),ipv6(proto=6)", kSixth + std::string("set(tcp(src=5,dst=6)),2"));
    put("eth_type(0x86dd),ipv6(proto=58)", kSixth + std::string("2"));
    put("eth_type(0x86dd),ipv6(proto=0)", kSixth + std::string("2"));
    put("eth_type(0x8100),vlan(vid=9),encap(eth_type(0x0800))",
        "pop_vlan,set(eth(dst=02:00:00:00:00:77)),2");
    put("eth_type(0xffff)", "set(eth(dst=02:00:00:00:00:77)),2");
  }
  void put(const std::string& match, const std::string& actions) {
    const std::string all = "in_port(1),eth()," + match;
    CHECK(client.put_flow(all, actions) == "");
  }
  // What comes out at b; nothing if it was dropped.
  Frames through(const FrameText& frame, const FrameLayout& layout) {
    host.ndis().set_layout(layout);
    net.send("a", frame);
    return net.take("b");
  }
  static constexpr const char* kSixth =
      "set(ipv6(src=fd00::9,dst=fd00::a,label=0x12345,tclass=0x40,hlimit=9)),";
};

TEST_CASE("B-3 Driver: actions write into headers that end at any byte, and beyond none") {
  Writing writing;
  std::size_t sent = 0, arrived = 0;
  for (const FrameText& frame : samples()) {
    CAPTURE(describe_frame(frame));
    for (std::size_t size = 18; size <= frame.size(); ++size, ++sent) {
      CAPTURE(size);
      const FrameText cut(frame.begin(), frame.begin() + long(size));
      const Frames whole = writing.through(cut, FrameLayout());
      const Frames split = writing.through(cut, guarded({std::uint32_t(size / 3)}, 3));
      CHECK(whole == split);
      arrived += whole.size();
    }
  }
  CHECK(arrived == sent);
}

// ---- B-4: IPv4 headers that lie ----------------------------------------------------------------

// With options of that many words, and a right header checksum.
FrameText with_options(const FrameText& plain, unsigned words) {
  FrameText frame = plain;
  frame.insert(frame.begin() + 34, words * 4, 1);  // no operation
  std::uint8_t* const ip = frame.data() + 14;
  ip[0] = std::uint8_t(0x45 + words);
  store(ip + 2, Be16(std::uint16_t(frame.size() - 14)));
  store(ip + 10, Be16());
  store(ip + 10, checksum(Bytes(ip, 20 + words * 4)));
  return frame;
}

TEST_CASE("B-4 Driver: IPv4 options of any length stand between a header and its ports") {
  Writing writing;
  const FrameText udp = samples()[0];
  for (unsigned words = 0; words <= 10; ++words) {
    CAPTURE(words);
    const FrameText frame = with_options(udp, words);
    const Frames written = writing.through(frame, guarded({30 + words}));
    REQUIRE(written.size() == 1);
    CHECK(check_frame(written[0],
                      "eth(),eth_type(0x0800),ipv4(src=1.2.3.4,dst=5.6.7.8,proto=17,ttl=3,frag=no),"
                      "udp(src=5,dst=6)") == "");
    CHECK(std::equal(frame.begin() + 34, frame.begin() + 34 + words * 4, written[0].begin() + 34));
  }
}

// Header lengths and total lengths that may all be lies.
template <class Use>
void for_each_lie(Use use) {
  for (const FrameText& sample : samples()) {
    if (load<Be16>(sample.data() + 12) != Be16(0x0800)) continue;
    for (unsigned words = 0; words <= 15; ++words) {
      for (const int total : {0, 1, 19, 20, 21, 27, 28, 59, 60, 1499, 0xffff}) {
        CAPTURE(words);
        CAPTURE(total);
        FrameText frame = sample;
        frame[14] = std::uint8_t(0x40 | words);
        store(frame.data() + 16, Be16(std::uint16_t(total)));
        use(frame);
      }
    }
  }
}

TEST_CASE("B-4 Driver: a key says nothing that a lying IPv4 header only promises") {
  Upcalls upcalls;
  upcalls.lay_out(guarded({20, 34}));
  for_each_lie([&](const FrameText& frame) { upcalls.check(frame); });
}

TEST_CASE("B-4 Driver: actions write nothing where a lying IPv4 header points") {
  Writing writing;
  for_each_lie([&](const FrameText& frame) {
    CHECK(writing.through(frame, FrameLayout()) == writing.through(frame, guarded({20, 34})));
  });
}

// ---- B-2: IPv6 extension headers and fragments -------------------------------------------------

// UDP behind extension headers of these types, each of eight bytes; the fragment header says
// `fragment`.
FrameText behind(const std::vector<std::uint8_t>& headers, std::uint16_t fragment,
                 std::size_t payload = 16) {
  FrameText frame = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x86, 0xdd};
  frame.insert(frame.end(), {0x60, 0, 0, 0, 0, std::uint8_t(headers.size() * 8 + payload)});
  frame.insert(frame.end(), {headers.empty() ? std::uint8_t(17) : headers[0], 64});
  for (const std::uint8_t last : {1, 2}) {
    frame.insert(frame.end(), {0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    frame.push_back(last);
  }
  for (std::size_t i = 0; i < headers.size(); ++i) {
    FrameText header(8, 0);
    header[0] = i + 1 < headers.size() ? headers[i + 1] : 17;
    if (headers[i] == 44) store(header.data() + 2, Be16(fragment));
    frame.insert(frame.end(), header.begin(), header.end());
  }
  FrameText udp(payload, 0xee);
  const std::uint8_t ports[] = {0x03, 0xe8, 0, 7, 0, std::uint8_t(payload), 0, 0};
  std::copy(ports, ports + std::min<std::size_t>(8, payload), udp.begin());
  frame.insert(frame.end(), udp.begin(), udp.end());
  return frame;
}

std::string key_behind(const char* frag, bool has_ports) {
  return std::string("eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,frag=") + frag + ")" +
         (has_ports ? ",udp(src=1000,dst=7)" : "");
}

TEST_CASE("B-2 Driver: IPv6 fragments are told apart, with extension headers before and behind") {
  constexpr std::uint8_t kHop = 0, kRouting = 43, kFragment = 44, kDestination = 60;
  const std::vector<std::vector<std::uint8_t>> chains = {{kFragment},
                                                         {kHop, kFragment},
                                                         {kHop, kDestination, kRouting, kFragment},
                                                         {kFragment, kDestination},
                                                         {kHop, kFragment, kDestination}};
  struct Kind {
    std::uint16_t field;
    const char* frag;
    bool has_ports;
  };
  // An atomic fragment is whole: neither an offset nor more to come.
  constexpr Kind kKinds[] = {{0x0000, "no", true},
                             {0x0001, "first", true},
                             {0x0009, "later", false},
                             {0xfff8, "later", false}};
  Upcalls upcalls;
  for (const auto& chain : chains) {
    for (const Kind& kind : kKinds) {
      CAPTURE(chain.size());
      CAPTURE(kind.frag);
      const FrameText frame = behind(chain, kind.field);
      for (std::uint32_t split = 50; split < frame.size(); ++split) {
        upcalls.lay_out(guarded({split}));
        upcalls.net.send("a", frame);
        const auto got = upcalls.client.upcalls();
        REQUIRE(got.size() == 1);
        CHECK(check_upcall(got[0].key, got[0].packet, got[0].userdata,
                           key_behind(kind.frag, kind.has_ports)) == "");
        Upcalls::check_agrees(got[0]);
      }
    }
  }
}

TEST_CASE("B-2 Driver: a first fragment that is smaller than its headers says no ports") {
  Upcalls upcalls;
  for (std::size_t payload = 0; payload < 8; ++payload) {
    CAPTURE(payload);
    const FrameText frame = behind({44}, 1, payload);
    upcalls.lay_out(guarded({54}));
    upcalls.net.send("a", frame);
    const auto got = upcalls.client.upcalls();
    REQUIRE(got.size() == 1);
    CHECK(check_upcall(got[0].key, got[0].packet, got[0].userdata,
                       "eth_type(0x86dd),ipv6(proto=17,frag=first),udp(src=0,dst=0)") == "");
  }
}

// Extension headers without end, beyond the packet, and one that is followed by its like.
Frames bad_chains() {
  FrameText endless = behind(std::vector<std::uint8_t>(30, 60), 0);
  FrameText too_long = behind({60}, 0), itself = behind({60, 60}, 0);
  too_long[55] = 0xff;  // 2048 bytes
  itself[62] = 60;
  return {endless, too_long, itself};
}

TEST_CASE("B-2 Driver: extension headers without end, or beyond the packet, have no ports behind") {
  Upcalls upcalls;
  for (const FrameText& frame : bad_chains()) {
    for (std::uint32_t split = 40; split < frame.size(); ++split) {
      upcalls.lay_out(guarded({split}));
      upcalls.check(frame);
    }
  }
}

TEST_CASE("B-2 Driver: actions write nothing behind extension headers that do not end") {
  Writing writing;
  for (const FrameText& frame : bad_chains()) {
    CHECK(writing.through(frame, FrameLayout()) == writing.through(frame, guarded({57})));
  }
}

}  // namespace
}  // namespace ovs::tests
