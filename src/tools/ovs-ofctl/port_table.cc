#include "tools/ovs-ofctl/port_table.h"

#include <unistd.h>

namespace ovs::tools::ofctl {

using namespace openflow;

std::optional<std::string> PortTable::name(std::uint32_t number) const {
  const Port* port = find(OfPort(number));
  if (port == nullptr) return std::nullopt;
  return port->name;
}

std::optional<std::uint32_t> PortTable::number(std::string_view name) const {
  const Port* cut = nullptr;
  unsigned cut_count = 0;
  for (const Port& port : ports_) {
    if (port.name == name) return port.number;
    if (port.name.size() != kMaxPortName || !name.starts_with(port.name)) continue;
    cut = &port;
    ++cut_count;
  }
  if (cut_count != 1) return std::nullopt;
  return cut->number;
}

const Port* PortTable::find(OfPort number) const {
  for (const Port& port : ports_) {
    if (port.number == number) return &port;
  }
  return nullptr;
}

bool accepts_names(const Call& call) {
  return call.options.names != NamesMode::Never;
}

bool shows_names(const Call& call) {
  if (call.options.names == NamesMode::Automatic) return isatty(STDOUT_FILENO) != 0;
  return call.options.names == NamesMode::Always;
}

// A connection of its own, so that the numbers of the caller's messages stay what they were.
Result<PortTable, Failure> all_ports(Call& call, Connection& connection) {
  OVS_TRY(const auto own, Connection::open(call, call.word(1), bit(connection.version())));
  std::vector<Port> ports;
  const bool features = own->version() < Version::V13;
  const Kind kind = features ? Kind::FeaturesRequest : Kind::PortDescStatsRequest;
  Body body = Empty{};
  if (own->version() >= Version::V15) body = PortRequest{};
  const Message request = make_message(kind, own->version(), own->next_xid(), std::move(body));
  OVS_TRY(Message reply, own->ask(request));
  while (true) {
    if (const auto* message = reply.as<FeaturesReply>()) return PortTable(message->ports);
    const auto* part = reply.as<PortDescReply>();
    if (part == nullptr) return PortTable(std::move(ports));
    ports.insert(ports.end(), part->ports.begin(), part->ports.end());
    if (!reply.more) return PortTable(std::move(ports));
    OVS_TRY(const std::string bytes, own->reply_to(request.xid));
    auto next = decode(Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
    if (!next.ok()) return Failure{"description of ports cannot be decoded"};
    reply = std::move(next).value();
  }
}

Result<PortTable, Failure> ports_for(Call& call, Connection& connection) {
  if (!accepts_names(call)) return PortTable();
  return all_ports(call, connection);
}

}  // namespace ovs::tools::ofctl
