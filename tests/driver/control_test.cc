// The device's requests as its families have them, over the whole driver: what each answers, and
// what it refuses in words. Then every input that the fuzzers keep.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "base/bytes/cursor.h"
#include "emulator/vmswitch/raw_list.h"
#include "tests/driver/switch_net.h"

namespace ovs::tests {
namespace {

using namespace emulator;
using wire::Family;
using wire::Writer;

constexpr auto kNothing = [](Writer&) {};

template <class Command, class Fill>
std::string ask(DatapathClient& client, Family family, Command command, Fill fill,
                const DatapathClient::Visit& visit = {}) {
  return client.transact(family, std::uint8_t(command), fill, visit);
}
template <class Command>
std::size_t count_of(DatapathClient& client, Family family, Command command) {
  std::size_t count = 0;
  CHECK(client.dump(family, std::uint8_t(command), [&](const auto&) { ++count; }) == "");
  return count;
}

TEST_CASE("Driver: the datapath says what it is, and is not made or deleted") {
  Configured configured;
  DatapathClient& client = configured.client;
  using wire::DatapathCommand;
  const auto name = [](const char* text) {
    return [text](Writer& writer) { writer.put_string(wire::DatapathAttr::Name, text); };
  };
  configured.flow("2");
  configured.net.send("a", configured.a_to_b());
  const wire::DatapathStats stats = client.datapath_stats();
  CHECK(stats.flows == 1);
  CHECK(stats.hit == 1);
  CHECK(ask(client, Family::Datapath, DatapathCommand::Find, name("ovs-system")) == "");
  CHECK(ask(client, Family::Datapath, DatapathCommand::Find, name("other")) != "");
  CHECK(ask(client, Family::Datapath, DatapathCommand::New, name("ovs-system")) != "");
  CHECK(ask(client, Family::Datapath, DatapathCommand::New, name("other")) != "");
  CHECK(ask(client, Family::Datapath, DatapathCommand::Del, name("ovs-system")) != "");
  const auto features = [](std::uint32_t bits) {
    return [bits](Writer& writer) {
      writer.put_string(wire::DatapathAttr::Name, "ovs-system");
      writer.put_u32(wire::DatapathAttr::UserFeatures, bits);
    };
  };
  CHECK(ask(client, Family::Datapath, DatapathCommand::Set, features(wire::kFeatureUnaligned)) ==
        "");
  CHECK(ask(client, Family::Datapath, DatapathCommand::Set, features(1u << 30)) != "");
  CHECK(ask(client, Family::Datapath, DatapathCommand::Set, name("other")) != "");
  CHECK(ask(client, Family::Datapath, 77, kNothing) != "");
  CHECK(count_of(client, Family::Datapath, DatapathCommand::Find) == 1);
}

TEST_CASE("Driver: vports are listed, found by name, changed, and refused in words") {
  Configured configured;
  DatapathClient& client = configured.client;
  using wire::VportCommand;
  CHECK(count_of(client, Family::Vport, VportCommand::Find) >= 3);
  const auto by_name = [](const char* text) {
    return [text](Writer& writer) { writer.put_string(wire::VportAttr::Name, text); };
  };
  CHECK(ask(client, Family::Vport, VportCommand::Find, by_name("a")) == "");
  CHECK(ask(client, Family::Vport, VportCommand::Find, by_name("nobody")) != "");
  CHECK(ask(client, Family::Vport, VportCommand::Find, kNothing) != "");
  const auto change = [](auto put) {
    return [put](Writer& writer) {
      writer.put_u32(wire::VportAttr::PortNo, 1);
      put(writer);
    };
  };
  CHECK(ask(client, Family::Vport, VportCommand::Set, change([](Writer& writer) {
              writer.put_u32(wire::VportAttr::Type, std::uint32_t(wire::VportType::Netdev));
            })) == "");
  CHECK(ask(client, Family::Vport, VportCommand::Set, change([](Writer& writer) {
              writer.put_u32(wire::VportAttr::Type, std::uint32_t(wire::VportType::Gre));
            })) != "");
  CHECK(client.add_port("tunnel", wire::VportType::Vxlan, 30, 4789) == "");
  const auto move_tunnel = [](std::uint16_t udp_port) {
    return [udp_port](Writer& writer) {
      writer.put_u32(wire::VportAttr::PortNo, 30);
      const auto nest = writer.begin_nest(wire::VportAttr::Options);
      writer.put_u16(wire::TunnelOptionAttr::DstPort, udp_port);
      writer.end_nest(nest);
    };
  };
  CHECK(ask(client, Family::Vport, VportCommand::Set, move_tunnel(4789)) == "");
  CHECK(ask(client, Family::Vport, VportCommand::Set, move_tunnel(4790)) != "");
  const auto any_number = [](Writer& writer) {
    writer.put_u32(wire::VportAttr::Type, std::uint32_t(wire::VportType::Netdev));
    writer.put_string(wire::VportAttr::Name, "numbered");
    writer.put_u32(wire::VportAttr::UpcallPid, 0);
  };
  CHECK(ask(client, Family::Vport, VportCommand::New, any_number) == "");
}

TEST_CASE("Driver: an adapter's link is found, and what its owner alone may change is refused") {
  Configured configured;
  DatapathClient& client = configured.client;
  using wire::NetdevCommand;
  const auto set = [](const char* name, auto put) {
    return [name, put](Writer& writer) {
      writer.put_string(wire::NetdevAttr::Name, name);
      put(writer);
    };
  };
  CHECK(client.add_port("pending", kNetdev, 40) == "");
  const auto mtu = [](std::uint32_t bytes) {
    return [bytes](Writer& writer) { writer.put_u32(wire::NetdevAttr::Mtu, bytes); };
  };
  CHECK(ask(client, Family::Netdev, NetdevCommand::Set, set("a", mtu(10))) != "");
  CHECK(ask(client, Family::Netdev, NetdevCommand::Set, set("a", mtu(1400))) != "");
  CHECK(ask(client, Family::Netdev, NetdevCommand::Set, set("pending", mtu(1400))) != "");
  CHECK(ask(client, Family::Netdev, NetdevCommand::Set, set("a", [](Writer& writer) {
              writer.put_value(wire::NetdevAttr::MacAddress, kBroadcast);
            })) != "");
  CHECK(ask(client, Family::Netdev, NetdevCommand::Set, set("nobody", mtu(1400))) != "");
}

TEST_CASE("Driver: routes, addresses and neighbours are listed, deleted and flushed") {
  Tunnelling tunnelling(wire::VportType::Gre);
  DatapathClient& client = tunnelling.client;
  using wire::RouteAttr;
  using wire::RouteCommand;
  tunnelling.resolve();
  CHECK(count_of(client, Family::Route, RouteCommand::RouteFind) == 1);
  CHECK(count_of(client, Family::Route, RouteCommand::AddressFind) == 1);
  CHECK(count_of(client, Family::Route, RouteCommand::NeighbourFind) == 1);
  CHECK(ask(client, Family::Route, RouteCommand::RouteFind, kNothing) != "");
  const auto address = [](std::uint32_t last) {
    return [last](Writer& writer) {
      writer.put_value(RouteAttr::Destination, Be32(0xc0a80000 | last));
      writer.put_u32(RouteAttr::PortNo, 10);
      writer.put_u8(RouteAttr::PrefixLength, 24);
    };
  };
  CHECK(ask(client, Family::Route, RouteCommand::NeighbourDel, address(2)) == "");
  CHECK(ask(client, Family::Route, RouteCommand::NeighbourDel, address(2)) != "");
  CHECK(ask(client, Family::Route, RouteCommand::AddressDel, address(1)) == "");
  CHECK(ask(client, Family::Route, RouteCommand::RouteDel, address(0)) == "");
  CHECK(client.add_route("0.0.0.0/0", 10, "192.168.0.254") == "");
  CHECK(count_of(client, Family::Route, RouteCommand::RouteFind) == 1);
  CHECK(ask(client, Family::Route, RouteCommand::Flush, kNothing) == "");
  CHECK(count_of(client, Family::Route, RouteCommand::RouteFind) == 0);
}

TEST_CASE("Driver: families that are not there yet, and those that never were, say so") {
  Configured configured;
  DatapathClient& client = configured.client;
  for (const Family family : {Family::CtLimit, Family::Meter, Family(99)}) {
    CHECK(client.transact(family, 1, kNothing) != "");
  }
  const auto socket = [](std::uint32_t protocol) {
    return [protocol](Writer& writer) {
      writer.put_u32(wire::SocketAttr::Protocol, protocol);
      writer.put_u32(wire::SocketAttr::Pid, 0);
    };
  };
  using wire::ControlCommand;
  CHECK(ask(client, Family::Control, ControlCommand::SocketProperty,
            socket(wire::kNetlinkGeneric)) == "");
  CHECK(ask(client, Family::Control, ControlCommand::SocketProperty, socket(99)) != "");
  CHECK(client.subscribe_group(12345) != "");
}

// Until the port takes frames of this size: its adapter's size becomes its own in a while.
bool wait_for_mtu(Configured& configured, const char* port, std::uint32_t mtu) {
  std::uint32_t seen = 0;
  const auto visit = [&](const wire::MessageView& message) {
    const auto list = wire::Attributes::parse(message.payload);
    if (const auto value = list->find(wire::NetdevAttr::Mtu)) seen = value->u32().value_or(0);
  };
  for (int i = 0; i < 1000 && seen != mtu; ++i) {
    configured.host.kernel().sleep_ms(1);
    const auto name = [&](Writer& writer) { writer.put_string(wire::NetdevAttr::Name, port); };
    CHECK(ask(configured.client, Family::Netdev, wire::NetdevCommand::Find, name, visit) == "");
  }
  return seen == mtu;
}

TEST_CASE("Driver: frames that are longer than a kernel copies at once go whole, up and on") {
  Configured configured;
  Net& net = configured.net;
  DatapathClient& client = configured.client;
  NicUpdate jumbo;
  jumbo.mtu = 9000;
  for (const char* name : {"a", "b", "c"}) {
    CHECK(net.hyperv().update_nic(net.address(name).port, jumbo).ok());
    CHECK(wait_for_mtu(configured, name, 9000));
  }
  CHECK(client.subscribe_upcalls_of(1) == "");
  const FrameText frame = configured.a_to_b(9000);
  net.send("a", frame);
  const auto upcalls = client.upcalls();
  REQUIRE(upcalls.size() == 1);
  CHECK(upcalls[0].packet == frame);
  CHECK(client.execute(Bytes(frame.data(), frame.size()), "in_port(1)", "2,3") == "");
  configured.host.kernel().flush_dpcs();
  CHECK(net.take("b") == Frames{frame});
  CHECK(net.take("c") == Frames{frame});
  configured.flow("2,push_vlan(vid=7,pcp=0),3,pop_vlan,set(eth(dst=02:00:00:00:00:99)),2");
  net.send("a", frame);
  CHECK(net.take("b").size() == 2);
  CHECK(net.take("c").size() == 1);
}

TEST_CASE("Driver: a flow that is put again does something else, and one of many masks is found") {
  Configured configured;
  Net& net = configured.net;
  configured.flow("2");
  net.send("a", configured.a_to_b());
  CHECK(net.take("b").size() == 1);
  CHECK(configured.client.set_flow(ipv4_from(1), "3") == "");
  net.send("a", configured.a_to_b());
  CHECK(net.take("b").empty());
  CHECK(net.take("c").size() == 1);
  for (unsigned length = 24; length >= 8; --length) {
    const std::string net_of = length == 8 ? "10" : std::to_string(20 + length);
    const std::string from = net_of + ".0.0.0/" + std::to_string(length);
    CHECK(configured.client.put_flow(
              "in_port(2),eth(),eth_type(0x0800),ipv4(src=" + from + ",frag=no)", "1") == "");
  }
  for (int i = 0; i < 50; ++i) {
    net.send("b", udp_frame(net.mac("b"), net.mac("a"), 100, std::uint16_t(i)));
    if (i % 10 == 0) configured.host.kernel().sleep_ms(120);
  }
  CHECK(net.take("a").size() == 50);
}

TEST_CASE(
    "80 Driver: a trunk's, an isolated adapter's and a native VLAN's frames go where they may") {
  Bare bare;
  Net& net = bare.net;
  VlanPolicy trunk;
  trunk.mode = VlanMode::Trunk;
  trunk.native = 3;
  trunk.trunk.set(5);
  VlanPolicy access;
  access.mode = VlanMode::Access;
  access.access = 5;
  CHECK(net.hyperv().set_vlan(net.address("b").port, trunk).ok());
  CHECK(net.hyperv().set_vlan(net.address("a").port, access).ok());
  net.send("a", udp_frame(net.mac("a"), kBroadcast));
  CHECK(net.take("b").size() == 1);
  CHECK(net.take("c").empty());
  access.access = 3;
  CHECK(net.hyperv().set_vlan(net.address("a").port, access).ok());
  net.send("a", udp_frame(net.mac("a"), kBroadcast));
  CHECK(net.take("b").size() == 1);
  access.access = 9;
  CHECK(net.hyperv().set_vlan(net.address("a").port, access).ok());
  net.send("a", udp_frame(net.mac("a"), kBroadcast));
  CHECK(net.take("b").empty());
  CHECK(net.hyperv().set_vlan(net.address("a").port, VlanPolicy()).ok());
  CHECK(net.hyperv()
            .set_isolation(net.address("a").port, {IsolationMode::NativeVirtualSubnet, false, 5001})
            .ok());
  CHECK(net.hyperv().set_isolation(net.address("a").port, IsolationPolicy()).ok());
}

// A guest may put it there, whatever its memory is.
TEST_CASE("80 Driver: a tag in a frame's bytes is held to what its port allows") {
  Bare bare;
  Net& net = bare.net;
  VlanPolicy trunk;
  trunk.mode = VlanMode::Trunk;
  trunk.trunk.set(5);
  for (const char* name : {"a", "b"})
    CHECK(net.hyperv().set_vlan(net.address(name).port, trunk).ok());
  const FrameText plain = udp_frame(net.mac("a"), kBroadcast);
  const FrameText frame = with_tag(plain, 5), forbidden = with_tag(plain, 9);
  const auto send = [&](std::initializer_list<FrameText> frames, bool is_safe) {
    RawList list;
    for (const FrameText& each : frames) {
      const auto* const bytes = reinterpret_cast<const std::byte*>(each.data());
      list.frames.push_back({FrameBytes(bytes, bytes + each.size()), {}});
    }
    list.is_safe = is_safe;
    CHECK(net.hyperv().transmit_raw(net.address("a"), Span<const RawList>(&list, 1)) == 1);
  };
  for (const bool is_safe : {true, false}) {
    CAPTURE(is_safe);
    send({frame}, is_safe);
    CHECK(net.take("b") == Frames{frame});
    send({forbidden}, is_safe);
    CHECK(net.take("b").empty());
    send({frame, forbidden}, is_safe);
    CHECK(net.take("b").size() <= 1);
    CHECK(net.take("c").empty());
  }
}

TEST_CASE("Driver: an adapter that is a vport keeps its packets here, and its statuses go up") {
  Configured configured;
  VirtualSwitch& at = configured.net.hyperv();
  const PortId port = configured.net.address("a").port;
  CHECK(at.request_of_nic(port, OID_NIC_SWITCH_ALLOCATE_VF) == NDIS_STATUS_FAILURE);
  CHECK(at.request_of_nic(port, OID_RECEIVE_FILTER_SET_FILTER) == NDIS_STATUS_FAILURE);
  (void)at.request_of_nic(port, 0x00010106);  // what everybody may ask
  CHECK(at.indicate_nic_status({port, 0}, 0x40010006).ok());
  CHECK(at.poll(port).ok());
  CHECK(configured.client.del_port(1) == "");
  CHECK(at.request_of_nic(port, OID_NIC_SWITCH_ALLOCATE_VF) != NDIS_STATUS_FAILURE);
  const auto saved = at.save_nic(port);
  CHECK(saved.ok());
  if (saved) CHECK(at.restore_nic(port, *saved).ok());
}

// ---- what the fuzzers keep ---------------------------------------------------------------------

std::vector<std::vector<std::uint8_t>> inputs_of(const char* fuzzer) {
  std::vector<std::vector<std::uint8_t>> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(FUZZ "/") + fuzzer)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  REQUIRE(inputs.size() > 20);
  return inputs;
}

// As datapath/control/control_fuzz.cc reads it.
void request(DatapathClient& client, Reader& input) {
  const auto code = input.read<std::uint8_t>(), family = input.read<std::uint8_t>(),
             command = input.read<std::uint8_t>(), flags = input.read<std::uint8_t>();
  const auto size = input.read<std::uint16_t>();
  if (!size) {
    (void)input.skip(input.remaining());
    return;
  }
  const Bytes payload = *input.take(std::min<std::size_t>(*size % 2048, input.remaining()));
  const Family of{std::uint16_t(16 + *family % 12)};
  const auto fill = [&](Writer& writer) { writer.append(payload); };
  const auto how = std::uint16_t((*flags & 1) != 0 ? wire::kFlagDump : *flags << 8);
  const bool pends = of == Family::Control && *command <= 1;
  std::vector<std::uint8_t> room(64 * 1024);
  using platform::DeviceControl;
  switch (*code % 6) {
    case 1:
      if (!pends) (void)client.write(of, *command, fill, how);
      return;
    case 2: (void)client.handle().control(DeviceControl::Read, Bytes(), room); return;
    case 3: (void)client.handle().control(DeviceControl::ReadEvent, Bytes(), room); return;
    case 4: (void)client.handle().control(DeviceControl::ReadPacket, Bytes(), room); return;
  }
  if (!pends) (void)client.transact(of, *command, fill, {}, how);
}

TEST_CASE("Driver: whatever is asked of it, by any control, it goes on switching") {
  for (const auto& bytes : inputs_of("datapath_control_fuzz")) {
    Configured configured;
    DatapathClient client(configured.host.device());
    Reader input{Bytes(bytes.data(), bytes.size())};
    for (unsigned i = 0; i < 64 && !input.at_end(); ++i) request(client, input);
    configured.net.send("a", configured.a_to_b());
  }
}

TEST_CASE("Driver: whatever an adapter sends, it goes on switching") {
  Configured configured;
  Net& net = configured.net;
  CHECK(configured.client.put_flow("in_port(1)", "2,push_vlan(vid=7,pcp=0),3") == "");
  std::size_t sent = 0;
  for (FrameText& frame : inputs_of("flow_extract_fuzz")) {
    frame.resize(std::clamp<std::size_t>(frame.size(), 60, 1500));
    store(frame.data() + 6, net.mac("a"));
    sent += net.hyperv_send("a", Frames{frame});
  }
  CHECK(sent > 20);
  net.take("b");
  net.send("a", configured.a_to_b());
  CHECK(net.take("b").size() == 1);
}

}  // namespace
}  // namespace ovs::tests
