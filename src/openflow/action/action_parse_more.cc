// Readers of the actions with arguments of their own.
#include <algorithm>
#include <vector>

#include "flow/match/quoted_text.h"
#include "openflow/action/names.h"
#include "openflow/action/parse_parts.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;
using flow::TextError;

constexpr std::uint64_t kMax16 = 0xffff;

const flow::Field* find_any_field(std::string_view name) {
  if (const flow::Field* field = find_nxm_name(name)) return field;
  return flow::find_field(Text(name));
}

std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> result;
  while (true) {
    const std::size_t comma = std::min(flow::find_unquoted(text, ","), text.size());
    result.push_back(trimmed(text.substr(0, comma)));
    if (comma == text.size()) return result;
    text.remove_prefix(comma + 1);
  }
}

// "[]", "[3]", "[0..15]" behind a field's name.
Result<Subfield, TextError> parse_bits(std::string_view all, const flow::Field& field,
                                       std::string_view brackets) {
  const std::uint16_t width = std::uint16_t(field.bits());
  if (brackets.empty() || brackets == "[]") return Subfield{field.id, 0, width};
  const std::string_view inside = brackets.substr(1, brackets.size() - 2);
  const std::size_t dots = inside.find("..");
  const auto first = parse_unsigned(inside.substr(0, std::min(dots, inside.size())));
  const auto last =
      dots == std::string_view::npos ? first : parse_unsigned(inside.substr(dots + 2));
  if (brackets.front() != '[' || brackets.back() != ']' || !first || !last) {
    return text_error(
        fmt::format("{}: syntax error expecting [] or [<bit>] or [<start>..<end>]", all));
  }
  if (*first > *last) {
    return text_error(
        fmt::format("{}: starting bit {} is after ending bit {}", all, *first, *last));
  }
  if (*first >= width) {
    return text_error(
        fmt::format("{}: starting bit {} is not valid because field is only {} bits "
                    "wide",
                    all, *first, width));
  }
  if (*last >= width) {
    return text_error(
        fmt::format("{}: ending bit {} is not valid because field is only {} bits "
                    "wide",
                    all, *last, width));
  }
  return Subfield{field.id, std::uint16_t(*first), std::uint16_t(*last - *first + 1)};
}

ParsedAction parse_learn_immediate(const Word& word, const Subfield& to, ActionParser& parser,
                                   LearnSpec& spec) {
  const flow::Field& field = flow::field(to.field);
  if (to.is_whole()) {
    const auto value = flow::parse_value(field, word.value, parser.ports);
    if (value.ok()) {
      if (!flow::is_valid(field.id, value->value)) {
        return text_error(fmt::format("{}: out of range value {}", word.whole, word.value));
      }
      spec.immediate = value->value;
      return kOk;
    }
  }
  const auto number = flow::parse_number(word.value);
  if (!number) return text_error(fmt::format("{}: cannot parse integer value", word.whole));
  spec.immediate = *number;
  return kOk;
}

std::string_view arrow_part(std::string_view text, bool second) {
  const std::size_t arrow = text.find("->");
  if (arrow == std::string_view::npos) return second ? std::string_view() : text;
  return trimmed(second ? text.substr(arrow + 2) : text.substr(0, arrow));
}

