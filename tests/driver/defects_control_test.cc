// Defects of what a driver does besides packets: upcalls, handles, attaching, ports, names, flows
// and requests, by number, as docs/reference/upstream-defects.md has them.
#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "flow/action/action.h"
#include "tests/driver/switch_net.h"
#include "wire/netlink/error_numbers.h"

namespace ovs::tests {
namespace {

using namespace emulator;
using platform::DeviceControl;

constexpr std::uint32_t kPortGroup = 101;

std::string run(const SwitchResult<void>& done) {
  return done ? "" : done.error().text;
}

// ---- upcalls -----------------------------------------------------------------------------------

TEST_CASE("B-13 Driver: a daemon that stalls costs packets, which are counted, and no memory") {
  Configured configured;
  CHECK(configured.client.subscribe_upcalls_of(1) == "");
  LiveObjects& live = configured.host.kernel().live_objects();
  const auto before = configured.client.datapath_stats();
  configured.net.send("a", configured.a_to_b(1514));
  const std::size_t blocks = live.count("pool");
  constexpr std::size_t kSent = 4000;
  for (std::size_t i = 0; i < kSent / 20; ++i) {
    configured.net.send("a", Frames(20, configured.a_to_b(1514)));
  }
  CHECK(live.count("pool") == blocks);
  const auto stats = configured.client.datapath_stats();
  const std::size_t kept = configured.client.upcalls().size();
  CHECK(stats.missed - before.missed == kSent + 1);
  CHECK(stats.lost - before.lost == kSent + 1 - kept);
  CHECK(kept > 0);
  CHECK(stats.lost > before.lost);
  configured.net.send("a", configured.a_to_b());
  CHECK(configured.client.upcalls().size() == 1);
}

// ---- handles -----------------------------------------------------------------------------------

// PEND_REQ or PEND_PACKET_REQ, as many as there is time for.
class Pending final : public platform::DeviceRequest {
 public:
  explicit Pending(Bytes message) : DeviceRequest(DeviceControl::Write, message, MutableBytes()) {}
  void completed(Result<std::size_t>) override {
    Kernel::current().change([&] { ++ends; });
  }
  int ends = 0;
};

void pend_and_cancel(DriverHost& host, DatapathClient& client, wire::ControlCommand command) {
  const auto message = control_message(client.pid(), command);
  for (int i = 0; i < 8; ++i) {
    Pending request(Bytes(message.data(), message.size()));
    client.handle().submit(request);
    if (i % 3 == 0) host.kernel().sleep_ms(1);
    client.handle().cancel(request);
    REQUIRE(host.kernel().wait_until([&] { return request.ends != 0; }, 5000));
    CHECK(request.ends == 1);
  }
}

TEST_CASE("B-14 Driver: subscribing, pending, cancelling and closing race, and each ends once") {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    CAPTURE(seed);
    KernelConfig kernel;
    kernel.seed = seed;
    Configured configured(kernel);
    DriverHost& host = configured.host;
    const auto use = [&](wire::ControlCommand command) {
      for (int round = 0; round < 3; ++round) {
        DatapathClient own(host.device());
        CHECK(own.subscribe_upcalls() == "");
        CHECK(own.subscribe_group(kPortGroup) == "");
        pend_and_cancel(host, own, command);
      }
    };
    HostThread packets("packets", [&] { use(wire::ControlCommand::PendPacketRequest); });
    HostThread events("events", [&] { use(wire::ControlCommand::PendRequest); });
    for (int i = 0; i < 10; ++i) {
      configured.net.send("a", configured.a_to_b());
      CHECK(configured.client.add_port("gre1", wire::VportType::Gre, 9) == "");
      CHECK(configured.client.del_port(9) == "");
    }
    packets.join();
    events.join();
  }
}

TEST_CASE("B-14 Driver: a handle is closed with a request pended, which then ends") {
  DriverHost host;
  auto client = std::make_unique<DatapathClient>(host.device());
  const auto message = control_message(client->pid(), wire::ControlCommand::PendRequest);
  Pending request(Bytes(message.data(), message.size()));
  client->handle().submit(request);
  CHECK(request.ends == 0);
  client = nullptr;
  CHECK(host.kernel().wait_until([&] { return request.ends == 1; }, 5000));
}

// ---- dumps -------------------------------------------------------------------------------------

std::string match_of(unsigned flow) {
  return "in_port(1),eth(),eth_type(0x0800),ipv4(src=10." + std::to_string(flow / 256) + "." +
         std::to_string(flow % 256) + ".1,frag=no)";
}

TEST_CASE("B-15 Driver: a dump goes on, and a pended request stays, while the switch goes") {
  Configured configured;
  DatapathClient& client = configured.client;
  DatapathClient waiting(configured.host.device());
  for (unsigned i = 0; i < 1500; ++i) CHECK(client.put_flow(match_of(i), "2") == "");
  CHECK(waiting.subscribe_group(kPortGroup) == "");
  const auto message = control_message(waiting.pid(), wire::ControlCommand::PendPacketRequest);
  Pending request(Bytes(message.data(), message.size()));
  waiting.handle().submit(request);
  int chunks = 0;
  std::size_t flows = 0;
  bool is_attached = true;
  CHECK(client.dump(wire::Family::Flow, std::uint8_t(wire::FlowCommand::Find),
                    [&](const wire::MessageView&) {
                      // Amid each chunk.
                      if (flows++ % 400 == 200) {
                        ++chunks;
                        auto& at = configured.net.hyperv();
                        CHECK(run(is_attached ? at.disable_extension() : at.enable_extension()) ==
                              "");
                        is_attached = !is_attached;
                      }
                    }) == "");
  CHECK(flows == 1500);
  CHECK(chunks >= 3);
  CHECK(request.ends == 0);
  waiting.handle().cancel(request);
  CHECK(configured.host.kernel().wait_until([&] { return request.ends == 1; }, 5000));
}

TEST_CASE("B-26 Driver: a dump has each flow once that lives, while others come and go") {
  Configured configured;
  DatapathClient other(configured.host.device());
  constexpr unsigned kStaying = 3000, kPassing = 200;
  for (unsigned i = 0; i < kStaying; ++i) CHECK(configured.client.put_flow(match_of(i), "2") == "");
  std::atomic<bool> is_over{false};
  std::thread churner([&] {
    while (!is_over) {
      for (unsigned i = 0; i < kPassing; ++i) CHECK(other.put_flow(match_of(10000 + i), "3") == "");
      for (unsigned i = 0; i < kPassing; ++i) CHECK(other.del_flow(match_of(10000 + i)) == "");
    }
  });
  std::thread sender([&] {
    while (!is_over) configured.net.hyperv_send("a", Frames(4, configured.a_to_b()));
  });
  for (int round = 0; round < 3; ++round) {
    std::map<std::string, int> seen;
    for (const ClientFlow& flow : configured.client.flows()) {
      if (flow.actions == "2") ++seen[flow.match];
    }
    CHECK(seen.size() == kStaying);
    for (const auto& [match, count] : seen) CHECK(count == 1);
  }
  is_over = true;
  churner.join();
  sender.join();
}

// ---- attaching ---------------------------------------------------------------------------------

TEST_CASE("B-16 Driver: two switches are attached at once, in any order") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    CAPTURE(seed);
    KernelConfig kernel;
    kernel.seed = seed;
    NdisConfig ndis;
    ndis.seed = seed;
    ndis.answers = Answers::Mixed;
    DriverHost host(kernel, ndis);
    VirtualSwitch& one = host.add_switch(private_switch("one"));
    VirtualSwitch& other = host.add_switch(private_switch("other"));
    const Adapter a = host.plug(one, "a"), b = host.plug(other, "b");
    HostThread first("first", [&] { CHECK(run(one.enable_extension()) == ""); });
    HostThread second("second", [&] { CHECK(run(other.enable_extension()) == ""); });
    first.join();
    second.join();
    DatapathClient client(host.device());
    CHECK(client.add_port("a", kNetdev, 1) == "");
    CHECK(client.add_port("b", kNetdev, 2) == "");
    CHECK(host.wait_for_link(client, "a", "up"));
    CHECK(host.wait_for_link(client, "b", "up"));
  }
}

