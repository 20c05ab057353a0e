// The reading half of odp_text.h.
#include "flow/field/item_text.h"
#include "flow/field/odp.h"
#include "flow/field/value_text.h"
#include "flow/match/extract.h"
#include "flow/match/netlink_parts.h"
#include "flow/match/odp_text.h"
#include "flow/match/presence.h"

namespace ovs::flow {
namespace {

using Done = Result<void, TextError>;

TextError error(std::string message) {
  return TextError{std::move(message)};
}
TextError error(std::string_view where, std::string_view what) {
  return TextError{std::string(where) + ": " + std::string(what)};
}

// Attributes that datapaths elsewhere have. Accepted where they say nothing.
constexpr std::string_view kUnsupported[] = {"ct_state",  "ct_zone",   "ct_mark", "ct_label",
                                             "ct_tuple4", "ct_tuple6", "nsh"};

std::optional<MaskedValue> parse_masked_number(std::string_view text, unsigned bits) {
  const auto halves = split_at(text, '/');
  const auto value = parse_number(halves ? halves->first : text);
  const auto mask = halves ? parse_number(halves->second) : FieldValue::ones(bits);
  if (!value || !mask || !((*value | *mask) & ~FieldValue::ones(bits)).is_zero()) return {};
  return MaskedValue{*value, *mask};
}

std::optional<MaskedValue> parse_frag(std::string_view text) {
  constexpr std::string_view names[] = {"no", "first", "later"};
  for (std::uint64_t kind = 0; kind < 3; ++kind) {
    if (names[kind] == text) return MaskedValue{FieldValue::of(kind), FieldValue::of(0xff)};
  }
  return {};
}

std::optional<MaskedValue> parse_port(std::string_view text, const PortNames* ports) {
  if (const auto number = parse_masked_number(text, 32)) return number;
  const auto port = ports == nullptr ? std::nullopt : ports->number(text);
  if (!port) return {};
  return MaskedValue{FieldValue::of(*port), FieldValue::ones(32)};
}

std::optional<MaskedValue> parse_flag_value(std::string_view text) {
  const auto flags = parse_flags(kTcpFlagNames, text);
  if (!flags) return {};
  const std::uint32_t mask = flags->mask == kTcpFlagNames.all ? 0xffff : flags->mask;
  return MaskedValue{FieldValue::of(flags->flags), FieldValue::of(mask)};
}

std::optional<MaskedValue> parse_by_format(OdpFormat format, unsigned bits, std::string_view text,
                                           const PortNames* ports) {
  switch (format) {
    case OdpFormat::Decimal:
    case OdpFormat::Digit:
    case OdpFormat::Hex:
    case OdpFormat::Hex0x:
    case OdpFormat::Hex4:
    case OdpFormat::Label: return parse_masked_number(text, bits);
    case OdpFormat::Mac: return parse_masked_mac(text);
    case OdpFormat::Ipv4: return parse_masked_ipv4(text);
    case OdpFormat::Ipv6: return parse_masked_ipv6(text);
    case OdpFormat::Port: return parse_port(text, ports);
    case OdpFormat::Frag: return parse_frag(text);
    case OdpFormat::TcpFlags: return parse_flag_value(text);
  }
  return {};
}

// What one member's text says, as stored bits.
Result<FieldValue> stored_number(const OdpMember& row, ValueKind kind, const FieldValue& bits) {
  // Numbers in host order were read as numbers: only what netlink does to their bytes is undone.
  if (row.coding == OdpCoding::Host) return bits;
  if (row.coding != OdpCoding::HostPort) return stored_from_odp(row, kind, bits);
  return stored_from_odp(row, kind, FieldValue::of(byte_swap(std::uint32_t(bits.low()))));
}

Done take_member(const OdpMember& row, std::string_view text, const PortNames* ports, FlowKey& key,
                 FlowMask& mask) {
  const auto parsed = parse_by_format(row.format, row.bits, text, ports);
  if (!parsed) return error(text, "bad value for " + std::string(find_odp_attr(row.attr)->name));
  const auto value = stored_number(row, ValueKind::Value, parsed->value);
  const auto bits = stored_number(row, ValueKind::Mask, parsed->mask);
  if (!value || !bits) return error(text, "value out of range");
  store_bits(key.bytes(), row.at, *value);
  store_bits(mask.bytes(), row.at, *bits);
  return kOk;
}

const OdpMember* find_member(KeyAttr attr, std::string_view name) {
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr == attr && row.name == Text(name)) return &row;
  }
  return nullptr;
}

const OdpAttr* find_attr(std::string_view name) {
  for (const OdpAttr& row : kOdpAttrs) {
    if (row.name == Text(name)) return &row;
  }
  return nullptr;
}