ParsedAction parse_learn_load(const Word& word, LearnSpec& spec) {
  spec.destination_kind = LearnSpec::Destination::Load;
  const std::string_view from = arrow_part(word.value, false), to = arrow_part(word.value, true);
  if (word.value.find("->") == std::string_view::npos) {
    return text_error(fmt::format("load: missing `->' in `{}'", word.value));
  }
  if (from.empty()) {
    return text_error(fmt::format("load: missing source before `->' in `{}'", word.value));
  }
  const bool digit = from.front() >= '0' && from.front() <= '9';
  const bool hex = from.starts_with("0x") &&
                   from.find_first_not_of("0123456789abcdefABCDEFx") == std::string_view::npos;
  if (digit && hex && !flow::parse_number(from)) {
    OVS_TRY(const Subfield wide, parse_destination(to));
    return text_error(fmt::format("{}: value does not fit into {} bits", word.value, wide.bits));
  }
  if (digit && !flow::parse_number(from)) {
    return text_error(fmt::format("load: garbage before `->' in `{}'", word.value));
  }
  if (to == "actset_output") {
    return text_error(
        fmt::format("{}: experimenter OXM field 'actset_output' not supported", word.value));
  }
  OVS_TRY(spec.destination, parse_destination(to));
  spec.bits = spec.destination.bits;
  if (const auto number = flow::parse_number(from)) {
    if (!(*number & ~FieldValue::ones(spec.bits)).is_zero()) {
      return text_error(fmt::format("{}: value does not fit into {} bits", word.value, spec.bits));
    }
    spec.immediate = *number;
    return kOk;
  }
  OVS_TRY(const Subfield source, parse_subfield(from));
  if (source.bits != spec.bits) {
    return text_error(
        fmt::format("{}: source field is {} bits wide but destination is {} bits wide", word.value,
                    source.bits, spec.bits));
  }
  spec.source = source;
  return kOk;
}

ParsedAction parse_learn_match(const Word& word, ActionParser& parser, LearnSpec& spec) {
  if (word.key == "actset_output") {
    return text_error(
        fmt::format("{}: experimenter OXM field 'actset_output' not supported", word.whole));
  }
  const auto to = parse_subfield(word.key);
  if (!to.ok()) {
    return text_error(fmt::format("{}: unknown keyword {}", word.whole, word.key));
  }
  spec.destination = *to;
  spec.bits = to->bits;
  if (!word.has_value) {
    spec.source = *to;
    return kOk;
  }
  const auto source = parse_subfield(word.value);
  if (!source.ok()) {
    const auto immediate = parse_learn_immediate(word, *to, parser, spec);
    if (immediate.ok()) return kOk;
    return text_error(fmt::format(
        "{}: {} value {} cannot be parsed as a subfield ({}) or an immediate value ({})",
        word.whole, word.key, word.value, source.error().message, immediate.error().message));
  }
  // Which width belongs to which name is how it is always told.
  if (source->bits != to->bits) {
    return text_error(fmt::format("{}: bit widths of {} ({}) and {} ({}) differ", word.whole,
                                  word.key, source->bits, word.value, to->bits));
  }
  spec.source = *source;
  return kOk;
}

ParsedAction parse_learn_spec(const Word& word, ActionParser& parser, LearnSpec& spec) {
  if (word.key == "load") return parse_learn_load(word, spec);
  if (word.key != "output") return parse_learn_match(word, parser, spec);
  OVS_TRY(const Subfield source, parse_subfield(word.value));
  spec.source = source;
  spec.bits = source.bits;
  spec.destination_kind = LearnSpec::Destination::Output;
  return kOk;
}

enum class Known : bool { No, Yes };
Result<Known, TextError> parse_learn_option(const Word& word, Learn& m) {
  const auto number = [&](auto& target) -> Result<Known, TextError> {
    OVS_TRY(set_number(word, target));
    return Known::Yes;
  };
  if (word.key == "table") {
    if (!parse_unsigned(word.value)) {
      return text_error(fmt::format("unknown table \"{}\"", word.value));
    }
    OVS_TRY(number(m.table));
    if (m.table == 255)
      return text_error(fmt::format("{}: table id 255 not valid for `learn' action", word.whole));
    return Known::Yes;
  }
  if (word.key == "priority") return number(m.priority);
  if (word.key == "idle_timeout") return number(m.idle_timeout);
  if (word.key == "hard_timeout") return number(m.hard_timeout);
  if (word.key == "fin_idle_timeout") return number(m.fin_idle_timeout);
  if (word.key == "fin_hard_timeout") return number(m.fin_hard_timeout);
  if (word.key == "cookie") return number(m.cookie);
  if (word.key == "limit") return number(m.limit);
  if (word.key == "send_flow_rem") {
    m.send_flow_removed = true;
  } else if (word.key == "delete_learned") {
    m.delete_learned = true;
  } else if (word.key == "result_dst") {
    OVS_TRY(const Subfield result, parse_destination(word.value));
    if (result.bits != 1) return text_error("result_dst in 'learn' action must be a single bit");
    m.result = result;
    m.write_result = true;
  } else {
    return Known::No;
  }
  return Known::Yes;
}

ParsedAction parse_learn_word(const Word& word, ActionParser& parser, Learn& learn) {
  OVS_TRY(const Known known, parse_learn_option(word, learn));
  if (known == Known::Yes) return kOk;
  LearnSpec spec;
  OVS_TRY(parse_learn_spec(word, parser, spec));
  learn.specs.push_back(spec);
  return kOk;
}

template <class F>
ParsedAction parse_keys(std::string_view text, F take) {
  Words words(text);
  while (const auto word = words.next()) OVS_TRY(take(*word));
  return kOk;
}

ParsedAction bad_key(const Word& word, std::string_view action) {
  return text_error(fmt::format("invalid key \"{}\" in \"{}\" argument", word.key, action));
}

// The same as part of an argument, which errors show whole.
Result<Subfield, TextError> parse_destination_in(std::string_view whole, std::string_view text) {
  if (text == "actset_output") {
    return text_error(
        fmt::format("{}: experimenter OXM field 'actset_output' not supported", whole));
  }
  return parse_destination(text);
}

ParsedAction parse_bundle_as(const Word& word, ActionParser& parser, bool load) {
  const std::vector<std::string_view> parts = pieces(word.value);
  const std::size_t fixed = load ? 5 : 4;
  if (parts.size() < fixed + 1) {
    return text_error(fmt::format("{}: not enough arguments to bundle action", word.value));
  }
  Bundle bundle;
  const int fields = index_in(kHashFieldNames, parts[0]);
  if (fields < 0) return text_error(fmt::format("{}: unknown fields `{}'", word.value, parts[0]));
  bundle.fields = HashFields(fields);
  OVS_TRY(const std::uint64_t basis, parse_limited(parts[1], kMax16, "basis"));
  bundle.basis = std::uint16_t(basis);
  const int algorithm = index_in(kBundleNames, parts[2]);
  if (algorithm < 0) {
    return text_error(fmt::format("{}: unknown algorithm `{}'", word.value, parts[2]));
  }
  bundle.algorithm = BundleAlgorithm(algorithm);
  if (parts[3] != "ofport") {
    return text_error(fmt::format("{}: unknown member_type `{}'", word.value, parts[3]));
  }
  if (load) {
    OVS_TRY(const Subfield to, parse_destination_in(word.value, parts[4]));
    bundle.destination = to;
  }
  for (std::size_t i = fixed; i < parts.size(); ++i) {
    std::string_view port = parts[i];
    if (i == fixed) {
      const std::size_t colon = flow::find_unquoted(port, ":");
      const std::string_view key = port.substr(0, std::min(colon, port.size()));
      if (key != "members" && key != "slaves") {
        return text_error(fmt::format("{}: missing member delimiter, expected `members', got `{}'",
                                      word.value, key));
      }
      port = colon == std::string_view::npos ? std::string_view() : port.substr(colon + 1);
    }
    if (port.starts_with('[')) port.remove_prefix(1);
    if (port.ends_with(']')) port.remove_suffix(1);
    if (port.empty()) continue;
    const auto number = flow::parse_port(trimmed(port), parser.ports);
    if (!number.ok()) return text_error(fmt::format("{}: bad port number", port));
    bundle.members.push_back(*number);
  }
  parser.add(std::move(bundle));
  return kOk;
}

Result<std::pair<std::string_view, std::string_view>, TextError> address_and_ports(
    std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.rfind(']');
    if (close == std::string_view::npos) return text_error(fmt::format("{}: missing ]", text));
    const std::string_view rest = text.substr(close + 1);
    return std::pair{text.substr(0, close + 1),
                     rest.starts_with(':') ? rest.substr(1) : std::string_view()};
  }
  const bool v6 = std::count(text.begin(), text.end(), ':') > 1;
  const std::size_t colon = v6 ? std::string_view::npos : text.find(':');
  if (colon == std::string_view::npos) return std::pair{text, std::string_view()};
  return std::pair{text.substr(0, colon), text.substr(colon + 1)};
}

Result<FieldValue, TextError> parse_address(std::string_view text, std::uint8_t& family) {
  if (text.starts_with('[')) text.remove_prefix(1);
  if (text.ends_with(']')) text.remove_suffix(1);
  family = text.find(':') == std::string_view::npos ? 4 : 6;
  const FieldId id = family == 4 ? FieldId::IpSrc : FieldId::Ipv6Src;
  OVS_TRY(const flow::MaskedValue value, flow::parse_value(flow::field(id), text));
  return value.value;
}

// Behind an address only what begins a range or ports may stand.
ParsedAction check_nat_range(std::string_view text) {
  const std::size_t bad = text.find_first_not_of("0123456789abcdefABCDEF.:-[]");
  if (bad == std::string_view::npos) return kOk;
  return text_error(
      fmt::format("garbage ({}) after nat range \"{}\" (pos: {})", text.substr(bad), text, bad));
}
bool is_less(const FieldValue& a, const FieldValue& b) {
  return a.high() != b.high() ? a.high() < b.high() : a.low() < b.low();
}

ParsedAction parse_nat_range(std::string_view text, Nat& nat) {
  OVS_TRY(check_nat_range(text));
  OVS_TRY(const auto halves, address_and_ports(text));
  const std::string_view addresses = halves.first, ports = halves.second;
  if (!addresses.empty()) {
    const std::size_t dash = addresses.find('-');
    OVS_TRY(nat.first_address,
            parse_address(addresses.substr(0, std::min(dash, addresses.size())), nat.family));
    if (dash != std::string_view::npos) {
      OVS_TRY(nat.last_address, parse_address(addresses.substr(dash + 1), nat.family));
      if (is_less(nat.last_address, nat.first_address)) {
        return text_error(fmt::format("invalid nat range \"{}\"", text));
      }
    }
  }
  if (ports.empty()) return kOk;
  const std::size_t dash = ports.find('-');
  OVS_TRY(const std::uint64_t first,
          parse_limited(ports.substr(0, std::min(dash, ports.size())), kMax16, "port range"));
  nat.first_port = std::uint16_t(first);
  if (dash == std::string_view::npos) return kOk;
  OVS_TRY(const std::uint64_t last, parse_limited(ports.substr(dash + 1), kMax16, "port range"));
  nat.last_port = std::uint16_t(last);
  return kOk;
}

ParsedAction parse_nat_word(const Word& word, Nat& nat) {
  if (word.key == "src" || word.key == "dst") {
    if (nat.flags & (kNatSource | kNatDestination)) {
      return text_error("May only specify one of \"src\" or \"dst\".");
    }
    nat.flags |= word.key == "src" ? kNatSource : kNatDestination;
    return word.value.empty() ? ParsedAction(kOk) : parse_nat_range(word.value, nat);
  }
  if (word.key == "persistent") {
    nat.flags |= kNatPersistent;
  } else if (word.key == "hash") {
    nat.flags |= kNatHash;
  } else if (word.key == "random") {
    nat.flags |= kNatRandom;
  } else {
    return bad_key(word, "nat");
  }
  return kOk;
}

ParsedAction parse_nat_words(std::string_view text, Nat& nat) {
  OVS_TRY(parse_keys(text, [&](const Word& word) { return parse_nat_word(word, nat); }));
  if (nat.flags != 0 && (nat.flags & (kNatSource | kNatDestination)) == 0) {
    return text_error("Flags allowed only with \"src\" or \"dst\".");
  }
  if ((nat.flags & kNatHash) && (nat.flags & kNatRandom)) {
    return text_error("Both \"hash\" and \"random\" are not allowed.");
  }
  return kOk;
}

ParsedAction parse_ct_word(const Word& word, ActionParser& parser, Ct& ct) {
  if (word.key == "commit") {
    ct.commit = true;
  } else if (word.key == "force") {
    ct.force = true;
  } else if (word.key == "table") {
    const auto table = parse_unsigned(word.value);
    if (!table || *table > 255) return text_error(fmt::format("unknown table {}", word.value));
    if (*table == kNoRecirculation) return text_error("invalid table 0xff");
    ct.recirculation_table = std::uint8_t(*table);
  } else if (word.key == "zone") {
    if (parse_unsigned(word.value)) return set_number(word, ct.zone);
    OVS_TRY(const Subfield zone, parse_subfield(word.value));
    ct.zone_source = zone;
  } else if (word.key == "alg") {
    if (word.value != "ftp" && word.value != "tftp") {
      return text_error(fmt::format("invalid alg \"{}\"", word.value));
    }
    ct.helper = word.value == "ftp" ? 21 : 69;
  } else if (word.key == "nat") {
    Nat nat;
    OVS_TRY(parse_nat_words(word.value, nat));
    ct.actions.insert(ct.actions.begin(), Action(nat));
  } else if (word.key == "exec") {
    OVS_TRY(Actions actions, parser.nested(word.value, OuterAction::Ct));
    for (Action& action : actions) ct.actions.push_back(std::move(action));
  } else {
    return text_error(fmt::format("invalid argument to \"ct\" action: `{}'", word.key));
  }
  return kOk;
}

}  // namespace

FieldValue shifted_left(const FieldValue& value, unsigned bits) {
  FieldValue result;
  for (unsigned i = 0; i + bits < 128; ++i) {
    if ((value.bytes.items[15 - i / 8] >> i % 8 & 1) == 0) continue;
    result.bytes.items[15 - (i + bits) / 8] |= std::uint8_t(1u << (i + bits) % 8);
  }
  return result;
}

Result<Subfield, TextError> parse_subfield(std::string_view text) {
  const std::size_t bracket = std::min(text.find('['), text.size());
  const std::string_view name = text.substr(0, bracket);
  if (name == "actset_output") {
    return text_error(fmt::format("{}: experimenter OXM field '{}' not supported", text, name));
  }
  const flow::Field* field = find_any_field(name);
  if (field == nullptr) {
    return text_error(fmt::format("{}: unknown field `{}'", text, name));
  }
  return parse_bits(text, *field, text.substr(bracket));
}

Result<Subfield, TextError> parse_destination(std::string_view text) {
  OVS_TRY(const Subfield bits, parse_subfield(text));
  if (flow::field(bits.field).writable()) return bits;
  return text_error(fmt::format("{} is read-only", text));
}

ParsedAction parse_output_trunc(const Word& word, ActionParser& parser) {
  OutputTrunc output;
  OVS_TRY(parse_keys(word.value, [&](const Word& part) -> ParsedAction {
    if (part.key == "max_len") return set_number(part, output.max_length);
    if (part.key != "port") {
      return text_error(fmt::format("invalid key '{}' in output_trunc argument", part.key));
    }
    const auto port = flow::parse_port(part.value, parser.ports);
    if (!port.ok()) {
      return text_error(fmt::format("output to unknown truncate port: {}", part.value));
    }
    if (*port == kPortAll || *port == kPortFlood || *port == kPortNormal || *port == kPortTable ||
        *port == kPortNone || *port == kPortController) {
      return text_error(fmt::format("output to unsupported truncate port: {}", part.value));
    }
    output.port = *port;
    return kOk;
  }));
  constexpr std::uint32_t kLeast = 14;
  if (output.max_length < kLeast) {
    return text_error(
        fmt::format("max_len {} is less than the minimum value {}", output.max_length, kLeast));
  }
  parser.add(output);
  return kOk;
}