TEST_CASE("B-16 Driver: switches that wait for it are attached before its entry has returned") {
  DriverHost host;
  host.unload();
  VirtualSwitch& one = host.add_switch(private_switch("one"));
  VirtualSwitch& other = host.add_switch(private_switch("other"));
  const Adapter a = host.plug(one, "a"), b = host.plug(other, "b");
  CHECK(run(one.enable_extension()) == "");
  CHECK(run(other.enable_extension()) == "");
  CHECK(!one.view().extension.running);
  host.load();
  REQUIRE(host.status() == STATUS_SUCCESS);
  CHECK(one.view().extension.running);
  CHECK(other.view().extension.running);
  DatapathClient client(host.device());
  CHECK(client.add_port("a", kNetdev, 1) == "");
  CHECK(client.add_port("b", kNetdev, 2) == "");
  CHECK(host.link_of(client, "a") == "up");
  CHECK(host.link_of(client, "b") == "up");
}

TEST_CASE("104 Driver: without daemon and flows the host, its machines and the wire talk") {
  DriverHost host;
  Net net(host, SwitchKind::External);
  net.add("host", PortKind::Internal);
  net.add("vm");
  const MacAddress far{{{2, 0, 0, 0, 7, 7}}};
  for (const std::string name : {"host", "vm"}) {
    CAPTURE(name);
    const FrameText question = udp_frame(net.mac(name), kBroadcast);
    net.send(name, question);
    CHECK(net.take(kWire) == Frames{question});
    const FrameText answer = udp_frame(far, net.mac(name), 1000);
    net.send(kWire, answer);
    CHECK(net.take(name) == Frames{answer});
    const FrameText again = udp_frame(net.mac(name), far);
    net.send(name, again);
    CHECK(net.take(kWire) == Frames{again});
    net.take("host");
    net.take("vm");
  }
}