Done take_members_text(const OdpAttr& attr, std::string_view arguments, const PortNames* ports,
                       OdpFlow& flow) {
  if (const OdpMember* only = find_member(attr.id, "")) {
    return take_member(*only, arguments, ports, flow.key, flow.mask);
  }
  ItemScanner scanner(arguments);
  for (TextItem item; scanner.next(item);) {
    const OdpMember* row = item.has_value ? find_member(attr.id, item.name) : nullptr;
    if (row == nullptr) return error(item.all, "unknown part of " + std::string(attr.name));
    OVS_TRY(take_member(*row, item.arguments, ports, flow.key, flow.mask));
  }
  return scanner.failed() ? Done(error(arguments, "brackets do not match")) : Done(kOk);
}

Done take_tunnel_flags(std::string_view text, OdpFlow& flow) {
  const auto flags = parse_flags(kTunnelFlagNames, text.empty() ? "0" : text);
  if (!flags) return error(text, "unknown tunnel flag");
  const Place all = bits_of(StorageId::TunFlags, 12, 4);
  store_bits(flow.key.bytes(), all,
             load_bits(flow.key.bytes(), all) | FieldValue::of(flags->flags));
  store_bits(flow.mask.bytes(), all,
             load_bits(flow.mask.bytes(), all) | FieldValue::of(flags->mask));
  return kOk;
}

Done take_tunnel_member(const TextItem& item, OdpFlow& flow) {
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    if (row.form == TunnelForm::Flag || row.name != Text(item.name) || !item.has_value) continue;
    const auto parsed = parse_by_format(row.format, row.at.bits, item.arguments, nullptr);
    if (!parsed) return error(item.all, "bad value for tunnel");
    store_bits(flow.key.bytes(), row.at, parsed->value);
    store_bits(flow.mask.bytes(), row.at, parsed->mask);
    if (row.form != TunnelForm::Id) return kOk;
    store_bits(flow.mask.bytes(), kTunnelKeyBit, FieldValue::of(1));
    return kOk;
  }
  return error(item.all, "part of a tunnel not supported yet");
}

Done take_tunnel_text(std::string_view arguments, OdpFlow& flow) {
  ItemScanner scanner(arguments);
  for (TextItem item; scanner.next(item);) {
    if (item.name == "flags" && item.has_brackets) {
      OVS_TRY(take_tunnel_flags(item.arguments, flow));
    } else {
      OVS_TRY(take_tunnel_member(item, flow));
    }
  }
  return scanner.failed() ? Done(error(arguments, "brackets do not match")) : Done(kOk);
}

struct MaskedTci {
  std::uint64_t value = kVlanPresent, mask = kVlanPresent;
};
Result<MaskedTci, TextError> parse_vlan(std::string_view arguments) {
  struct Part {
    std::string_view name;
    unsigned shift, bits;
  };
  constexpr Part parts[] = {{"vid", 0, 12}, {"pcp", 13, 3}, {"cfi", 12, 1}};
  MaskedTci tci;
  ItemScanner scanner(arguments);
  for (TextItem item; scanner.next(item);) {
    const Part* part = nullptr;
    for (const Part& row : parts) part = row.name == item.name ? &row : part;
    const auto parsed =
        part == nullptr ? std::nullopt : parse_masked_number(item.arguments, part->bits);
    if (!parsed) return error(item.all, "bad part of vlan");
    const std::uint64_t all = ((1u << part->bits) - 1) << part->shift;
    tci.value = (tci.value & ~all) | parsed->value.low() << part->shift;
    tci.mask = (tci.mask & ~all) | parsed->mask.low() << part->shift;
  }
  return tci;
}

std::uint64_t bit_of(KeyAttr attr) {
  static_assert(wire::kMaxKeyAttr < 64);
  return std::uint64_t{1} << unsigned(attr);
}

Done check_says_nothing(const TextItem& item) {
  if (item.name == "packet_type") {
    for (const std::string_view plain : {"ns=0,id=0", "ns=0", "id=0", ""}) {
      if (item.arguments == plain) return kOk;
    }
    return error(item.all, "packet type other than Ethernet is not supported yet");
  }
  const auto halves = split_at(item.arguments, '/');
  const auto value = parse_number(halves ? halves->first : item.arguments);
  const auto mask = halves ? parse_number(halves->second) : std::nullopt;
  if (item.arguments.empty() || (value && value->is_zero()) || (mask && mask->is_zero()))
    return kOk;
  return error(std::string(item.name) + ": not supported yet");
}

// One level: what stands beside an EtherType. What is behind a tag is another.
struct LevelText {
  std::string_view ether_type, vlan, encap;
  bool has_ether_type = false, has_vlan = false, has_encap = false;
};

