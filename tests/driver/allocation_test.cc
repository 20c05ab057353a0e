// The driver's whole life, with each of its allocations failed once: whatever is refused for want
// of memory leaves things as they were, so that asking again succeeds; and nothing is left at the
// end.
#include <doctest/doctest.h>

#include <cstdio>
#include <optional>

#include "tests/driver/switch_net.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr std::int64_t kMaxAllocations = 20'000;
constexpr auto* kFromA = "in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)";
constexpr auto* kFromHost = "in_port(10),eth(),eth_type(0x0800),ipv4(frag=no)";
constexpr auto* kFromWire = "in_port(11),eth(),eth_type(0x0800),ipv4(frag=no)";
constexpr auto* kFromTunnel =
    "tunnel(tun_id=5,src=192.168.0.2,dst=192.168.0.1,flags(-csum+key)),in_port(20),eth(),"
    "eth_type(0x0800),ipv4(frag=no)";
constexpr auto* kToTunnel =
    "2,set(eth(dst=02:00:00:00:00:99)),2,set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key))),"
    "20";

std::string text(const SwitchResult<void>& done) {
  return done ? "" : done.error().text;
}

// The same on every run: one thread at a time, and time that passes when nothing else can.
KernelConfig repeatable() {
  KernelConfig kernel;
  kernel.seed = 1;
  return kernel;
}

// An adapter on a port of its own.
struct Plug {
  explicit Plug(const char* name_, std::uint8_t number, PortKind kind_ = PortKind::Synthetic)
      : name(name_), kind(kind_), mac{{{2, 0, 0, 0, 0, number}}} {}
  std::string name;
  PortKind kind;
  MacAddress mac;
  MemoryNic nic;
  PortId port{};
};

// What is done once the driver is loaded, step by step. A step that is refused is done again.
class Life {
 public:
  explicit Life(std::int64_t failing) : host_(repeatable()) {
    REQUIRE(host_.status() == STATUS_SUCCESS);
    host_.kernel().failures().fail_nth(failing);
  }

  void live() {
    begin();
    configure();
    carry();
    change();
    end();
  }
  bool has_failed() { return host_.kernel().failures().has_failed(); }

 private:
  // A step says "", or why not: once, if an allocation failed.
  template <class Step>
  void once(const char* what, Step step) {
    const std::string step_text = what;
    CAPTURE(step_text);
    const std::string refusal = step();
    if (refusal.empty()) return;
    CAPTURE(refusal);
    CHECK(has_failed());
    CHECK(step() == "");
  }
  template <class Ask>
  void ask(const char* what, Ask ask) {
    once(what, [&] { return ask(*client_); });
  }

  void plug(Plug& plug) {
    once("a port is made", [&] {
      PortSpec spec;
      spec.kind = plug.kind;
      spec.friendly_name = plug.name;
      const auto id = at_->add_port(spec);
      if (!id) return id.error().text;
      plug.port = *id;
      return std::string();
    });
    once("its adapter is connected", [&] { return connect(plug); });
  }
  std::string connect(Plug& plug) {
    NicSpec nic;
    nic.name = "nic-" + plug.name;
    nic.friendly_name = plug.name;
    nic.mac = plug.mac;
    return text(at_->connect_nic(plug.port, nic, plug.nic));
  }

  void begin() {
    SwitchSpec spec = private_switch("uplink");
    spec.kind = SwitchKind::External;
    PhysicalNicSpec physical;
    physical.nic.name = "{wire}";
    physical.nic.friendly_name = "wire";
    physical.nic.mac = MacAddress{{{2, 0, 0, 0, 1, 0}}};
    physical.backend = &wire_;
    spec.physical.push_back(physical);
    at_ = &host_.add_switch(spec);
    once("the extension is enabled", [&] { return text(at_->enable_extension()); });
    for (Plug* each : {&a_, &b_, &adapter_}) plug(*each);
    once("the device is opened", [&] {
      auto opened = host_.device().open();
      if (!opened) return std::string(error_name(opened.error()));
      client_.emplace(std::move(*opened));
      return std::string();
    });
  }

  void add_port(const char* name, std::uint32_t number, wire::VportType type,
                std::uint16_t udp_port = 0) {
    ask(name, [&](auto& client) { return client.add_port(name, type, number, udp_port); });
    if (udp_port == 0) CHECK(host_.wait_for_link(*client_, name, "up"));
  }
  void put_flow(const char* match, const char* actions) {
    ask(match, [&](auto& client) { return client.put_flow(match, actions); });
  }

  void configure() {
    ask("upcalls are wanted", [](auto& client) { return client.subscribe_upcalls(); });
    ask("events are wanted",
        [](auto& client) { return client.subscribe_group(wire::kVportGroup); });
    add_port("a", 1, kNetdev);
    add_port("b", 2, kNetdev);
    add_port("host", 10, wire::VportType::Internal);
    add_port("wire", 11, kNetdev);
    add_port("tunnel", 20, wire::VportType::Vxlan, 4789);
    ask("an address", [](auto& client) { return client.add_address("192.168.0.1", 10); });
    ask("a route", [](auto& client) { return client.add_route("192.168.0.0/24", 10, ""); });
    ask("a neighbour",
        [](auto& client) { return client.add_neighbour("192.168.0.2", 10, "02:00:00:00:00:99"); });
    put_flow(kFromA, kToTunnel);
    put_flow(kFromHost, "11");
    put_flow(kFromWire, "10");
    put_flow(kFromTunnel, "2");
  }

