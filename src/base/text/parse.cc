#include "base/text/parse.h"

#include "base/text/hex.h"

namespace ovs {
namespace {

Result<std::uint64_t> parse_digits(Text text, unsigned base) {
  if (text.empty()) return Error::Malformed;
  std::uint64_t value = 0;
  bool too_large = false;
  for (const char character : text) {
    const unsigned digit = unsigned(hex_digit(character));
    if (digit >= base) return Error::Malformed;
    const bool overflow = __builtin_mul_overflow(value, std::uint64_t{base}, &value) ||
                          __builtin_add_overflow(value, std::uint64_t{digit}, &value);
    too_large = too_large || overflow;
  }
  if (too_large) return Error::Range;
  return value;
}

// Where `separator` first is, or the size.
std::size_t find_character(Text text, char separator) {
  std::size_t at = 0;
  while (at < text.size() && text[at] != separator) ++at;
  return at;
}

// Cuts the first group off `rest`, up to `separator` or the end.
Text take_group(Text& rest, char separator) {
  const std::size_t size = find_character(rest, separator);
  const Text group = rest.part(0, size);
  rest = rest.from(size < rest.size() ? size + 1 : size);
  return group;
}

std::size_t count_character(Text text, char wanted) {
  std::size_t count = 0;
  for (const char character : text) count += character == wanted;
  return count;
}

Result<std::uint8_t> parse_octet(Text text) {
  if (text.size() > 3 || (text.size() > 1 && text[0] == '0')) return Error::Malformed;
  OVS_TRY(const std::uint64_t value, parse_digits(text, 10));
  if (value > 255) return Error::Malformed;
  return std::uint8_t(value);
}

// The groups on one side of "::", or all of them.
struct Groups {
  std::uint8_t bytes[16] = {};
  std::size_t size = 0;
};

Result<void> append_group(Groups& groups, Text text) {
  if (text.size() > 4 || groups.size > 14) return Error::Malformed;
  OVS_TRY(const std::uint64_t value, parse_digits(text, 16));
  groups.bytes[groups.size++] = std::uint8_t(value >> 8);
  groups.bytes[groups.size++] = std::uint8_t(value);
  return kOk;
}

Result<void> append_ipv4(Groups& groups, Text text) {
  if (groups.size > 12) return Error::Malformed;
  OVS_TRY(const Ipv4Address ip, parse_ipv4(text));
  store(groups.bytes + groups.size, ip.bits);
  groups.size += 4;
  return kOk;
}

enum class DottedTail : bool { No, Allowed };

Result<Groups> parse_groups(Text text, DottedTail dotted_tail) {
  Groups groups;
  if (text.empty()) return groups;
  if (text[text.size() - 1] == ':') return Error::Malformed;
  while (!text.empty()) {
    const Text group = take_group(text, ':');
    const bool dotted = find_character(group, '.') < group.size();
    if (!dotted) {
      OVS_TRY(append_group(groups, group));
    } else if (text.empty() && dotted_tail == DottedTail::Allowed) {
      OVS_TRY(append_ipv4(groups, group));
    } else {
      return Error::Malformed;
    }
  }
  return groups;
}

std::size_t find_double_colon(Text text) {
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    if (text[at] == ':' && text[at + 1] == ':') return at;
  }
  return text.size();
}

}  // namespace

Result<std::uint64_t> parse_u64(Text text, Radix radix) {
  const bool prefixed = text.starts_with("0x") || text.starts_with("0X");
  if (radix == Radix::Auto && prefixed) return parse_digits(text.from(2), 16);
  return parse_digits(text, radix == Radix::Hex ? 16 : 10);
}

Result<std::int64_t> parse_i64(Text text, Radix radix) {
  const bool negative = text.starts_with("-");
  OVS_TRY(const std::uint64_t magnitude, parse_u64(negative ? text.from(1) : text, radix));
  const std::uint64_t limit = (std::uint64_t{1} << 63) - (negative ? 0 : 1);
  if (magnitude > limit) return Error::Range;
  return std::int64_t(negative ? 0 - magnitude : magnitude);
}

Result<MacAddress> parse_mac(Text text) {
  if (count_character(text, ':') != 5) return Error::Malformed;
  MacAddress mac;
  for (std::uint8_t& byte : mac.bytes) {
    const Text group = take_group(text, ':');
    if (group.size() > 2) return Error::Malformed;
    OVS_TRY(const std::uint64_t value, parse_digits(group, 16));
    byte = std::uint8_t(value);
  }
  return mac;
}

Result<Ipv4Address> parse_ipv4(Text text) {
  if (count_character(text, '.') != 3) return Error::Malformed;
  std::uint32_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    OVS_TRY(const std::uint8_t octet, parse_octet(take_group(text, '.')));
    bits = bits << 8 | octet;
  }
  return Ipv4Address{Be32(bits)};
}

Result<Ipv6Address> parse_ipv6(Text text) {
  Ipv6Address ip;
  const std::size_t gap = find_double_colon(text);
  if (gap == text.size()) {
    OVS_TRY(const Groups all, parse_groups(text, DottedTail::Allowed));
    if (all.size != 16) return Error::Malformed;
    __builtin_memcpy(ip.bytes.data(), all.bytes, 16);
    return ip;
  }
  OVS_TRY(const Groups before, parse_groups(text.part(0, gap), DottedTail::No));
  OVS_TRY(const Groups after, parse_groups(text.from(gap + 2), DottedTail::Allowed));
  // "::" stands for at least one group.
  if (before.size + after.size > 14) return Error::Malformed;
  __builtin_memcpy(ip.bytes.data(), before.bytes, before.size);
  __builtin_memcpy(ip.bytes.data() + 16 - after.size, after.bytes, after.size);
  return ip;
}

Result<IpAddress> parse_ip(Text text) {
  if (find_character(text, ':') == text.size()) {
    OVS_TRY(const Ipv4Address ip, parse_ipv4(text));
    return IpAddress::of(ip);
  }
  OVS_TRY(const Ipv6Address ip, parse_ipv6(text));
  return IpAddress::of(ip);
}

}  // namespace ovs
