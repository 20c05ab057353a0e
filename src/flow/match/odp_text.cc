#include "flow/match/odp_text.h"

#include "flow/field/odp.h"
#include "flow/field/value_text.h"
#include "flow/match/extract.h"
#include "flow/match/netlink_parts.h"
#include "flow/match/presence.h"

namespace ovs::flow {
namespace {

std::string frag_text(std::uint64_t kind) {
  switch (wire::FragType(kind)) {
    case wire::FragType::None: return "no";
    case wire::FragType::First: return "first";
    case wire::FragType::Later: return "later";
  }
  return "<unknown>";
}

std::string port_text(std::uint64_t port, const PortNames* ports) {
  if (ports != nullptr) {
    if (const auto name = ports->name(std::uint32_t(port))) return *name;
  }
  return std::to_string(port);
}

// A value in the form that its attribute has; without its mask.
std::string value_text(OdpFormat format, const FieldValue& value, const PortNames* ports) {
  switch (format) {
    case OdpFormat::Decimal:
    case OdpFormat::Digit: return std::to_string(value.low());
    case OdpFormat::Hex:
    case OdpFormat::Label: return sharp_hex_text(value.low());
    case OdpFormat::Hex0x: return hex_text(value.low());
    case OdpFormat::Hex4: return padded_hex_text(value.low(), 4);
    case OdpFormat::Mac: return mac_text(value);
    case OdpFormat::Ipv4: return ipv4_text(value);
    case OdpFormat::Ipv6: return ipv6_text(value);
    case OdpFormat::Port: return port_text(value.low(), ports);
    case OdpFormat::Frag: return frag_text(value.low());
    case OdpFormat::TcpFlags: return flags_text(kTcpFlagNames, std::uint32_t(value.low()), '|');
  }
  return {};
}

std::string mask_text(OdpFormat format, const FieldValue& mask) {
  switch (format) {
    case OdpFormat::Mac: return mac_text(mask);
    case OdpFormat::Ipv4: return ipv4_text(mask);
    case OdpFormat::Ipv6: return ipv6_text(mask);
    case OdpFormat::Hex4: return padded_hex_text(mask.low(), 4);
    case OdpFormat::Digit: return std::to_string(mask.low());
    default: return sharp_hex_text(mask.low());
  }
}

bool is_full(OdpFormat format, const FieldValue& mask, unsigned bits) {
  if (format == OdpFormat::Label) return (mask & FieldValue::ones(20)) == FieldValue::ones(20);
  if (format == OdpFormat::TcpFlags) return (mask & FieldValue::ones(12)) == FieldValue::ones(12);
  return mask == FieldValue::ones(bits);
}

// Bits as netlink has them, in the byte order of numbers.
FieldValue shown_bits(const OdpMember& row, ValueKind kind, const FlowKey& from) {
  const FieldValue stored = load_bits(from.bytes(), row.at);
  switch (row.coding) {
    case OdpCoding::Network:
    case OdpCoding::Host: return stored;
    case OdpCoding::HostPort:
      return stored.low() == kNoInPort ? FieldValue::of(0xffffffff) : stored;
    case OdpCoding::Frag: return odp_from_stored(row, kind, stored);
  }
  return stored;
}

// Prints a key with or without a mask. `mask_` null: everything, exactly.
class Printer {
 public:
  Printer(const FlowKey& key, const FlowMask* mask, const PortNames* ports, OdpStyle style,
          OdpDialect dialect)
      : key_(key),
        mask_(mask),
        ports_(ports),
        verbose_(style == OdpStyle::Verbose),
        dialect_(dialect) {}

  std::string print() {
    for (const OdpAttr& row : kOdpAttrs) {
      if (row.level != Level::Outermost) continue;
      if (row.id == KeyAttr::Ethernet) userspace_only();
      attribute(row);
    }
    tags();
    return std::move(text_);
  }
  void attribute_of_set(const OdpAttr& row) { bracket(row.name, members(row)); }
  std::string take() { return std::move(text_); }
  std::string tunnel() const;

 private:
  void bracket(std::string_view name, std::string_view inside) {
    if (!text_.empty() && text_.back() != '(') text_ += ',';
    text_.append(name).append(1, '(').append(inside).append(1, ')');
  }

  bool mask_is_zero(const OdpAttr& attr) const {
    if (mask_ == nullptr) return false;
    for (const OdpMember& row : kOdpMembers) {
      if (row.attr == attr.id && !load_bits(mask_->bytes(), row.at).is_zero()) return false;
    }
    return true;
  }

  void attribute(const OdpAttr& row) {
    if (!has(key_, row.when)) return;
    if (row.id == KeyAttr::Tunnel) return bracket(row.name, tunnel());
    const bool wildcard = mask_is_zero(row);
    if (row.id == KeyAttr::TcpFlags && load_stored<StorageId::TcpFlags>(key_) == 0 &&
        (mask_ == nullptr || wildcard)) {
      return;
    }
    if (verbose_ || !wildcard) return bracket(row.name, members(row));
    // A kernel's packet is an Ethernet frame by having this attribute, whatever it says.
    if (row.id == KeyAttr::Ethernet && dialect_ == OdpDialect::Kernel) bracket(row.name, "");
  }

  void userspace_only() {
    if (dialect_ == OdpDialect::Kernel) return;
    for (const char* name : {"ct_state", "ct_zone", "ct_mark", "ct_label"}) {
      if (mask_ == nullptr)
        bracket(name, "0");
      else if (verbose_)
        bracket(name, "0/0");
    }
    bracket("packet_type", "ns=0,id=0");
  }

  bool is_exact(const OdpAttr& attr) const {
    if (mask_ == nullptr) return true;
    for (const OdpMember& row : kOdpMembers) {
      if (row.attr != attr.id) continue;
      if (!(load_bits(mask_->bytes(), row.at) == FieldValue::ones(row.at.bits))) return false;
    }
    return true;
  }
  std::string members(const OdpAttr& attr) const {
    const bool all = attr.part == PartText::Everything && !is_exact(attr);
    std::string text;
    for (const OdpMember& row : kOdpMembers) {
      if (row.attr == attr.id) all ? with_mask(text, row) : member(text, row);
    }
    return text;
  }
  void with_mask(std::string& text, const OdpMember& row) const {
    const FieldValue value = shown_bits(row, ValueKind::Value, key_);
    append(text, row.name, row.format, value, FieldValue::ones(row.bits), row.bits);
    text += '/' + mask_text(row.format, shown_bits(row, ValueKind::Mask, *mask_));
  }
  void member(std::string& text, const OdpMember& row) const {
    const FieldValue value = shown_bits(row, ValueKind::Value, key_);
    if (mask_ == nullptr)
      return append(text, row.name, row.format, value, FieldValue::ones(row.bits), row.bits);
    const FieldValue mask = shown_bits(row, ValueKind::Mask, *mask_);
    // An enumeration has no partial mask, so its absence need not be shown.
    if (mask.is_zero() && (!verbose_ || row.format == OdpFormat::Frag)) return;
    append(text, row.name, row.format, value, mask, row.bits);
  }
  void append(std::string& text, std::string_view name, OdpFormat format, const FieldValue& value,
              const FieldValue& mask, unsigned bits) const {
    if (!text.empty()) text += ',';
    if (!name.empty()) text.append(name).append(1, '=');
    const bool full = is_full(format, mask, bits);
    if (format == OdpFormat::TcpFlags && !full) {
      text +=
          masked_flags_text(kTcpFlagNames, std::uint32_t(value.low()), std::uint32_t(mask.low()));
      return;
    }
    text +=
        value_text(full || format != OdpFormat::Port ? format : OdpFormat::Decimal, value, ports_);
    if (!full) text += '/' + mask_text(format, mask);
  }

  std::string vlan(Place place) const {
    const std::uint64_t tci = load_bits(key_.bytes(), place).low();
    const std::uint64_t mask = mask_ == nullptr ? 0xffff : load_bits(mask_->bytes(), place).low();
    std::string text;
    const auto part = [&](const char* name, std::uint64_t value, std::uint64_t bits,
                          std::uint64_t all) {
      if (!verbose_ && bits == 0) return;
      if (!text.empty()) text += ',';
      text += name + std::to_string(value);
      if (bits != all) text += '/' + hex_text(bits);
    };
    part("vid=", tci & 0xfff, mask & 0xfff, 0xfff);
    part("pcp=", tci >> 13, mask >> 13, 7);
    if ((tci & kVlanPresent) == 0) text += text.empty() ? "cfi=0" : ",cfi=0";
    return text;
  }