Done take_item(const TextItem& item, const PortNames* ports, OdpFlow& flow, LevelText& level) {
  if (!item.has_brackets) return error(item.all, "syntax error");
  if (item.name == "eth_type") {
    level.ether_type = item.arguments, level.has_ether_type = true;
    return kOk;
  }
  if (item.name == "vlan") {
    level.vlan = item.arguments, level.has_vlan = true;
    return kOk;
  }
  if (item.name == "encap") {
    level.encap = item.arguments, level.has_encap = true;
    return kOk;
  }
  if (item.name == "tunnel") return take_tunnel_text(item.arguments, flow);
  if (const OdpAttr* attr = find_attr(item.name)) {
    if (attr->level == Level::Innermost) flow.named |= bit_of(attr->id);
    return take_members_text(*attr, item.arguments, ports, flow);
  }
  if (item.name == "packet_type") return check_says_nothing(item);
  for (const std::string_view name : kUnsupported) {
    if (name == item.name) return check_says_nothing(item);
  }
  return error(item.all, "unknown key attribute");
}

Result<MaskedValue, TextError> parse_ether_type(std::string_view text) {
  const auto parsed = parse_masked_number(text, 16);
  if (!parsed) return error(text, "bad value for eth_type");
  return *parsed;
}

Done take_tag_text(const LevelText& level, unsigned tag, OdpFlow& flow) {
  if (tag == kMaxTags) return error("more than two VLAN tags are not supported yet");
  OVS_TRY(const MaskedTci tci, parse_vlan(level.vlan));
  if ((tci.value & kVlanPresent) == 0 && level.encap.empty()) {
    // The packet ends behind the tag's EtherType.
    OVS_TRY(const MaskedValue type, parse_ether_type(level.ether_type));
    store_number<StorageId::EthType>(flow.key, type.value.low());
    store_number<StorageId::EthType>(flow.mask, type.mask.low());
    return kOk;
  }
  const Place tpid = whole(kTagStorage[tag].tpid), place = whole(kTagStorage[tag].tci);
  if (level.has_ether_type) {
    OVS_TRY(const MaskedValue type, parse_ether_type(level.ether_type));
    store_bits(flow.key.bytes(), tpid, type.value);
    store_bits(flow.mask.bytes(), tpid, type.mask);
  }
  store_bits(flow.key.bytes(), place, FieldValue::of(tci.value));
  store_bits(flow.mask.bytes(), place, FieldValue::of(tci.mask));
  return kOk;
}

// Reads levels from the outermost in.
Done take_levels(std::string_view text, const PortNames* ports, OdpFlow& flow) {
  store_number<StorageId::EthType>(flow.key, kNotAnEtherType);
  for (unsigned tag = 0;; ++tag) {
    LevelText level;
    ItemScanner scanner(text);
    for (TextItem item; scanner.next(item);) {
      OVS_TRY(take_item(item, ports, flow, level));
    }
    if (scanner.failed()) return error(text, "brackets do not match");
    if (level.has_encap && !level.has_vlan) {
      // A tag that a mask leaves out still encapsulates.
      level.vlan = "vid=0/0,pcp=0/0", level.has_vlan = true;
    }
    if (level.has_vlan) {
      OVS_TRY(take_tag_text(level, tag, flow));
      flow.is_cut_at_a_tag = !level.has_encap;
      if (!level.has_encap || level.encap.empty()) return kOk;
      text = level.encap;
      continue;
    }
    if (!level.has_ether_type) return kOk;
    OVS_TRY(const MaskedValue type, parse_ether_type(level.ether_type));
    const bool untyped =
        type.value.is_zero() && !type.mask.is_zero();  // "0/0xffff": a frame without one
    store_number<StorageId::EthType>(flow.key, untyped ? kNotAnEtherType : type.value.low());
    store_number<StorageId::EthType>(flow.mask, type.mask.low());
    return kOk;
  }
}

std::string_view without_ufid(std::string_view text) {
  if (text.substr(0, 5) != "ufid:") return text;
  const auto halves = split_at(text, ',');
  return halves ? halves->second : std::string_view();
}

}  // namespace

Result<OdpFlow, TextError> parse_odp(std::string_view text, const PortNames* ports) {
  OdpFlow flow;
  store_number<StorageId::InPort>(flow.key, kNoInPort);
  OVS_TRY(take_levels(without_ufid(text), ports, flow));
  return flow;
}

bool is_whole(const OdpFlow& flow) {
  if (flow.is_cut_at_a_tag) return false;
  for (const OdpAttr& row : kOdpAttrs) {
    const bool is_named = (flow.named & bit_of(row.id)) != 0;
    if (is_named ? !has(flow.key, row.when) : is_expected(row, flow.key)) return false;
  }
  return true;
}

Result<OdpSet, TextError> parse_odp_set(std::string_view text) {
  ItemScanner scanner(text);
  TextItem item;
  if (!scanner.next(item) || !item.has_brackets) return error(text, "syntax error");
  const OdpAttr* attr = find_attr(item.name);
  if (attr == nullptr) return error(std::string(item.name) + ": set not supported yet");
  OdpFlow flow;
  if (attr->id == KeyAttr::Tunnel) {
    OVS_TRY(take_tunnel_text(item.arguments, flow));
  } else {
    OVS_TRY(take_members_text(*attr, item.arguments, nullptr, flow));
  }
  return OdpSet{attr->id, flow.key, flow.mask};
}

}  // namespace ovs::flow
