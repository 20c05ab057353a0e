#include <doctest/doctest.h>

#include <deque>

#include "vswitch/dpif/channel.h"
#include "vswitch/dpif/flow_text.h"
#include "vswitch/dpif/records.h"
#include "wire/netlink/error_numbers.h"

namespace ovs::vswitch {
namespace {

using platform::DeviceControl;

// A device whose answers a test has written; it remembers what it was asked.
class ScriptedDevice final : public platform::Device, public platform::DeviceHandle {
 public:
  std::deque<std::vector<std::uint8_t>> answers;
  std::vector<DeviceControl> asked;
  wire::Message last;

  Result<platform::OpenDevice> open() override { return platform::OpenDevice(this); }
  Result<std::size_t> control(DeviceControl code, Bytes input, MutableBytes output) override {
    if (code == DeviceControl::GetPid) {
      store(output.data(), std::uint32_t{77});
      return std::size_t{4};
    }
    asked.push_back(code);
    if (input.count() >= sizeof last) last = load<wire::Message>(input.data());
    if (answers.empty()) return std::size_t{0};
    if (answers.front().size() > output.count()) return Error::NoSpace;
    const std::vector<std::uint8_t> answer = std::move(answers.front());
    answers.pop_front();
    std::copy(answer.begin(), answer.end(), output.begin());
    return answer.size();
  }
  void submit(platform::DeviceRequest&) override {}
  void cancel(platform::DeviceRequest&) override {}
  void close() override {}
};

template <class Write>
std::vector<std::uint8_t> written(Write write) {
  std::vector<std::uint8_t> bytes;
  wire::ContainerRoom<std::vector<std::uint8_t>> room(bytes);
  wire::Writer writer(room);
  write(writer);
  bytes.resize(writer.size());
  return bytes;
}

std::vector<std::uint8_t> vport_message(std::uint32_t number, std::size_t padding = 0) {
  return written([&](wire::Writer& writer) {
    wire::Message header;
    header.type = std::uint16_t(wire::Family::Vport);
    const std::size_t at = wire::begin_message(writer, header);
    writer.put_u32(wire::VportAttr::PortNo, number);
    if (padding != 0) writer.put(wire::VportAttr::Pad, std::vector<std::uint8_t>(padding));
    wire::end_message(writer, at);
  });
}

TEST_CASE("Channel: a request bears the pid of its handle and a sequence of its own") {
  ScriptedDevice device;
  auto channel = Channel::open(device);
  REQUIRE(channel.ok());
  NetlinkRequest first(wire::Family::Flow, wire::FlowCommand::Del);
  NetlinkRequest second(wire::Family::Flow, wire::FlowCommand::Del);
  CHECK((*channel)->transact(first).ok());
  const std::uint32_t sequence = device.last.sequence;
  CHECK((*channel)->transact(second).ok());
  CHECK(device.last.pid == 77);
  CHECK(device.last.sequence == sequence + 1);
  CHECK(device.last.type == 21);
}

TEST_CASE("Channel: an error reply is an error with the datapath's own words") {
  ScriptedDevice device;
  auto channel = Channel::open(device);
  REQUIRE(channel.ok());
  device.answers.push_back(written([](wire::Writer& writer) {
    wire::put_error(writer, wire::Message{}, -std::int32_t(wire::ErrorNumber::Exists),
                    "port 3 is taken");
  }));
  NetlinkRequest request(wire::Family::Vport, wire::VportCommand::New);
  const auto result = (*channel)->transact(request);
  REQUIRE(!result.ok());
  CHECK(result.error().code == Error::Exists);
  CHECK(result.error().text == "port 3 is taken");
}

TEST_CASE("Channel: a dump reads on until the datapath says that it is done") {
  ScriptedDevice device;
  auto channel = Channel::open(device);
  REQUIRE(channel.ok());
  device.answers.push_back({});  // to the request
  std::vector<std::uint8_t> two = vport_message(1);
  const std::vector<std::uint8_t> other = vport_message(2);
  two.insert(two.end(), other.begin(), other.end());
  device.answers.push_back(two);
  device.answers.push_back(
      written([](wire::Writer& writer) { wire::put_done(writer, wire::Message{}); }));
  int seen = 0;
  NetlinkRequest request(wire::Family::Vport, wire::VportCommand::Find, wire::kFlagDump);
  CHECK((*channel)->dump(request, [&](const wire::MessageView&) { ++seen; }).ok());
  CHECK(seen == 2);
  CHECK(device.asked ==
        std::vector{DeviceControl::Write, DeviceControl::Read, DeviceControl::Read});
}

TEST_CASE("Channel: an answer that needs more room is asked for again") {
  ScriptedDevice device;
  auto channel = Channel::open(device);
  REQUIRE(channel.ok());
  device.answers.push_back(vport_message(9, 60'000));
  std::vector<std::uint8_t> more = vport_message(10, 60'000);
  device.answers.front().insert(device.answers.front().end(), more.begin(), more.end());
  int seen = 0;
  const auto result =
      (*channel)->read(DeviceControl::ReadEvent, [&](const wire::MessageView&) { ++seen; });
  REQUIRE(result.ok());
  CHECK(seen == 2);
}

TEST_CASE("UFID: its text reads back, and other texts do not") {
  const Ufid ufid{0x6578f5e0d9aa464c, 0x939d8cad1cf51479};
  CHECK(format_ufid(ufid) == "6578f5e0-d9aa-464c-939d-8cad1cf51479");
  CHECK(parse_ufid(format_ufid(ufid)) == ufid);
  CHECK(!parse_ufid("6578f5e0-d9aa-464c-939d-8cad1cf5147"));
  CHECK(!parse_ufid("6578f5e0-d9aa-464c-939d-8cad1cf5147g"));
  CHECK(!parse_ufid("6578f5e00d9aa-464c-939d-8cad1cf51479"));
}

TEST_CASE("UFID: its text is that of its four words on the wire, each in host order") {
  std::uint8_t bytes[32];
  wire::Writer writer{MutableBytes(bytes)};
  put_ufid(writer, *parse_ufid("12345678-9abc-def0-0102-030405060708"));
  const std::uint8_t* const value = bytes + wire::kAttributeHeader;
  CHECK(load<std::uint32_t>(value) == 0x12345678);
  CHECK(load<std::uint32_t>(value + 4) == 0x9abcdef0);
  CHECK(load<std::uint32_t>(value + 12) == 0x05060708);
}

TEST_CASE("Flow statistics: an age counts from the clock, and flags are letters") {
  DpifFlowStats stats;
  CHECK(format_flow_stats(stats, 5000) == "packets:0, bytes:0, used:never");
  stats = {3, 180, 3766, 0x12};
  CHECK(format_flow_stats(stats, 5000) == "packets:3, bytes:180, used:1.234s, flags:S.");
}

}  // namespace
}  // namespace ovs::vswitch