  // What is sent arrives; or, once, for want of memory, it does not.
  template <class Arrived>
  void send(const char* what, NicAddress from, const FrameText& frame, Arrived arrived) {
    once(what, [&] {
      const NicFrame sent{Bytes(frame.data(), frame.size()), {}, 0};
      at_->transmit(from, Span<const NicFrame>(&sent, 1));
      host_.kernel().flush_dpcs();
      return arrived() ? std::string() : std::string("it does not arrive");
    });
  }

  bool reads_upcall() {
    std::vector<std::uint8_t> room(64 * 1024);
    const auto size = client_->handle().control(platform::DeviceControl::ReadPacket, Bytes(), room);
    return size.ok() && *size != 0;
  }

  void carry() {
    FrameText outer;
    send("a frame, to an adapter, changed, and into the tunnel", {a_.port, 0},
         udp_frame(a_.mac, b_.mac, 1000), [&] {
           const Frames outside = wire_.take();
           if (!outside.empty()) outer = outside.back();
           return b_.nic.take().size() == 2 && !outer.empty();
         });
    if (outer.empty()) return;
    send("a frame out of the tunnel", *at_->find_physical_nic("{wire}"), turned(outer),
         [&] { return b_.nic.take().size() == 1; });
    send("a frame that no flow knows", {b_.port, 0}, udp_frame(b_.mac, a_.mac, 300),
         [&] { return reads_upcall(); });
    const FrameText frame = udp_frame(a_.mac, b_.mac);
    once("a packet is executed", [&] {
      const Bytes bytes(frame.data(), frame.size());
      std::string refusal = client_->execute(bytes, "in_port(1)", "2");
      host_.kernel().flush_dpcs();
      if (!refusal.empty()) return refusal;
      return b_.nic.take().empty() ? std::string("it does not arrive") : std::string();
    });
    ask("flows are listed", [](auto& client) {
      std::size_t count = 0;
      const std::string refusal = client.dump(wire::Family::Flow, 3, [&](auto&) { ++count; });
      return refusal.empty() && count != 4 ? std::to_string(count) + " flows" : refusal;
    });
  }

  void change() {
    VlanPolicy vlan;
    vlan.mode = VlanMode::Access;
    vlan.access = 5;
    once("a VLAN is set", [&] { return text(at_->set_vlan(a_.port, vlan)); });
    once("it is taken away", [&] { return text(at_->set_vlan(a_.port, VlanPolicy())); });
    once("the extension is paused", [&] { return text(at_->pause_extension()); });
    once("it is restarted", [&] { return text(at_->restart_extension()); });
    once("a port is renamed", [&] { return text(at_->rename_port(b_.port, "other")); });
    once("and again", [&] { return text(at_->rename_port(b_.port, "b")); });
    once("an adapter is disconnected", [&] { return text(at_->disconnect_nic(a_.port)); });
    once("it is connected again", [&] { return connect(a_); });
    CHECK(host_.wait_for_link(*client_, "a", "up"));
    send("a frame after all that", {a_.port, 0}, udp_frame(a_.mac, b_.mac, 100),
         [&] { return b_.nic.take().size() == 2; });
  }

  void end() {
    ask("a vport is deleted", [](auto& client) { return client.del_port(20); });
    ask("a flow is deleted", [](auto& client) { return client.del_flow(kFromA); });
    ask("flows are flushed", [](auto& client) { return client.flush_flows(); });
    once("a port is removed", [&] { return text(at_->remove_port(b_.port)); });
    once("the extension is disabled", [&] { return text(at_->disable_extension()); });
    client_.reset();
  }

  VirtualSwitch* at_ = nullptr;
  MemoryNic wire_;
  Plug a_{"a", 1}, b_{"b", 2}, adapter_{"host", 3, PortKind::Internal};
  DriverHost host_;
  std::optional<DatapathClient> client_;
};

TEST_CASE(
    "90 Driver: whichever allocation of its load fails, it is not loaded and leaves nothing") {
  std::int64_t needless = 0;  // tracing is done without
  for (std::int64_t nth = 0; nth < kMaxAllocations; ++nth) {
    CAPTURE(nth);
    DriverHost host(repeatable(), {}, nth);
    if (!host.kernel().failures().has_failed()) {
      CHECK(host.status() == STATUS_SUCCESS);
      CHECK(nth > 30);
      CHECK(needless <= 1);
      std::printf("%lld allocations of the load failed\n", static_cast<long long>(nth));
      return;
    }
    if (host.status() == STATUS_SUCCESS) ++needless;
  }
  FAIL("there is no end");
}

TEST_CASE("90 Driver: whichever allocation of its life fails, it is done when asked again") {
  for (std::int64_t nth = 0; nth < kMaxAllocations; ++nth) {
    CAPTURE(nth);
    Life life(nth);
    life.live();
    if (life.has_failed()) continue;
    CHECK(nth > 100);
    std::printf("%lld allocations of its life failed\n", static_cast<long long>(nth));
    return;
  }
  FAIL("there is no end");
}

}  // namespace
}  // namespace ovs::tests