// ---- ports -------------------------------------------------------------------------------------

TEST_CASE("B-19 Driver: a tunnel is made at once, once, and alone on its UDP port") {
  DriverHost host;
  DatapathClient one(host.device()), other(host.device());
  CHECK(one.add_port("vxlan1", wire::VportType::Vxlan, 7, 4789) == "");
  CHECK(other.add_port("vxlan1", wire::VportType::Vxlan, 8, 4790) != "");
  CHECK(other.add_port("vxlan2", wire::VportType::Vxlan, 7, 4790) != "");
  CHECK(other.add_port("vxlan2", wire::VportType::Vxlan, 8, 4789) != "");
  CHECK(one.del_port(7) == "");
  CHECK(other.add_port("vxlan2", wire::VportType::Vxlan, 8, 4789) == "");
  std::atomic<int> made{0};
  const auto make = [&](DatapathClient& client) {
    if (client.add_port("gre1", wire::VportType::Gre, 9) == "") ++made;
  };
  std::thread first([&] { make(one); }), second([&] { make(other); });
  first.join();
  second.join();
  CHECK(made == 1);
}

bool hears(DriverHost& host, DatapathClient& client, const std::string& wanted) {
  constexpr int kLooks = 200;
  for (int i = 0; i < kLooks; ++i) {
    for (const std::string& event : client.events()) {
      if (event == wanted) return true;
    }
    host.kernel().sleep_ms(10);
  }
  return false;
}

TEST_CASE("B-20 Driver: an adapter that is renamed, or whose address or MTU changes, is heard of") {
  Configured configured;
  DatapathClient listening(configured.host.device());
  CHECK(listening.subscribe_group(kPortGroup) == "");
  Net& net = configured.net;
  NicUpdate mtu;
  mtu.mtu = 9000;
  CHECK(run(net.hyperv().update_nic(net.address("a").port, mtu)) == "");
  CHECK(hears(configured.host, listening, "port changed a"));
  NicUpdate mac;
  mac.mac = MacAddress{{{2, 0, 0, 0, 9, 9}}};
  CHECK(run(net.hyperv().update_nic(net.address("b").port, mac)) == "");
  CHECK(hears(configured.host, listening, "port changed b"));
  const PortId port = configured.host.plug(net.hyperv(), "d").address.port;
  CHECK(configured.client.add_port("d", kNetdev, 4) == "");
  for (int flap = 0; flap < 3; ++flap) {
    listening.events();
    CHECK(run(net.hyperv().rename_port(port, "other")) == "");
    CHECK(hears(configured.host, listening, "port changed d"));
    CHECK(configured.host.link_of(configured.client, "d") != "up");
    CHECK(run(net.hyperv().rename_port(port, "d")) == "");
    CHECK(hears(configured.host, listening, "port changed d"));
    CHECK(configured.host.link_of(configured.client, "d") == "up");
  }
}

