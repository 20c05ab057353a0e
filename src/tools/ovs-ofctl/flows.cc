// Commands about flows.
#include <fmt/format.h>

#include <algorithm>

#include "base/text/hex.h"
#include "openflow/match/wire_match.h"
#include "tools/ovs-ofctl/exchange.h"
#include "tools/ovs-ofctl/flow_source.h"
#include "tools/ovs-ofctl/port_table.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

Result<void, Failure> send_mods(Call& call, const std::vector<FlowMod>& mods, Protocols usable) {
  OVS_TRY(const auto connection, open_for_changes(call, usable));
  std::vector<std::string> messages;
  for (const FlowMod& mod : mods) {
    messages.push_back(encode_flow_mod(mod, connection->protocol(), connection->next_xid()));
  }
  if (call.options.bundle) return connection->commit_bundle(messages);
  std::string all;
  for (const std::string& message : messages) all += message;
  return connection->commit(std::move(all));
}

int change(Call& call, FlowCommand command, const std::string& text) {
  const LazyPorts ports(call);
  Remarks remarks;
  Protocols usable = kAllProtocols;
  const auto mod = parse_flow_mod(text, command, {&ports, nullptr, &remarks}, usable);
  call.log(remarks);
  if (!mod.ok()) return call.fail(mod.error().message);
  const auto sent = send_mods(call, {*mod}, usable);
  return sent.ok() ? 0 : fail(call, sent.error());
}

int change_from_file(Call& call, FlowCommand command, const std::string& path) {
  const LazyPorts ports(call);
  Protocols usable = kAllProtocols;
  const auto mods = flows_of_file(call, path, command, &ports, usable);
  if (!mods.ok()) return fail(call, mods.error());
  const auto sent = send_mods(call, *mods, usable);
  return sent.ok() ? 0 : fail(call, sent.error());
}

int add_flow(Call& call) {
  if (call.word(2) == "-") return change_from_file(call, FlowCommand::Add, "-");
  return change(call, FlowCommand::Add, call.word(2));
}
int add_flows(Call& call) {
  return change_from_file(call, FlowCommand::Add, call.word(2));
}
int mod_flows(Call& call) {
  const auto command = call.options.strict ? FlowCommand::ModifyStrict : FlowCommand::Modify;
  if (call.word(2) == "-") return change_from_file(call, command, "-");
  return change(call, command, call.word(2));
}
int del_flows(Call& call) {
  const auto command = call.options.strict ? FlowCommand::DeleteStrict : FlowCommand::Delete;
  if (call.word(2) == "-") return change_from_file(call, command, "-");
  return change(call, command, call.word(2));
}

struct Request {
  std::unique_ptr<Connection> connection;
  Message message;
};
Result<Request, Failure> stats_request(Call& call, Kind kind, const flow::PortNames* names) {
  Remarks remarks;
  Protocols usable = kAllProtocols;
  const auto parsed = parse_flow_stats_request(call.word(2), {names, nullptr, &remarks}, usable);
  call.log(remarks);
  if (!parsed.ok()) return Failure{parsed.error().message};
  OVS_TRY(const Protocols protocols, allowed(call, usable));
  OVS_TRY(auto connection, Connection::open(call, call.word(1), call.options.versions));
  // What NXM says more is worth asking for.
  const Protocols nxm = protocols & kNxmProtocols;
  OVS_TRY(connection->use_protocol(connection->version() == Version::V10 && nxm != 0 ? nxm
                                                                                     : protocols));
  Message message =
      make_flow_stats_request(kind, *parsed, connection->protocol(), connection->next_xid());
  return Request{std::move(connection), std::move(message)};
}

Result<void, Failure> print_sorted(Call& call, Request& request, const PrintOptions& options) {
  std::vector<FlowStats> flows;
  OVS_TRY(std::string reply, request.connection->transact(request.message));
  while (true) {
    auto message = decode(bytes_of(reply));
    const FlowStatsReply* part = message.ok() ? message->as<FlowStatsReply>() : nullptr;
    if (part == nullptr) {
      const std::string text = print_message(bytes_of(reply), options);
      std::fwrite(text.data(), 1, text.size(), stderr);
      return Failure{};
    }
    flows.insert(flows.end(), part->flows.begin(), part->flows.end());
    if (!message->more) break;
    OVS_TRY(reply, request.connection->reply_to(request.message.xid));
  }
  // Upstream's tool shows ages of version 1.0 only where it prints a whole message as it came.
  if (request.connection->version() == Version::V10) {
    for (FlowStats& flow : flows) flow.idle_age_s = flow.hard_age_s = -1;
  }
  OVS_TRY(sort_flows(call, flows));
  for (const FlowStats& flow : flows) put(" " + format_flow_stats(flow, options) + "\n");
  return kOk;
}

