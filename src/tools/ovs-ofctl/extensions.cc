// Commands about what a switch can do beside forwarding: fragments, IPFIX, connections, tunnel
// options, bundles, how fast it answers.
#include <fmt/format.h>

#include <algorithm>

#include "openflow/text/ct_text.h"
#include "openflow/text/group_text.h"
#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

// --- fragments ---

constexpr std::string_view kFragmentNames[] = {"normal", "drop", "reassemble", "nx-match"};

Result<SwitchConfig, Failure> fetch_config(Connection& connection) {
  OVS_TRY(const Message reply, connection.ask(simple(connection, Kind::GetConfigRequest)));
  if (const auto* config = reply.as<SwitchConfig>()) return *config;
  return Failure{"bad reply to config request"};
}

int show_frags(Call& call) {
  return with_connection(call, [](Call&, Connection& connection) -> Result<void, Failure> {
    OVS_TRY(const SwitchConfig config, fetch_config(connection));
    put(fmt::format("{}\n", kFragmentNames[std::size_t(config.fragments) & 3]));
    return kOk;
  });
}

Result<void, Failure> change_frags(Call& call, Connection& connection) {
  const auto* name = std::find(std::begin(kFragmentNames), std::end(kFragmentNames), call.word(2));
  const auto wanted = Fragments(name - kFragmentNames);
  OVS_TRY(SwitchConfig config, fetch_config(connection));
  if (config.fragments == wanted) return kOk;
  config.fragments = wanted;
  OVS_TRY(connection.commit(encode(simple(connection, Kind::SetConfig, config))));
  OVS_TRY(config, fetch_config(connection));
  if (config.fragments == wanted) return kOk;
  return Failure{fmt::format(
      "{}: setting fragment handling mode failed (this switch probably doesn't support mode "
      "\"{}\")",
      call.word(1), call.word(2))};
}

int set_frags(Call& call) {
  const auto* end = std::end(kFragmentNames);
  if (std::find(std::begin(kFragmentNames), end, call.word(2)) == end) {
    return call.fail(call.word(2) + ": unknown fragment handling mode");
  }
  return with_connection(call, change_frags);
}

// --- IPFIX ---

int dump_ipfix_bridge(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) {
    return dump(connection, simple(connection, Kind::IpfixBridgeStatsRequest), print_options(c));
  });
}
int dump_ipfix_flow(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) {
    return dump(connection, simple(connection, Kind::IpfixFlowStatsRequest), print_options(c));
  });
}

// --- connections ---

int ct_flush_zone(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    const auto zone = parse_limited(c.word(2), 0xffff, "zone_id");
    if (!zone.ok()) return Failure{zone.error().message};
    return connection.commit(
        encode(simple(connection, Kind::CtFlushZone, ZoneFlush{std::uint16_t(*zone)})));
  });
}

int ct_flush(Call& call) {
  const std::vector<std::string> words(call.words.begin() + 2, call.words.end());
  const auto flush = parse_ct_flush(words);
  if (!flush.ok()) return call.fail("Failed to parse CT match: " + flush.error().message);
  auto connection = Connection::open(call, call.word(1), call.options.versions);
  if (!connection.ok()) return fail(call, connection.error());
  const auto sent = (*connection)->commit(encode(simple(**connection, Kind::CtFlush, *flush)));
  return sent.ok() ? 0 : fail(call, sent.error());
}

// --- tunnel options ---

int send_tlv_mod(Call& call, TlvCommand command) {
  TlvTableMod mod;
  mod.command = command;
  if (command != TlvCommand::Clear) {
    auto maps = parse_tlv_maps(call.word(2));
    if (!maps.ok()) return call.fail(maps.error().message);
    mod.maps = std::move(maps).value();
  }
  auto connection = Connection::open(call, call.word(1), call.options.versions);
  if (!connection.ok()) return fail(call, connection.error());
  const auto sent = (*connection)->commit(encode(simple(**connection, Kind::TlvTableMod, mod)));
  return sent.ok() ? 0 : fail(call, sent.error());
}
int add_tlv_map(Call& call) {
  return send_tlv_mod(call, TlvCommand::Add);
}
int del_tlv_map(Call& call) {
  return send_tlv_mod(call, call.count() > 2 ? TlvCommand::Delete : TlvCommand::Clear);
}
int dump_tlv_map(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) {
    return dump(connection, simple(connection, Kind::TlvTableRequest), print_options(c));
  });
}

// --- bundles ---

// A line of a bundle's file: what it changes, once the protocol is known.
using BundleLine = std::function<std::string(Connection&)>;

