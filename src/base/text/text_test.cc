// Formatting into bounded buffers, and parsing back.
#include <arpa/inet.h>
#include <doctest/doctest.h>

#include <limits>
#include <random>
#include <string>

#include "base/text/formatter.h"
#include "base/text/hex.h"
#include "base/text/parse.h"

namespace ovs {
namespace {

template <class T>
std::string address_text(const T& value) {
  TextBuffer<64> buffer;
  buffer->address(value);
  return std::string(buffer.text());
}

TEST_CASE("Formatter: numbers of every size") {
  TextBuffer<128> buffer;
  buffer->decimal(0).put(' ').decimal(std::numeric_limits<std::uint64_t>::max()).put(' ');
  buffer->decimal(std::numeric_limits<std::int64_t>::min()).put(' ').hex(0).put(' ');
  buffer->hex(0xabc, 6).put(' ').hex(~std::uint64_t{0});
  CHECK(buffer.text() == "0 18446744073709551615 -9223372036854775808 0 000abc ffffffffffffffff");
}

TEST_CASE("Formatter: cuts what does not fit, and says so") {
  char room[4];
  Formatter out{Span<char>(room)};
  CHECK(!out.put("abcd").is_cut());
  CHECK(out.put('e').is_cut());
  CHECK(out.text() == "abcd");
}

TEST_CASE("Formatter: addresses") {
  CHECK(address_text(MacAddress{{0, 0x11, 0x22, 0xaa, 0xbb, 0xcc}}) == "00:11:22:aa:bb:cc");
  CHECK(address_text(Ipv4Address::of(192, 0, 2, 255)) == "192.0.2.255");
}

std::string again(const char* ipv6) {
  const auto parsed = parse_ipv6(ipv6);
  return parsed.ok() ? address_text(*parsed) : "malformed";
}

TEST_CASE("Formatter: IPv6 addresses as RFC 5952 recommends") {
  CHECK(again("2001:0DB8:0:0:0:0:2:1") == "2001:db8::2:1");
  CHECK(again("2001:db8:0:1:1:1:1:1") == "2001:db8:0:1:1:1:1:1");  // 4.2.2: no single group
  CHECK(again("2001:0:0:1:0:0:0:1") == "2001:0:0:1::1");           // 4.2.3: the longest
  CHECK(again("2001:db8:0:0:1:0:0:1") == "2001:db8::1:0:0:1");     // 4.2.3: the first of equals
  CHECK(again("0:0:0:0:0:0:0:0") == "::");
  CHECK(again("1:0:0:0:0:0:0:0") == "1::");
  CHECK(again("::ffff:c000:0201") == "::ffff:192.0.2.1");
}

TEST_CASE("parse_u64: the whole text, in range") {
  CHECK(parse_u64("18446744073709551615").value() == ~std::uint64_t{0});
  CHECK(parse_u64("18446744073709551616").error() == Error::Range);
  CHECK(parse_u64("0xff").value() == 255);
  CHECK(parse_u64("ff", Radix::Hex).value() == 255);
  CHECK(parse_u64("0xff", Radix::Decimal).error() == Error::Malformed);
  for (const char* bad : {"", " 1", "1 ", "+1", "0x", "1a", "-1"}) {
    CHECK(parse_u64(bad).error() == Error::Malformed);
  }
}

TEST_CASE("parse_integer: fits the type it is asked for") {
  CHECK(parse_integer<std::uint16_t>("65535").value() == 65535);
  CHECK(parse_integer<std::uint16_t>("65536").error() == Error::Range);
  CHECK(parse_integer<std::int8_t>("-128").value() == -128);
  CHECK(parse_integer<std::int8_t>("128").error() == Error::Range);
  CHECK(parse_i64("-9223372036854775808").ok());
  CHECK(parse_i64("9223372036854775808").error() == Error::Range);
}

TEST_CASE("parse_mac: six groups of one or two digits") {
  CHECK(parse_mac("0:11:22:AA:bb:cc").value() == MacAddress{{0, 0x11, 0x22, 0xaa, 0xbb, 0xcc}});
  for (const char* bad : {"", "00:11:22:33:44", "00:11:22:33:44:55:66", "00:11:22:33:44:555",
                          "00:11:22:33:44:", "00:11:22:33:44:gg"}) {
    CHECK(parse_mac(bad).error() == Error::Malformed);
  }
}

// Texts near addresses: pieces of them in random order.
std::string random_address_text(std::mt19937& random) {
  static const char* const kPieces[] = {"::",   ":",   ".",  "0",   "1", "ffff",
                                        "abcd", "255", "10", "256", "g", "01"};
  std::string text;
  for (unsigned count = random() % 18; count > 0; --count) text += kPieces[random() % 12];
  return text;
}

TEST_CASE("parse_ipv6, parse_ipv4: accept what inet_pton accepts, with the same bytes") {
  std::mt19937 random{13};
  for (int i = 0; i < 200000; ++i) {
    const std::string text = random_address_text(random);
    std::uint8_t expected[16];
    const auto ipv6 = parse_ipv6(text);
    REQUIRE_MESSAGE(ipv6.ok() == (inet_pton(AF_INET6, text.c_str(), expected) == 1), text);
    if (ipv6.ok()) REQUIRE(__builtin_memcmp(expected, &*ipv6, 16) == 0);
    const auto ipv4 = parse_ipv4(text);
    REQUIRE_MESSAGE(ipv4.ok() == (inet_pton(AF_INET, text.c_str(), expected) == 1), text);
    if (ipv4.ok()) REQUIRE(__builtin_memcmp(expected, &*ipv4, 4) == 0);
  }
}

TEST_CASE("parse_hex: takes pairs of digits, and blanks between them on demand") {
  using Octets = std::vector<std::uint8_t>;
  CHECK(parse_hex<Octets>("00aBfF", Blanks::Refuse).value() == Octets{0x00, 0xab, 0xff});
  CHECK(parse_hex<Octets>("", Blanks::Refuse).value().empty());
  CHECK(parse_hex<Octets>(" 00\n ab\tff ", Blanks::Skip).value() == Octets{0x00, 0xab, 0xff});
  for (const char* text : {"0", "0x12", "1 2", "12 3", "zz", "00 ab", "12."}) {
    CHECK_FALSE(parse_hex<Octets>(text, Blanks::Refuse).ok());
  }
  for (const char* text : {"0", "1 2", "12 3", "12.34"}) {
    CHECK_FALSE(parse_hex<Octets>(text, Blanks::Skip).ok());
  }
}

TEST_CASE("parse: reads back what Formatter wrote") {
  std::mt19937 random{17};
  for (int i = 0; i < 10000; ++i) {
    Ipv6Address ip;
    for (std::uint8_t& byte : ip.bytes) byte = random() % 3 == 0 ? std::uint8_t(random()) : 0;
    REQUIRE(parse_ipv6(address_text(ip)).value() == ip);
  }
}

}  // namespace
}  // namespace ovs
