#include <fmt/format.h>

#include <algorithm>

#include "flow/match/quoted_text.h"
#include "openflow/action/action_text.h"
#include "openflow/action/basic.h"
#include "openflow/action/names.h"
#include "openflow/action/parse_parts.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;
using flow::TextError;

struct Named {
  std::string_view name;
  ParsedAction (*parse)(const Word& word, ActionParser& parser);
};

constexpr std::uint64_t kMax16 = 0xffff, kMax32 = 0xffffffff;

// --- ports ---

ParsedAction parse_output(const Word& word, ActionParser& parser) {
  if (word.whole.find('(') != std::string_view::npos && !word.value.empty() &&
      word.whole.substr(word.key.size()).starts_with("(") &&
      word.value.find('=') != std::string_view::npos) {
    return parse_output_trunc(word, parser);
  }
  if (const auto port = flow::parse_port(word.value, parser.ports); port.ok()) {
    parser.add(Output{*port, std::uint16_t(*port == kPortController ? kMax16 : 0)});
    return kOk;
  }
  const auto source = parse_subfield(word.value);
  if (!source.ok()) {
    return text_error(fmt::format("{}: output to unknown port", word.value));
  }
  parser.add(OutputReg{*source, std::uint16_t(kMax16)});
  return kOk;
}

ParsedAction parse_enqueue(const Word& word, ActionParser& parser) {
  const std::size_t split = flow::find_unquoted(word.value, ":,");
  if (split == std::string_view::npos) {
    return text_error("\"enqueue\" syntax is \"enqueue:PORT:QUEUE\" or \"enqueue(PORT,QUEUE)\"");
  }
  const auto port = flow::parse_port(trimmed(word.value.substr(0, split)), parser.ports);
  if (!port.ok()) {
    return text_error(fmt::format("{}: enqueue to unknown port", word.value.substr(0, split)));
  }
  OVS_TRY(const std::uint64_t queue,
          parse_limited(trimmed(word.value.substr(split + 1)), kMax32, "queue"));
  parser.add(Enqueue{*port, std::uint32_t(queue)});
  return kOk;
}

ParsedAction parse_userdata(std::string_view text, Controller& c) {
  c.has_userdata = true;
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] == '.' || text[i] == ' ') {
      ++i;
      continue;
    }
    const auto byte = parse_unsigned("0x" + std::string(text.substr(i, 2)));
    if (!byte || text.size() - i < 2)
      return text_error("bad hex digit in `controller' action `userdata'");
    c.userdata.push_back(std::uint8_t(*byte));
    i += 2;
  }
  return kOk;
}

ParsedAction parse_controller_word(const Word& word, Controller& c) {
  if (word.key == "reason") {
    const int reason = index_in(kReasonNames, word.value);
    if (reason < 0) return text_error(fmt::format("unknown reason \"{}\"", word.value));
    c.reason = PacketInReason(reason);
    return kOk;
  }
  if (word.key == "userdata") return parse_userdata(word.value, c);
  if (word.key == "pause") {
    c.pause = true;
    return kOk;
  }
  if (word.key == "max_len") return set_number(word, c.max_length);
  if (word.key == "id") return set_number(word, c.controller_id);
  if (word.key == "meter_id") return set_number(word, c.provider_meter);
  return text_error(fmt::format("unknown key \"{}\" parsing controller action", word.key));
}

ParsedAction parse_controller(const Word& word, ActionParser& parser) {
  Controller c;
  const bool plain = word.value.empty() || parse_unsigned(word.value).has_value();
  if (plain) {
    Output output{kPortController, std::uint16_t(kMax16)};
    if (!word.value.empty()) {
      OVS_TRY(const std::uint64_t length, parse_limited(word.value, kMax16, "max_len"));
      output.max_length = std::uint16_t(length);
    }
    parser.add(output);
    return kOk;
  }
  Words words(word.value);
  while (const auto part = words.next()) OVS_TRY(parse_controller_word(*part, c));
  const bool output = c.reason == PacketInReason::Action && c.controller_id == 0 &&
                      !c.has_userdata && !c.pause && c.provider_meter == kMax32;
  if (output) {
    parser.add(Output{kPortController, c.max_length});
  } else {
    parser.add(std::move(c));
  }
  return kOk;
}

// --- one number ---

ParsedAction bad_value(const BasicRow& row, std::string_view text) {
  switch (row.op) {
    case BasicOp::ModVlanVid:
    case BasicOp::SetVlanVid: return text_error(fmt::format("{}: not a valid VLAN VID", text));
    case BasicOp::ModVlanPcp:
    case BasicOp::SetVlanPcp: return text_error(fmt::format("{}: not a valid VLAN PCP", text));
    case BasicOp::ModTos: return text_error(fmt::format("{}: not a valid TOS", text));
    case BasicOp::ModEcn: return text_error(fmt::format("{}: not a valid ECN", text));
    case BasicOp::PushVlan: return text_error(fmt::format("{}: not a valid VLAN ethertype", text));
    case BasicOp::SetMplsLabel: return text_error(fmt::format("{}: not a valid MPLS label", text));
    case BasicOp::SetMplsTc: return text_error(fmt::format("{}: not a valid MPLS TC", text));
    case BasicOp::SetMplsTtl: return text_error(fmt::format("invalid MPLS TTL \"{}\"", text));
    default: return text_error(fmt::format("invalid {} \"{}\"", row.name, text));
  }
}

Result<std::uint64_t, TextError> parse_as_field(FieldId id, std::string_view text) {
  OVS_TRY(const flow::MaskedValue value, flow::parse_value(flow::field(id), text));
  return value.value.low();
}

Result<std::uint64_t, TextError> parse_argument(const BasicRow& row, std::string_view text) {
  if (row.argument == Argument::Mac) return parse_as_field(FieldId::EthSrc, text);
  if (row.argument == Argument::Ipv4) return parse_as_field(FieldId::IpSrc, text);
  if (row.argument == Argument::Group && text == "all") return std::uint64_t{kGroupAll};
  return parse_limited(text, ~std::uint64_t{0}, row.name);
}

// What an action says that was written without its number.
ParsedAction check_given(const BasicRow& row, std::string_view text) {
  if (!text.empty()) return kOk;
  switch (row.op) {
    case BasicOp::SetMplsLabel: return text_error("set_mpls_label: expected label.");
    case BasicOp::SetMplsTc: return text_error("set_mpls_tc: expected tc.");
    case BasicOp::SetMplsTtl: return text_error("set_mpls_ttl: expected ttl.");
    default: return kOk;
  }
}

bool is_vlan_type(std::uint64_t type) {
  return type == 0x8100 || type == 0x88a8;
}

Protocols protocols_of_basic(BasicOp op) {
  switch (op) {
    case BasicOp::PushVlan: return kOf11AndUp;
    case BasicOp::Meter: return kOf13AndUp;
    case BasicOp::DecNshTtl: return kOf13AndUp;
    default: return kAllProtocols;
  }
}

ParsedAction parse_basic(const BasicRow& row, const Word& word, ActionParser& parser) {
  parser.usable &= protocols_of_basic(row.op);
  Basic basic{row.op, 0, false};
  if (row.argument != Argument::None) {
    OVS_TRY(check_given(row, trimmed(word.value)));
    OVS_TRY(basic.value, parse_argument(row, trimmed(word.value)));
    if (basic.value > row.limit) return bad_value(row, word.value);
    if (row.op == BasicOp::PushVlan && !is_vlan_type(basic.value)) {
      return bad_value(row, word.value);
    }
    if (row.op == BasicOp::ModTos && (basic.value & 3) != 0) return bad_value(row, word.value);
  }
  if (row.op == BasicOp::SetTunnel && basic.value > kMax32) basic.op = BasicOp::SetTunnel64;
  parser.add(basic);
  return kOk;
}

ParsedAction parse_dec_ttl(const Word& word, ActionParser& parser) {
  if (word.value.empty()) {
    parser.add(Basic{BasicOp::DecTtl});
    return kOk;
  }
  DecTtlControllers dec;
  Words ids(word.value);
  while (const auto id = ids.next()) {
    OVS_TRY(const std::uint64_t number, parse_limited(id->key, kMax16, "controller id"));
    dec.controllers.push_back(std::uint16_t(number));
  }
  if (dec.controllers.empty()) {
    return text_error("dec_ttl_cnt_ids: expected at least one controller id.");
  }
  parser.add(std::move(dec));
  return kOk;
}

// --- fields ---

Protocols protocols_of_set_field(FieldId id) {
  constexpr FieldId kStandard[] = {
      FieldId::EthSrc,    FieldId::EthDst,   FieldId::IpSrc,    FieldId::IpDst,   FieldId::TcpSrc,
      FieldId::TcpDst,    FieldId::UdpSrc,   FieldId::UdpDst,   FieldId::SctpSrc, FieldId::SctpDst,
      FieldId::InPort,    FieldId::VlanVid,  FieldId::VlanPcp,  FieldId::NwTos,   FieldId::IpDscp,
      FieldId::InPortOxm, FieldId::IcmpType, FieldId::IcmpCode, FieldId::ArpSpa,  FieldId::ArpTpa,
      FieldId::ArpOp,     FieldId::DlVlan,   FieldId::DlVlanPcp};
  if (std::find(std::begin(kStandard), std::end(kStandard), id) != std::end(kStandard)) {
    return kAllProtocols;
  }
  const bool eleven = id == FieldId::Metadata || id == FieldId::NwEcn;
  return eleven ? Protocols(kNxmAndUp | bit(Protocol::Of11)) : kNxmAndUp;
}

const flow::Field* find_any_field(std::string_view name) {
  if (const flow::Field* field = flow::find_field(Text(name))) return field;
  return find_nxm_name(name);
}

ParsedAction parse_set_field(const Word& word, ActionParser& parser) {
  const std::size_t arrow = word.value.find("->");
  if (arrow == std::string_view::npos) {
    return text_error(fmt::format("{}: missing `->'", word.value));
  }
  const std::string_view name = trimmed(word.value.substr(arrow + 2));
  if (name.empty()) {
    return text_error(fmt::format("{}: missing field name following `->'", word.value));
  }
  const flow::Field* field = find_any_field(name);
  if (field == nullptr) return text_error(fmt::format("{} is not a valid OXM field name", name));
  if (!field->writable()) return text_error(fmt::format("{} is read-only", name));
  const std::string_view text = trimmed(word.value.substr(0, arrow));
  OVS_TRY(const flow::MaskedValue value, flow::parse_value(*field, text, parser.ports));
  SetField set{};
  set.field = field->id;
  set.value = value.value;
  set.mask = value.mask;
  if (!flow::is_valid(field->id, set.value)) {
    return text_error(fmt::format("{} is not a valid value for field {}", text, name));
  }
  parser.usable &= protocols_of_set_field(field->id);
  parser.add(set);
  return kOk;
}

ParsedAction parse_load(const Word& word, ActionParser& parser) {
  const std::size_t arrow = word.value.find("->");
  if (arrow == std::string_view::npos) {
    return text_error(fmt::format("{}: missing `->'", word.value));
  }
  OVS_TRY(const Subfield to, parse_destination(trimmed(word.value.substr(arrow + 2))));
  const std::string_view text = trimmed(word.value.substr(0, arrow));
  const auto number = flow::parse_number(text);
  if (!number) return text_error(fmt::format("{}: cannot parse integer value", word.value));
  const FieldValue value = *number;
  if (!(value & ~FieldValue::ones(to.bits)).is_zero()) {
    const std::string shown =
        flow::format_value(flow::field(to.field), value, flow::Match::exact_mask(to.field));
    return text_error(
        fmt::format("{}: value {} does not fit into {} bits", word.value, shown, to.bits));
  }
  SetField set{};
  set.field = to.field;
  set.value = shifted_left(value, to.first_bit);
  set.mask = shifted_left(FieldValue::ones(to.bits), to.first_bit);
  set.form = SetField::Form::Load;
  parser.add(set);
  return kOk;
}

