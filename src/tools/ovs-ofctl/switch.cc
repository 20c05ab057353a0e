// Commands about a switch as a whole, its ports, queues and tables.
#include <fmt/format.h>

#include <algorithm>

#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

int show(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    const PrintOptions options = print_options(c);
    OVS_TRY(dump(connection, simple(connection, Kind::FeaturesRequest), options));
    const std::uint32_t xid = connection.next_xid();
    if (connection.version() >= Version::V13) {
      OVS_TRY(
          dump(connection,
               make_message(Kind::PortDescStatsRequest, connection.version(), xid, Body(Empty{})),
               options));
    }
    return dump(connection, simple(connection, Kind::GetConfigRequest), options);
  });
}

int dump_desc(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) {
    return dump(connection, simple(connection, Kind::DescStatsRequest), print_options(c));
  });
}

int dump_tables(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) {
    return dump(connection, simple(connection, Kind::TableStatsRequest), print_options(c));
  });
}

// Each needs a version that has it.
int ask_tables(Call& call, Kind kind, Protocols usable) {
  const auto protocols = allowed(call, usable);
  if (!protocols.ok()) return fail(call, protocols.error());
  auto connection = open_with(call, *protocols);
  if (!connection.ok()) return fail(call, connection.error());
  const auto done = dump(**connection, simple(**connection, kind), print_options(call));
  return done.ok() ? 0 : fail(call, done.error());
}
int dump_table_features(Call& call) {
  return ask_tables(call, Kind::TableFeaturesStatsRequest, kOf13AndUp);
}
int dump_table_desc(Call& call) {
  return ask_tables(call, Kind::TableDescRequest, kOf14AndUp);
}

Result<OfPort, Failure> port_word(Call& call, const PortTable& ports, std::size_t index) {
  if (call.count() <= index) return OfPort(kPortAny);
  const auto port = flow::parse_port(call.word(index), &ports);
  if (port.ok()) return *port;
  return Failure{fmt::format("{}: unknown port `{}'", call.word(1), call.word(index))};
}

int dump_ports(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    OVS_TRY(const PortTable ports, ports_for(c, connection));
    OVS_TRY(const OfPort port, port_word(c, ports, 2));
    PrintOptions options = print_options(c);
    if (shows_names(c)) options.ports = &ports;
    return dump(connection, simple(connection, Kind::PortStatsRequest, PortRequest{port}), options);
  });
}

int dump_ports_desc(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    Body body = Empty{};
    // Older requests name no port, but one that does not exist is refused all the same.
    const bool names_port = connection.version() >= Version::V15;
    if (names_port || c.count() > 2) {
      OVS_TRY(const PortTable ports, ports_for(c, connection));
      OVS_TRY(const OfPort port, port_word(c, ports, 2));
      if (names_port) body = PortRequest{port};
    }
    return dump(connection, simple(connection, Kind::PortDescStatsRequest, std::move(body)),
                print_options(c));
  });
}

int queue_stats(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    QueueRequest request;
    OVS_TRY(const PortTable ports, ports_for(c, connection));
    if (c.word(2) != "all" && c.word(2) != "ALL") {
      OVS_TRY(request.port, port_word(c, ports, 2));
    }
    if (c.count() > 3) {
      const auto queue = parse_unsigned(c.word(3));
      if (!queue) return Failure{fmt::format("invalid queue \"{}\"", c.word(3))};
      request.queue = std::uint32_t(*queue);
    }
    return dump(connection, simple(connection, Kind::QueueStatsRequest, request), print_options(c));
  });
}

int queue_get_config(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    OVS_TRY(const PortTable ports, all_ports(c, connection));
    QueueConfigRequest request;
    OVS_TRY(request.port, port_word(c, ports, 2));
    if (c.count() > 3) {
      const auto queue = parse_unsigned(c.word(3));
      if (!queue) return Failure{fmt::format("invalid queue \"{}\"", c.word(3))};
      request.queue = std::uint32_t(*queue);
    }
    const PrintOptions options = print_options(c);
    // Version 1.0 has no word for all ports.
    const bool each = connection.version() == Version::V10 && request.port == kPortAny;
    if (!each) {
      return dump(connection, simple(connection, Kind::QueueGetConfigRequest, request), options);
    }
    for (const Port& port : ports.ports()) {
      if (port.number >= kPortMax) continue;
      request.port = port.number;
      OVS_TRY(dump(connection, simple(connection, Kind::QueueGetConfigRequest, request), options));
    }
    return kOk;
  });
}

