// Commands about meters, which need version 1.3.
#include <fmt/format.h>

#include "openflow/text/meter_text.h"
#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

Result<std::unique_ptr<Connection>, Failure> open_for_meters(Call& call) {
  OVS_TRY(const Protocols protocols, allowed(call, kOf13AndUp));
  return open_with(call, protocols);
}

int send_mod(Call& call, MeterCommand command, std::string_view text) {
  const auto mod = parse_meter_mod(text, command);
  if (!mod.ok()) return call.fail(mod.error().message);
  auto connection = open_for_meters(call);
  if (!connection.ok()) return fail(call, connection.error());
  const auto sent = (*connection)->commit(encode(simple(**connection, Kind::MeterMod, *mod)));
  return sent.ok() ? 0 : fail(call, sent.error());
}

int add_meter(Call& call) {
  return send_mod(call, MeterCommand::Add, call.word(2));
}
int mod_meter(Call& call) {
  return send_mod(call, MeterCommand::Modify, call.word(2));
}
int del_meters(Call& call) {
  return send_mod(call, MeterCommand::Delete, call.count() > 2 ? call.word(2) : "meter=all");
}

int ask(Call& call, Kind kind, Body body) {
  auto connection = open_for_meters(call);
  if (!connection.ok()) return fail(call, connection.error());
  const Message request = simple(**connection, kind, std::move(body));
  const auto done = dump(**connection, request, print_options(call));
  return done.ok() ? 0 : fail(call, done.error());
}
int ask_about_one(Call& call, Kind kind) {
  std::uint32_t id = kMeterAll;
  if (call.count() > 2) {
    const auto parsed = parse_meter_request(call.word(2));
    if (!parsed.ok()) return call.fail(parsed.error().message);
    id = *parsed;
  }
  return ask(call, kind, IdRequest{id});
}

int dump_meters(Call& call) {
  return ask_about_one(call, Kind::MeterConfigStatsRequest);
}
int meter_stats(Call& call) {
  return ask_about_one(call, Kind::MeterStatsRequest);
}
int meter_features(Call& call) {
  return ask(call, Kind::MeterFeaturesStatsRequest, Empty{});
}

constexpr Command kCommands[] = {
    {"add-meter", "switch meter", 2, 2, add_meter},
    {"mod-meter", "switch meter", 2, 2, mod_meter},
    {"del-meter", "switch meter", 1, 2, del_meters},
    {"del-meters", "switch", 1, 2, del_meters},
    {"dump-meter", "switch meter", 1, 2, dump_meters},
    {"dump-meters", "switch", 1, 2, dump_meters},
    {"meter-stats", "switch [meter]", 1, 2, meter_stats},
    {"meter-features", "switch", 1, 1, meter_features},
};

}  // namespace

Span<const Command> meter_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl
