#include <fmt/format.h>

#include <bit>

#include "flow/match/match_text.h"
#include "openflow/action/action_text.h"
#include "openflow/action/basic.h"
#include "openflow/action/names.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;
using flow::PortNames;
using Wide = unsigned __int128;

Wide wide(const FieldValue& value) {
  return Wide{value.high()} << 64 | value.low();
}
std::string hex(Wide value) {
  const auto high = std::uint64_t(value >> 64), low = std::uint64_t(value);
  return high != 0 ? fmt::format("0x{:x}{:016x}", high, low) : fmt::format("0x{:x}", low);
}

std::string dotted(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += fmt::format("{}{:02x}", text.empty() ? "" : ".", byte);
  }
  return text;
}

std::string value_text(FieldId id, std::uint64_t value) {
  return flow::format_value(flow::field(id), FieldValue::of(value), flow::Match::exact_mask(id));
}

std::string basic_text(const Basic& basic) {
  const BasicRow& found = row(basic.op);
  std::string name(found.name);
  switch (found.argument) {
    case Argument::None: return name;
    case Argument::Decimal: return fmt::format("{}:{}", name, basic.value);
    case Argument::Hex: return fmt::format("{}:0x{:x}", name, basic.value);
    case Argument::EthType: return fmt::format("{}:0x{:04x}", name, basic.value);
    case Argument::Mac: return name + ":" + value_text(FieldId::EthSrc, basic.value);
    case Argument::Ipv4: return name + ":" + value_text(FieldId::IpSrc, basic.value);
    case Argument::Group: return fmt::format("{}:{}", name, basic.value);
  }
  return name;
}

std::string tunnel_text(const Basic& basic) {
  const bool second = basic.op == BasicOp::SetTunnel64 || basic.value > 0xffffffff;
  return fmt::format("{}:0x{:x}", second ? "set_tunnel64" : "set_tunnel", basic.value);
}

std::string format(const Basic& basic, const PortNames*) {
  const bool tunnel = basic.op == BasicOp::SetTunnel || basic.op == BasicOp::SetTunnel64;
  return tunnel ? tunnel_text(basic) : basic_text(basic);
}

std::string format(const Output& output, const PortNames* ports) {
  std::string port = flow::format_port(output.port, ports);
  if (output.port < kPortMax) return "output:" + port;
  if (output.port == kPortController) return fmt::format("{}:{}", port, output.max_length);
  return port;
}
std::string format(const OutputReg& output, const PortNames*) {
  return "output:" + format_subfield(output.source);
}
std::string format(const OutputTrunc& output, const PortNames* ports) {
  return fmt::format("output(port={},max_len={})", flow::format_port(output.port, ports),
                     output.max_length);
}
std::string format(const Enqueue& enqueue, const PortNames* ports) {
  return fmt::format("enqueue:{}:{}", flow::format_port(enqueue.port, ports), enqueue.queue);
}

constexpr std::uint32_t kNoProviderMeter = 0xffffffff;

std::string format(const Controller& c, const PortNames*) {
  const bool simple = c.reason == PacketInReason::Action && c.controller_id == 0 &&
                      c.userdata.empty() && !c.pause && c.provider_meter == kNoProviderMeter;
  if (simple) return fmt::format("CONTROLLER:{}", c.max_length);
  std::string text;
  if (c.reason != PacketInReason::Action) {
    text += fmt::format("reason={},", name_in(kReasonNames, std::size_t(c.reason)));
  }
  if (c.max_length != 0xffff) text += fmt::format("max_len={},", c.max_length);
  if (c.controller_id != 0) text += fmt::format("id={},", c.controller_id);
  if (!c.userdata.empty()) text += fmt::format("userdata={},", dotted(c.userdata));
  if (c.pause) text += "pause,";
  if (c.provider_meter != kNoProviderMeter) text += fmt::format("meter_id={},", c.provider_meter);
  if (!text.empty()) text.pop_back();
  return "controller(" + text + ")";
}

// A load says one run of bits; a mask with several runs is several loads.
std::string load_text(const SetField& set) {
  std::string text;
  Wide rest = wide(set.mask);
  const Wide value = wide(set.value);
  for (unsigned first = 0; rest != 0; ++first) {
    if ((rest >> first & 1) == 0) continue;
    unsigned count = 0;
    while (first + count < 128 && count < 64 && (rest >> (first + count) & 1) != 0) ++count;
    const Wide ones = (Wide{1} << count) - 1;
    if (!text.empty()) text += ',';
    text += fmt::format("load:{}->{}", hex(value >> first & ones),
                        format_subfield({set.field, std::uint16_t(first), std::uint16_t(count)}));
    rest &= ~(ones << first);
    first += count - 1;
  }
  return text;
}

std::string format(const SetField& set, const PortNames* ports) {
  if (set.form == SetField::Form::Load) return load_text(set);
  const flow::Field& field = flow::field(set.field);
  return fmt::format("set_field:{}->{}", flow::format_value(field, set.value, set.mask, ports),
                     std::string_view(field.name));
}
std::string format(const Move& move, const PortNames*) {
  return fmt::format("move:{}->{}", format_subfield(move.source),
                     format_subfield(move.destination));
}
std::string format(const StackPush& push, const PortNames*) {
  return "push:" + format_subfield(push.source);
}
std::string format(const StackPop& pop, const PortNames*) {
  return "pop:" + format_subfield(pop.destination);
}

std::string format(const Resubmit& resubmit, const PortNames* ports) {
  const bool ct = resubmit.form == Resubmit::Form::TableCt;
  const bool named = resubmit.in_port != kPortInPort;
  if (named && resubmit.table == kCurrentTable && !ct) {
    return "resubmit:" + flow::format_port(resubmit.in_port, ports);
  }
  std::string text = "resubmit(";
  if (named) text += flow::format_port(resubmit.in_port, ports);
  text += ',';
  if (resubmit.table != kCurrentTable) text += fmt::format("{}", resubmit.table);
  if (ct) text += ",ct";
  return text + ")";
}
std::string format(const DecTtlControllers& dec, const PortNames*) {
  std::string text;
  for (const std::uint16_t id : dec.controllers) {
    text += fmt::format("{}{}", text.empty() ? "" : ",", id);
  }
  return "dec_ttl(" + text + ")";
}
std::string format(const Note& note, const PortNames*) {
  return "note:" + dotted(note.data);
}
std::string format(const Conjunction& c, const PortNames*) {
  return fmt::format("conjunction({},{}/{})", c.id, c.clause + 1, c.clauses);
}
std::string format(const FinTimeout& fin, const PortNames*) {
  std::string text;
  if (fin.idle_timeout != 0) text += fmt::format("idle_timeout={},", fin.idle_timeout);
  if (fin.hard_timeout != 0) text += fmt::format("hard_timeout={},", fin.hard_timeout);
  if (!text.empty()) text.pop_back();
  return "fin_timeout(" + text + ")";
}
std::string format(const CheckPacketLarger& check, const PortNames*) {
  return fmt::format("check_pkt_larger({})->{}", check.length, format_subfield(check.destination));
}
std::string format(const Multipath& m, const PortNames*) {
  return fmt::format("multipath({},{},{},{},{},{})",
                     name_in(kHashFieldNames, std::size_t(m.fields)), m.basis,
                     name_in(kMultipathNames, std::size_t(m.algorithm)), m.max_link + 1, m.argument,
                     format_subfield(m.destination));
}
std::string format(const Bundle& b, const PortNames* ports) {
  std::string text = fmt::format("{}({},{},{},ofport,", b.destination ? "bundle_load" : "bundle",
                                 name_in(kHashFieldNames, std::size_t(b.fields)), b.basis,
                                 name_in(kBundleNames, std::size_t(b.algorithm)));
  if (b.destination) text += format_subfield(*b.destination) + ",";
  text += "members:";
  for (std::size_t i = 0; i < b.members.size(); ++i) {
    if (i > 0) text += ',';
    text += flow::format_port(b.members[i], ports);
  }
  return text + ")";
}