int dump_flows(Call& call) {
  const LazyPorts names(call);
  auto request = stats_request(call, Kind::FlowStatsRequest, &names);
  if (!request.ok()) return fail(call, request.error());
  const bool shows = shows_names(call);
  const PrintOptions options = print_options(call, shows ? &names : nullptr);
  const bool raw = call.options.sort.empty() && !shows && call.options.statistics;
  const auto done = raw ? dump(*request->connection, request->message, options)
                        : print_sorted(call, *request, options);
  return done.ok() ? 0 : fail(call, done.error());
}

int dump_aggregate(Call& call) {
  const LazyPorts names(call);
  auto request = stats_request(call, Kind::AggregateStatsRequest, &names);
  if (!request.ok()) return fail(call, request.error());
  const auto done = dump(*request->connection, request->message, print_options(call, nullptr));
  return done.ok() ? 0 : fail(call, done.error());
}

// --- two sources of flows ---

int diff_flows(Call& call) {
  std::vector<SourceFlow> flows[2];
  for (int i = 0; i < 2; ++i) {
    auto read = flows_of_source(call, call.word(std::size_t(i) + 1));
    if (!read.ok()) return fail(call, read.error());
    flows[i] = std::move(read).value();
  }
  const std::string differences = difference_text(flows[0], flows[1]);
  put(differences);
  return differences.empty() ? 0 : 2;
}

int replace_flows(Call& call) {
  const LazyPorts ports(call);
  Protocols usable = kAllProtocols;
  const auto wanted = flows_of_file(call, call.word(2), FlowCommand::Add, &ports, usable);
  if (!wanted.ok()) return fail(call, wanted.error());
  const auto present = flows_of_switch(call, call.word(1));
  if (!present.ok()) return fail(call, present.error());
  const auto sent = send_mods(call, replacement(*present, *wanted, call.options.readd), usable);
  return sent.ok() ? 0 : fail(call, sent.error());
}

// --- packets ---

Result<PacketOut, Failure> packet_of_words(Call& call, const flow::PortNames* ports,
                                           Protocols& usable) {
  PacketOut out;
  const auto port = flow::parse_port(call.word(2), ports);
  if (!port.ok()) return Failure{fmt::format("{}: bad in_port", call.word(2))};
  out.metadata.set(flow::FieldId::InPort, *port);
  auto actions = parse_packet_actions(call.word(3), ports, usable);
  if (!actions.ok()) return Failure{actions.error().message};
  out.actions = std::move(actions).value();
  return out;
}

Result<std::vector<PacketOut>, Failure> packets_of(Call& call, const flow::PortNames* ports,
                                                   Protocols& usable) {
  std::vector<PacketOut> packets;
  if (call.count() == 3) {
    auto out = parse_packet_out(call.word(2), {ports, nullptr, nullptr}, usable);
    if (!out.ok()) return Failure{out.error().message};
    packets.push_back(std::move(out).value());
    return packets;
  }
  if (call.count() == 4) return Failure{"packet-out: no packet was given"};
  OVS_TRY(PacketOut out, packet_of_words(call, ports, usable));
  for (std::size_t i = 4; i < call.count(); ++i) {
    const auto packet = parse_hex<ByteString>(call.word(i), Blanks::Skip);
    if (!packet) return Failure{"Trailing garbage in packet data"};
    out.packet = *packet;
    packets.push_back(out);
  }
  return packets;
}

int packet_out(Call& call) {
  const LazyPorts ports(call);
  Protocols usable = kAllProtocols;
  const auto packets = packets_of(call, &ports, usable);
  if (!packets.ok()) return fail(call, packets.error());
  auto connection = Connection::open(call, call.word(1), call.options.versions);
  if (!connection.ok()) return fail(call, connection.error());
  std::string messages;
  for (const PacketOut& packet : *packets) {
    messages += encode(
        make_message(Kind::PacketOut, (*connection)->version(), (*connection)->next_xid(), packet));
  }
  const auto sent = (*connection)->commit(std::move(messages));
  return sent.ok() ? 0 : fail(call, sent.error());
}

constexpr Command kCommands[] = {
    {"dump-flows", "switch [flow]", 1, 2, dump_flows},
    {"dump-aggregate", "switch [flow]", 1, 2, dump_aggregate},
    {"add-flow", "switch flow", 2, 2, add_flow},
    {"add-flows", "switch file", 2, 2, add_flows},
    {"mod-flows", "switch flow", 2, 2, mod_flows},
    {"del-flows", "switch [flow]", 1, 2, del_flows},
    {"replace-flows", "switch file", 2, 2, replace_flows},
    {"diff-flows", "source1 source2", 2, 2, diff_flows},
    {"packet-out", "switch \"in_port=<port> packet=<hex data> actions=...\"", 2, kAnyCount,
     packet_out},
};

}  // namespace

Span<const Command> flow_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl
