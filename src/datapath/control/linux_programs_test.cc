// What programs that were made for Linux's datapath rely on, and nothing else asks for.
#include <doctest/doctest.h>
#include <string>

#include "datapath/control/control_rig_test.h"
#include "flow/action/action.h"
#include "flow/match/netlink.h"
#include "wire/netlink/error_numbers.h"

namespace ovs::datapath {

using wire::Family;

namespace {

constexpr int kNoEntry = -int(wire::ErrorNumber::NoEntry);
constexpr int kNoDevice = -int(wire::ErrorNumber::NoDevice);
constexpr int kExists = -int(wire::ErrorNumber::Exists);

int add_port(ControlRig& rig, std::uint32_t number, const char* name) {
  return rig.request(Family::Vport, wire::VportCommand::New, [&](wire::Writer& writer) {
    writer.put_string(wire::VportAttr::Name, Text(name));
    writer.put_u32(wire::VportAttr::Type, std::uint32_t(wire::VportType::Netdev));
    writer.put_u32(wire::VportAttr::PortNo, number);
  });
}

int flow_request(ControlRig& rig, wire::FlowCommand command, std::uint16_t flags,
                 std::uint32_t output) {
  flow::FlowKey key;
  flow::store_number<flow::StorageId::InPort>(key, 1);
  flow::store_number<flow::StorageId::EthType>(key, 0x1234);
  return rig.request(
      Family::Flow, command,
      [&](wire::Writer& writer) {
        const auto nest = writer.begin_nest(wire::FlowAttr::Key);
        flow::put_key(writer, key);
        writer.end_nest(nest);
        const auto list = writer.begin_nest(wire::FlowAttr::Actions);
        flow::put_output(writer, output);
        writer.end_nest(list);
      },
      flags);
}

std::string port_name(Bytes answer) {
  const auto message = wire::parse_message(answer);
  const auto list = wire::Attributes::parse(message->payload);
  const Text name = *list->find(wire::VportAttr::Name)->string();
  return std::string(name.data(), name.size());
}

bool has_key(Bytes answer) {
  const auto message = wire::parse_message(answer);
  if (!message) return false;
  const auto list = wire::Attributes::parse(message->payload);
  return list && bool(list->find(wire::FlowAttr::Key));
}

}  // namespace

TEST_CASE("Control: a port that is named is found by its name, whatever its number says") {
  ControlRig rig;
  REQUIRE(ControlRig::start(rig).ok());
  REQUIRE(add_port(rig, 7, "p7") == 0);
  CHECK(rig.request(Family::Vport, wire::VportCommand::Find, [](wire::Writer& writer) {
    writer.put_u32(wire::VportAttr::PortNo, 0);
    writer.put_string(wire::VportAttr::Name, Text("p7"));
  }) == 0);
  CHECK(port_name(rig.answer()) == "p7");
}

TEST_CASE("Control: a port or a datapath that is not there is no device, a flow no entry") {
  ControlRig rig;
  REQUIRE(ControlRig::start(rig).ok());
  const auto named = [](wire::Writer& writer) { writer.put_string(wire::VportAttr::Name, "no"); };
  CHECK(rig.request(Family::Vport, wire::VportCommand::Find, named) == kNoDevice);
  CHECK(rig.request(Family::Vport, wire::VportCommand::Del, named) == kNoDevice);
  CHECK(rig.request(Family::Datapath, wire::DatapathCommand::Find, [](wire::Writer& writer) {
    writer.put_string(wire::DatapathAttr::Name, "no");
  }) == kNoDevice);
  CHECK(flow_request(rig, wire::FlowCommand::Set, 0, 2) == kNoEntry);
}

TEST_CASE("Control: a new flow is refused if it exists, by either of two flags") {
  ControlRig rig;
  REQUIRE(ControlRig::start(rig).ok());
  REQUIRE(flow_request(rig, wire::FlowCommand::New, wire::kFlagCreate, 2) == 0);
  CHECK(flow_request(rig, wire::FlowCommand::New, wire::kFlagCreate, 3) == kExists);
  CHECK(flow_request(rig, wire::FlowCommand::New, wire::kFlagExclusive, 3) == kExists);
  CHECK(flow_request(rig, wire::FlowCommand::New, 0, 3) == 0);
}

TEST_CASE("Control: a changed flow is the answer to who asks for an echo, and to nobody else") {
  ControlRig rig;
  REQUIRE(ControlRig::start(rig).ok());
  REQUIRE(flow_request(rig, wire::FlowCommand::New, wire::kFlagCreate, 2) == 0);
  CHECK(rig.answer().empty());
  REQUIRE(flow_request(rig, wire::FlowCommand::Set, 0, 3) == 0);
  CHECK(rig.answer().empty());
  REQUIRE(flow_request(rig, wire::FlowCommand::Set, wire::kFlagEcho, 3) == 0);
  CHECK(has_key(rig.answer()));
  REQUIRE(flow_request(rig, wire::FlowCommand::New, wire::kFlagEcho, 3) == 0);
  CHECK(has_key(rig.answer()));
}

}  // namespace ovs::datapath