std::string spec_text(const LearnSpec& spec, const PortNames* ports) {
  const std::string to = format_subfield(spec.destination);
  switch (spec.destination_kind) {
    case LearnSpec::Destination::Output:
      return "output:" + (spec.source ? format_subfield(*spec.source) : std::string());
    case LearnSpec::Destination::Load: {
      const std::string from =
          spec.source ? format_subfield(*spec.source) : hex(wide(spec.immediate));
      return "load:" + from + "->" + to;
    }
    case LearnSpec::Destination::Match: break;
  }
  if (spec.source) {
    return *spec.source == spec.destination ? to : to + "=" + format_subfield(*spec.source);
  }
  if (!spec.destination.is_whole()) return to + "=" + hex(wide(spec.immediate));
  const flow::Field& field = flow::field(spec.destination.field);
  return std::string(std::string_view(field.name)) + "=" +
         flow::format_value(field, spec.immediate, flow::Match::exact_mask(field.id), ports);
}

std::string format(const Learn& m, const PortNames* ports) {
  std::string text = fmt::format("learn(table={}", m.table);
  const auto number = [&](const char* name, std::uint64_t value, std::uint64_t otherwise) {
    if (value != otherwise) text += fmt::format(",{}={}", name, value);
  };
  number("idle_timeout", m.idle_timeout, 0);
  number("hard_timeout", m.hard_timeout, 0);
  number("fin_idle_timeout", m.fin_idle_timeout, 0);
  number("fin_hard_timeout", m.fin_hard_timeout, 0);
  number("priority", m.priority, 32768);
  if (m.send_flow_removed) text += ",send_flow_rem";
  if (m.delete_learned) text += ",delete_learned";
  if (m.cookie != 0) text += fmt::format(",cookie=0x{:x}", m.cookie);
  number("limit", m.limit, 0);
  if (m.result) text += ",result_dst=" + format_subfield(*m.result);
  for (const LearnSpec& spec : m.specs) text += "," + spec_text(spec, ports);
  return text + ")";
}

std::string format(const Sample& s, const PortNames* ports) {
  const auto source = [](const std::optional<Subfield>& field, std::uint32_t number) {
    return field ? format_subfield(*field) : fmt::format("{}", number);
  };
  std::string text = fmt::format(
      "sample(probability={},collector_set_id={},obs_domain_id={},obs_point_id={}", s.probability,
      s.collector_set, source(s.domain_source, s.domain), source(s.point_source, s.point));
  if (s.sampling_port != kPortNone) {
    text += ",sampling_port=" + flow::format_port(s.sampling_port, ports);
  }
  if (s.direction == Sample::Direction::Ingress) text += ",ingress";
  if (s.direction == Sample::Direction::Egress) text += ",egress";
  return text + ")";
}

std::string format(const Clone& clone, const PortNames* ports) {
  return "clone(" + (clone.actions.empty() ? "" : format_actions(clone.actions, ports)) + ")";
}

std::string address_text(const Nat& nat, const FieldValue& address, bool bracket) {
  const FieldId id = nat.family == 4 ? FieldId::IpSrc : FieldId::Ipv6Src;
  const std::string text =
      flow::format_value(flow::field(id), address, flow::Match::exact_mask(id));
  return bracket && nat.family == 6 ? "[" + text + "]" : text;
}

std::string format(const Nat& nat, const PortNames*) {
  if ((nat.flags & (kNatSource | kNatDestination)) == 0) return "nat";
  std::string text = nat.flags & kNatSource ? "nat(src" : "nat(dst";
  const bool port = nat.first_port != 0;
  if (nat.family != 0) {
    text += "=" + address_text(nat, nat.first_address, port);
    if (!nat.last_address.is_zero()) text += "-" + address_text(nat, nat.last_address, port);
  }
  if (port) {
    text += fmt::format("{}:{}", nat.family == 0 ? "=" : "", nat.first_port);
    if (nat.last_port != 0) text += fmt::format("-{}", nat.last_port);
  }
  if (nat.flags & kNatPersistent) text += ",persistent";
  if (nat.flags & kNatHash) text += ",hash";
  if (nat.flags & kNatRandom) text += ",random";
  return text + ")";
}

