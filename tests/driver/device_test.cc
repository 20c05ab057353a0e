// The driver's control device, by the requests that a program makes of it: the whole driver is
// loaded, no switch is there.
#include <doctest/doctest.h>

#include "emulator/nt/io/devices.h"
#include "tests/driver/switch_rig.h"

namespace ovs::tests {
namespace {

using namespace emulator;
using platform::DeviceControl;

constexpr ULONG kGetPid = ULONG(DeviceControl::GetPid), kRead = ULONG(DeviceControl::Read),
                kReadEvent = ULONG(DeviceControl::ReadEvent),
                kReadPacket = ULONG(DeviceControl::ReadPacket),
                kWrite = ULONG(DeviceControl::Write), kTransact = ULONG(DeviceControl::Transact);
constexpr std::uint32_t kPortGroup = 101;
constexpr std::uint64_t kPatienceMs = 5000;

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

std::vector<std::uint8_t> port_question(std::uint32_t pid, const char* name) {
  std::vector<std::uint8_t> bytes;
  wire::ContainerRoom<std::vector<std::uint8_t>> room(bytes);
  wire::Writer writer(room);
  wire::Message header = {};
  header.type = std::uint16_t(wire::Family::Vport);
  header.flags = wire::kFlagRequest;
  header.command = std::uint8_t(wire::VportCommand::Find);
  header.pid = pid;
  const std::size_t at = wire::begin_message(writer, header);
  writer.put_string(wire::VportAttr::Name, Text(name));
  wire::end_message(writer, at);
  bytes.resize(writer.size());
  return bytes;
}

// A handle that asks.
class Asker {
 public:
  Asker() : file_(*FileHandle::open(find_device("\\DosDevices\\OpenvSwitchDevice"))) {
    const IoAnswer answer = ask(kGetPid, Bytes(), 4);
    REQUIRE(answer.status == STATUS_SUCCESS);
    REQUIRE(answer.output.size() == 4);
    pid = load<std::uint32_t>(answer.output.data());
  }
  IoAnswer ask(ULONG code, Bytes input, std::size_t output) {
    return file_->control(code, input, output);
  }
  FileHandle& file() { return *file_; }

  std::uint32_t pid = 0;

 private:
  std::unique_ptr<FileHandle> file_;
};

// A request that the driver keeps until there is something to tell. Outlives its handle.
class Pended {
 public:
  Pended(Asker& asker, wire::ControlCommand command) {
    const auto message = control_message(asker.pid, command);
    number_ = asker.file().submit(kWrite, message, 0, [this](const IoAnswer& answer) {
      Kernel::current().change([&] {
        answer_ = answer;
        ++ends_;
      });
    });
  }
  Pended(const Pended&) = delete;

  std::uint64_t number() const { return number_; }
  bool is_over() const { return ends_ != 0; }
  int ends() const { return ends_; }
  NTSTATUS wait() const {
    REQUIRE(Kernel::current().wait_until([this] { return is_over(); }, kPatienceMs));
    return answer_.status;
  }
  std::size_t size() const { return answer_.output.size(); }

