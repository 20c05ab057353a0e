#include "openflow/match/oxm_text.h"

#include <fmt/format.h>

#include "openflow/text/words.h"

namespace ovs::openflow {
namespace {

using flow::TextError;

constexpr std::uint32_t kCookieNumber = 30;
constexpr std::size_t kShortHeader = 4, kLongHeader = 8;

std::string hex(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::string name_of(const OxmHeader& header, OxmStyle style) {
  if (header.is_cookie) return "NXM_NX_COOKIE";
  if (header.field != nullptr) {
    const bool nicira = header.id == header.field->nxm;
    return std::string(
        nicira ? nxm_name(header.field->id)
               : oxm_name(header.field->id, style < OxmStyle::Of15 && header.field->oxm == header.id
                                                ? OxmStyle::Of15
                                                : style));
  }
  return fmt::format("{}:{}", header.id.oxm_class, header.id.number);
}

std::string format_entry(In& in, OxmStyle style) {
  const Result<OxmHeader, OfError> header = read_oxm_header(in);
  if (!header.ok()) {
    in.take_rest();
    return fmt::format("<error: {}>", error_name(header.error()));
  }
  const Bytes value = in.take(std::min<std::size_t>(header->length, in.remaining()));
  const std::string name = name_of(*header, style);
  if (!header->masked) return fmt::format("{}({})", name, hex(value));
  const std::size_t half = value.count() / 2;
  return fmt::format("{}_W({}/{})", name, hex(value.first(half)), hex(value.from(half)));
}

struct ParsedHeader {
  std::vector<std::uint8_t> bytes;
  std::size_t width = 0;  // of the value; 0: whatever comes
  bool masked = false;
  bool numeric = false;
};

void put32(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(std::uint8_t(value >> shift));
}

ParsedHeader header_for(const flow::OxmId& id, std::size_t width, bool masked) {
  ParsedHeader header{{}, width, masked, false};
  const bool experimenter = id.oxm_class == 0xffff;
  const std::size_t length = width * (masked ? 2 : 1) + (experimenter ? 4 : 0);
  put32(header.bytes, std::uint32_t(id.oxm_class) << 16 | std::uint32_t(id.number) << 9 |
                          (masked ? 0x100u : 0u) | std::uint32_t(length));
  if (experimenter) put32(header.bytes, id.experimenter);
  return header;
}

std::optional<ParsedHeader> header_by_name(std::string_view name) {
  bool masked = false;
  if (name.ends_with("_W")) {
    masked = true;
    name.remove_suffix(2);
  }
  if (name == "NXM_NX_COOKIE") return header_for(flow::nxm_nx(kCookieNumber), 8, masked);
  const flow::Field* field = find_nxm_name(name);
  if (field == nullptr) return std::nullopt;
  flow::OxmId id = nxm_name(field->id) == name ? oxm_id(field->id, OxmStyle::Nxm)
                                               : oxm_id(field->id, OxmStyle::Of15);
  if (name == "ONFOXM_ET_TCP_FLAGS") id = oxm_id(field->id, OxmStyle::Of13);
  return header_for(id, field->width, masked);
}

std::optional<ParsedHeader> header_by_number(std::string_view name) {
  if (name.size() != 2 * kShortHeader && name.size() != 2 * kLongHeader) return std::nullopt;
  const auto number = parse_unsigned("0x" + std::string(name));
  if (!number) return std::nullopt;
  ParsedHeader header;
  header.numeric = true;
  const bool wide = name.size() == 2 * kLongHeader;
  const auto first = std::uint32_t(wide ? *number >> 32 : *number);
  put32(header.bytes, first);
  if (wide) put32(header.bytes, std::uint32_t(*number));
  header.masked = (first & 0x100) != 0;
  header.width = ((first & 0xff) - (wide ? 4 : 0)) / (header.masked ? 2 : 1);
  return header;
}

// Digits, two to a byte; spaces are allowed between bytes.
Result<std::vector<std::uint8_t>, TextError> parse_bytes(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    const auto byte = parse_unsigned("0x" + digits);
    if (!byte) return text_error(fmt::format("{}: hex digits expected", text));
    bytes.push_back(std::uint8_t(*byte));
    digits.clear();
  }
  if (!digits.empty()) return text_error(fmt::format("{}: hex digits expected", text));
  return bytes;
}

void append(std::vector<std::uint8_t>& to, const std::vector<std::uint8_t>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

Result<void, TextError> parse_entry(std::string_view name, std::string_view value,
                                    std::vector<std::uint8_t>& out) {
  auto header = header_by_name(name);
  if (!header) header = header_by_number(name);
  if (!header) return text_error(fmt::format("unknown field `{}'", name));
  append(out, header->bytes);
  const std::size_t slash = value.find('/');
  OVS_TRY(const auto first, parse_bytes(value.substr(0, std::min(slash, value.size()))));
  append(out, first);
  if (slash == std::string_view::npos) return kOk;
  OVS_TRY(const auto second, parse_bytes(value.substr(slash + 1)));
  append(out, second);
  return kOk;
}

}  // namespace

std::string format_oxm_list(Bytes entries, OxmStyle style) {
  In in(entries, Version::V10, OfError::OFPBMC_BAD_LEN);
  std::string text;
  while (!in.at_end() && in.ok()) {
    if (!text.empty()) text += ", ";
    text += format_entry(in, style);
  }
  return text;
}

Result<std::vector<std::uint8_t>, TextError> parse_oxm_list(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  if (trimmed(text) == "<any>") return bytes;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(", "), text.size()));
    if (text.empty()) return bytes;
    const std::size_t open = text.find('('), close = text.find(')');
    if (open == std::string_view::npos || close == std::string_view::npos || close < open) {
      return text_error(fmt::format("{}: missing ) following value", text));
    }
    OVS_TRY(parse_entry(text.substr(0, open), text.substr(open + 1, close - open - 1), bytes));
    text.remove_prefix(close + 1);
  }
}

}  // namespace ovs::openflow