  void inner() {
    if (mask_ != nullptr && !has(key_, When::HasEtherType)) {
      const std::uint64_t mask = load_stored<StorageId::EthType>(*mask_);
      if (mask != 0) bracket("eth_type", "0/" + padded_hex_text(mask, 4));
    }
    for (const OdpAttr& row : kOdpAttrs) {
      if (row.level == Level::Innermost) attribute(row);
    }
  }

  void tags() {
    const unsigned count = tag_count(key_);
    for (unsigned tag = 0; tag < count; ++tag) {
      bracket("eth_type",
              padded_hex_text(load_bits(key_.bytes(), whole(kTagStorage[tag].tpid)).low(), 4));
      const Place tci = whole(kTagStorage[tag].tci);
      const bool wildcard = mask_ != nullptr && load_bits(mask_->bytes(), tci).is_zero();
      if (verbose_ || !wildcard) bracket("vlan", vlan(tci));
      text_ += ",encap(";
    }
    inner();
    text_.append(count, ')');
  }

  const FlowKey& key_;
  const FlowMask* mask_;
  const PortNames* ports_;
  const bool verbose_;
  const OdpDialect dialect_;
  std::string text_;
};

std::string Printer::tunnel() const {
  std::string text;
  std::uint32_t mask_flags = 0;
  const auto flag_bit = [](const OdpTunnelMember& row) {
    return std::uint32_t{1} << (15 - row.at.first_bit % 16);
  };
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    const FieldValue mask =
        mask_ == nullptr ? FieldValue::ones(row.at.bits) : load_bits(mask_->bytes(), row.at);
    if (row.form == TunnelForm::Flag) {
      if (!mask.is_zero()) mask_flags |= flag_bit(row);
      continue;
    }
    const FieldValue value = load_bits(key_.bytes(), row.at);
    const bool has_key =
        row.form == TunnelForm::Id && !load_bits(key_.bytes(), kTunnelKeyBit).is_zero();
    if (value.is_zero() && !has_key && row.form != TunnelForm::Ttl) continue;
    if (row.form == TunnelForm::Id) mask_flags |= kTunnelKey;
    if (verbose_ || !mask.is_zero()) append(text, row.name, row.format, value, mask, row.at.bits);
  }
  auto flags = std::uint32_t(load_stored<StorageId::TunFlags>(key_));
  if (load_stored<StorageId::TunId>(key_) != 0) flags |= kTunnelKey;
  if (mask_ != nullptr && mask_flags == 0 && !verbose_) return text;
  if (!text.empty()) text += ',';
  if (mask_ == nullptr) return text + "flags(" + flags_text(kTunnelFlagNames, flags, '|') + ')';
  return text + "flags(" + masked_flags_text(kTunnelFlagNames, flags, mask_flags) + ')';
}

}  // namespace

std::string format_odp_key(const FlowKey& key, const PortNames* ports, OdpDialect dialect) {
  return Printer(key, nullptr, ports, OdpStyle::Normal, dialect).print();
}

std::string format_odp(const FlowKey& key, const FlowMask& mask, const PortNames* ports,
                       OdpStyle style, OdpDialect dialect) {
  return Printer(key, &mask, ports, style, dialect).print();
}

std::string format_odp_set(const FlowKey& value, const FlowMask& mask, KeyAttr attr) {
  if (attr == KeyAttr::Tunnel) {
    Printer whole(value, nullptr, nullptr, OdpStyle::Normal, OdpDialect::Kernel);
    return "tunnel(" + whole.tunnel() + ')';
  }
  Printer printer(value, &mask, nullptr, OdpStyle::Normal, OdpDialect::Kernel);
  printer.attribute_of_set(*find_odp_attr(attr));
  return printer.take();
}

}  // namespace ovs::flow
