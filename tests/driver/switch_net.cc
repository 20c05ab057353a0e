#include "tests/driver/switch_net.h"

#include <doctest/doctest.h>

#include "base/bytes/checksum.h"
#include "emulator/vmswitch/frame_edit.h"

namespace ovs::tests {

using namespace emulator;

namespace {

constexpr auto* kWireName = "{11111111-0000-0000-0000-000000000001}";

}  // namespace

std::string ipv4_from(unsigned port) {
  return "in_port(" + std::to_string(port) + "),eth(),eth_type(0x0800),ipv4(frag=no)";
}

std::string ipv6_from(unsigned port) {
  return "in_port(" + std::to_string(port) + "),eth(),eth_type(0x86dd),ipv6(frag=no)";
}

FrameText udp_frame(const MacAddress& from, const MacAddress& to, std::size_t size,
                    std::uint16_t port) {
  FrameText frame(size);
  for (std::size_t i = 42; i < size; ++i) frame[i] = std::uint8_t(i);
  std::uint8_t* const at = frame.data();
  store(at, to);
  store(at + 6, from);
  store(at + 12, Be16(0x0800));
  const std::uint8_t ip[] = {0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2};
  std::copy(std::begin(ip), std::end(ip), frame.begin() + 14);
  store(at + 16, Be16(std::uint16_t(size - 14)));
  store(at + 24, checksum(Bytes(at + 14, 20)));
  store(at + 34, Be16(1000));
  store(at + 36, Be16(port));
  store(at + 38, Be16(std::uint16_t(size - 34)));
  Checksum sum;
  sum.add(Bytes(at + 26, 8));
  sum.add(Be16(17));
  sum.add(Be16(std::uint16_t(size - 34)));
  sum.add(Bytes(at + 34, size - 34));
  store(at + 40, sum.value());
  return frame;
}

FrameText with_tag(FrameText frame, std::uint16_t tci) {
  const std::uint8_t tag[] = {0x81, 0x00, std::uint8_t(tci >> 8), std::uint8_t(tci)};
  frame.insert(frame.begin() + 12, std::begin(tag), std::end(tag));
  return frame;
}

FrameText rewritten(FrameText frame) {
  store(frame.data(), MacAddress{{{2, 0, 0, 0, 0, 0x99}}});
  return frame;
}

FrameText turned(const FrameText& outer) {
  FrameText back = outer;
  const auto swap = [&](std::size_t a, std::size_t b, std::size_t size) {
    std::swap_ranges(back.begin() + long(a), back.begin() + long(a + size), back.begin() + long(b));
  };
  swap(0, 6, 6);
  swap(26, 30, 4);
  return back;
}

// ---- Net ---------------------------------------------------------------------------------------

Net::Net(DriverHost& host, SwitchKind kind, const char* name, const SwitchHabits& habits,
         const NicSpec& wire)
    : host_(host),
      wire_(host.make_nic()),
      switch_(host.add_switch(spec_of(kind, name, habits, wire))) {
  const auto enabled = switch_.enable_extension();
  REQUIRE(enabled.ok());
  if (kind != SwitchKind::External) return;
  adapters_[kWire].address = switch_.find_physical_nic(kWireName).value_or(NicAddress{});
}

SwitchSpec Net::spec_of(SwitchKind kind, const char* name, const SwitchHabits& habits,
                        const NicSpec& wire) {
  SwitchSpec spec = private_switch(name);
  spec.kind = kind;
  spec.habits = habits;
  if (kind != SwitchKind::External) return spec;
  PhysicalNicSpec physical;
  physical.nic = wire;
  physical.nic.name = kWireName;
  physical.nic.friendly_name = kWire;
  physical.nic.mac.bytes = {2, 0, 0, 0, 1, 0};
  physical.backend = wire_.get();
  spec.physical.push_back(physical);
  return spec;
}

void Net::add(const std::string& name, PortKind kind, const NicSpec& like) {
  adapters_[name] = host_.plug(switch_, name, kind, name, like);
}

void Net::plug_again(const std::string& name) {
  const Adapter& adapter = adapters_[name];
  (void)switch_.disconnect_nic(adapter.address.port).ok();
  NicSpec nic;
  nic.name = "nic-" + std::to_string(unsigned(adapter.address.port));
  nic.friendly_name = name;
  nic.mac = adapter.mac;
  const auto connected = switch_.connect_nic(adapter.address.port, nic, *adapter.nic);
  CHECK_MESSAGE(connected.ok(), (connected ? "" : connected.error().text));
}

void Net::send_open(const std::string& from, const Frames& frames, std::uint16_t segment_size) {
  constexpr std::uint16_t kTcpSum = 16, kUdpSum = 6;
  std::vector<NicFrame> sent;
  for (const FrameText& frame : frames) {
    const Bytes bytes(frame);
    const Headers headers = headers_of(bytes);
    const std::uint16_t offset = headers.transport == Transport::Tcp ? kTcpSum : kUdpSum;
    sent.push_back({bytes, {std::uint16_t(headers.l4), offset}, segment_size});
  }
  const Span<const NicFrame> all(sent.data(), sent.size());
  CHECK(switch_.transmit(adapters_.find(from)->second.address, all) == sent.size());
}

void Net::send(const std::string& from, const Frames& frames) {
  CHECK(hyperv_send(from, frames) == frames.size());
}

std::size_t Net::hyperv_send(const std::string& from, const Frames& frames) {
  std::vector<NicFrame> sent;
  for (const FrameText& frame : frames) {
    sent.push_back({Bytes(frame.data(), frame.size()), {}, 0});
  }
  const Span<const NicFrame> all(sent.data(), sent.size());
  return switch_.transmit(adapters_.find(from)->second.address, all);
}

std::vector<DeliveredFrame> Net::take_delivered(const std::string& name) {
  return name == kWire ? wire_->take_delivered() : adapters_[name].nic->take_delivered();
}

Frames Net::take(const std::string& name) {
  return name == kWire ? wire_->take() : adapters_[name].nic->take();
}

// ---- what tests begin with ---------------------------------------------------------------------

KernelConfig kernel_of(unsigned ndis_minor) {
  KernelConfig kernel;
  kernel.ndis = 0x00060000 + ndis_minor;
  return kernel;
}

NdisConfig ndis_of(unsigned ndis_minor, Completions completions) {
  NdisConfig ndis;
  ndis.version = 0x00060000 + ndis_minor;
  ndis.completions = completions;
  return ndis;
}

Bare::Bare(unsigned minor, Completions completions)
    : Bare(kernel_of(minor), ndis_of(minor, completions)) {}

Bare::Bare(const KernelConfig& kernel, const NdisConfig& ndis, const SwitchHabits& habits)
    : host(kernel, ndis), net(host, SwitchKind::Private, "net", habits) {
  for (const char* name : {"a", "b", "c"}) net.add(name);
}

Bare::Bare(const NicSpec& like, SwitchKind kind) : net(host, kind, "net", {}, like) {
  for (const char* name : {"a", "b"}) net.add(name, PortKind::Synthetic, like);
  net.add("c");
}

Configured::Configured(unsigned minor, Completions completions)
    : Bare(minor, completions), client(host.device()) {
  add_ports();
}

Configured::Configured(const KernelConfig& kernel, const NdisConfig& ndis,
                       const SwitchHabits& habits)
    : Bare(kernel, ndis, habits), client(host.device()) {
  add_ports();
}

Configured::Configured(const NicSpec& like, SwitchKind kind)
    : Bare(like, kind), client(host.device()) {
  add_ports();
  if (kind == SwitchKind::External) CHECK(client.add_port("wire", kNetdev, 11) == "");
}

void Configured::add_ports() {
  CHECK(client.add_port("a", kNetdev, 1) == "");
  CHECK(client.add_port("b", kNetdev, 2) == "");
  CHECK(client.add_port("c", kNetdev, 3) == "");
}

void Configured::flow(const std::string& actions, unsigned from) {
  CHECK(client.put_flow(ipv4_from(from), actions) == "");
}

Tunnelling::Tunnelling(wire::VportType type, std::uint16_t udp_port, const NicSpec& like)
    : net(host, SwitchKind::External, "net", {}, like), client(host.device()) {
  net.add("host", PortKind::Internal);
  net.add("a", PortKind::Synthetic, like);
  CHECK(client.add_port("a", kNetdev, 1) == "");
  CHECK(client.add_port("host", wire::VportType::Internal, 10) == "");
  CHECK(client.add_port("wire", kNetdev, 11) == "");
  CHECK(client.add_port("tunnel", type, 20, udp_port) == "");
  CHECK(client.add_address("192.168.0.1", 10) == "");
  CHECK(client.add_route("192.168.0.0/24", 10, "") == "");
}

void Tunnelling::resolve() {
  CHECK(client.add_neighbour("192.168.0.2", 10, "02:00:00:00:00:99") == "");
}

void Tunnelling::flow(const std::string& match, const std::string& actions) {
  CHECK(client.put_flow(match, actions) == "");
}

void Tunnelling::flow_out(const std::string& flags, const std::string& before) {
  const std::string out =
      before + "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(" + flags + "))),20";
  flow(ipv4_from(1), out);
  flow(ipv6_from(1), out);
  flow(ipv4_from(10), "11");
}

void Tunnelling::flow_in(const std::string& flags) {
  flow(ipv4_from(11), "10");
  flow("tunnel(tun_id=5,src=192.168.0.2,dst=192.168.0.1,flags(" + flags + "))," + ipv4_from(20),
       "1");
}

}  // namespace ovs::tests
