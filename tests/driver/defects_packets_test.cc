// Defects of packets' ways through a driver that is right about headers: by number, as
// docs/reference/upstream-defects.md has them.
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/bytes/checksum.h"
#include "emulator/nt/schedule/processor.h"
#include "tests/driver/switch_net.h"
#include "tests/scenarios/frame_check.h"

namespace ovs::tests {
namespace {

using namespace emulator;

std::string run(const SwitchResult<void>& done) {
  return done ? "" : done.error().text;
}

// ---- tunnels -----------------------------------------------------------------------------------

// Into a VXLAN tunnel from a, and from it to the wire.
struct Vxlan : Tunnelling {
  Vxlan() : Tunnelling(wire::VportType::Vxlan, 4789) {
    resolve();
    flow_out("key");
  }
  FrameText inner(std::uint16_t port, std::size_t size = 100) {
    return udp_frame(net.mac("a"), net.mac("host"), size, port);
  }
};

TEST_CASE("B-7 Driver: a tunnel's source port is the inner flow's, and differs from others'") {
  Vxlan vxlan;
  std::set<std::uint16_t> ports;
  for (std::uint16_t flow = 1; flow <= 32; ++flow) {
    vxlan.net.send("a", Frames{vxlan.inner(flow), vxlan.inner(flow, 900), vxlan.inner(flow)});
    const Frames outside = vxlan.net.take(kWire);
    REQUIRE(outside.size() == 3);
    const std::uint16_t port = load<Be16>(&outside[0][34]).host();
    for (const FrameText& frame : outside) CHECK(load<Be16>(&frame[34]).host() == port);
    ports.insert(port);
  }
  CHECK(ports.size() > 16);
}

std::string ask_route(DatapathClient& client, wire::RouteCommand command, bool is_prefix) {
  return client.transact(wire::Family::Route, std::uint8_t(command), [&](wire::Writer& writer) {
    writer.put_value(wire::RouteAttr::Destination, Be32(is_prefix ? 0xc0a80000 : 0xc0a80002));
    if (is_prefix) writer.put_u8(wire::RouteAttr::PrefixLength, 24);
    writer.put_u32(wire::RouteAttr::PortNo, 10);
  });
}

TEST_CASE("B-18 Driver: a port goes while a route and a neighbour lead through it") {
  Vxlan vxlan;
  vxlan.net.send("a", vxlan.inner(1));
  CHECK(vxlan.net.take(kWire).size() == 1);
  CHECK(vxlan.client.del_port(10) == "");
  vxlan.net.send("a", vxlan.inner(1));
  CHECK(vxlan.net.take(kWire).empty());
  CHECK(vxlan.client.add_port("host", wire::VportType::Internal, 10) == "");
}

TEST_CASE("B-18 Driver: routes and neighbours go in a storm under traffic, and come back") {
  Vxlan vxlan;
  std::atomic<bool> is_over{false};
  std::thread sender([&] {
    for (std::uint16_t i = 0; !is_over; ++i) vxlan.net.hyperv_send("a", Frames(4, vxlan.inner(i)));
  });
  for (int round = 0; round < 100; ++round) {
    CHECK(ask_route(vxlan.client, wire::RouteCommand::NeighbourDel, false) == "");
    CHECK(ask_route(vxlan.client, wire::RouteCommand::RouteDel, true) == "");
    CHECK(vxlan.client.add_route("192.168.0.0/24", 10, "") == "");
    vxlan.resolve();
  }
  is_over = true;
  sender.join();
  vxlan.host.kernel().sleep_ms(300);  // what waited for a neighbour goes
  vxlan.net.take(kWire);
  vxlan.net.send("a", vxlan.inner(1));
  CHECK(vxlan.net.take(kWire).size() == 1);
}

// ---- checksums ---------------------------------------------------------------------------------

enum class State { Right, Open, Wrong, None };

struct Transport {
  const char* name;
  const char* text;
  std::uint16_t header, offset;  // of the checksum, in the frame and behind the header
};
constexpr Transport kTransports[] = {
    {"UDP over IPv4",
     "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),"
     "udp(src=1,dst=2)",
     34, 6},
    {"TCP over IPv4",
     "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=0,ttl=64,frag=no),"
     "tcp(src=1,dst=2),tcp_flags(0x010)",
     34, 16},
    {"UDP over IPv6",
     "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=17,tclass=0,hlimit=64,frag=no),"
     "udp(src=1,dst=2)",
     54, 6},
    {"TCP over IPv6",
     "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=6,tclass=0,hlimit=64,frag=no),"
     "tcp(src=1,dst=2),tcp_flags(0x010)",
     54, 16}};

// A frame of a's in that state, into the switch.
void send_in(State state, const Transport& transport, Configured& configured) {
  auto made = make_frame(std::string("eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),") +
                         transport.text + " data(30)");
  REQUIRE(made.ok());
  FrameText frame = *made;
  std::uint8_t* const sum = &frame[transport.header + transport.offset];
  NicFrame sent;
  if (state == State::Wrong) sum[0] ^= 0x55;
  if (state == State::None) sum[0] = sum[1] = 0;
  if (state == State::Open) sent.partial = {transport.header, transport.offset};
  sent.bytes = Bytes(frame.data(), frame.size());
  Net& net = configured.net;
  CHECK(net.hyperv().transmit(net.address("a"), Span<const NicFrame>(&sent, 1)) == 1);
}

TEST_CASE("B-9 Driver: a checksum in any state is right, absent or wrong afterwards as before") {
  Configured configured;
  DatapathClient& client = configured.client;
  const std::string four = "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no,proto=",
                    six = "in_port(1),eth(),eth_type(0x86dd),ipv6(frag=no,proto=";
  const std::string set4 = "set(ipv4(src=1.2.3.4,dst=9.8.7.6,ttl=3)),",
                    set6 = "set(ipv6(src=fd00::9,dst=fd00::8,hlimit=3)),";
  CHECK(client.put_flow(four + "17)", "2," + set4 + "set(udp(src=77,dst=99)),3") == "");
  CHECK(client.put_flow(four + "6)", "2," + set4 + "set(tcp(src=77,dst=99)),3") == "");
  CHECK(client.put_flow(six + "17)", "2," + set6 + "set(udp(src=77,dst=99)),3") == "");
  CHECK(client.put_flow(six + "6)", "2," + set6 + "set(tcp(src=77,dst=99)),3") == "");
  for (const Transport& transport : kTransports) {
    for (const State state : {State::Right, State::Open, State::Wrong, State::None}) {
      // A UDP checksum alone may be absent.
      if (state == State::None && transport.offset != 6) continue;
      CAPTURE(transport.name);
      CAPTURE(int(state));
      send_in(state, transport, configured);
      for (const char* port : {"b", "c"}) {
        const Frames frames = configured.net.take(port);
        REQUIRE(frames.size() == 1);
        const bool is_right = state == State::Right || state == State::Open;
        const Be16 sum = load<Be16>(&frames[0][transport.header + transport.offset]);
        if (is_right) CHECK(check_frame(frames[0], "eth()") == "");
        if (is_right) CHECK(sum.host() != 0);
        if (state == State::Wrong) CHECK(check_frame(frames[0], "eth()") != "");
        if (state == State::None) CHECK(sum.host() == 0);
      }
    }
  }
}

// ---- chains ------------------------------------------------------------------------------------

TEST_CASE("B-17 Driver: a pause waits for a thousand copies that are under way") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("set(eth(dst=02:00:00:00:00:99)),2");
  configured.host.ndis().set_completions(Completions::Held);
  for (int i = 0; i < 1000; ++i) net.send("a", configured.a_to_b(700));
  const std::size_t under_way = net.take("b").size();
  CHECK(under_way >= 512);
  std::atomic<bool> is_paused{false};
  std::thread pauser([&] {
    CHECK(run(net.hyperv().disable_extension()) == "");
    is_paused = true;
  });
  configured.host.kernel().sleep_ms(30);
  CHECK(!is_paused);
  configured.host.ndis().set_completions(Completions::Prompt);
  pauser.join();
  CHECK(run(net.hyperv().enable_extension()) == "");
  CHECK(configured.host.wait_for_link(configured.client, "b", "up"));
  net.send("a", Frames(100, configured.a_to_b(700)));
  CHECK(net.take("b").size() == 100);
}

TEST_CASE("B-17 Driver: it is removed under traffic, comes back, and nothing is left") {
  Bare bare;
  const FrameText frame = udp_frame(bare.net.mac("a"), bare.net.mac("b"), 700);
  bare.host.ndis().set_completions(Completions::Mixed);
  std::atomic<bool> is_over{false};
  std::thread sender([&] {
    while (!is_over) bare.net.hyperv_send("a", Frames(5, frame));
  });
  for (int round = 0; round < 5; ++round) {
    bare.host.kernel().sleep_ms(3);
    bare.host.unload();
    bare.host.load();
    CHECK(bare.host.status() == STATUS_SUCCESS);
  }
  is_over = true;
  sender.join();
  CHECK(!bare.net.take("b").empty());
}

TEST_CASE("B-22 Driver: packets for Hyper-V's own forwarding go through a chain of others") {
  SwitchHabits habits;
  habits.native_every = 3;
  Configured configured(KernelConfig(), NdisConfig(), habits);
  configured.flow("set(eth(src=02:00:00:00:00:01)),3,set(eth(dst=02:00:00:00:00:99)),3");
  configured.net.send("a", Frames(30, configured.a_to_b()));
  // Hyper-V's own forwarding does not know yet where b's address is.
  CHECK(configured.net.take("b").size() == 10);
  CHECK(configured.net.take("c").size() == 10 + 2 * 20);
}

TEST_CASE("B-23 Driver: a chain to one, two, and other adapters says no more than is true of it") {
  Configured configured;
  Net& net = configured.net;
  for (std::uint16_t port = 1; port <= 4; ++port) {
    constexpr const char* kActions[] = {"2", "2,3", "3", "set(eth(dst=02:00:00:00:00:99)),2,3"};
    CHECK(configured.client.put_flow("in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),"
                                     "udp(dst=" +
                                         std::to_string(port) + ")",
                                     kActions[port - 1]) == "");
  }
  for (unsigned kinds = 1; kinds < 16; ++kinds) {
    CAPTURE(kinds);
    Frames chain;
    std::size_t for_b = 0, for_c = 0;
    for (unsigned i = 0; i < 8; ++i) {
      if ((kinds >> i % 4 & 1) == 0) continue;
      chain.push_back(udp_frame(net.mac("a"), net.mac("b"), 100, std::uint16_t(i % 4 + 1)));
      for_b += i % 4 != 2;
      for_c += i % 4 != 0;
    }
    net.send("a", chain);
    CHECK(net.take("b").size() == for_b);
    CHECK(net.take("c").size() == for_c);
  }
}

TEST_CASE("B-27 Driver: recirculation ends, and nothing of its packets is left") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("recirc(1),recirc(2),recirc(3)");
  for (int id = 1; id <= 3; ++id) {
    CHECK(configured.client.put_flow("recirc_id(" + std::to_string(id) +
                                         "),in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
                                     "recirc(1),recirc(2),recirc(3)") == "");
  }
  // More of each than the driver has memory for frames.
  for (int i = 0; i < 200; ++i) net.send("a", Frames(32, configured.a_to_b(60)));
  CHECK(net.take("b").empty());
  CHECK(configured.client.flush_flows() == "");
  configured.flow("2,3");
  const Frames many(512, configured.a_to_b(60));
  net.send("a", many);
  CHECK(net.take("b") == many);
}

// ---- processors --------------------------------------------------------------------------------

TEST_CASE("B-21 Driver: packets come on each of 130 processors, in three groups") {
  KernelConfig kernel;
  kernel.processors = 130;
  Configured configured(kernel);
  configured.flow("set(eth(dst=02:00:00:00:00:99)),2,3");
  for (const unsigned processor : {0u, 1u, 63u, 64u, 65u, 127u, 128u, 129u}) {
    CAPTURE(processor);
    run_on(processor, DISPATCH_LEVEL, [&] { configured.net.send("a", configured.a_to_b()); });
    CHECK(configured.net.take("b").size() == 1);
    CHECK(configured.net.take("c").size() == 1);
  }
}

TEST_CASE("B-21 Driver: a processor that is added under traffic switches as the others do") {
  KernelConfig kernel;
  kernel.max_processors = 4;
  Configured configured(kernel);
  configured.flow("set(eth(dst=02:00:00:00:00:99)),2,3");
  std::atomic<bool> is_over{false};
  std::thread sender([&] {
    while (!is_over) configured.net.hyperv_send("a", Frames(3, configured.a_to_b()));
  });
  configured.host.kernel().add_processor();
  configured.host.kernel().add_processor();
  is_over = true;
  sender.join();
  configured.net.take("b");
  for (const unsigned processor : {2u, 3u}) {
    run_on(processor, DISPATCH_LEVEL, [&] { configured.net.send("a", configured.a_to_b()); });
    CHECK(configured.net.take("b").size() == 1);
  }
}

// ---- fields ------------------------------------------------------------------------------------

// A frame, what of it is written, and what its bytes then say.
struct Written {
  const char* frame;
  const char* set;
  const char* result;
};
constexpr Written kWritten[] = {
    {"udp4", "eth(src=02:aa:00:00:00:01)", "eth(src=02:aa:00:00:00:01)"},
    {"udp4", "eth(dst=02:aa:00:00:00:02)", "eth(dst=02:aa:00:00:00:02)"},
    {"udp4", "ipv4(src=1.2.3.4)", "eth(),eth_type(0x0800),ipv4(src=1.2.3.4,dst=10.0.0.2)"},
    {"udp4", "ipv4(dst=255.255.0.1)", "eth(),eth_type(0x0800),ipv4(dst=255.255.0.1)"},
    {"udp4", "ipv4(tos=0xff)", "eth(),eth_type(0x0800),ipv4(tos=0xff)"},
    {"udp4", "ipv4(ttl=1)", "eth(),eth_type(0x0800),ipv4(ttl=1)"},
    {"udp4", "udp(src=65535)", "eth(),eth_type(0x0800),ipv4(proto=17),udp(src=65535,dst=7)"},
    {"udp4", "udp(dst=0)", "eth(),eth_type(0x0800),ipv4(proto=17),udp(src=1000,dst=0)"},
    {"tcp4", "ipv4(src=1.2.3.4)", "eth(),eth_type(0x0800),ipv4(src=1.2.3.4,proto=6)"},
    {"tcp4", "tcp(src=1)", "eth(),eth_type(0x0800),ipv4(proto=6),tcp(src=1,dst=7)"},
    {"tcp4", "tcp(dst=65535)", "eth(),eth_type(0x0800),ipv4(proto=6),tcp(src=1000,dst=65535)"},
    {"sctp4", "sctp(src=5,dst=6)", "eth(),eth_type(0x0800),ipv4(proto=132),sctp(src=5,dst=6)"},
    {"udp6", "ipv6(src=fd00::9)", "eth(),eth_type(0x86dd),ipv6(src=fd00::9,dst=fe80::2)"},
    {"udp6", "ipv6(dst=fd00::9)", "eth(),eth_type(0x86dd),ipv6(dst=fd00::9)"},
    {"udp6", "ipv6(tclass=0xff)", "eth(),eth_type(0x86dd),ipv6(tclass=0xff,label=0)"},
    {"udp6", "ipv6(label=0xfffff)", "eth(),eth_type(0x86dd),ipv6(label=0xfffff,tclass=0)"},
    {"udp6", "ipv6(hlimit=1)", "eth(),eth_type(0x86dd),ipv6(hlimit=1)"},
    {"udp6", "udp(src=5,dst=6)", "eth(),eth_type(0x86dd),ipv6(proto=17),udp(src=5,dst=6)"},
    {"tcp6", "tcp(src=5,dst=6)", "eth(),eth_type(0x86dd),ipv6(proto=6),tcp(src=5,dst=6)"},
    {"icmp6", "ipv6(src=fd00::9)", "eth(),eth_type(0x86dd),ipv6(src=fd00::9,proto=58)"},
    {"arp", "arp(sip=1.2.3.4,tip=5.6.7.8,op=2)",
     "eth(),eth_type(0x0806),arp(sip=1.2.3.4,tip=5.6.7.8,op=2)"},
    {"arp", "arp(sha=02:aa:00:00:00:01,tha=02:aa:00:00:00:02)",
     "eth(),eth_type(0x0806),arp(sip=10.0.0.1,sha=02:aa:00:00:00:01,tha=02:aa:00:00:00:02)"},
};

// Its match, and the frame that it is of.
std::string text_of(const std::string& kind) {
  if (kind == "arp") {
    return "eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1,sha=02:00:00:00:00:01,"
           "tha=00:00:00:00:00:00)";
  }
  const std::string name = kind.substr(0, kind.size() - 1);
  const bool is_four = kind.back() == '4';
  const char* const protocol = name == "udp"    ? "17"
                               : name == "tcp"  ? "6"
                               : name == "sctp" ? "132"
                                                : "58";
  const std::string ip =
      is_four ? "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,tos=0,ttl=64,frag=no,proto="
              : "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,tclass=0,hlimit=64,frag=no,"
                "proto=";
  const std::string rest = name == "icmp"  ? "),icmpv6(type=128,code=0)"
                           : name == "tcp" ? "),tcp(src=1000,dst=7),tcp_flags(0x010)"
                                           : ")," + name + "(src=1000,dst=7)";
  return ip + protocol + rest;
}

TEST_CASE("B-24 Driver: each field that is written is what bytes and checksums then say") {
  Configured configured;
  for (const Written& written : kWritten) {
    CAPTURE(written.frame);
    CAPTURE(written.set);
    const std::string headers = text_of(written.frame);
    CHECK(configured.client.put_flow("in_port(1),eth()," + headers,
                                     "set(" + std::string(written.set) + "),2") == "");
    for (const std::size_t data : {0u, 1u, 301u}) {
      const std::string kind = written.frame;
      const bool has_data = kind != "arp" && kind != "sctp4";
      auto made = make_frame("eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)," + headers +
                             (has_data ? " data(" + std::to_string(data) + ")" : ""));
      REQUIRE_MESSAGE(made.ok(), headers);
      configured.net.send("a", *made);
      const Frames frames = configured.net.take("b");
      REQUIRE(frames.size() == 1);
      CHECK(frames[0].size() == made->size());
      CHECK(check_frame(frames[0], written.result) == "");
    }
    CHECK(configured.client.flush_flows() == "");
  }
}

}  // namespace
}  // namespace ovs::tests