std::string helper_text(std::uint16_t helper) {
  if (helper == 21) return "ftp";
  if (helper == 69) return "tftp";
  return fmt::format("{}", helper);
}

std::string format(const Ct& ct, const PortNames* ports) {
  std::string text;
  if (ct.commit) text += "commit,";
  if (ct.force) text += "force,";
  if (ct.recirculation_table != kNoRecirculation) {
    text += fmt::format("table={},", ct.recirculation_table);
  }
  if (ct.zone_source) {
    text += "zone=" + format_subfield(*ct.zone_source) + ",";
  } else if (ct.zone != 0) {
    text += fmt::format("zone={},", ct.zone);
  }
  Actions rest = ct.actions;
  if (!rest.empty() && rest.front().as<Nat>()) {
    text += format(*rest.front().as<Nat>(), ports) + ",";
    rest.erase(rest.begin());
  }
  if (!rest.empty()) text += "exec(" + format_actions(rest, ports) + "),";
  if (ct.helper != 0) text += "alg=" + helper_text(ct.helper) + ",";
  if (!text.empty()) text.pop_back();
  return "ct(" + text + ")";
}

std::string property_text(const EncapProperty& m) {
  if (m.kind == EncapProperty::Kind::MdType) return fmt::format("md_type={}", m.md_type);
  std::string text = fmt::format("tlv(0x{:04x},{},0x", m.tlv_class, m.tlv_type);
  for (const std::uint8_t byte : m.data) text += fmt::format("{:02x}", byte);
  return text + ")";
}
std::string format(const Encap& m, const PortNames*) {
  std::string text = "encap(";
  text += name_in(kEncapNames, encap_index(m.packet_type));
  if (!m.properties.empty()) text += "(";
  for (std::size_t i = 0; i < m.properties.size(); ++i) {
    text += (i == 0 ? "" : ",") + property_text(m.properties[i]);
  }
  return text + (m.properties.empty() ? ")" : "))");
}
std::string format(const Decap& m, const PortNames*) {
  if (m.packet_type == kPacketNextProtocol) return "decap()";
  return fmt::format("decap(packet_type(ns={},type={}))", m.packet_type >> 16,
                     flow::sharp_hex_text(m.packet_type & 0xffff));
}

std::string format(const ClearActions&, const PortNames*) {
  return "clear_actions";
}
std::string format(const WriteActions& write, const PortNames* ports) {
  return "write_actions(" + format_actions(write.actions, ports) + ")";
}
std::string format(const WriteMetadata& write, const PortNames*) {
  std::string text = fmt::format("write_metadata:0x{:x}", write.value);
  if (write.mask != ~std::uint64_t{0}) text += fmt::format("/0x{:x}", write.mask);
  return text;
}
std::string format(const GotoTable& go, const PortNames*) {
  return fmt::format("goto_table:{}", go.table);
}

}  // namespace

std::string format_subfield(const Subfield& bits) {
  const std::string name(nxm_name(bits.field));
  if (bits.is_whole()) return name + "[]";
  if (bits.bits == 1) return fmt::format("{}[{}]", name, bits.first_bit);
  return fmt::format("{}[{}..{}]", name, bits.first_bit, bits.first_bit + bits.bits - 1);
}

std::string format_actions(const Actions& actions, const PortNames* ports) {
  if (actions.empty()) return "drop";
  std::string text;
  for (const Action& action : actions) {
    if (!text.empty()) text += ',';
    text += std::visit([&](const auto& value) { return format(value, ports); }, action.value);
  }
  return text;
}

}  // namespace ovs::openflow
