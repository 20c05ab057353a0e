#include "tests/support/datapath_client.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "flow/action/action_text.h"
#include "flow/match/netlink.h"
#include "flow/match/odp_text.h"
#include "wire/netlink/drops.h"
#include "wire/netlink/error_numbers.h"

namespace ovs::tests {

using platform::DeviceControl;
using wire::Family;

namespace {

// Tests give addresses that are addresses.
std::uint32_t parse_ipv4(std::string_view text) {
  unsigned a = 0, b = 0, c = 0, d = 0;
  std::sscanf(std::string(text).c_str(), "%u.%u.%u.%u", &a, &b, &c, &d);
  return a << 24 | b << 16 | c << 8 | d;
}
Array<std::uint8_t, 6> parse_mac(std::string_view text) {
  unsigned m[6] = {};
  std::sscanf(std::string(text).c_str(), "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5);
  Array<std::uint8_t, 6> mac;
  for (unsigned i = 0; i < 6; ++i) mac[i] = std::uint8_t(m[i]);
  return mac;
}
std::string format_ipv4(Bytes bytes) {
  char text[16] = "?";
  if (bytes.count() == 4)
    std::snprintf(text, sizeof text, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
  return text;
}

}  // namespace

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

DatapathClient::DatapathClient(platform::Device& device) : DatapathClient(device.open().value()) {}

DatapathClient::DatapathClient(platform::OpenDevice opened) : device_(std::move(opened)) {
  std::uint8_t pid[4];
  OVS_ASSERT(device_->control(DeviceControl::GetPid, Bytes(), pid).ok());
  pid_ = load<std::uint32_t>(pid);
}

std::vector<std::uint8_t> DatapathClient::message(Family family, std::uint8_t command,
                                                  const Fill& fill, std::uint16_t flags) {
  std::vector<std::uint8_t> bytes;
  wire::ContainerRoom<std::vector<std::uint8_t>> room(bytes);
  wire::Writer writer(room);
  wire::Message header{};
  header.type = std::uint16_t(family);
  header.flags = std::uint16_t(wire::kFlagRequest | flags);
  header.pid = pid_;
  header.command = command;
  header.version = 1;
  const std::size_t at = wire::begin_message(writer, header);
  if (fill) fill(writer);
  wire::end_message(writer, at);
  bytes.resize(writer.size());
  return bytes;
}

std::string DatapathClient::send(DeviceControl code, const std::vector<std::uint8_t>& request,
                                 const Visit& reply) {
  std::vector<std::uint8_t> output(room_);
  const auto size = device_->control(code, request, output);
  if (!size) return error_name(size.error());
  if (*size == 0) return "";
  const auto answer = wire::parse_message(Bytes(output.data(), *size));
  if (!answer) return "the answer is no message";
  if (answer->header.type == wire::kMessageError) {
    const auto error = wire::parse_error(Bytes(output.data(), *size));
    if (!error) return "the answer is no error message";
    if (!error->text.empty()) return std::string(error->text);
    return wire::error_text(wire::ErrorNumber(-error->error));
  }
  if (reply) reply(*answer);
  return "";
}

std::string DatapathClient::transact(Family family, std::uint8_t command, const Fill& fill,
                                     const Visit& reply, std::uint16_t flags) {
  return send(DeviceControl::Transact, message(family, command, fill, flags), reply);
}

std::string DatapathClient::write(Family family, std::uint8_t command, const Fill& fill,
                                  std::uint16_t flags) {
  return send(DeviceControl::Write, message(family, command, fill, flags), {});
}

std::string DatapathClient::dump(Family family, std::uint8_t command, const Visit& visit) {
  std::string begun = write(family, command, {}, wire::kFlagDump);
  if (!begun.empty()) return begun;
  std::vector<std::uint8_t> output(room_);
  for (;;) {
    const auto size = device_->control(DeviceControl::Read, Bytes(), output);
    if (!size) return error_name(size.error());
    if (*size == 0) return "the dump ended without NLMSG_DONE";
    for (Bytes rest(output.data(), *size); !rest.empty();) {
      const auto part = wire::parse_message(rest);
      if (!part) return "the dump holds what is no message";
      if (part->header.type == wire::kMessageDone) return "";
      visit(*part);
      rest = part->rest;
    }
  }
}

std::string DatapathClient::add_port(std::string_view name, wire::VportType type,
                                     std::uint32_t number, std::uint16_t udp_port) {
  return transact(Family::Vport, std::uint8_t(wire::VportCommand::New), [&](wire::Writer& writer) {
    writer.put_u32(wire::VportAttr::Type, std::uint32_t(type));
    writer.put_string(wire::VportAttr::Name, name);
    writer.put_u32(wire::VportAttr::PortNo, number);
    writer.put_u32(wire::VportAttr::UpcallPid, pid_);
    if (udp_port == 0) return;
    const auto nest = writer.begin_nest(wire::VportAttr::Options);
    writer.put_u16(wire::TunnelOptionAttr::DstPort, udp_port);
    writer.end_nest(nest);
  });
}

std::string DatapathClient::del_port(std::uint32_t number) {
  return transact(Family::Vport, std::uint8_t(wire::VportCommand::Del),
                  [&](wire::Writer& writer) { writer.put_u32(wire::VportAttr::PortNo, number); });
}

namespace {

void put_match(wire::Writer& writer, const flow::OdpFlow& match) {
  const auto key = writer.begin_nest(wire::FlowAttr::Key);
  flow::put_key(writer, match.key);
  writer.end_nest(key);
  const auto mask = writer.begin_nest(wire::FlowAttr::Mask);
  flow::put_mask(writer, match.mask, match.key);
  writer.end_nest(mask);
}

}  // namespace

std::string DatapathClient::send_flow(wire::FlowCommand command, std::string_view match,
                                      std::string_view actions, std::uint16_t flags) {
  const auto parsed = flow::parse_odp(match);
  if (!parsed) return "match: " + std::string(parsed.error().message);
  const auto list = flow::parse_actions(actions);
  if (!list) return "actions: " + std::string(list.error().message);
  return transact(
      Family::Flow, std::uint8_t(command),
      [&](wire::Writer& writer) {
        put_match(writer, *parsed);
        writer.put(wire::FlowAttr::Actions, *list);
      },
      {}, flags);
}

std::string DatapathClient::put_flow(std::string_view match, std::string_view actions) {
  return send_flow(wire::FlowCommand::New, match, actions,
                   wire::kFlagCreate | wire::kFlagExclusive);
}

std::string DatapathClient::set_flow(std::string_view match, std::string_view actions) {
  return send_flow(wire::FlowCommand::Set, match, actions, 0);
}

std::string DatapathClient::del_flow(std::string_view match) {
  const auto parsed = flow::parse_odp(match);
  if (!parsed) return "match: " + std::string(parsed.error().message);
  return transact(Family::Flow, std::uint8_t(wire::FlowCommand::Del),
                  [&](wire::Writer& writer) { put_match(writer, *parsed); });
}

std::string DatapathClient::flush_flows() {
  return transact(Family::Flow, std::uint8_t(wire::FlowCommand::Del), {});
}

std::string DatapathClient::execute(Bytes packet, std::string_view key, std::string_view actions) {
  const auto parsed = flow::parse_odp(key);
  if (!parsed) return "key: " + std::string(parsed.error().message);
  const auto list = flow::parse_actions(actions);
  if (!list) return "actions: " + std::string(list.error().message);
  return transact(Family::Packet, std::uint8_t(wire::PacketCommand::Execute),
                  [&](wire::Writer& writer) {
                    writer.put(wire::PacketAttr::Packet, packet);
                    const auto nest = writer.begin_nest(wire::PacketAttr::Key);
                    flow::put_key(writer, parsed->key);
                    writer.end_nest(nest);
                    writer.put(wire::PacketAttr::Actions, *list);
                  });
}

namespace {

void put_prefix(wire::Writer& writer, std::string_view prefix, std::uint32_t port) {
  const std::size_t slash = std::min(prefix.find('/'), prefix.size());
  const std::string length(prefix.substr(std::min(slash + 1, prefix.size())));
  writer.put_value(wire::RouteAttr::Destination, Be32(parse_ipv4(prefix.substr(0, slash))));
  writer.put_u8(wire::RouteAttr::PrefixLength,
                length.empty() ? std::uint8_t{32} : std::uint8_t(std::atoi(length.c_str())));
  writer.put_u32(wire::RouteAttr::PortNo, port);
}

void put_place(wire::Writer& writer, std::string_view address, std::uint32_t port) {
  writer.put_value(wire::RouteAttr::Destination, Be32(parse_ipv4(address)));
  writer.put_u32(wire::RouteAttr::PortNo, port);
}

}  // namespace

std::string DatapathClient::add_address(std::string_view address, std::uint32_t port) {
  return transact(Family::Route, std::uint8_t(wire::RouteCommand::AddressNew),
                  [&](wire::Writer& writer) { put_place(writer, address, port); });
}

std::string DatapathClient::del_address(std::string_view address, std::uint32_t port) {
  return transact(Family::Route, std::uint8_t(wire::RouteCommand::AddressDel),
                  [&](wire::Writer& writer) { put_place(writer, address, port); });
}

std::string DatapathClient::add_route(std::string_view prefix, std::uint32_t port,
                                      std::string_view gateway) {
  return transact(Family::Route, std::uint8_t(wire::RouteCommand::RouteNew),
                  [&](wire::Writer& writer) {
                    put_prefix(writer, prefix, port);
                    if (!gateway.empty())
                      writer.put_value(wire::RouteAttr::Gateway, Be32(parse_ipv4(gateway)));
                  });
}

std::string DatapathClient::del_route(std::string_view prefix, std::uint32_t port) {
  return transact(Family::Route, std::uint8_t(wire::RouteCommand::RouteDel),
                  [&](wire::Writer& writer) { put_prefix(writer, prefix, port); });
}

std::string DatapathClient::add_neighbour(std::string_view address, std::uint32_t port,
                                          std::string_view mac) {
  return transact(Family::Route, std::uint8_t(wire::RouteCommand::NeighbourNew),
                  [&](wire::Writer& writer) {
                    put_place(writer, address, port);
                    writer.put_value(wire::RouteAttr::LinkAddress, parse_mac(mac));
                  });
}

std::string DatapathClient::del_neighbour(std::string_view address, std::uint32_t port) {
  return transact(Family::Route, std::uint8_t(wire::RouteCommand::NeighbourDel),
                  [&](wire::Writer& writer) { put_place(writer, address, port); });
}

std::string DatapathClient::subscribe_upcalls() {
  return write(Family::Control, std::uint8_t(wire::ControlCommand::SubscribePackets),
               [&](wire::Writer& writer) {
                 writer.put_u8(wire::ControlAttr::PacketSubscribe, 1);
                 writer.put_u32(wire::ControlAttr::PacketPid, pid_);
               });
}

std::string DatapathClient::subscribe_upcalls_of(std::uint32_t port) {
  std::string refusal = subscribe_upcalls();
  if (!refusal.empty()) return refusal;
  return transact(Family::Vport, std::uint8_t(wire::VportCommand::Set), [&](wire::Writer& writer) {
    writer.put_u32(wire::VportAttr::PortNo, port);
    writer.put_u32(wire::VportAttr::UpcallPid, pid_);
  });
}

std::string DatapathClient::subscribe_group(std::uint32_t group) {
  return write(Family::Control, std::uint8_t(wire::ControlCommand::SubscribeEvents),
               [&](wire::Writer& writer) {
                 writer.put_u32(wire::ControlAttr::McastGroup, group);
                 writer.put_u8(wire::ControlAttr::McastJoin, 1);
               });
}

std::vector<ClientFlow> DatapathClient::flows() {
  std::vector<ClientFlow> flows;
  const std::string done = dump(
      Family::Flow, std::uint8_t(wire::FlowCommand::Find), [&](const wire::MessageView& message) {
        const auto table = wire::AttributeTable<wire::kMaxFlowAttr>::parse(message.payload);
        OVS_ASSERT(table.ok() && table->has(wire::FlowAttr::Key) &&
                   table->has(wire::FlowAttr::Mask));
        const auto key = flow::parse_key((*table)[wire::FlowAttr::Key]->payload);
        OVS_ASSERT(key.ok());
        const auto mask = flow::parse_mask((*table)[wire::FlowAttr::Mask]->payload, *key);
        OVS_ASSERT(mask.ok());
        const auto actions = flow::ActionList::parse((*table)[wire::FlowAttr::Actions]->payload);
        OVS_ASSERT(actions.ok());
        ClientFlow flow{flow::format_odp(*key, *mask), flow::format_actions(*actions), 0, 0};
        if (const auto& stats = (*table)[wire::FlowAttr::Stats]) {
          const auto counts = load<wire::FlowStats>(stats->payload.data());
          flow.packets = counts.packets;
          flow.bytes = counts.bytes;
        }
        flows.push_back(std::move(flow));
      });
  OVS_ASSERT(done.empty());
  return flows;
}

std::vector<ClientUpcall> DatapathClient::upcalls() {
  std::vector<ClientUpcall> upcalls;
  std::vector<std::uint8_t> output(room_);
  for (;;) {
    const auto size = device_->control(DeviceControl::ReadPacket, Bytes(), output);
    OVS_ASSERT(size.ok());
    if (*size == 0) return upcalls;
    const auto message = wire::parse_message(Bytes(output.data(), *size));
    OVS_ASSERT(message.ok());
    const auto table = wire::AttributeTable<wire::kMaxPacketAttr>::parse(message->payload);
    OVS_ASSERT(table.ok());
    const auto key = flow::parse_key((*table)[wire::PacketAttr::Key]->payload);
    OVS_ASSERT(key.ok());
    const Bytes packet = (*table)[wire::PacketAttr::Packet]->payload;
    ClientUpcall upcall{
        wire::PacketCommand{message->header.command}, *key, {packet.begin(), packet.end()}, {}};
    if (const auto& userdata = (*table)[wire::PacketAttr::Userdata]) {
      upcall.userdata.assign(userdata->payload.begin(), userdata->payload.end());
    }
    upcalls.push_back(std::move(upcall));
  }
}

std::vector<std::string> DatapathClient::events() {
  std::vector<std::string> events;
  std::vector<std::uint8_t> output(room_);
  for (;;) {
    const auto size = device_->control(DeviceControl::ReadEvent, Bytes(), output);
    OVS_ASSERT(size.ok());
    if (*size == 0) return events;
    const auto message = wire::parse_message(Bytes(output.data(), *size));
    OVS_ASSERT(message.ok());
    const auto list = wire::Attributes::parse(message->payload);
    OVS_ASSERT(list.ok());
    if (message->header.type == std::uint16_t(Family::Route)) {
      const auto address = list->find(wire::RouteAttr::Destination);
      events.push_back("neighbour wanted " + format_ipv4(address ? address->payload : Bytes()));
      continue;
    }
    const auto command = wire::VportCommand{message->header.command};
    const auto name = list->find(wire::VportAttr::Name);
    const char* what = command == wire::VportCommand::New   ? "port added "
                       : command == wire::VportCommand::Del ? "port removed "
                                                            : "port changed ";
    events.push_back(what + std::string(name ? name->string().value_or(Text("?")) : Text("?")));
  }
}

std::string DatapathClient::link_state(std::string_view port) {
  std::string state = "no answer";
  const std::string refusal = transact(
      Family::Netdev, std::uint8_t(wire::NetdevCommand::Find),
      [&](wire::Writer& writer) { writer.put_string(wire::NetdevAttr::Name, port); },
      [&](const wire::MessageView& message) {
        const auto list = wire::Attributes::parse(message.payload);
        if (!list) return;
        if (const auto status = list->find(wire::NetdevAttr::Status)) {
          state = std::string(*status->string());
        } else {
          state = *list->find(wire::NetdevAttr::Carrier)->u8() != 0 ? "up" : "down";
        }
      });
  return refusal.empty() ? state : refusal;
}

wire::VportStats DatapathClient::port_stats(std::uint32_t number) {
  wire::VportStats stats{};
  transact(
      Family::Vport, std::uint8_t(wire::VportCommand::Find),
      [&](wire::Writer& writer) { writer.put_u32(wire::VportAttr::PortNo, number); },
      [&](const wire::MessageView& message) {
        const auto list = wire::Attributes::parse(message.payload);
        stats = load<wire::VportStats>(list->find(wire::VportAttr::Stats)->payload.data());
      });
  return stats;
}

std::map<std::string, std::uint64_t> DatapathClient::drops() {
  std::map<std::string, std::uint64_t> drops;
  const std::string refusal = transact(
      Family::Datapath, std::uint8_t(wire::DatapathCommand::Find),
      [](wire::Writer& writer) { writer.put_flag(wire::kDatapathDrops); },
      [&](const wire::MessageView& message) {
        const auto list = wire::Attributes::parse(message.payload);
        OVS_ASSERT(list.ok() && list->find(wire::kDatapathDrops));
        const auto rows = wire::Attributes::parse(list->find(wire::kDatapathDrops)->payload);
        OVS_ASSERT(rows.ok());
        for (const wire::Attribute row : *rows) {
          const auto count = load<std::uint64_t>(row.payload.data());
          const Bytes name = row.payload.from(sizeof count);
          drops[std::string(name.begin(), name.end())] = count;
        }
      });
  OVS_ASSERT(refusal.empty());
  return drops;
}

wire::DatapathStats DatapathClient::datapath_stats() {
  wire::DatapathStats stats{};
  transact(Family::Datapath, std::uint8_t(wire::DatapathCommand::Find), {},
           [&](const wire::MessageView& message) {
             const auto list = wire::Attributes::parse(message.payload);
             stats =
                 load<wire::DatapathStats>(list->find(wire::DatapathAttr::Stats)->payload.data());
           });
  return stats;
}

}  // namespace ovs::tests