ParsedAction parse_learn(const Word& word, ActionParser& parser) {
  Learn learn;
  OVS_TRY(parse_keys(word.value,
                     [&](const Word& part) { return parse_learn_word(part, parser, learn); }));
  parser.add(std::move(learn));
  return kOk;
}

ParsedAction parse_conjunction(const Word& word, ActionParser& parser) {
  const std::vector<std::string_view> parts = pieces(word.value);
  const std::size_t slash = parts.size() == 2 ? parts[1].find('/') : std::string_view::npos;
  if (slash == std::string_view::npos) {
    return text_error("\"conjunction\" syntax is \"conjunction(id,k/n)\"");
  }
  OVS_TRY(const std::uint64_t id, parse_limited(parts[0], 0xffffffff, "conjunction id"));
  OVS_TRY(const std::uint64_t clause,
          parse_limited(parts[1].substr(0, slash), 255, "conjunction k"));
  OVS_TRY(const std::uint64_t count,
          parse_limited(parts[1].substr(slash + 1), 255, "conjunction n"));
  if (count < 2) return text_error("conjunction must have at least 2 clauses");
  if (count > 64) return text_error("conjunction must have at most 64 clauses");
  if (clause < 1) return text_error("clause index must be positive");
  if (clause > count) {
    return text_error("clause index must be less than or equal to number of clauses");
  }
  parser.add(Conjunction{std::uint32_t(id), std::uint8_t(clause - 1), std::uint8_t(count)});
  return kOk;
}

ParsedAction parse_note(const Word& word, ActionParser& parser) {
  Note note;
  std::string_view text = word.value;
  while (!text.empty()) {
    if (text.front() == '.' || text.front() == ' ') {
      text.remove_prefix(1);
      continue;
    }
    const auto byte = parse_unsigned("0x" + std::string(text.substr(0, 2)));
    if (text.size() < 2 || !byte) return text_error("bad hex digit in `note' argument");
    note.data.push_back(std::uint8_t(*byte));
    text.remove_prefix(2);
  }
  parser.add(std::move(note));
  return kOk;
}

ParsedAction parse_fin_timeout(const Word& word, ActionParser& parser) {
  FinTimeout fin;
  OVS_TRY(parse_keys(word.value, [&](const Word& part) -> ParsedAction {
    if (part.key == "idle_timeout") return set_number(part, fin.idle_timeout);
    if (part.key == "hard_timeout") return set_number(part, fin.hard_timeout);
    return text_error(fmt::format("invalid key '{}' in 'fin_timeout' argument", part.key));
  }));
  parser.add(fin);
  return kOk;
}

ParsedAction parse_multipath(const Word& word, ActionParser& parser) {
  const std::vector<std::string_view> parts = pieces(word.value);
  if (parts.size() < 6) {
    return text_error(fmt::format("{}: not enough arguments to multipath action", word.value));
  }
  Multipath multipath;
  const int fields = index_in(kHashFieldNames, parts[0]);
  if (fields < 0) return text_error(fmt::format("{}: unknown fields `{}'", word.value, parts[0]));
  multipath.fields = HashFields(fields);
  OVS_TRY(const std::uint64_t basis, parse_limited(parts[1], kMax16, "basis"));
  multipath.basis = std::uint16_t(basis);
  const int algorithm = index_in(kMultipathNames, parts[2]);
  if (algorithm < 0) {
    return text_error(fmt::format("{}: unknown algorithm `{}'", word.value, parts[2]));
  }
  multipath.algorithm = MultipathAlgorithm(algorithm);
  const auto links = parse_unsigned(parts[3]);
  if (!links || *links < 1 || *links > 65536) {
    return text_error(
        fmt::format("{}: n_links {} is not in valid range 1 to 65536", word.value, parts[3]));
  }
  multipath.max_link = std::uint16_t(*links - 1);
  OVS_TRY(const std::uint64_t argument, parse_limited(parts[4], 0xffffffff, "arg"));
  multipath.argument = std::uint32_t(argument);
  OVS_TRY(multipath.destination, parse_destination_in(word.value, parts[5]));
  const std::uint16_t bits = multipath.destination.bits;
  if (bits < 16 && *links > std::uint64_t{1} << bits) {
    return text_error(fmt::format(
        "{}: {}-bit destination field has {} possible values, less than specified n_links {}",
        word.value, bits, 1u << bits, *links));
  }
  parser.add(multipath);
  return kOk;
}

ParsedAction parse_bundle(const Word& word, ActionParser& parser) {
  return parse_bundle_as(word, parser, false);
}
ParsedAction parse_bundle_load(const Word& word, ActionParser& parser) {
  return parse_bundle_as(word, parser, true);
}

namespace {

ParsedAction parse_probability(const Word& word, Sample& sample) {
  OVS_TRY(set_number(word, sample.probability));
  if (sample.probability != 0) return kOk;
  return text_error(fmt::format("invalid probability value \"{}\"", word.value));
}

// A number, or a field that holds it.
ParsedAction parse_observation(const Word& word, std::uint32_t& number,
                               std::optional<Subfield>& source) {
  constexpr unsigned kMost = 32;
  if (parse_unsigned(word.value)) return set_number(word, number);
  OVS_TRY(const Subfield bits, parse_subfield(word.value));
  if (bits.bits > kMost) {
    return text_error(
        fmt::format("size of {} field ({}) exceeds maximum ({})", word.key, bits.bits, kMost));
  }
  source = bits;
  return kOk;
}

}  // namespace

ParsedAction parse_sample(const Word& word, ActionParser& parser) {
  Sample sample;
  OVS_TRY(parse_keys(word.value, [&](const Word& part) -> ParsedAction {
    if (part.key == "probability") return parse_probability(part, sample);
    if (part.key == "collector_set_id") return set_number(part, sample.collector_set);
    if (part.key == "obs_domain_id") {
      return parse_observation(part, sample.domain, sample.domain_source);
    }
    if (part.key == "obs_point_id") {
      return parse_observation(part, sample.point, sample.point_source);
    }
    if (part.key == "ingress" || part.key == "egress") {
      sample.direction =
          part.key == "ingress" ? Sample::Direction::Ingress : Sample::Direction::Egress;
      sample.form = 3;
      return kOk;
    }
    if (part.key != "sampling_port") return bad_key(part, "sample");
    const auto port = flow::parse_port(part.value, parser.ports);
    if (!port.ok()) return text_error(fmt::format("{}: unknown port", part.value));
    sample.sampling_port = *port;
    sample.form = std::max<std::uint8_t>(sample.form, 2);
    return kOk;
  }));
  if (sample.probability == 0) {
    return text_error("non-zero \"probability\" must be specified on sample");
  }
  if (sample.domain_source || sample.point_source) sample.form = 4;
  parser.add(sample);
  return kOk;
}

ParsedAction parse_check_packet_larger(const Word& word, ActionParser& parser) {
  CheckPacketLarger check;
  OVS_TRY(const std::uint64_t length, parse_limited(word.value, kMax16, "check_pkt_larger"));
  check.length = std::uint16_t(length);
  if (!word.tail.starts_with("->")) {
    return text_error(fmt::format("{}: missing `->'", word.whole));
  }
  OVS_TRY(check.destination, parse_destination(word.tail.substr(2)));
  if (check.destination.bits != 1) {
    return text_error("Only 1-bit destination field is allowed");
  }
  parser.add(check);
  return kOk;
}

ParsedAction parse_ct(const Word& word, ActionParser& parser) {
  Ct ct;
  OVS_TRY(
      parse_keys(word.value, [&](const Word& part) { return parse_ct_word(part, parser, ct); }));
  if (ct.force && !ct.commit) return text_error("\"force\" flag requires \"commit\" flag.");
  parser.add(std::move(ct));
  return kOk;
}

ParsedAction parse_nat(const Word& word, ActionParser& parser) {
  Nat nat;
  OVS_TRY(parse_nat_words(word.value, nat));
  parser.add(nat);
  return kOk;
}

}  // namespace ovs::openflow