ParsedAction parse_move(const Word& word, ActionParser& parser) {
  const std::size_t arrow = word.value.find("->");
  if (arrow == std::string_view::npos) {
    return text_error(fmt::format("{}: missing `->' following source", word.value));
  }
  OVS_TRY(const Subfield from, parse_subfield(trimmed(word.value.substr(0, arrow))));
  OVS_TRY(const Subfield to, parse_destination(trimmed(word.value.substr(arrow + 2))));
  if (from.bits != to.bits) {
    return text_error(
        fmt::format("{}: source field is {} bits wide but destination is {} bits wide", word.value,
                    from.bits, to.bits));
  }
  parser.add(Move{from, to});
  return kOk;
}

// Behind a subfield nothing may follow.
ParsedAction check_end_of_subfield(std::string_view text) {
  const std::size_t bracket = text.find(']');
  if (bracket == std::string_view::npos || bracket + 1 == text.size()) return kOk;
  return text_error(
      fmt::format("{}: trailing garbage following push or pop", text.substr(bracket + 1)));
}

ParsedAction parse_push(const Word& word, ActionParser& parser) {
  OVS_TRY(check_end_of_subfield(trimmed(word.value)));
  OVS_TRY(const Subfield source, parse_subfield(trimmed(word.value)));
  parser.add(StackPush{source});
  return kOk;
}
ParsedAction parse_pop(const Word& word, ActionParser& parser) {
  OVS_TRY(check_end_of_subfield(trimmed(word.value)));
  OVS_TRY(const Subfield to, parse_destination(trimmed(word.value)));
  parser.add(StackPop{to});
  return kOk;
}

// --- control ---

ParsedAction parse_resubmit(const Word& word, ActionParser& parser) {
  Resubmit resubmit;
  resubmit.form = Resubmit::Form::Port;
  const std::size_t comma = flow::find_unquoted(word.value, ",");
  const std::string_view port = trimmed(word.value.substr(0, std::min(comma, word.value.size())));
  if (!port.empty()) {
    const auto number = flow::parse_port(port, parser.ports);
    if (!number.ok()) return text_error(fmt::format("{}: resubmit to unknown port", port));
    resubmit.in_port = *number;
  }
  if (comma != std::string_view::npos) {
    std::string_view table = word.value.substr(comma + 1);
    const std::size_t second = table.find(',');
    resubmit.form = Resubmit::Form::Table;
    if (second != std::string_view::npos) {
      if (trimmed(table.substr(second + 1)) != "ct") {
        return text_error(fmt::format("{}: unknown parameter", table.substr(second + 1)));
      }
      resubmit.form = Resubmit::Form::TableCt;
      table = table.substr(0, second);
    }
    if (!trimmed(table).empty()) {
      const auto number = parse_unsigned(trimmed(table));
      if (!number || *number > 255) {
        return text_error(fmt::format("{}: resubmit to unknown table", trimmed(table)));
      }
      resubmit.table = std::uint8_t(*number);
    }
  }
  if (resubmit.in_port == kPortInPort && resubmit.table == kCurrentTable) {
    return text_error("at least one \"in_port\" or \"table\" must be specified on resubmit");
  }
  parser.add(resubmit);
  return kOk;
}

ParsedAction parse_goto(const Word& word, ActionParser& parser) {
  const auto table = parse_unsigned(trimmed(word.value));
  if (!table || *table > 255) {
    return text_error(fmt::format("unknown table \"{}\"", word.value));
  }
  parser.add(GotoTable{std::uint8_t(*table)});
  return kOk;
}

ParsedAction parse_write_metadata(const Word& word, ActionParser& parser) {
  parser.usable &= kNxmAndUp | bit(Protocol::Of11);
  OVS_TRY(const flow::MaskedValue value,
          flow::parse_value(flow::field(FieldId::Metadata), word.value));
  parser.add(WriteMetadata{value.value.low(), value.mask.low()});
  return kOk;
}

ParsedAction parse_write_actions(const Word& word, ActionParser& parser) {
  OVS_TRY(Actions actions, parser.nested(word.value, OuterAction::WriteActions));
  parser.add(WriteActions{std::move(actions)});
  return kOk;
}

ParsedAction parse_clear_actions(const Word&, ActionParser& parser) {
  parser.add(ClearActions{});
  return kOk;
}

ParsedAction parse_apply_actions(const Word&, ActionParser&) {
  return text_error("apply_actions is the default instruction");
}

ParsedAction parse_clone(const Word& word, ActionParser& parser) {
  OVS_TRY(Actions actions, parser.nested(word.value, OuterAction::Clone));
  parser.add(Clone{std::move(actions)});
  return kOk;
}

ParsedAction parse_unroll(const Word&, ActionParser&) {
  return text_error("UNROLL is an internal action that shouldn't be used via OpenFlow");
}

constexpr Named kActions[] = {
    {"output", parse_output},
    {"enqueue", parse_enqueue},
    {"controller", parse_controller},
    {"CONTROLLER", parse_controller},
    {"dec_ttl", parse_dec_ttl},
    {"set_field", parse_set_field},
    {"load", parse_load},
    {"move", parse_move},
    {"push", parse_push},
    {"pop", parse_pop},
    {"resubmit", parse_resubmit},
    {"goto_table", parse_goto},
    {"write_metadata", parse_write_metadata},
    {"write_actions", parse_write_actions},
    {"clear_actions", parse_clear_actions},
    {"apply_actions", parse_apply_actions},
    {"clone", parse_clone},
    {"learn", parse_learn},
    {"conjunction", parse_conjunction},
    {"note", parse_note},
    {"fin_timeout", parse_fin_timeout},
    {"multipath", parse_multipath},
    {"bundle", parse_bundle},
    {"bundle_load", parse_bundle_load},
    {"sample", parse_sample},
    {"check_pkt_larger", parse_check_packet_larger},
    {"ct", parse_ct},
    {"nat", parse_nat},
    {"encap", parse_encap},
    {"decap", parse_decap},
    {"unroll_xlate", parse_unroll},
};

ParsedAction parse_one(const Word& word, ActionParser& parser) {
  for (const Named& named : kActions) {
    if (named.name == word.key) return named.parse(word, parser);
  }
  if (const BasicRow* basic = find_basic(word.key)) return parse_basic(*basic, word, parser);
  if (const auto port = flow::parse_port(word.key, parser.ports); port.ok()) {
    Word controller = word;
    if (*port == kPortController) return parse_controller(controller, parser);
    parser.add(Output{*port, 0});
    return kOk;
  }
  return text_error(fmt::format("unknown action {}", word.key));
}

// So many fit the messages that carry them.
constexpr std::size_t kMaxActions = 4095;

// All words of a list; "drop" says that there is nothing else.
ParsedAction parse_list(std::string_view text, ActionParser& parser) {
  Words words(text);
  bool drop = false;
  unsigned count = 0;
  while (const auto word = words.next()) {
    ++count;
    if (word->key == "drop" && !word->has_value) {
      drop = true;
      continue;
    }
    OVS_TRY(parse_one(*word, parser));
    if (parser.actions.size() > kMaxActions) return text_error("input too big");
  }
  if (drop && count > 1) {
    return text_error("\"drop\" must not be accompanied by any other action or instruction");
  }
  return kOk;
}

Result<Actions, TextError> verified(Actions actions, ActionsContext context, OuterAction outer) {
  const auto done = verify_actions(actions, context, outer, Version::V10);
  if (!done.ok()) return text_error(done.error().text);
  return actions;
}

}  // namespace

Result<Actions, TextError> ActionParser::nested(std::string_view text, OuterAction outer) {
  if (depth >= kMaxActionDepth) return text_error("Action nested too deeply");
  ActionParser inner{ports, usable, {}, depth + 1};
  OVS_TRY(parse_list(text, inner));
  usable = inner.usable;
  return verified(std::move(inner.actions), ActionsContext::List, outer);
}

Result<Actions, TextError> parse_actions(std::string_view text, const flow::PortNames* ports,
                                         Protocols& usable, ActionsContext context) {
  ActionParser parser{ports, usable, {}, 0};
  OVS_TRY(parse_list(text, parser));
  usable = parser.usable;
  return verified(std::move(parser.actions), context, OuterAction::None);
}

}  // namespace ovs::openflow
