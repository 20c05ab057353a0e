#include "base/text/formatter.h"

#include <bit>

namespace ovs {
namespace {

struct ZeroRun {
  int first = -1;
  int count = 0;
};

std::uint16_t group(const Ipv6Address& ip, int index) {
  return std::uint16_t(ip.bytes[2 * index] << 8 | ip.bytes[2 * index + 1]);
}

// RFC 5952 section 4.2: the longest run of zero groups, the first of equals, never a single one.
ZeroRun longest_zero_run(const Ipv6Address& ip) {
  ZeroRun best;
  ZeroRun run;
  for (int i = 0; i < 8; ++i) {
    if (group(ip, i) != 0) {
      run = {};
      continue;
    }
    if (run.count == 0) run.first = i;
    if (++run.count > best.count) best = run;
  }
  return best.count >= 2 ? best : ZeroRun{};
}

// ::ffff:0:0/96, which RFC 5952 section 5 writes with a dotted tail.
bool is_ipv4_mapped(const Ipv6Address& ip) {
  for (int i = 0; i < 5; ++i) {
    if (group(ip, i) != 0) return false;
  }
  return group(ip, 5) == 0xffff;
}

}  // namespace

Formatter& Formatter::put(char character) {
  if (used_ == buffer_.count()) {
    cut_ = true;
  } else {
    buffer_[used_++] = character;
  }
  return *this;
}

Formatter& Formatter::put(Text text) {
  for (const char character : text) put(character);
  return *this;
}

Formatter& Formatter::unsigned_decimal(std::uint64_t value) {
  char digits[20];
  std::size_t first = sizeof digits;
  do {
    digits[--first] = char('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return put(Text(digits + first, sizeof digits - first));
}

Formatter& Formatter::hex(std::uint64_t value, unsigned min_digits) {
  const unsigned needed = unsigned(std::bit_width(value) + 3) / 4;
  for (unsigned digit = needed > min_digits ? needed : min_digits; digit > 0; --digit) {
    const unsigned nibble = digit > 16 ? 0 : unsigned(value >> (4 * (digit - 1))) & 0xf;
    put("0123456789abcdef"[nibble]);
  }
  return *this;
}

Formatter& Formatter::address(const MacAddress& mac) {
  hex(mac.bytes[0], 2);
  for (std::size_t i = 1; i < 6; ++i) put(':').hex(mac.bytes[i], 2);
  return *this;
}

Formatter& Formatter::address(const Ipv4Address& ip) {
  const std::uint32_t bits = ip.bits.host();
  decimal(bits >> 24).put('.').decimal(bits >> 16 & 0xff).put('.');
  return decimal(bits >> 8 & 0xff).put('.').decimal(bits & 0xff);
}

Formatter& Formatter::address(const Ipv6Address& ip) {
  if (is_ipv4_mapped(ip)) {
    return put("::ffff:").address(Ipv4Address{load<Be32>(ip.bytes.data() + 12)});
  }
  const ZeroRun zeros = longest_zero_run(ip);
  for (int i = 0; i < 8; ++i) {
    if (i == zeros.first) {
      put("::");
      i += zeros.count - 1;
      continue;
    }
    if (i != 0 && i != zeros.first + zeros.count) put(':');
    hex(group(ip, i));
  }
  return *this;
}

Formatter& Formatter::address(const IpAddress& ip) {
  return ip.is_ipv4() ? address(ip.ipv4()) : address(ip.bits);
}

}  // namespace ovs