Result<BundleLine, flow::TextError> parse_bundle_line(std::string_view text,
                                                      const TextContext& context,
                                                      Protocols& usable) {
  const std::string_view kind = text.substr(0, std::min(text.find_first_of(", \t"), text.size()));
  const std::string_view rest = text.substr(kind.size());
  if (kind == "flow") {
    OVS_TRY(FlowMod mod, parse_flow_line(rest, FlowCommand::Add, context, usable));
    return BundleLine([mod](Connection& connection) {
      return encode_flow_mod(mod, connection.protocol(), connection.next_xid());
    });
  }
  if (kind == "group") {
    OVS_TRY(GroupMod mod, parse_group_line(rest, GroupCommand::Add, context, usable));
    return BundleLine(
        [mod](Connection& connection) { return encode(simple(connection, Kind::GroupMod, mod)); });
  }
  if (kind == "packet-out") {
    OVS_TRY(PacketOut out, parse_packet_out(rest, context, usable));
    return BundleLine(
        [out](Connection& connection) { return encode(simple(connection, Kind::PacketOut, out)); });
  }
  return text_error(fmt::format("Unsupported bundle message type: {}", kind));
}

Result<void, Failure> send_bundle(Call& call, const std::vector<BundleLine>& lines,
                                  Protocols usable) {
  OVS_TRY(const Protocols protocols, allowed_in_bundle(call, usable));
  OVS_TRY(const auto connection, open_with(call, protocols));
  std::vector<std::string> messages;
  for (const BundleLine& line : lines) messages.push_back(line(*connection));
  return connection->commit_bundle(messages);
}

int bundle(Call& call) {
  const auto texts = lines_of(call, call.word(2));
  if (!texts.ok()) return fail(call, texts.error());
  const LazyPorts ports(call);
  Remarks remarks;
  const TextContext context{&ports, nullptr, &remarks};
  Protocols usable = kAllProtocols;
  std::vector<BundleLine> lines;
  for (const Line& text : *texts) {
    auto line = parse_bundle_line(text.text, context, usable);
    if (!line.ok()) {
      call.log(remarks);
      return call.fail(fmt::format("{}:{}: {}", call.word(2), text.number, line.error().message));
    }
    lines.push_back(std::move(line).value());
  }
  call.log(remarks);
  const auto sent = send_bundle(call, lines, usable);
  return sent.ok() ? 0 : fail(call, sent.error());
}

// --- speed ---

Result<void, Failure> run_benchmark(Call& call, Connection& connection) {
  const auto size = parse_unsigned(call.word(2)), count = parse_unsigned(call.word(3));
  if (!size || *size > kMaxMessageSize - kHeaderSize) {
    return Failure{
        fmt::format("payload must be between 0 and {} bytes", kMaxMessageSize - kHeaderSize)};
  }
  if (!count) return Failure{fmt::format("invalid count \"{}\"", call.word(3))};
  const std::uint64_t message_size = *size + kHeaderSize;
  put(fmt::format("Sending {} packets * {} bytes (with header) = {} bytes total\n", *count,
                  message_size, *count * message_size));
  const std::uint64_t start = call.program.clock().now_ns();
  for (std::uint64_t i = 0; i < *count; ++i) {
    Echo echo;
    echo.payload.resize(std::size_t(*size));
    OVS_TRY(const Message reply, connection.ask(simple(connection, Kind::EchoRequest, echo)));
    if (reply.as<Echo>() == nullptr) return Failure{"reply does not match request"};
  }
  const double ms = double(call.program.clock().now_ns() - start) / 1e6;
  put(fmt::format("Finished in {:.1f} ms ({:.0f} packets/s) ({:.0f} bytes/s)\n", ms,
                  double(*count) / (ms / 1000), double(*count * message_size) / (ms / 1000)));
  return kOk;
}
int benchmark(Call& call) {
  return with_connection(call, run_benchmark);
}

constexpr Command kCommands[] = {
    {"get-frags", "switch", 1, 1, show_frags},
    {"set-frags", "switch frag_mode", 2, 2, set_frags},
    {"benchmark", "target n count", 3, 3, benchmark},
    {"dump-ipfix-bridge", "switch", 1, 1, dump_ipfix_bridge},
    {"dump-ipfix-flow", "switch", 1, 1, dump_ipfix_flow},
    {"ct-flush-zone", "switch zone", 2, 2, ct_flush_zone},
    {"ct-flush", "switch [zone=N] [mark=X[/M]] [labels=Y[/N]] [ct_orig_tuple] [ct_reply_tuple]", 1,
     6, ct_flush},
    {"bundle", "switch file", 2, 2, bundle},
    {"add-tlv-map", "switch map", 2, 2, add_tlv_map},
    {"del-tlv-map", "switch [map]", 1, 2, del_tlv_map},
    {"dump-tlv-map", "switch", 1, 1, dump_tlv_map},
};

}  // namespace

Span<const Command> extension_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl
