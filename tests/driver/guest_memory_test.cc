// A guest rewrites its packet while the driver works on it, between any two of the driver's
// accesses: whatever the driver read, its decision, what it says of the packet and what it sends
// are about the same bytes. Rule 83 of the host's contract.
#include <doctest/doctest.h>

#include "emulator/ndis/buffers/net_buffers.h"
#include "flow/match/extract.h"
#include "tests/driver/switch_net.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr std::size_t kDestinationPort = 36, kSource = 6;

FrameLayout rewriting(std::size_t at, std::uint32_t count, std::vector<std::uint32_t> splits = {}) {
  FrameLayout layout;
  layout.memory = FrameMemory::Watched;
  layout.flip_at = std::uint32_t(at);
  layout.flip_count = count;
  layout.splits = std::move(splits);
  return layout;
}

// `use` is called for each of the driver's accesses to a packet, where the guest rewrites it after
// that one; `use` sends one packet. Returns how many there were.
template <class Use>
std::size_t for_each_moment(DriverHost& host, FrameLayout layout, Use use) {
  constexpr std::uint32_t kMost = 5000;
  for (layout.flip_after = 1; layout.flip_after < kMost; ++layout.flip_after) {
    CAPTURE(layout.flip_after);
    host.ndis().set_layout(layout);
    const std::size_t before = rewritten_count();
    use();
    if (rewritten_count() == before) return layout.flip_after - 1;
  }
  FAIL("the driver does not cease to read");
  return kMost;
}

// UDP to port 7 goes to b, to what a guest makes of that to c.
void put_port_flows(DatapathClient& client) {
  const std::string udp = "in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp(dst=";
  CHECK(client.put_flow(udp + "7)", "2") == "");
  CHECK(client.put_flow(udp + "65528)", "3") == "");
}

void check_ports(Net& net) {
  const Frames at_b = net.take("b"), at_c = net.take("c");
  CHECK(at_b.size() + at_c.size() <= 1);
  for (const FrameText& frame : at_b) CHECK(load<Be16>(&frame[kDestinationPort]) == Be16(7));
  for (const FrameText& frame : at_c) CHECK(load<Be16>(&frame[kDestinationPort]) == Be16(65528));
}

TEST_CASE("83 Driver: a frame goes where the bytes say that arrive") {
  Configured configured;
  put_port_flows(configured.client);
  for (const std::size_t size : {100u, 400u}) {
    for (const auto& splits : {std::vector<std::uint32_t>{}, {37}, {14, 34, 36}}) {
      CAPTURE(size);
      const FrameText frame = configured.a_to_b(size);
      const std::size_t moments =
          for_each_moment(configured.host, rewriting(kDestinationPort, 2, splits), [&] {
            configured.net.send("a", frame);
            check_ports(configured.net);
          });
      CHECK(moments > 0);
    }
  }
}

TEST_CASE("83 Driver: so it does with those that follow in the same call") {
  Configured configured;
  const std::string udp = "in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp(dst=";
  CHECK(configured.client.put_flow(udp + "7)", "2") == "");
  CHECK(configured.client.put_flow(udp + "65528)", "3") == "");
  const Frames frames(3, configured.a_to_b());
  const std::size_t moments = for_each_moment(configured.host, rewriting(kDestinationPort, 2), [&] {
    configured.net.send("a", frames);
    const Frames at_b = configured.net.take("b"), at_c = configured.net.take("c");
    CHECK(at_b.size() + at_c.size() == frames.size());
    for (const FrameText& frame : at_b) CHECK(load<Be16>(&frame[kDestinationPort]) == Be16(7));
    for (const FrameText& frame : at_c) CHECK(load<Be16>(&frame[kDestinationPort]) == Be16(65528));
  });
  CHECK(moments > 0);
}

TEST_CASE("83 Driver: a header that the host has copied is believed, and the packet goes itself") {
  SwitchHabits habits;
  habits.safe_data_size = 128;
  Configured configured(KernelConfig(), NdisConfig(), habits);
  put_port_flows(configured.client);
  const FrameText frame = configured.a_to_b(300);
  const std::size_t moments = for_each_moment(configured.host, rewriting(200, 4, {128}), [&] {
    configured.net.send("a", frame);
    CHECK(configured.net.take("b").size() == 1);
    CHECK(configured.net.take("c").empty());
  });
  CHECK(moments > 0);
}

