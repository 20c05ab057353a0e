// The driver's control device, by the requests that the I/O manager would send: the whole driver is
// loaded, no switch is there.
#include <doctest/doctest.h>

#include <thread>

#include "tests/driver/irp_request.h"
#include "tests/support/datapath_client.h"

namespace ovs::tests {
namespace {

using emulator::test::LoadedDriver;
using emulator::test::TinyKernel;
using platform::DeviceControl;

constexpr ULONG kGetPid = ULONG(DeviceControl::GetPid), kRead = ULONG(DeviceControl::Read),
                kReadEvent = ULONG(DeviceControl::ReadEvent),
                kReadPacket = ULONG(DeviceControl::ReadPacket),
                kWrite = ULONG(DeviceControl::Write), kTransact = ULONG(DeviceControl::Transact);
constexpr std::uint32_t kPortGroup = 101;

struct Host {
  Host() : image(emulator::load_driver(DRIVER, kernel.imports)) {
    REQUIRE(image.ok());
    driver = std::make_unique<LoadedDriver>(**image);
    REQUIRE(driver->status == STATUS_SUCCESS);
  }
  ~Host() {
    driver->unload();
    CHECK(kernel.pool_blocks == 0);
    CHECK(kernel.devices.empty());
  }
  emulator::test::Device& device() { return *kernel.devices.at(0); }
  IrpDevice as_device() { return IrpDevice(device()); }

  TinyKernel kernel{2};
  Result<std::unique_ptr<emulator::DriverImage>, emulator::LoadError> image;
  std::unique_ptr<LoadedDriver> driver;
};

std::vector<std::uint8_t> control_message(std::uint32_t pid, wire::ControlCommand command) {
  wire::Message header{};
  header.length = wire::kMessageSize;
  header.type = std::uint16_t(wire::Family::Control);
  header.flags = wire::kFlagRequest;
  header.pid = pid;
  header.command = std::uint8_t(command);
  header.version = 1;
  std::vector<std::uint8_t> bytes(sizeof header);
  store(bytes.data(), header);
  return bytes;
}

std::vector<std::uint8_t> join_message(std::uint32_t pid) {
  std::vector<std::uint8_t> bytes;
  wire::ContainerRoom<std::vector<std::uint8_t>> room(bytes);
  wire::Writer writer(room);
  const auto bare = control_message(pid, wire::ControlCommand::SubscribeEvents);
  const std::size_t at = wire::begin_message(writer, load<wire::Message>(bare.data()));
  writer.put_u32(wire::ControlAttr::McastGroup, kPortGroup);
  writer.put_u8(wire::ControlAttr::McastJoin, 1);
  wire::end_message(writer, at);
  bytes.resize(writer.size());
  return bytes;
}

// A handle that asks, and the requests it makes.
struct Asker {
  explicit Asker(Host& host_) : host(host_), file(host_.device()) {
    IrpRequest request(host.device(), file.object(), kGetPid, Bytes(), 4);
    REQUIRE(request.send() == STATUS_SUCCESS);
    REQUIRE(request.size() == 4);
    pid = load<std::uint32_t>(request.output().data());
  }
  std::unique_ptr<IrpRequest> make(ULONG code, Bytes input, std::size_t output) {
    return std::make_unique<IrpRequest>(host.device(), file.object(), code, input, output);
  }
  std::unique_ptr<IrpRequest> make_pend(wire::ControlCommand command) {
    return make(kWrite, control_message(pid, command), 0);
  }

  Host& host;
  IrpFile file;
  std::uint32_t pid = 0;
};

TEST_CASE("ControlDevice: a client speaks netlink through its six controls") {
  Host host;
  auto device = host.as_device();
  DatapathClient client(device), other(device);
  CHECK(client.pid() != other.pid());
  CHECK(client.subscribe_group(kPortGroup) == "");
  CHECK(other.add_port("vxlan1", wire::VportType::Vxlan, 7, 4789) == "");
  CHECK(other.add_port("vxlan1", wire::VportType::Vxlan, 8, 4790) != "");
  CHECK(client.events() == std::vector<std::string>{"port added vxlan1"});
  CHECK(client.put_flow("in_port(7),eth(),eth_type(0x0800),ipv4(proto=6)", "drop") == "");
  CHECK(client.flows().size() == 1);
  CHECK(client.flush_flows() == "");
  CHECK(other.del_port(7) == "");
}

TEST_CASE("98 ControlDevice: sizes are checked before anything is read or written") {
  Host host;
  Asker asker(host);
  CHECK(asker.make(kGetPid, Bytes(), 3)->send() == STATUS_BUFFER_TOO_SMALL);
  CHECK(asker.make(kTransact, Bytes(), 0)->send() != STATUS_SUCCESS);
  const auto message = control_message(asker.pid, wire::ControlCommand::PendRequest);
  for (std::size_t size = 0; size < message.size(); ++size) {
    CHECK(asker.make(kWrite, Bytes(message.data(), size), 0)->send() != STATUS_SUCCESS);
  }
  for (const ULONG code : {kRead, kReadEvent, kReadPacket}) {
    const auto request = asker.make(code, Bytes(), 64);
    CHECK(request->send() == STATUS_SUCCESS);
    CHECK(request->size() == 0);
  }
  CHECK(asker.make(kTransact + 4, Bytes(), 64)->send() == STATUS_INVALID_DEVICE_REQUEST);
}

TEST_CASE("95 ControlDevice: a request pends until an event comes, and then completes once") {
  Host host;
  auto device = host.as_device();
  DatapathClient maker(device);
  Asker asker(host);
  REQUIRE(asker.make(kWrite, join_message(asker.pid), 0)->send() == STATUS_SUCCESS);
  const auto pended = asker.make_pend(wire::ControlCommand::PendRequest);
  REQUIRE(pended->send() == STATUS_PENDING);
  CHECK(!pended->is_complete());
  const auto second = asker.make_pend(wire::ControlCommand::PendRequest);
  CHECK(second->send() == STATUS_PENDING);
  CHECK(second->wait() == STATUS_DEVICE_BUSY);
  CHECK(maker.add_port("gre1", wire::VportType::Gre, 9) == "");
  CHECK(pended->wait() == STATUS_SUCCESS);
  CHECK(pended->size() == 0);
  const auto event = asker.make(kReadEvent, Bytes(), 4096);
  CHECK(event->send() == STATUS_SUCCESS);
  CHECK(event->size() > wire::kMessageSize);
}

TEST_CASE("96 ControlDevice: a request is cancelled before, while and after it pends") {
  Host host;
  Asker asker(host);
  const auto before = asker.make_pend(wire::ControlCommand::PendPacketRequest);
  before->cancel();
  CHECK(before->send() == STATUS_PENDING);
  CHECK(before->wait() == STATUS_CANCELLED);
  const auto during = asker.make_pend(wire::ControlCommand::PendPacketRequest);
  CHECK(during->send() == STATUS_PENDING);
  during->cancel();
  CHECK(during->wait() == STATUS_CANCELLED);
  CHECK(during->size() == 0);
  during->cancel();
  // The way is free again.
  const auto after = asker.make_pend(wire::ControlCommand::PendPacketRequest);
  CHECK(after->send() == STATUS_PENDING);
  CHECK(!after->is_complete());
  after->cancel();
  CHECK(after->wait() == STATUS_CANCELLED);
}

TEST_CASE("97 ControlDevice: cleanup ends the requests of its handle, and no others") {
  Host host;
  Asker first(host), other(host);
  const auto event = first.make_pend(wire::ControlCommand::PendRequest);
  const auto packet = first.make_pend(wire::ControlCommand::PendPacketRequest);
  const auto others = other.make_pend(wire::ControlCommand::PendRequest);
  REQUIRE(event->send() == STATUS_PENDING);
  REQUIRE(packet->send() == STATUS_PENDING);
  REQUIRE(others->send() == STATUS_PENDING);
  first.file.cleanup();
  CHECK(event->is_complete());
  CHECK(packet->is_complete());
  CHECK(event->wait() == STATUS_CANCELLED);
  CHECK(packet->wait() == STATUS_CANCELLED);
  CHECK(!others->is_complete());
  CHECK(first.make_pend(wire::ControlCommand::PendRequest)->send() == STATUS_CANCELLED);
  other.file.cleanup();
  CHECK(others->wait() == STATUS_CANCELLED);
}

TEST_CASE("96 ControlDevice: events, cancellation and cleanup race, and each request ends once") {
  Host host;
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    Asker asker(host);
    const auto request = asker.make_pend(wire::ControlCommand::PendPacketRequest);
    std::thread canceller([&] { request->cancel(); });
    CHECK(request->send() == STATUS_PENDING);
    if (round % 2 == 0) asker.file.cleanup();
    canceller.join();
    CHECK(request->wait() == STATUS_CANCELLED);
  }
}

}  // namespace
}  // namespace ovs::tests
