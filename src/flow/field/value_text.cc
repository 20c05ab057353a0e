#include "flow/field/value_text.h"

#include <charconv>

namespace ovs::flow {
namespace {

constexpr FlagName kTcpFlags[] = {{0x001, "fin"},   {0x002, "syn"},   {0x004, "rst"},
                                  {0x008, "psh"},   {0x010, "ack"},   {0x020, "urg"},
                                  {0x040, "ece"},   {0x080, "cwr"},   {0x100, "ns"},
                                  {0x200, "[200]"}, {0x400, "[400]"}, {0x800, "[800]"}};
constexpr FlagName kTunnelFlags[] = {{1, "oam"}, {2, "df"}, {4, "csum"}, {8, "key"}};

std::string digits_of(std::uint64_t value, int base) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, base).ptr;
  return std::string(buffer, end);
}

std::optional<std::uint64_t> parse_digits(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size())
    return {};
  return value;
}

std::optional<std::uint64_t> parse_bounded(std::string_view text, int base, std::uint64_t limit) {
  const auto value = parse_digits(text, base);
  return value && *value <= limit ? value : std::nullopt;
}

std::optional<FieldValue> parse_long_hex(std::string_view digits) {
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  if (digits.empty() || digits.size() > 32) return {};
  FieldValue value;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const auto digit = parse_digits(digits.substr(digits.size() - 1 - i, 1), 16);
    if (!digit) return {};
    value.bytes[15 - i / 2] |= std::uint8_t(*digit << 4 * (i % 2));
  }
  return value;
}

// How many ones a mask of `bits` bits begins with, if there is none behind them.
std::optional<unsigned> prefix_length(const FieldValue& mask, unsigned bits) {
  unsigned ones = 0;
  bool ended = false;
  for (unsigned i = 128 - bits; i < 128; ++i) {
    const bool one = (mask.bytes[i / 8] >> (7 - i % 8) & 1) != 0;
    if (one && ended) return {};
    if (!one) ended = true;
    ones += one ? 1 : 0;
  }
  return ones;
}

FieldValue prefix_mask(unsigned length, unsigned bits) {
  return FieldValue::ones(bits) & ~FieldValue::ones(bits - length);
}

using Formatter = std::string (*)(const FieldValue&);
std::string prefix_text(const FieldValue& value, const FieldValue& mask, unsigned bits,
                        Formatter format) {
  std::string text = format(value);
  if (mask == FieldValue::ones(bits)) return text;
  const auto length = prefix_length(mask, bits);
  return text + '/' + (length ? std::to_string(*length) : format(mask));
}

using Parser = std::optional<FieldValue> (*)(std::string_view);
enum class Lengths : bool { No, Yes };
std::optional<MaskedValue> parse_masked(std::string_view text, unsigned bits, Parser parse,
                                        Lengths lengths) {
  const auto halves = split_at(text, '/');
  const auto value = parse(halves ? halves->first : text);
  if (!value) return {};
  if (!halves) return MaskedValue{*value, FieldValue::ones(bits)};
  if (const auto mask = parse(halves->second)) return MaskedValue{*value, *mask};
  const auto length = parse_bounded(halves->second, 10, bits);
  if (!length || lengths == Lengths::No) return {};
  return MaskedValue{*value, prefix_mask(unsigned(*length), bits)};
}

std::string dotted(const std::uint8_t* bytes) {
  std::string text = std::to_string(bytes[0]);
  for (int i = 1; i < 4; ++i) text += '.' + std::to_string(bytes[i]);
  return text;
}

struct Groups {
  std::uint16_t words[8];
  unsigned run_at = 0, run_count = 0;  // the longest run of zeros, of two or more
};
Groups groups_of(const FieldValue& value) {
  Groups groups{};
  for (unsigned i = 0; i < 8; ++i) {
    groups.words[i] = std::uint16_t(value.bytes[2 * i] << 8 | value.bytes[2 * i + 1]);
  }
  for (unsigned i = 0; i < 8; ++i) {
    unsigned count = 0;
    while (i + count < 8 && groups.words[i + count] == 0) ++count;
    if (count >= 2 && count > groups.run_count) groups.run_at = i, groups.run_count = count;
  }
  return groups;
}

// "::ffff:10.0.0.1" and "::10.0.0.1", as the C library prints addresses that hold an IPv4 one.
bool holds_ipv4(const Groups& groups) {
  if (groups.run_at != 0) return false;
  return groups.run_count == 6 || (groups.run_count == 5 && groups.words[5] == 0xffff);
}

