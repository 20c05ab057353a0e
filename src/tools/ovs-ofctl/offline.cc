// Commands that ask no switch: messages from hexadecimal text, flows and actions to text and back.
#include <fmt/format.h>

#include <cstdio>
#include <random>

#include "base/text/hex.h"
#include "flow/match/quoted_text.h"
#include "openflow/action/action_text.h"
#include "openflow/action/action_wire.h"
#include "openflow/action/check.h"
#include "openflow/match/oxm_text.h"
#include "openflow/match/wire_match.h"
#include "tools/ovs-ofctl/options.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

Bytes bytes_of(std::string_view text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

template <class F>
void for_each_line(std::string_view text, F take) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    take(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}
// A line without its comment and the space around it.
std::string_view without_comment(std::string_view line) {
  return trimmed(line.substr(0, std::min(flow::find_unquoted(line, "#"), line.size())));
}

int print_hex(Call& call, const std::string& text, int verbosity) {
  const auto bytes = parse_hex<ByteString>(text, Blanks::Skip);
  if (!bytes) return call.fail("trailing garbage following hex bytes");
  Remarks remarks;
  PrintOptions options;
  options.verbosity = verbosity;
  options.remarks = &remarks;
  const std::string printed = print_message(*bytes, options);
  call.log(remarks);
  put(printed);
  return 0;
}

int ofp_print(Call& call) {
  const auto level = call.count() > 2 ? parse_unsigned(call.word(2)) : std::uint64_t{2};
  const int verbosity = int(level.value_or(2));
  if (call.word(1) != "-") return print_hex(call, call.word(1), verbosity);
  const auto text = read_input(call, "-");
  if (!text) return 1;
  int status = 0;
  for_each_line(*text, [&](std::string_view line) {
    const std::string_view hex = without_comment(line);
    if (status == 0 && !hex.empty()) status = print_hex(call, std::string(hex), verbosity);
  });
  return status;
}

// --- flows ---

struct ParsedFlows {
  std::vector<FlowMod> mods;
  Protocols usable = kAllProtocols;
};

int print_flow_mods(Call& call, const ParsedFlows& flows) {
  const Protocols usable =
      flows.usable & call.options.protocols &
      protocols_of(call.options.versions_given ? call.options.versions : VersionBitmap{2});
  put(fmt::format("usable protocols: {}\n", format_protocols(flows.usable)));
  if (usable == 0) {
    std::fflush(stdout);
    return call.fail("no usable protocol");
  }
  unsigned i = 0;
  while ((usable >> i & 1) == 0) ++i;
  const Protocol protocol = Protocol(1u << i);
  put(fmt::format("chosen protocol: {}\n", protocol_name(protocol)));
  std::uint32_t xid = 0;
  for (const FlowMod& mod : flows.mods) {
    Remarks remarks;
    PrintOptions options;
    options.verbosity = call.options.verbosity;
    options.remarks = &remarks;
    const std::string bytes = encode_flow_mod(mod, protocol, ++xid);
    const std::string printed = print_message(bytes_of(bytes), options);
    call.log(remarks);
    put(printed);
  }
  return 0;
}

int parse_flow(Call& call) {
  ParsedFlows flows;
  Remarks remarks;
  const auto mod =
      parse_flow_mod(call.word(1), FlowCommand::Add, {nullptr, nullptr, &remarks}, flows.usable);
  call.log(remarks);
  if (!mod.ok()) return call.fail(mod.error().message);
  flows.mods.push_back(*mod);
  return print_flow_mods(call, flows);
}

int parse_flows(Call& call) {
  const auto text = read_input(call, call.word(1));
  if (!text) return 1;
  ParsedFlows flows;
  Remarks remarks;
  std::string error;
  std::size_t number = 0;
  for_each_line(*text, [&](std::string_view line) {
    ++number;
    const std::string_view flow = without_comment(line);
    if (flow.empty() || !error.empty()) return;
    Protocols usable = kAllProtocols;
    auto mod = parse_flow_mod(flow, FlowCommand::Add, {nullptr, nullptr, &remarks}, usable);
    if (!mod.ok()) {
      error = fmt::format("{}:{}: {}", call.word(1), number, mod.error().message);
      return;
    }
    flows.usable &= usable;
    flows.mods.push_back(std::move(mod).value());
  });
  call.log(remarks);
  if (!error.empty()) return call.fail(error);
  return print_flow_mods(call, flows);
}

// --- actions ---

// The second operand on, if there is one, replaces the default version 1.0.
Version version_word(const Call& call, std::size_t index) {
  return find_version(call.word(index)).value_or(Version::V10);
}

// Where two byte strings differ, as a person sees it.
void print_differences(Bytes before, Bytes after, std::string_view prefix = {}) {
  const std::size_t common = std::min(before.count(), after.count());
  for (std::size_t i = 0; i < std::max(before.count(), after.count()); ++i) {
    if (i < common && before[i] == after[i]) continue;
    const auto digits = [&](Bytes bytes) {
      return i < bytes.count() ? fmt::format("{:02x}", bytes[i]) : std::string("(none)");
    };
    put(fmt::format("{}{:2}: {} -> {}\n", prefix, i, digits(before), digits(after)));
  }
}

// "2," before the bytes: the table that the flow is in.
std::uint8_t take_table(std::string_view& text) {
  const std::size_t comma = text.find(',');
  if (comma == std::string_view::npos) return 0;
  const auto table = parse_unsigned(text.substr(0, comma));
  text.remove_prefix(comma + 1);
  return std::uint8_t(table.value_or(0));
}

// Whether a flow of this table may have the instructions.
std::optional<OfError> error_in_table(Actions& actions, std::uint8_t table) {
  for (const Action& action : actions) {
    const auto* go = action.as<GotoTable>();
    if (go != nullptr && go->table <= table) return OfError::OFPBIC_BAD_TABLE_ID;
  }
  return std::nullopt;
}

int parse_action_lines(Call& call, bool instructions) {
  const Version version = version_word(call, 1);
  const auto text = read_input(call, "-");
  if (!text) return 1;
  int status = 0;
  for_each_line(*text, [&](std::string_view line) {
    std::string_view hex = without_comment(line);
    if (hex.empty() || status != 0) return;
    const std::uint8_t table = take_table(hex);
    const auto bytes = parse_hex<ByteString>(hex, Blanks::Skip);
    if (!bytes) {
      status = call.fail("trailing garbage at end of line");
      return;
    }
    In in(*bytes, version, OfError::OFPBAC_BAD_LEN);
    Remarks remarks;
    in.tell(&remarks);
    Actions actions = instructions ? read_instructions(in) : read_actions(in);
    call.log(remarks);
    const auto misplaced = instructions ? error_in_table(actions, table) : std::nullopt;
    if (!in.ok() || misplaced) {
      put(fmt::format("bad {} {}: {}\n\n", version_name(version),
                      instructions ? "instructions" : "actions",
                      error_name(in.ok() ? *misplaced : in.error())));
      return;
    }
    put(fmt::format("actions={}\n", format_actions(actions)));
    std::string again;
    Out out(again, version);
    if (instructions) {
      write_instructions(out, actions);
    } else {
      write_actions(out, actions);
    }
    print_differences(*bytes, bytes_of(again));
    put("\n");
  });
  return status;
}
int parse_actions_command(Call& call) {
  return parse_action_lines(call, false);
}
int parse_instructions_command(Call& call) {
  return parse_action_lines(call, true);
}

// --- matches ---

int round_trip_matches(Call& call, OxmStyle style, UnknownFields unknown) {
  const auto text = read_input(call, "-");
  if (!text) return 1;
  int status = 0;
  for_each_line(*text, [&](std::string_view line) {
    if (status != 0) return;
    if (line.starts_with('#')) return put(std::string(line) + "\n");
    const std::string_view list = without_comment(line);
    if (list.empty()) return put("\n");
    const auto bytes = parse_oxm_list(list);
    if (!bytes.ok()) {
      status = call.fail(bytes.error().message);
      return;
    }
    In in(*bytes, Version::V10, OfError::OFPBMC_BAD_LEN);
    OxmCookie cookie;
    const auto match = read_oxm_fields(in, unknown, &cookie);
    if (!match.ok()) {
      put(fmt::format("nx_pull_match() returned error {}\n", error_name(match.error())));
      return;
    }
    std::string again;
    Out out(again, Version::V10);
    write_oxm_fields(out, *match, style, &cookie);
    const std::string printed = format_oxm_list(bytes_of(again), style);
    put((printed.empty() ? std::string("<any>") : printed) + "\n");
  });
  return status;
}

int parse_nx_match(Call& call) {
  return round_trip_matches(call, OxmStyle::Nxm,
                            call.options.strict ? UnknownFields::Refuse : UnknownFields::Skip);
}
int parse_oxm(Call& call) {
  return round_trip_matches(call, oxm_style(version_word(call, 1)),
                            call.options.strict ? UnknownFields::Refuse : UnknownFields::Skip);
}

// The bytes of a standard match of `size`; explains to the caller why there are none.
std::optional<ByteString> match_bytes(Call& call, std::string_view hex, std::size_t size) {
  auto bytes = parse_hex<ByteString>(hex, Blanks::Skip);
  if (!bytes) {
    call.fail("Trailing garbage in hex data");
    return std::nullopt;
  }
  if (bytes->size() != size) {
    call.fail(fmt::format("Input is {} bytes, expected {}", bytes->size(), size));
    return std::nullopt;
  }
  return std::move(bytes).value();
}

// An "x" stands for a digit that must not matter: any digit goes in, zero comes out.
std::string with_digits(std::string_view hex, std::minstd_rand* random) {
  std::string text(hex);
  for (char& c : text) {
    if (c == 'x') c = random == nullptr ? '0' : "0123456789abcdef"[(*random)() & 0xf];
  }
  return text;
}

std::string bytes_of_match10(const flow::Match& match) {
  std::string bytes;
  Out out(bytes, Version::V10);
  write_match10(out, match);
  return bytes;
}

int round_trip_match10(Call& call, std::string_view hex, std::minstd_rand& random) {
  const auto expected = match_bytes(call, with_digits(hex, nullptr), kMatch10Size);
  const auto input = match_bytes(call, with_digits(hex, &random), kMatch10Size);
  if (!expected || !input) return 1;
  In in(*input, Version::V10, OfError::OFPBMC_BAD_LEN);
  flow::Match match = read_match10(in);
  put(flow::format_match(match) + "\n");
  const std::string again = bytes_of_match10(match);
  print_differences(*expected, bytes_of(again));
  Remarks remarks;
  normalize(match, {nullptr, nullptr, &remarks});
  call.log(remarks);
  print_differences(bytes_of(again), bytes_of(bytes_of_match10(match)), "normal: ");
  put("\n");
  return 0;
}

int round_trip_match11(Call& call, std::string_view hex, std::minstd_rand&) {
  const auto input = match_bytes(call, hex, kMatch11Size);
  if (!input) return 1;
  In in(*input, Version::V11, OfError::OFPBMC_BAD_LEN);
  const flow::Match match = read_match11(in);
  if (!in.ok()) {
    put(fmt::format("bad ofp11_match: {}\n\n", error_name(in.error())));
    return 0;
  }
  put(flow::format_match(match) + "\n");
  std::string again;
  Out out(again, Version::V11);
  write_match11(out, match);
  print_differences(*input, bytes_of(again));
  put("\n");
  return 0;
}

int parse_standard_matches(Call& call,
                           int (*round_trip)(Call&, std::string_view, std::minstd_rand&)) {
  const auto text = read_input(call, "-");
  if (!text) return 1;
  std::minstd_rand random;
  int status = 0;
  for_each_line(*text, [&](std::string_view line) {
    const std::string_view hex = without_comment(line);
    if (!hex.empty() && status == 0) status = round_trip(call, hex, random);
  });
  return status;
}
int parse_ofp10_match(Call& call) {
  return parse_standard_matches(call, round_trip_match10);
}
int parse_ofp11_match(Call& call) {
  return parse_standard_matches(call, round_trip_match11);
}

constexpr Command kCommands[] = {
    {"ofp-print", nullptr, 1, 2, ofp_print},
    {"parse-flow", nullptr, 1, 1, parse_flow},
    {"parse-flows", nullptr, 1, 1, parse_flows},
    {"parse-actions", nullptr, 1, 1, parse_actions_command},
    {"parse-instructions", nullptr, 1, 1, parse_instructions_command},
    {"parse-nx-match", nullptr, 0, 0, parse_nx_match},
    {"parse-nxm", nullptr, 0, 0, parse_nx_match},
    {"parse-oxm", nullptr, 1, 1, parse_oxm},
    {"parse-ofp10-match", nullptr, 0, 0, parse_ofp10_match},
    {"parse-ofp11-match", nullptr, 0, 0, parse_ofp11_match},
};

}  // namespace

Span<const Command> offline_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl
