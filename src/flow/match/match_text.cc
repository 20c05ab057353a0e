#include "flow/match/match_text.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "flow/match/quoted_text.h"
#include "wire/packet/ethernet.h"
#include "wire/packet/ip.h"

namespace ovs::flow {
namespace {

struct Protocol {
  std::string_view name;
  std::uint16_t eth_type;
  std::uint8_t nw_proto;  // 0: any
};
// The first of several names for one protocol is the one that is printed.
constexpr Protocol kProtocols[] = {
    {"ip", wire::kEtherTypeIpv4, 0},
    {"ipv4", wire::kEtherTypeIpv4, 0},
    {"ip4", wire::kEtherTypeIpv4, 0},
    {"arp", wire::kEtherTypeArp, 0},
    {"icmp", wire::kEtherTypeIpv4, wire::kProtoIcmp},
    {"tcp", wire::kEtherTypeIpv4, wire::kProtoTcp},
    {"udp", wire::kEtherTypeIpv4, wire::kProtoUdp},
    {"sctp", wire::kEtherTypeIpv4, wire::kProtoSctp},
    {"ipv6", wire::kEtherTypeIpv6, 0},
    {"ip6", wire::kEtherTypeIpv6, 0},
    {"icmp6", wire::kEtherTypeIpv6, wire::kProtoIcmpv6},
    {"tcp6", wire::kEtherTypeIpv6, wire::kProtoTcp},
    {"udp6", wire::kEtherTypeIpv6, wire::kProtoUdp},
    {"sctp6", wire::kEtherTypeIpv6, wire::kProtoSctp},
    {"rarp", wire::kEtherTypeRarp, 0},
    {"mpls", wire::kEtherTypeMpls, 0},
    {"mplsm", wire::kEtherTypeMplsMulticast, 0},
};

struct PortName {
  std::uint16_t port;
  std::string_view name;
};
constexpr PortName kReservedPorts[] = {
    {0xfff7, "UNSET"}, {0xfff8, "IN_PORT"}, {0xfff9, "TABLE"},      {0xfffa, "NORMAL"},
    {0xfffb, "FLOOD"}, {0xfffc, "ALL"},     {0xfffd, "CONTROLLER"}, {0xfffe, "LOCAL"},
    {0xffff, "ANY"},   {0xffff, "NONE"},
};
constexpr std::uint64_t kNoVlan = 0xffff;  // dl_vlan of packets without a tag
constexpr std::uint64_t kMaxPort = 0xff00, kFirstReserved = 0xfff8, kMaxPort32 = 0xffffff00;

bool equal_in_any_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return (x | (x >= 'A' && x <= 'Z' ? 0x20 : 0)) == (y | (y >= 'A' && y <= 'Z' ? 0x20 : 0));
  });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

TextError error(std::string message) {
  return TextError{std::move(message)};
}

struct FragName {
  std::string_view name;
  std::uint8_t value, mask;
};
constexpr FragName kFragNames[] = {{"no", 0, 3},    {"yes", 1, 1},       {"first", 1, 3},
                                   {"later", 3, 3}, {"not_later", 0, 2}, {"later", 2, 2},
                                   {"no", 0, 1}};

std::string frag_text(std::uint64_t value, std::uint64_t mask) {
  for (const FragName& row : kFragNames) {
    if (row.value == (value & mask) && row.mask == mask) return std::string(row.name);
  }
  return "<error>";
}

Result<MaskedValue, TextError> parse_frag(std::string_view text) {
  for (const FragName& row : kFragNames) {
    if (equal_in_any_case(row.name, text))
      return MaskedValue{FieldValue::of(row.value), FieldValue::of(row.mask)};
  }
  return error(std::string(text) +
               ": unknown fragment type (valid types are \"no\", \"yes\", \"first\", \"later\", "
               "\"not_later\"");
}

enum class Part : bool { Value, Mask };
Result<FieldValue, TextError> parse_integer(const Field& row, std::string_view all,
                                            std::string_view text, Part part) {
  const std::string what = part == Part::Value ? "value" : "mask";
  const auto number = parse_number(text);
  const std::string name(row.name);
  if (!number) return error(std::string(all) + ": bad syntax for " + name + " " + what);
  if ((*number & ~FieldValue::ones(row.width * 8u)).is_zero()) return *number;
  return error(std::string(all) + ": " + what + " too large for " + std::to_string(row.width) +
               "-byte field " + name);
}

Result<MaskedValue, TextError> parse_integers(const Field& row, std::string_view text) {
  const auto halves = split_at(text, '/');
  OVS_TRY(const FieldValue value,
          parse_integer(row, text, halves ? halves->first : text, Part::Value));
  if (!halves) return MaskedValue{value, Match::exact_mask(row.id)};
  OVS_TRY(const FieldValue mask, parse_integer(row, text, halves->second, Part::Mask));
  return MaskedValue{value, mask};
}

// Of "+syn-ack" a name that comes again.
std::optional<std::string_view> flag_said_twice(std::string_view text) {
  std::vector<std::string_view> seen;
  while (!text.empty() && (text.front() == '+' || text.front() == '-')) {
    text.remove_prefix(1);
    const std::string_view name = text.substr(0, std::min(text.find_first_of("+-"), text.size()));
    text.remove_prefix(name.size());
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) return name;
    seen.push_back(name);
  }
  return std::nullopt;
}

Result<MaskedValue, TextError> parse_flag_field(const FlagNames& names, std::string_view what,
                                                std::string_view text) {
  if (const auto twice = flag_said_twice(text)) {
    return error(std::string(*twice) + ": Each " + std::string(what) +
                 " flag can be specified only once");
  }
  const auto flags = parse_flags(names, text);
  if (!flags) return error(std::string(text) + ": unknown " + std::string(what) + " flag(s)");
  return MaskedValue{FieldValue::of(flags->flags), FieldValue::of(flags->mask)};
}

Result<MaskedValue, TextError> or_error(const std::optional<MaskedValue>& value,
                                        std::string message) {
  if (!value) return error(std::move(message));
  return *value;
}

Result<MaskedValue, TextError> parse_port_field(const Field& row, std::string_view text,
                                                const PortNames* ports) {
  const auto port = parse_port(text, ports);
  if (!port) {
    const bool oxm = row.coding == Coding::PortNumber;
    return error(std::string(text) +
                 (oxm ? ": port value out of range for " : ": invalid or unknown port for ") +
                 std::string(row.name));
  }
  const std::uint32_t wide = *port >= kMaxPort ? 0xffff0000u | *port : *port;
  return MaskedValue{FieldValue::of(row.coding == Coding::PortNumber ? wide : *port),
                     Match::exact_mask(row.id)};
}

Result<MaskedValue, TextError> parse_by_format(const Field& row, std::string_view text,
                                               const PortNames* ports) {
  const std::string name(row.name), shown(text);
  switch (row.format) {
    case Format::Decimal:
    case Format::Hex: return parse_integers(row, text);
    case Format::Mac: return or_error(parse_masked_mac(text), shown + ": invalid Ethernet address");
    case Format::Ipv4: return or_error(parse_masked_ipv4(text), shown + ": invalid IP address");
    case Format::Ipv6: return or_error(parse_masked_ipv6(text), shown + ": invalid IPv6 address");
    case Format::Port:
    case Format::PortOxm: return parse_port_field(row, text, ports);
    case Format::Frag: return parse_frag(text);
    case Format::TcpFlags: return parse_flag_field(kTcpFlagNames, "TCP", text);
    case Format::TunnelFlags: return parse_flag_field(kTunnelFlagNames, "tunnel", text);
  }
  return error(name + ": not supported yet");
}

std::string integer_text(const Field& row, const FieldValue& value, const FieldValue& mask) {
  std::string text = row.format == Format::Hex ? hex_text(value) : std::to_string(value.low());
  if (mask != Match::exact_mask(row.id)) text += '/' + hex_text(mask);
  return text;
}

bool is_icmp(const Match& match) {
  const std::uint64_t type = match.value(FieldId::EthType).low();
  const std::uint64_t proto = match.value(FieldId::NwProto).low();
  return (type == wire::kEtherTypeIpv4 && proto == wire::kProtoIcmp) ||
         (type == wire::kEtherTypeIpv6 && proto == wire::kProtoIcmpv6);
}

// The words of a match in the order in which ovs-ofctl prints them.
class Printer {
 public:
  Printer(const Match& match, const PortNames* ports) : match_(match), ports_(ports) {}

  std::string print(int priority) {
    if (priority != kDefaultPriority) put("priority", std::to_string(priority));
    for (const FieldId id : {FieldId::PktMark, FieldId::RecircId, FieldId::DpHash}) sharp(id);
    plain(FieldId::ConjId);
    sharp(FieldId::SkbPriority);
    protocol();
    for (unsigned i = 0; i < 16; ++i) sharp(FieldId(unsigned(FieldId::Reg0) + i));
    tunnel();
    sharp(FieldId::Metadata);
    plain(FieldId::InPort);
    tag();
    named("dl_src", FieldId::EthSrc);
    named("dl_dst", FieldId::EthDst);
    network();
    for (const FieldId id :
         {FieldId::MplsLabel, FieldId::MplsTc, FieldId::MplsTtl, FieldId::MplsBos})
      plain(id);
    plain(FieldId::IpFrag, "nw_frag");
    transport();
    return std::move(text_);
  }

 private:
  void put(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_.append(name).append(1, '=').append(value);
  }
  void word(std::string_view name) {
    if (!text_.empty()) text_ += ',';
    text_ += name;
  }
  bool asks(FieldId id) const { return !match_.is_wildcard(id); }
  std::uint64_t number(FieldId id) const { return match_.value(id).low(); }
  void named(std::string_view name, FieldId id) {
    if (asks(id)) put(name, format_value(field(id), match_.value(id), match_.mask(id), ports_));
  }
  void plain(FieldId id) { named(std::string_view(field(id).name), id); }
  void plain(FieldId id, std::string_view name) { named(name, id); }
  // Numbers as C's %#x prints them.
  void sharp(FieldId id) {
    if (!asks(id)) return;
    std::string value = sharp_hex_text(number(id));
    if (!match_.is_exact(id)) value += '/' + hex_text(match_.mask(id));
    put(std::string_view(field(id).name), value);
  }
  // 16-bit numbers: decimal, both in hexadecimal when masked.
  void port(std::string_view name, FieldId id) {
    if (!asks(id)) return;
    if (match_.is_exact(id)) return put(name, std::to_string(number(id)));
    put(name, hex_text(number(id)) + '/' + hex_text(match_.mask(id)));
  }

  void protocol() {
    if (!match_.is_exact(FieldId::EthType)) return;
    const bool has_proto = asks(FieldId::NwProto);
    const Protocol* found = nullptr;
    for (const Protocol& row : kProtocols) {
      if (row.eth_type != number(FieldId::EthType)) continue;
      if (row.nw_proto != 0 && !(has_proto && row.nw_proto == number(FieldId::NwProto))) continue;
      if (found == nullptr || (found->nw_proto == 0 && row.nw_proto != 0)) found = &row;
    }
    if (found == nullptr) return;
    word(found->name);
    type_said_ = true;
    proto_said_ = found->nw_proto != 0;
  }

  void tunnel() {
    sharp(FieldId::TunId);
    for (const FieldId id :
         {FieldId::TunSrc, FieldId::TunDst, FieldId::TunIpv6Src, FieldId::TunIpv6Dst})
      plain(id);
    if (asks(FieldId::TunTos)) put("tun_tos", hex_text(number(FieldId::TunTos)).substr(2));
    plain(FieldId::TunTtl);
    tunnel_flags();
  }
  void tunnel_flags() {
    const Place all = bits_of(StorageId::TunFlags, 12, 4);
    const std::uint64_t mask = load_bits(match_.mask(), all).low();
    if (mask == 0) return;
    const auto flags = std::uint32_t(load_bits(match_.key(), all).low());
    put("tun_flags", masked_flags_text(kTunnelFlagNames, flags, std::uint32_t(mask)));
  }

  void tag() {
    constexpr std::uint64_t present = 0x1000, vid = 0x0fff, pcp = 0xe000;
    const std::uint64_t value = number(FieldId::VlanTci),
                        mask = match_.mask(FieldId::VlanTci).low();
    if (mask == 0) return inner_tag();
    const auto whole_or_none = [&](std::uint64_t bits) {
      return (mask & bits) == 0 || (mask & bits) == bits;
    };
    if ((mask & value & present) != 0 && whole_or_none(vid) && whole_or_none(pcp) &&
        (mask & (vid | pcp)) != 0) {
      if ((mask & vid) != 0) put("dl_vlan", std::to_string(value & vid));
      if ((mask & pcp) != 0) put("dl_vlan_pcp", std::to_string(value >> 13));
      return inner_tag();
    }
    std::string text = padded_hex_text(value, 4);
    if (mask != 0xffff) text += '/' + padded_hex_text(mask, 4);
    put("vlan_tci", text);
    inner_tag();
  }
  // No name in OpenFlow matches reaches the inner tag; traces of datapath flows print it.
  void inner_tag() {
    const Place tci = whole(StorageId::Vlan2Tci);
    const std::uint64_t mask = load_bits(match_.mask(), tci).low();
    if (mask == 0) return;
    std::string text = padded_hex_text(load_bits(match_.key(), tci).low(), 4);
    if (mask != 0xffff) text += '/' + padded_hex_text(mask, 4);
    put("vlan_tci1", text);
  }

  bool is_type(std::uint64_t a) const { return number(FieldId::EthType) == a; }
  bool is_arp() const { return is_type(wire::kEtherTypeArp) || is_type(wire::kEtherTypeRarp); }

  void network() {
    if (!type_said_ && asks(FieldId::EthType))
      put("dl_type", padded_hex_text(number(FieldId::EthType), 4));
    if (is_type(wire::kEtherTypeIpv6)) {
      plain(FieldId::Ipv6Src);
      plain(FieldId::Ipv6Dst);
      flow_label();
    } else {
      named(is_arp() ? "arp_spa" : "nw_src", FieldId::IpSrc);
      named(is_arp() ? "arp_tpa" : "nw_dst", FieldId::IpDst);
    }
    if (!proto_said_) named(is_arp() ? "arp_op" : "nw_proto", FieldId::NwProto);
    if (is_arp()) {
      plain(FieldId::ArpSha);
      plain(FieldId::ArpTha);
    }
    plain(FieldId::NwTos);
    plain(FieldId::NwEcn);
    plain(FieldId::NwTtl);
  }
  void flow_label() {
    if (!asks(FieldId::Ipv6Label)) return;
    std::string text = padded_hex_text(number(FieldId::Ipv6Label), 5);
    if (!match_.is_exact(FieldId::Ipv6Label)) {
      text += '/' + padded_hex_text(match_.mask(FieldId::Ipv6Label).low(), 5);
    }
    put("ipv6_label", text);
  }
  void transport() {
    const std::uint64_t proto = number(FieldId::NwProto);
    if (is_icmp(match_)) {
      port("icmp_type", FieldId::IcmpType);
      port("icmp_code", FieldId::IcmpCode);
      if (is_type(wire::kEtherTypeIpv6))
        plain(FieldId::NdTarget), plain(FieldId::NdSll), plain(FieldId::NdTll);
    } else {
      port("tp_src", FieldId::TcpSrc);
      port("tp_dst", FieldId::TcpDst);
    }
    if (proto == wire::kProtoTcp) plain(FieldId::TcpFlags);
  }

  const Match& match_;
  const PortNames* ports_;
  std::string text_;
  bool type_said_ = false, proto_said_ = false;
};

constexpr std::string_view kSeparators = ", \t\r\n";

// The next "name" or "name=value" word; a value may hold separators within quotes.
std::string_view next_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(kSeparators), text.size()));
  const std::string_view word =
      text.substr(0, std::min(find_unquoted(text, kSeparators), text.size()));
  text.remove_prefix(word.size());
  return word;
}

}  // namespace

std::string format_match(const Match& match, const PortNames* ports, int priority) {
  return Printer(match, ports).print(priority);
}

std::string format_port(std::uint16_t port, const PortNames* ports) {
  for (const PortName& row : kReservedPorts) {
    if (row.port == port) return std::string(row.name);
  }
  if (ports != nullptr) {
    if (const auto name = ports->name(port)) return quoted_name(*name);
  }
  return std::to_string(port);
}

Result<std::uint16_t, TextError> parse_port(std::string_view text, const PortNames* ports) {
  if (!text.empty() && is_digit(text.front())) {
    const auto number = parse_number(text);
    if (!number || number->high() != 0) return error(std::string(text) + ": bad port number");
    const std::uint64_t port = number->low();
    if (port < kMaxPort || (port >= kFirstReserved && port <= 0xffff)) return std::uint16_t(port);
    if (port >= kMaxPort32 && port <= 0xffffffff) return std::uint16_t(port);
    return error("port " + std::string(text) + " is out of range");
  }
  for (const PortName& row : kReservedPorts) {
    if (equal_in_any_case(row.name, text)) return row.port;
  }
  if (ports != nullptr) {
    if (const auto port = ports->number(unquoted(text))) return std::uint16_t(*port);
  }
  return error(std::string(text) + ": unknown port");
}

std::string format_value(const Field& row, const FieldValue& value, const FieldValue& mask,
                         const PortNames* ports) {
  if (mask.is_zero()) return "ANY";
  const bool exact = mask == Match::exact_mask(row.id);
  switch (row.format) {
    case Format::Port:
    case Format::PortOxm:
      if (exact) return format_port(std::uint16_t(value.low()), ports);
      return integer_text(row, value, mask);
    case Format::Decimal:
    case Format::Hex: return integer_text(row, value, mask);
    case Format::Mac: return mac_text(value, mask);
    case Format::Ipv4: return ipv4_text(value, mask);
    case Format::Ipv6: return ipv6_text(value, mask);
    case Format::Frag: return frag_text(value.low(), mask.low());
    case Format::TcpFlags:
      return masked_flags_text(kTcpFlagNames, std::uint32_t(value.low()),
                               std::uint32_t(mask.low()));
    case Format::TunnelFlags:
      return masked_flags_text(kTunnelFlagNames, std::uint32_t(value.low()),
                               std::uint32_t(mask.low()));
  }
  return {};
}

Result<MaskedValue, TextError> parse_value(const Field& row, std::string_view text,
                                           const PortNames* ports) {
  if (text == "*") return MaskedValue{};
  OVS_TRY(const MaskedValue masked, parse_by_format(row, text, ports));
  // As bytes, whatever bits of them the field has.
  const bool said = text.find('/') != std::string_view::npos;
  const FieldValue exact = said ? FieldValue::ones(8u * row.width) : Match::exact_mask(row.id);
  if (!row.maskable() && !(exact & ~masked.mask).is_zero() && !masked.mask.is_zero()) {
    return error(std::string(text) + ": invalid mask for field " + std::string(row.name));
  }
  return masked;
}

namespace {

// ICMP's type and code lie where ports do, and have 8 of their 16 bits; the others are zero in
// every packet. So a port that was matched too is a type or a code, unless it is too large for one.
Result<MatchWord, TextError> taken(std::string_view key, Match& match) {
  if (!is_icmp(match)) return MatchWord::Taken;
  for (const FieldId id : {FieldId::TcpSrc, FieldId::TcpDst}) {
    const std::uint64_t value = match.value(id).low(), mask = match.mask(id).low();
    if (value > 0xff) return error(std::string(key) + ": ICMP's type and code have 8 bits");
    if ((mask & 0xff) != 0 && (mask & 0xff) != 0xff)
      return error(std::string(key) + ": ICMP's type and code are matched whole");
    if (mask > 0xff) match.set_masked(id, FieldValue::of(value), FieldValue::of(mask & 0xff));
  }
  return MatchWord::Taken;
}

}  // namespace

Result<MatchWord, TextError> parse_match_word(std::string_view key, std::string_view value,
                                              const PortNames* ports, Match& match) {
  if (value.empty()) {
    for (const Protocol& row : kProtocols) {
      if (row.name != key) continue;
      match.set(FieldId::EthType, row.eth_type);
      if (row.nw_proto != 0) match.set(FieldId::NwProto, row.nw_proto);
      return taken(key, match);
    }
  }
  const Field* row = find_field(key);
  if (row == nullptr) return MatchWord::NotMatch;
  if (value.empty()) return error("field " + std::string(key) + " missing value");
  OVS_TRY(const MaskedValue masked, parse_value(*row, value, ports));
  const bool no_tag = row->coding == Coding::VlanVid && masked.value == FieldValue::of(kNoVlan);
  const FieldValue bits = no_tag ? masked.value : masked.value & masked.mask;
  if (!is_valid(row->id, bits)) {
    return error(std::string(value) + ": invalid value for field " + std::string(key));
  }
  match.set_masked(row->id, bits, masked.mask);
  return taken(key, match);
}

Result<Match, TextError> parse_match(std::string_view text, const PortNames* ports) {
  Match match;
  for (std::string_view word = next_word(text); !word.empty(); word = next_word(text)) {
    const auto halves = split_at(word, '=');
    const std::string_view key = halves ? halves->first : word;
    OVS_TRY(const MatchWord taken,
            parse_match_word(key, halves ? halves->second : "", ports, match));
    if (taken == MatchWord::NotMatch) return error("unknown field " + std::string(key));
  }
  return match;
}

}  // namespace ovs::flow