// Groups separated by colons, at most `room` of them; an IPv4 address may stand for the last two.
std::optional<unsigned> parse_groups(std::string_view text, std::uint8_t* to, unsigned room) {
  unsigned count = 0;
  while (!text.empty()) {
    const auto halves = split_at(text, ':');
    const std::string_view word = halves ? halves->first : text;
    if (!halves && word.find('.') != std::string_view::npos) {
      const auto ipv4 = parse_ipv4(word);
      if (!ipv4 || count + 2 > room) return {};
      store(to + 2 * count, Be32(std::uint32_t(ipv4->low())));
      return count + 2;
    }
    const auto number = parse_bounded(word, 16, 0xffff);
    if (!number || word.size() > 4 || count == room) return {};
    store(to + 2 * count++, Be16(std::uint16_t(*number)));
    text = halves ? halves->second : std::string_view();
    if (halves && text.empty()) return {};
  }
  return count;
}

const FlagName* find_flag(const FlagNames& names, std::string_view name) {
  for (const FlagName& row : names) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

std::optional<MaskedFlags> parse_signed_flags(const FlagNames& names, std::string_view text) {
  MaskedFlags result{0, 0};
  while (!text.empty()) {
    if (text.front() != '+' && text.front() != '-') return {};
    const bool set = text.front() == '+';
    const std::size_t end = text.find_first_of("+-", 1);
    const FlagName* flag = find_flag(names, text.substr(1, end == text.npos ? end : end - 1));
    if (flag == nullptr || (result.mask & flag->bit) != 0) return {};
    result.mask |= flag->bit;
    result.flags |= set ? flag->bit : 0;
    text = end == text.npos ? std::string_view() : text.substr(end);
  }
  return result;
}

std::optional<std::uint32_t> parse_flag_word(const FlagNames& names, std::string_view word) {
  if (const FlagName* flag = find_flag(names, word)) return flag->bit;
  const auto number = parse_number(word);
  if (!number || number->high() != 0 || (number->low() & ~std::uint64_t{names.all}) != 0) return {};
  return std::uint32_t(number->low());
}

}  // namespace

const FlagNames kTcpFlagNames{kTcpFlags, sizeof kTcpFlags / sizeof kTcpFlags[0], 0xfff};
const FlagNames kTunnelFlagNames{kTunnelFlags, sizeof kTunnelFlags / sizeof kTunnelFlags[0], 0xf};

std::string hex_text(std::uint64_t value) {
  return "0x" + digits_of(value, 16);
}
std::string hex_text(const FieldValue& value) {
  if (value.high() == 0) return hex_text(value.low());
  const std::string low = digits_of(value.low(), 16);
  return hex_text(value.high()) + std::string(16 - low.size(), '0') + low;
}
std::string sharp_hex_text(std::uint64_t value) {
  return value == 0 ? "0" : hex_text(value);
}
std::string padded_hex_text(std::uint64_t value, unsigned digits) {
  const std::string text = digits_of(value, 16);
  return "0x" + std::string(text.size() < digits ? digits - text.size() : 0, '0') + text;
}

std::string mac_text(const FieldValue& value) {
  std::string text;
  for (unsigned i = 10; i < 16; ++i) {
    if (i > 10) text += ':';
    text += padded_hex_text(value.bytes[i], 2).substr(2);
  }
  return text;
}

std::string ipv4_text(const FieldValue& value) {
  return dotted(value.wire(4).data());
}

