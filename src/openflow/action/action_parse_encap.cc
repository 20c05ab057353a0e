// Readers of the actions that add and remove outer headers.
#include "base/text/hex.h"
#include "openflow/action/names.h"
#include "openflow/action/parse_parts.h"

namespace ovs::openflow {
namespace {

using flow::TextError;

// "0x1234,5,0x0102"
ParsedAction parse_tlv(std::string_view text, EncapProperty& property) {
  const auto bad = [&] { return text_error(fmt::format("Invalid NSH TLV header: {}", text)); };
  const std::size_t first = text.find(','), second = text.find(',', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return bad();
  const auto tlv_class = parse_unsigned(trimmed(text.substr(0, first)));
  const auto type = parse_unsigned(trimmed(text.substr(first + 1, second - first - 1)));
  const std::string_view data = trimmed(text.substr(second + 1));
  if (!tlv_class || *tlv_class > 0xffff || !type || *type > 0xff) return bad();
  if (!data.starts_with("0x")) return bad();
  auto bytes = parse_hex<std::vector<std::uint8_t>>(data.substr(2), Blanks::Refuse);
  constexpr std::size_t kMost = 125;
  if (!bytes || bytes->empty() || bytes->size() > kMost) return bad();
  property.kind = EncapProperty::Kind::Tlv;
  property.tlv_class = std::uint16_t(*tlv_class);
  property.tlv_type = std::uint8_t(*type);
  property.data = std::move(bytes).value();
  return kOk;
}

ParsedAction parse_property(const Word& word, EncapProperty& property) {
  if (word.key != "md_type" && word.key != "tlv") {
    return text_error(fmt::format("Invalid property: {}", word.key));
  }
  if (word.value.empty()) return text_error("Value missing for encap property");
  if (word.key == "tlv") return parse_tlv(word.value, property);
  OVS_TRY(const std::uint64_t type, parse_limited(word.value, 255, "md_type"));
  if (type < 1 || type > 2) return text_error("invalid md_type");
  property.md_type = std::uint8_t(type);
  return kOk;
}

Result<std::uint64_t, TextError> parse_attribute(Words& words, std::string_view name) {
  const auto word = words.next();
  if (!word || word->key != name) {
    return text_error(fmt::format("Missing packet_type attribute {}", name));
  }
  return parse_limited(word->value, 0xffff, name);
}

}  // namespace

ParsedAction parse_encap(const Word& word, ActionParser& parser) {
  parser.usable &= kOf13AndUp;
  Words words(word.value);
  const auto header = words.next();
  if (!header) return text_error(fmt::format("Missing encap hdr: {}", word.value));
  const int index = index_in(kEncapNames, header->key);
  if (index < 0) return text_error(fmt::format("Encap hdr not supported: {}", header->value));
  Encap encap;
  encap.packet_type = kEncapTypes[index];
  Words properties(header->value);
  while (const auto part = properties.next()) {
    if (encap.packet_type != kPacketNsh) {
      return text_error(fmt::format("Invalid property: {}", part->key));
    }
    EncapProperty property;
    OVS_TRY(parse_property(*part, property));
    encap.properties.push_back(std::move(property));
  }
  parser.add(std::move(encap));
  return kOk;
}

ParsedAction parse_decap(const Word& word, ActionParser& parser) {
  parser.usable &= kOf13AndUp;
  Decap decap;
  Words words(word.value);
  if (const auto argument = words.next()) {
    if (argument->key != "packet_type") {
      return text_error(fmt::format("Invalid decap argument: {}", argument->key));
    }
    Words attributes(argument->value);
    OVS_TRY(const std::uint64_t name_space, parse_attribute(attributes, "ns"));
    if (name_space > 1) return text_error(fmt::format("Unsupported ns value: {}", name_space));
    OVS_TRY(const std::uint64_t type, parse_attribute(attributes, "type"));
    decap.packet_type = std::uint32_t(name_space << 16 | type);
  }
  parser.add(decap);
  return kOk;
}

}  // namespace ovs::openflow
