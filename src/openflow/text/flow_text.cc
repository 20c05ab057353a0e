#include "openflow/text/flow_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text/hex.h"
#include "openflow/action/action_text.h"
#include "openflow/action/check.h"
#include "openflow/action/parse_parts.h"
#include "openflow/match/wire_match.h"

namespace ovs::openflow {
namespace {

using flow::MatchWord;
using flow::TextError;

// Which keys a command knows.
struct Keys {
  bool actions = false, timeouts = false, priority = false, flags = false, out = false;
};
Keys keys_of(FlowCommand command) {
  switch (command) {
    case FlowCommand::Add:
    case FlowCommand::Modify:
    case FlowCommand::ModifyStrict: return {true, true, true, true, false};
    case FlowCommand::Delete: return {false, false, false, false, true};
    case FlowCommand::DeleteStrict: return {false, false, true, false, true};
  }
  return {};
}

struct FlagWord {
  std::string_view word;
  std::uint16_t flag;
  Protocols usable;
};
constexpr FlagWord kFlagWords[] = {
    {"send_flow_rem", kSendFlowRemoved, kAllProtocols},
    {"check_overlap", kCheckOverlap, kAllProtocols},
    {"reset_counts", kResetCounts, kOf12AndUp},
    {"no_packet_counts", kNoPacketCounts, kOf13AndUp},
    {"no_byte_counts", kNoByteCounts, kOf13AndUp},
    {"no_readonly_table", 0, kAllProtocols},
    {"allow_hidden_fields", 0, kAllProtocols},
};
constexpr std::string_view kIgnored[] = {"duration", "n_packets", "n_bytes", "idle_age",
                                         "hard_age"};

// Splits "... actions=..." before the actions; nothing if there are none.
std::optional<std::string_view> split_actions(std::string_view& text) {
  std::size_t from = 0;
  while (true) {
    const std::size_t at = text.find("action", from);
    if (at == std::string_view::npos) return std::nullopt;
    from = at + 6;
    const bool begins =
        at == 0 || text[at - 1] == ',' || text[at - 1] == ' ' || text[at - 1] == '\t';
    std::string_view rest = text.substr(from);
    if (!begins) continue;
    if (rest.starts_with('s')) rest.remove_prefix(1);
    rest = rest.substr(std::min(rest.find_first_not_of(" \t"), rest.size()));
    if (!rest.starts_with('=')) continue;
    text = text.substr(0, at);
    return rest.substr(1);
  }
}

Result<void, TextError> parse_cookie(std::string_view text, FlowCommand command, FlowMod& mod,
                                     Protocols& usable) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    if (command == FlowCommand::Add) {
      return text_error("flow additions cannot use a cookie mask");
    }
    OVS_TRY(mod.cookie, parse_limited(text.substr(0, slash), ~std::uint64_t{0}, "cookie"));
    const std::string_view mask = text.substr(slash + 1);
    if (mask == "-1") {
      mod.cookie_mask = ~std::uint64_t{0};
    } else {
      OVS_TRY(mod.cookie_mask, parse_limited(mask, ~std::uint64_t{0}, "cookie"));
    }
    usable &= kNxmAndUp | bit(Protocol::Of11);
    return kOk;
  }
  if (!keys_of(command).actions) return text_error("cannot set cookie");
  OVS_TRY(mod.new_cookie, parse_limited(text, ~std::uint64_t{0}, "cookie"));
  mod.modify_cookie = true;
  return kOk;
}

template <class T>
Result<void, TextError> number(const Word& word, T& target) {
  OVS_TRY(const std::uint64_t value, parse_limited(word.value, std::uint64_t(T(~T{0})), word.key));
  target = T(value);
  return kOk;
}

Result<void, TextError> parse_out_port(std::string_view text, const TextContext& context,
                                       OfPort& port) {
  const auto number_or_name = flow::parse_port(text, context.ports);
  if (!number_or_name.ok()) {
    return text_error(fmt::format("{} is not a valid OpenFlow port", text));
  }
  port = *number_or_name;
  return kOk;
}