std::string ipv6_text(const FieldValue& value) {
  const Groups groups = groups_of(value);
  const bool ipv4 = holds_ipv4(groups);
  std::string text;
  for (unsigned i = 0; i < (ipv4 ? 6u : 8u);) {
    if (groups.run_count != 0 && i == groups.run_at) {
      text += "::";
      i += groups.run_count;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += digits_of(groups.words[i++], 16);
  }
  if (!ipv4) return text;
  return text + (text.back() == ':' ? "" : ":") + dotted(value.bytes.data() + 12);
}

std::string mac_text(const FieldValue& value, const FieldValue& mask) {
  return mask == FieldValue::ones(48) ? mac_text(value) : mac_text(value) + '/' + mac_text(mask);
}
std::string ipv4_text(const FieldValue& value, const FieldValue& mask) {
  return prefix_text(value, mask, 32, ipv4_text);
}
std::string ipv6_text(const FieldValue& value, const FieldValue& mask) {
  return prefix_text(value, mask, 128, ipv6_text);
}

std::optional<Halves> split_at(std::string_view text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {};
  return Halves{text.substr(0, at), text.substr(at + 1)};
}

std::optional<FieldValue> parse_number(std::string_view text) {
  if (text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x')
    return parse_long_hex(text.substr(2));
  const bool octal = text.size() > 1 && text[0] == '0';
  const auto value = parse_digits(text, octal ? 8 : 10);
  if (!value) return {};
  return FieldValue::of(*value);
}

std::optional<FieldValue> parse_mac(std::string_view text) {
  std::uint64_t mac = 0;
  for (int i = 0; i < 6; ++i) {
    const std::size_t end = i < 5 ? text.find(':') : text.size();
    if (end == std::string_view::npos || end == 0 || end > 2) return {};
    const auto byte = parse_bounded(text.substr(0, end), 16, 0xff);
    if (!byte) return {};
    mac = mac << 8 | *byte;
    text.remove_prefix(i < 5 ? end + 1 : end);
  }
  return FieldValue::of(mac);
}

std::optional<FieldValue> parse_ipv4(std::string_view text) {
  std::uint64_t address = 0;
  for (int i = 0; i < 4; ++i) {
    const std::size_t end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos || end == 0 || end > 3) return {};
    const auto byte = parse_bounded(text.substr(0, end), 10, 255);
    if (!byte) return {};
    address = address << 8 | *byte;
    text.remove_prefix(i < 3 ? end + 1 : end);
  }
  return FieldValue::of(address);
}

std::optional<FieldValue> parse_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  FieldValue value;
  if (gap == std::string_view::npos) {
    const auto count = parse_groups(text, value.bytes.data(), 8);
    return count && *count == 8 ? std::optional(value) : std::nullopt;
  }
  std::uint8_t tail[16] = {};
  const auto before = parse_groups(text.substr(0, gap), value.bytes.data(), 7);
  const auto behind = parse_groups(text.substr(gap + 2), tail, 7);
  if (!before || !behind || *before + *behind > 7) return {};
  for (unsigned i = 0; i < 2 * *behind; ++i) value.bytes[16 - 2 * *behind + i] = tail[i];
  return value;
}

std::optional<MaskedValue> parse_masked_mac(std::string_view text) {
  return parse_masked(text, 48, parse_mac, Lengths::No);
}
std::optional<MaskedValue> parse_masked_ipv4(std::string_view text) {
  return parse_masked(text, 32, parse_ipv4, Lengths::Yes);
}
std::optional<MaskedValue> parse_masked_ipv6(std::string_view text) {
  return parse_masked(text, 128, parse_ipv6, Lengths::Yes);
}

std::string flags_text(const FlagNames& names, std::uint32_t flags, char between) {
  if (flags == 0) return "0";
  std::string text;
  for (const FlagName& row : names) {
    if ((flags & row.bit) == 0) continue;
    if (!text.empty()) text += between;
    text += row.name;
    flags &= ~row.bit;
  }
  if (flags == 0) return text;
  return text + (text.empty() ? "" : std::string(1, between)) + hex_text(flags);
}

std::string masked_flags_text(const FlagNames& names, std::uint32_t flags, std::uint32_t mask) {
  if (mask == names.all) return flags_text(names, flags, '|');
  if (mask == 0) return "0/0";
  std::string text;
  for (const FlagName& row : names) {
    if ((mask & row.bit) == 0) continue;
    text += (flags & row.bit) != 0 ? '+' : '-';
    text += row.name;
  }
  return text;
}

std::optional<MaskedFlags> parse_flags(const FlagNames& names, std::string_view text) {
  if (text.empty()) return {};
  if (text.front() == '+' || text.front() == '-') return parse_signed_flags(names, text);
  if (const auto halves = split_at(text, '/')) {
    const auto flags = parse_flag_word(names, halves->first),
               mask = parse_flag_word(names, halves->second);
    if (!flags || !mask) return {};
    return MaskedFlags{*flags, *mask};
  }
  MaskedFlags result{0, names.all};
  for (auto halves = split_at(text, '|');; halves = split_at(text, '|')) {
    const auto bits = parse_flag_word(names, halves ? halves->first : text);
    if (!bits) return {};
    result.flags |= *bits;
    if (!halves) return result;
    text = halves->second;
  }
}

}  // namespace ovs::flow