 private:
  std::uint64_t number_ = 0;
  IoAnswer answer_;
  int ends_ = 0;
};

TEST_CASE("ControlDevice: a client speaks netlink through its six controls") {
  DriverHost host;
  DatapathClient client(host.device()), other(host.device());
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
  const DriverHost host;
  Asker asker;
  CHECK(asker.ask(kGetPid, Bytes(), 3).status == STATUS_BUFFER_TOO_SMALL);
  CHECK(asker.ask(kTransact, Bytes(), 0).status != STATUS_SUCCESS);
  const auto message = control_message(asker.pid, wire::ControlCommand::PendRequest);
  for (std::size_t size = 0; size < message.size(); ++size) {
    CHECK(asker.ask(kWrite, Bytes(message.data(), size), 0).status != STATUS_SUCCESS);
  }
  for (const ULONG code : {kRead, kReadEvent, kReadPacket}) {
    const IoAnswer nothing = asker.ask(code, Bytes(), 64);
    CHECK(nothing.status == STATUS_SUCCESS);
    CHECK(nothing.output.empty());
  }
  CHECK(asker.ask(kTransact + 4, Bytes(), 64).status == STATUS_INVALID_DEVICE_REQUEST);
}

// What nobody wrote, or was written behind an answer, the host finds (98).
TEST_CASE("98 ControlDevice: an answer is the same in any room") {
  constexpr std::size_t kLittle = 1024, kMuch = 64 * 1024;
  DriverHost host;
  DatapathClient maker(host.device());
  CHECK(maker.add_port("gre1", wire::VportType::Gre, 9) == "");
  Asker asker;
  const auto known = port_question(asker.pid, "gre1"), strange = port_question(asker.pid, "gre2");
  const IoAnswer port = asker.ask(kTransact, known, kLittle);
  REQUIRE(port.status == STATUS_SUCCESS);
  CHECK(wire::parse_message(port.output)->header.type == std::uint16_t(wire::Family::Vport));
  CHECK(asker.ask(kTransact, known, kMuch).output == port.output);
  const IoAnswer refusal = asker.ask(kTransact, strange, kLittle);
  REQUIRE(refusal.status == STATUS_SUCCESS);
  CHECK(wire::parse_error(refusal.output).ok());
  CHECK(asker.ask(kTransact, strange, kMuch).output == refusal.output);
}

TEST_CASE("95 ControlDevice: a request pends until an event comes, and then completes once") {
  DriverHost host;
  DatapathClient maker(host.device());
  Asker asker;
  REQUIRE(asker.ask(kWrite, join_message(asker.pid), 0).status == STATUS_SUCCESS);
  const Pended first(asker, wire::ControlCommand::PendRequest);
  CHECK(!first.is_over());
  const Pended second(asker, wire::ControlCommand::PendRequest);
  CHECK(second.wait() == STATUS_DEVICE_BUSY);
  CHECK(maker.add_port("gre1", wire::VportType::Gre, 9) == "");
  CHECK(first.wait() == STATUS_SUCCESS);
  CHECK(first.size() == 0);
  const IoAnswer event = asker.ask(kReadEvent, Bytes(), 4096);
  CHECK(event.status == STATUS_SUCCESS);
  CHECK(event.output.size() > wire::kMessageSize);
  CHECK(first.ends() == 1);
}

TEST_CASE("96 ControlDevice: a request that pends is cancelled, once, and another may pend") {
  const DriverHost host;
  Asker asker;
  const Pended first(asker, wire::ControlCommand::PendPacketRequest);
  asker.file().cancel(first.number());
  CHECK(first.wait() == STATUS_CANCELLED);
  CHECK(first.size() == 0);
  asker.file().cancel(first.number());
  const Pended second(asker, wire::ControlCommand::PendPacketRequest);
  CHECK(!second.is_over());
  asker.file().cancel_all();
  CHECK(second.wait() == STATUS_CANCELLED);
  CHECK(first.ends() == 1);
}

TEST_CASE("97 ControlDevice: cleanup ends the requests of its handle, and no others") {
  const DriverHost host;
  Asker first, other;
  const Pended event(first, wire::ControlCommand::PendRequest);
  const Pended packet(first, wire::ControlCommand::PendPacketRequest);
  const Pended others(other, wire::ControlCommand::PendRequest);
  CHECK(!event.is_over());
  CHECK(!packet.is_over());
  first.file().close();
  REQUIRE(event.is_over());
  REQUIRE(packet.is_over());
  CHECK(event.wait() == STATUS_CANCELLED);
  CHECK(packet.wait() == STATUS_CANCELLED);
  CHECK(!others.is_over());
  other.file().close();
  CHECK(others.wait() == STATUS_CANCELLED);
}

// One thread brings a request to the driver, two others cancel whatever there is: before, while or
// after it pends, as the seed will have it. What they miss, cleanup ends.
void race(std::uint64_t seed) {
  KernelConfig kernel;
  kernel.seed = seed;
  const DriverHost host(kernel);
  Asker asker;
  std::unique_ptr<Pended> request;
  HostThread sender("sender", [&] {
    request = std::make_unique<Pended>(asker, wire::ControlCommand::PendPacketRequest);
  });
  HostThread canceller("canceller", [&] {
    if (seed % 2 == 0) asker.file().cancel_all();
  });
  if (seed % 3 != 0) asker.file().cancel_all();
  sender.join();
  canceller.join();
  asker.file().close();
  CHECK(request->wait() == STATUS_CANCELLED);
  CHECK(request->ends() == 1);
}

TEST_CASE("96 ControlDevice: cancellation races with submission, and the request ends once") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    race(seed);
  }
}

}  // namespace
}  // namespace ovs::tests