TEST_CASE("B-20 Driver: members of a team come and go, and its port is heard of") {
  DriverHost host;
  Net net(host, SwitchKind::External);
  net.add("a");
  DatapathClient client(host.device()), listening(host.device());
  CHECK(client.add_port("a", kNetdev, 1) == "");
  CHECK(client.add_port(kWire, kNetdev, 2) == "");
  CHECK(client.put_flow(ipv4_from(1), "2") == "");
  CHECK(host.link_of(client, kWire) == "up");
  const auto name = net.hyperv().spec().physical[0].nic.name;
  for (int round = 0; round < 3; ++round) {
    CHECK(run(net.hyperv().remove_physical_nic(name)) == "");
    CHECK(host.wait_for_link(client, kWire, "waiting for a network adapter of this name"));
    net.send("a", udp_frame(net.mac("a"), kBroadcast));
    CHECK(net.take(kWire).empty());
    CHECK(run(net.hyperv().add_physical_nic(net.hyperv().spec().physical[0])) == "");
    CHECK(host.wait_for_link(client, kWire, "up"));
    net.send("a", udp_frame(net.mac("a"), kBroadcast));
    CHECK(net.take(kWire).size() == 1);
  }
}

TEST_CASE("B-28 Driver: names of one byte to many, in any script, bind and go to new ones") {
  DriverHost host;
  Net net(host);
  DatapathClient client(host.device());
  std::vector<std::string> names = {"x", "порт-1", "端口", "\xf0\x9f\x94\x8c", "with space"};
  for (const std::size_t size : {15u, 16u, 48u, 100u, 200u})
    names.push_back(std::string(size, 'n'));
  std::uint32_t number = 1;
  for (const std::string& name : names) {
    CAPTURE(name);
    const PortId port = host.plug(net.hyperv(), name).address.port;
    CHECK(client.add_port(name, kNetdev, number) == "");
    CHECK(client.add_port(name, kNetdev, number + 100) != "");
    CHECK(host.link_of(client, name) == "up");
    CHECK(run(net.hyperv().rename_port(port, name + "'")) == "");
    CHECK(host.wait_for_link(client, name, "waiting for a network adapter of this name"));
    CHECK(run(net.hyperv().rename_port(port, name)) == "");
    CHECK(host.wait_for_link(client, name, "up"));
    ++number;
  }
}

TEST_CASE("B-28 Driver: two adapters of one name: one is bound, and the other takes its place") {
  DriverHost host;
  Net net(host);
  DatapathClient client(host.device());
  const Adapter one = host.plug(net.hyperv(), "same"), two = host.plug(net.hyperv(), "same");
  CHECK(client.add_port("same", kNetdev, 1) == "");
  CHECK(host.link_of(client, "same") == "up");
  CHECK(run(net.hyperv().disconnect_nic(one.address.port)) == "");
  CHECK(host.wait_for_link(client, "same", "up"));
  CHECK(run(net.hyperv().disconnect_nic(two.address.port)) == "");
  CHECK(host.wait_for_link(client, "same", "waiting for a network adapter of this name"));
}

// ---- requests ----------------------------------------------------------------------------------

using AnyIpv4 = Array<std::uint8_t, 12>;  // struct ovs_key_ipv4, all of it zero