Result<void, TextError> parse_valued(const Word& word, FlowCommand command,
                                     const TextContext& context, FlowMod& mod, Protocols& usable) {
  const Keys keys = keys_of(command);
  if (word.key == "table") {
    OVS_TRY(mod.table, parse_table(word.value, context));
    if (mod.table != kAllTables) usable &= kTableIdProtocols | kOf11AndUp;
    return kOk;
  }
  if (word.key == "cookie") return parse_cookie(word.value, command, mod, usable);
  if (keys.priority && word.key == "priority") return number(word, mod.priority);
  if (keys.timeouts && word.key == "idle_timeout") return number(word, mod.idle_timeout);
  if (keys.timeouts && word.key == "hard_timeout") return number(word, mod.hard_timeout);
  if (keys.timeouts && word.key == "importance") return number(word, mod.importance);
  if (keys.out && word.key == "out_port") return parse_out_port(word.value, context, mod.out_port);
  if (keys.out && word.key == "out_group") {
    usable &= kOf11AndUp;
    return number(word, mod.out_group);
  }
  const bool ignored =
      std::find(std::begin(kIgnored), std::end(kIgnored), word.key) != std::end(kIgnored);
  if (ignored) return kOk;
  return text_error(fmt::format("unknown keyword {}", word.key));
}

Result<bool, TextError> parse_flag(const Word& word, const Keys& keys, FlowMod& mod,
                                   Protocols& usable) {
  if (!keys.flags) return false;
  for (const FlagWord& flag : kFlagWords) {
    if (flag.word != word.key) continue;
    mod.flags |= flag.flag;
    usable &= flag.usable;
    return true;
  }
  return false;
}

// What a match on this field costs: fields that no message can carry leave no protocol.
Protocols protocols_of_field(flow::FieldId id) {
  const flow::Field& field = flow::field(id);
  const bool carried = field.nxm.present || field.oxm.present || id == flow::FieldId::DlVlan ||
                       id == flow::FieldId::DlVlanPcp;
  return carried ? kAllProtocols : kNoProtocols;
}

Protocols protocols_of_word(std::string_view key) {
  const flow::Field* field = flow::find_field(Text(key));
  return field == nullptr ? kAllProtocols : protocols_of_field(field->id);
}

// "reg0[3..5]=2": some bits of a field, beside others that may be matched already.
Result<void, TextError> parse_bits_word(const Word& word, flow::Match& match) {
  OVS_TRY(const Subfield bits, parse_subfield(word.key));
  const auto number = flow::parse_number(word.value);
  if (!number) return text_error(fmt::format("{}: bad value for field {}", word.value, word.key));
  const flow::FieldValue ones = flow::FieldValue::ones(bits.bits);
  if (!(*number & ~ones).is_zero()) {
    return text_error(fmt::format("{}: value does not fit into {} bits", word.whole, bits.bits));
  }
  const flow::FieldValue mask = match.mask(bits.field) | shifted_left(ones, bits.first_bit);
  const flow::FieldValue value = match.value(bits.field) | shifted_left(*number, bits.first_bit);
  match.set_masked(bits.field, value, mask);
  return kOk;
}

Result<void, TextError> parse_word(const Word& word, FlowCommand command,
                                   const TextContext& context, FlowMod& mod, Protocols& usable) {
  OVS_TRY(const bool flag, parse_flag(word, keys_of(command), mod, usable));
  if (flag) return kOk;
  if (word.key.find('[') != std::string_view::npos) return parse_bits_word(word, mod.match);
  OVS_TRY(const MatchWord taken,
          flow::parse_match_word(word.key, word.value, context.ports, mod.match));
  if (taken == MatchWord::Taken) {
    usable &= protocols_of_word(word.key);
    return kOk;
  }
  if (!word.has_value || word.value.empty()) {
    return text_error(fmt::format("field {} missing value", word.key));
  }
  return parse_valued(word, command, context, mod, usable);
}