// With its sender's address behind three options that say nothing.
FrameText solicitation(const MacAddress& from, const MacAddress& to) {
  constexpr std::uint8_t kNonce[] = {14, 1, 0, 0, 0, 0, 0, 0};
  constexpr std::uint8_t kAddress[] = {1, 1, 2, 0, 0, 0, 0, 1};
  FrameText frame(78);
  store(frame.data(), to);
  store(frame.data() + kSource, from);
  store(frame.data() + 12, Be16(0x86dd));
  frame[14] = 0x60;
  store(frame.data() + 18, Be16(24 + 4 * 8));
  frame[20] = 58, frame[21] = 255;
  frame[54] = 135;
  for (int i = 0; i < 3; ++i) frame.insert(frame.end(), std::begin(kNonce), std::end(kNonce));
  frame.insert(frame.end(), std::begin(kAddress), std::end(kAddress));
  return frame;
}

TEST_CASE("83 Driver: options of neighbour discovery were looked at to the last") {
  constexpr std::size_t kOption = 78 + 3 * 8;
  SwitchHabits habits;
  habits.safe_data_size = 96;
  Configured configured(KernelConfig(), NdisConfig(), habits);
  CHECK(configured.client.put_flow("in_port(1),eth(),eth_type(0x86dd),ipv6(proto=58,frag=no),"
                                   "icmpv6(type=135,code=0),nd(sll=02:00:00:00:00:01)",
                                   "2") == "");
  const FrameText frame = solicitation(configured.net.mac("a"), configured.net.mac("b"));
  std::size_t arrived = 0;
  const std::size_t moments =
      for_each_moment(configured.host, rewriting(kOption + 2, 6, {96}), [&] {
        configured.net.send("a", frame);
        for (const FrameText& each : configured.net.take("b")) arrived += each == frame ? 1 : 1000;
      });
  CHECK(moments > 0);
  CHECK(arrived > 0);
  CHECK(arrived < 1000);
}

TEST_CASE("83 Driver: lengths and kinds of headers that change are read once") {
  Configured configured;
  const std::string ip = "in_port(1),eth(),eth_type(0x0800),ipv4(proto=17,frag=no)";
  CHECK(configured.client.put_flow(
            ip, "set(ipv4(ttl=3)),set(udp(src=5)),push_vlan(vid=7,pcp=0),2") == "");
  const FrameText frame = configured.a_to_b(90);
  // EtherType; version and header length; total length; fragment; protocol; UDP length
  for (const std::size_t at : {12u, 14u, 16u, 20u, 23u, 38u}) {
    CAPTURE(at);
    const std::size_t moments = for_each_moment(configured.host, rewriting(at, 1, {30}), [&] {
      configured.net.send("a", frame);
      CHECK(configured.net.take("b").size() <= 1);
    });
    CHECK(moments > 0);
  }
}

TEST_CASE("83 Driver: an upcall's key and its packet agree") {
  Configured configured;
  DatapathClient& client = configured.client;
  CHECK(client.subscribe_upcalls_of(1) == "");
  flow::PacketMetadata metadata;
  metadata.in_port = 1;
  for_each_moment(configured.host, rewriting(12, 26), [&] {
    configured.net.send("a", configured.a_to_b(100));
    for (const ClientUpcall& upcall : client.upcalls()) {
      CHECK(upcall.key ==
            flow::extract(Bytes(upcall.packet.data(), upcall.packet.size()), metadata));
    }
  });
}

TEST_CASE("83 Driver: a sender that may not spoof cannot, with flows and without") {
  SUBCASE("with") {
    Configured configured;
    configured.flow("2");
    for_each_moment(configured.host, rewriting(kSource, 6), [&] {
      configured.net.send("a", Frames(3, configured.a_to_b()));
      for (const FrameText& frame : configured.net.take("b")) {
        CHECK(load<MacAddress>(&frame[kSource]) == configured.net.mac("a"));
      }
    });
  }
  SUBCASE("without") {
    Bare bare;
    const FrameText frame = udp_frame(bare.net.mac("a"), bare.net.mac("b"));
    for_each_moment(bare.host, rewriting(kSource, 6), [&] { bare.net.send("a", frame); });
  }
}

}  // namespace
}  // namespace ovs::tests