// A flow whose actions are these bytes.
std::string put_actions(DatapathClient& client, const std::function<void(wire::Writer&)>& actions) {
  return client.transact(wire::Family::Flow, std::uint8_t(wire::FlowCommand::New),
                         [&](wire::Writer& writer) {
                           const auto key = writer.begin_nest(wire::FlowAttr::Key);
                           writer.put_u32(wire::KeyAttr::InPort, 1);
                           writer.put_value(wire::KeyAttr::EtherType, Be16(0x0800));
                           writer.put_value(wire::KeyAttr::Ipv4, AnyIpv4());
                           writer.end_nest(key);
                           const auto mask = writer.begin_nest(wire::FlowAttr::Mask);
                           writer.put_u32(wire::KeyAttr::InPort, 0xffffffff);
                           writer.put_value(wire::KeyAttr::EtherType, Be16(0xffff));
                           writer.put_value(wire::KeyAttr::Ipv4, AnyIpv4());
                           writer.end_nest(mask);
                           const auto list = writer.begin_nest(wire::FlowAttr::Actions);
                           actions(writer);
                           writer.end_nest(list);
                         });
}

TEST_CASE("B-25 Driver: a list with an action that it does not know is refused, and none is done") {
  Configured configured;
  constexpr auto kOutput = flow::ActionType::Output;
  for (const std::uint16_t type : {0, 22, 23, 25, 40, 200, 0x3fff}) {
    CAPTURE(type);
    const std::string refusal = put_actions(configured.client, [&](wire::Writer& writer) {
      writer.put_u32(kOutput, 2);
      writer.put_u32(flow::ActionType(type), 0);
    });
    CHECK(refusal != "");
    configured.net.send("a", configured.a_to_b());
    CHECK(configured.net.take("b").empty());
  }
  CHECK(configured.client.flows().empty());
  CHECK(put_actions(configured.client, [&](wire::Writer& writer) { writer.put_u32(kOutput, 2); }) ==
        "");
  configured.net.send("a", configured.a_to_b());
  CHECK(configured.net.take("b").size() == 1);
}

TEST_CASE("B-30 Driver: any bytes in any request are answered, and the driver goes on") {
  Configured configured;
  std::mt19937 random(30);
  const auto below = [&](unsigned count) { return unsigned(random() % count); };
  constexpr DeviceControl kCodes[] = {DeviceControl::GetPid,    DeviceControl::Read,
                                      DeviceControl::ReadEvent, DeviceControl::ReadPacket,
                                      DeviceControl::Write,     DeviceControl::Transact};
  constexpr unsigned kRequests = 6000;
  for (unsigned i = 0; i < kRequests; ++i) {
    // A header that may be right, and attributes whose lengths and numbers are nearly so.
    wire::Message header{};
    header.type = std::uint16_t(16 + below(12));
    header.flags = std::uint16_t(below(4) == 0 ? random() : wire::kFlagRequest);
    header.pid = below(8) == 0 ? random() : configured.client.pid();
    header.command = std::uint8_t(below(13));
    header.version = std::uint8_t(below(4) == 0 ? below(4) : 1);
    // What pends is another test's.
    const bool is_control = header.type == std::uint16_t(wire::Family::Control);
    if (is_control && header.command <= 1) header.command = 2;
    std::vector<std::uint8_t> message(sizeof header + below(200));
    for (std::size_t at = sizeof header; at + 8 <= message.size();) {
      const auto size = std::uint16_t(below(6) == 0 ? random() : 4 + below(28));
      const auto type = std::uint16_t(below(30) | (below(5) == 0 ? 0x8000 : 0));
      store(&message[at], size);
      store(&message[at + 2], type);
      for (std::size_t j = at + 4; j < message.size(); ++j) message[j] = std::uint8_t(random());
      at += (std::size_t{size} + 3) / 4 * 4 + (size < 4 ? 4 : 0);
    }
    header.length = std::uint32_t(below(6) == 0 ? below(300) : message.size());
    store(message.data(), header);
    std::vector<std::uint8_t> output(below(3) == 0 ? below(64) : 4096);
    (void)configured.client.handle().control(kCodes[below(6)],
                                             Bytes(message.data(), message.size()), output);
  }
  CHECK(configured.client.flush_flows() == "");
  DatapathClient after(configured.host.device());
  CHECK(after.add_port("gre-after", wire::VportType::Gre, 900) == "");
}

}  // namespace
}  // namespace ovs::tests