// A modification that looks for no cookie adds a flow where there is none; that one's is zero.
void finish_cookie(FlowMod& mod, FlowCommand command) {
  const bool modifies = command == FlowCommand::Modify || command == FlowCommand::ModifyStrict;
  if (command == FlowCommand::Add) mod.modify_cookie = false;
  if (modifies && !mod.modify_cookie && mod.cookie_mask != 0) mod.new_cookie = ~std::uint64_t{0};
}

Result<void, TextError> parse_and_check_actions(std::string_view text, const TextContext& context,
                                                FlowMod& mod, Protocols& usable) {
  OVS_TRY(mod.actions, parse_actions(text, context.ports, usable));
  const auto checked = check_actions(mod.actions, mod.match, mod.table, usable, context.remarks);
  if (checked.ok()) return kOk;
  return text_error(
      fmt::format("actions are invalid with specified match ({})", error_name(checked.error())));
}

struct CommandWord {
  std::string_view word;
  FlowCommand command;
};
constexpr CommandWord kCommandWords[] = {{"add", FlowCommand::Add},
                                         {"modify", FlowCommand::Modify},
                                         {"modify_strict", FlowCommand::ModifyStrict},
                                         {"delete", FlowCommand::Delete},
                                         {"delete_strict", FlowCommand::DeleteStrict}};

}  // namespace

void normalize(flow::Match& match, const TextContext& context) {
  const flow::Match plain = flow::normalized(match);
  if (plain == match) return;
  const auto info = [&](std::string text) {
    remark(context.remarks, "ofp_match", Remark::Level::Info, std::move(text));
  };
  info("normalization changed ofp_match, details:");
  info(" pre: " + flow::format_match(match, context.ports));
  info("post: " + flow::format_match(plain, context.ports));
  match = plain;
}

Result<std::uint8_t, TextError> parse_table(std::string_view text, const TextContext& context) {
  const auto id = parse_unsigned(text);
  if (id && *id <= 255) return std::uint8_t(*id);
  if (!id && context.tables != nullptr) {
    if (const auto named = context.tables->number(text)) return std::uint8_t(*named);
  }
  if (id) {
    remark(context.remarks, "ofp_table", Remark::Level::Warn,
           fmt::format("table {} is outside the supported range 0 through 255", *id));
  }
  return text_error(fmt::format("unknown table \"{}\"", text));
}

Result<FlowMod, TextError> parse_flow_mod(std::string_view text, FlowCommand command,
                                          const TextContext& context, Protocols& usable) {
  FlowMod mod;
  mod.command = command;
  mod.priority = 32768;
  std::string_view match = text;
  std::optional<std::string_view> actions;
  if (keys_of(command).actions) {
    actions = split_actions(match);
    if (!actions) return text_error("must specify an action");
  }
  Words words(match);
  while (const auto word = words.next()) {
    OVS_TRY(parse_word(*word, command, context, mod, usable));
  }
  finish_cookie(mod, command);
  usable &= usable_protocols(mod.match);
  if (actions) {
    OVS_TRY(parse_and_check_actions(*actions, context, mod, usable));
  }
  if (usable == 0) {
    return text_error("actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)");
  }
  normalize(mod.match, context);
  return mod;
}

Result<FlowMod, TextError> parse_flow_line(std::string_view text, FlowCommand otherwise,
                                           const TextContext& context, Protocols& usable) {
  const std::string_view line = trimmed(text);
  const std::size_t end = std::min(line.find_first_of(" \t,"), line.size());
  for (const CommandWord& row : kCommandWords) {
    if (line.substr(0, end) == row.word) {
      return parse_flow_mod(line.substr(end), row.command, context, usable);
    }
  }
  return parse_flow_mod(line, otherwise, context, usable);
}

Result<FlowStatsRequest, TextError> parse_flow_stats_request(std::string_view text,
                                                             const TextContext& context,
                                                             Protocols& usable) {
  Protocols own = kAllProtocols;
  OVS_TRY(const FlowMod mod, parse_flow_mod(text, FlowCommand::Delete, context, own));
  // Requests name a table in every version.
  if (mod.table != kAllTables && mod.cookie_mask == 0 && mod.out_group == kGroupAny) {
    own = usable_protocols(mod.match);
  }
  usable &= own;
  FlowStatsRequest request;
  request.match = mod.match;
  request.cookie = mod.cookie;
  request.cookie_mask = mod.cookie_mask;
  request.out_port = mod.out_port;
  request.out_group = mod.out_group;
  request.table = mod.table;
  return request;
}

namespace {

struct MonitorFlag {
  std::string_view word;
  std::uint16_t flag;
};
constexpr MonitorFlag kMonitorFlags[] = {
    {"!initial", kMonitorInitial}, {"!add", kMonitorAdd},         {"!delete", kMonitorDelete},
    {"!modify", kMonitorModify},   {"!actions", kMonitorActions}, {"!abbrev", kMonitorNoAbbrev},
    {"!own", kMonitorOwn}};

Result<void, TextError> parse_monitor_word(std::string_view whole, const Word& word,
                                           const TextContext& context, FlowMonitor& monitor) {
  for (const MonitorFlag& row : kMonitorFlags) {
    if (row.word != word.key) continue;
    monitor.flags &= std::uint16_t(~row.flag);
    return kOk;
  }
  OVS_TRY(const MatchWord taken,
          flow::parse_match_word(word.key, word.value, context.ports, monitor.match));
  if (taken == MatchWord::Taken) return kOk;
  if (word.value.empty()) {
    return text_error(fmt::format("{}: field {} missing value", whole, word.key));
  }
  if (word.key == "table") {
    OVS_TRY(monitor.table, parse_table(word.value, context));
    return kOk;
  }
  if (word.key == "out_port") return parse_out_port(word.value, context, monitor.out_port);
  if (word.key == "out_group") return number(word, monitor.out_group);
  return text_error(fmt::format("{}: unknown keyword {}", whole, word.key));
}

}  // namespace

Result<FlowMonitor, TextError> parse_flow_monitor(std::string_view text,
                                                  const TextContext& context) {
  FlowMonitor monitor;
  monitor.flags = kMonitorInitial | kMonitorAdd | kMonitorDelete | kMonitorModify |
                  kMonitorActions | kMonitorOwn;
  Words words(text);
  while (const auto word = words.next()) {
    OVS_TRY(parse_monitor_word(text, *word, context, monitor));
  }
  return monitor;
}

Result<PacketOut, TextError> parse_packet_out(std::string_view text, const TextContext& context,
                                              Protocols& usable) {
  PacketOut out;
  out.metadata.set(flow::FieldId::InPort, kPortNone);
  std::string_view fields = text;
  const std::optional<std::string_view> actions = split_actions(fields);
  if (!actions) return text_error("must specify an action");
  Words words(fields);
  while (const auto word = words.next()) {
    if (word->key == "packet") {
      const auto bytes = parse_hex<ByteString>(word->value, Blanks::Skip);
      if (!bytes) return text_error("Trailing garbage in packet data");
      out.packet = *bytes;
      continue;
    }
    if (word->key == "in_port") out.metadata.wildcard(flow::FieldId::InPort);
    OVS_TRY(const MatchWord taken,
            flow::parse_match_word(word->key, word->value, context.ports, out.metadata));
    if (taken == MatchWord::NotMatch) {
      return text_error(fmt::format("unknown keyword {}", word->key));
    }
  }
  OVS_TRY(out.actions, parse_actions(*actions, context.ports, usable, ActionsContext::List));
  if (out.packet.empty()) return text_error("must specify packet");
  return out;
}

}  // namespace ovs::openflow