struct PortChange {
  std::string_view word;
  std::uint32_t bit;
  bool set;
};
constexpr PortChange kPortChanges[] = {{"up", kPortDown, false},
                                       {"down", kPortDown, true},
                                       {"stp", kNoStp, false},
                                       {"no-stp", kNoStp, true},
                                       {"receive", kNoReceive, false},
                                       {"no-receive", kNoReceive, true},
                                       {"receive-stp", kNoReceiveStp, false},
                                       {"no-receive-stp", kNoReceiveStp, true},
                                       {"flood", kNoFlood, false},
                                       {"no-flood", kNoFlood, true},
                                       {"forward", kNoForward, false},
                                       {"no-forward", kNoForward, true},
                                       {"packet-in", kNoPacketIn, false},
                                       {"no-packet-in", kNoPacketIn, true}};

// "no-flood" may also be written "noflood".
bool is_word(const PortChange& row, std::string_view word) {
  if (row.word == word) return true;
  return row.word.starts_with("no-") && word.starts_with("no") &&
         row.word.substr(3) == word.substr(2);
}

int mod_port(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    const auto* change =
        std::find_if(std::begin(kPortChanges), std::end(kPortChanges),
                     [&](const PortChange& row) { return is_word(row, c.word(3)); });
    if (change == std::end(kPortChanges)) {
      return Failure{fmt::format("unknown mod-port command '{}'", c.word(3))};
    }
    OVS_TRY(const PortTable ports, all_ports(c, connection));
    OVS_TRY(const OfPort number, port_word(c, ports, 2));
    const Port* port = ports.find(number);
    if (port == nullptr) {
      return Failure{fmt::format("{}: couldn't find port `{}'", c.word(1), c.word(2))};
    }
    PortMod mod;
    mod.port = number;
    mod.address = port->address;
    mod.mask = change->bit;
    mod.config = change->set ? change->bit : 0;
    return connection.commit(encode(simple(connection, Kind::PortMod, mod)));
  });
}

int probe(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    OVS_TRY(const Message reply, connection.ask(simple(connection, Kind::EchoRequest, Echo{})));
    const Echo* echo = reply.as<Echo>();
    if (echo != nullptr && echo->payload.empty()) return kOk;
    return Failure{"reply does not match request"};
    (void)c;
  });
}

int ping(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    constexpr int kPings = 10;
    const auto size = c.count() > 2 ? parse_unsigned(c.word(2)) : std::uint64_t{64};
    if (!size || *size > kMaxMessageSize - kHeaderSize) {
      return Failure{
          fmt::format("payload must be between 0 and {} bytes", kMaxMessageSize - kHeaderSize)};
    }
    for (int i = 0; i < kPings; ++i) {
      Echo echo;
      echo.payload.assign(std::size_t(*size), std::uint8_t(i));
      const std::uint64_t start = c.program.clock().now_ns();
      const Message request = simple(connection, Kind::EchoRequest, echo);
      OVS_TRY(const Message reply, connection.ask(request));
      const double ms = double(c.program.clock().now_ns() - start) / 1e6;
      put(fmt::format("{} bytes from {}: xid={:08x} time={:.1f} ms\n", *size, c.word(1), reply.xid,
                      ms));
    }
    return kOk;
  });
}

constexpr Command kCommands[] = {
    {"show", "switch", 1, 1, show},
    {"dump-desc", "switch", 1, 1, dump_desc},
    {"dump-tables", "switch", 1, 1, dump_tables},
    {"dump-table-features", "switch", 1, 1, dump_table_features},
    {"dump-table-desc", "switch", 1, 1, dump_table_desc},
    {"dump-ports", "switch [port]", 1, 2, dump_ports},
    {"dump-ports-desc", "switch [port]", 1, 2, dump_ports_desc},
    {"queue-stats", "switch [port [queue]]", 1, 3, queue_stats},
    {"queue-get-config", "switch [port [queue]]", 1, 3, queue_get_config},
    {"mod-port", "switch iface act", 3, 3, mod_port},
    {"probe", "target", 1, 1, probe},
    {"ping", "target [n]", 1, 2, ping},
};

}  // namespace

Span<const Command> switch_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl
