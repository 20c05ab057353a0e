// Ethernet and IP addresses as values, their bytes in network order. Their text forms are in
// base/text.
#pragma once
#include <compare>
#include <cstdint>

#include "base/bytes/big.h"
#include "base/containers/array.h"

namespace ovs {

struct MacAddress {
  Array<std::uint8_t, 6> bytes{};

  constexpr bool is_multicast() const { return (bytes.items[0] & 1) != 0; }
  constexpr bool is_broadcast() const {
    for (const std::uint8_t byte : bytes) {
      if (byte != 0xff) return false;
    }
    return true;
  }
  constexpr bool is_zero() const { return *this == MacAddress{}; }
  constexpr bool operator==(const MacAddress&) const = default;
};

struct Ipv4Address {
  Be32 bits;

  static constexpr Ipv4Address of(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {Be32(std::uint32_t(a) << 24 | std::uint32_t(b) << 16 | std::uint32_t(c) << 8 | d)};
  }
  constexpr bool is_multicast() const { return bits.host() >> 28 == 0xe; }
  constexpr bool is_zero() const { return bits.host() == 0; }
  constexpr bool operator==(const Ipv4Address&) const = default;
};

struct Ipv6Address {
  Array<std::uint8_t, 16> bytes{};

  constexpr bool is_multicast() const { return bytes.items[0] == 0xff; }
  constexpr bool is_zero() const { return *this == Ipv6Address{}; }
  constexpr bool operator==(const Ipv6Address&) const = default;
};

// Either family: IPv4 as ::ffff:a.b.c.d, so that one table holds both. All zeros is "none".
struct IpAddress {
  Ipv6Address bits;

  static constexpr IpAddress of(const Ipv6Address& ip) { return {ip}; }
  static constexpr IpAddress of(const Ipv4Address& ip) {
    IpAddress mapped;
    mapped.bits.bytes.items[10] = mapped.bits.bytes.items[11] = 0xff;
    const std::uint32_t host = ip.bits.host();
    for (int i = 0; i < 4; ++i) {
      mapped.bits.bytes.items[12 + i] = std::uint8_t(host >> (24 - 8 * i));
    }
    return mapped;
  }
  constexpr bool is_none() const { return bits.is_zero(); }
  constexpr bool is_ipv4() const {
    for (int i = 0; i < 10; ++i) {
      if (bits.bytes.items[i] != 0) return false;
    }
    return bits.bytes.items[10] == 0xff && bits.bytes.items[11] == 0xff;
  }
  // Only if is_ipv4().
  constexpr Ipv4Address ipv4() const {
    return Ipv4Address::of(bits.bytes.items[12], bits.bytes.items[13], bits.bytes.items[14],
                           bits.bytes.items[15]);
  }
  constexpr bool operator==(const IpAddress&) const = default;
};

static_assert(sizeof(MacAddress) == 6 && sizeof(Ipv4Address) == 4 && sizeof(Ipv6Address) == 16);
static_assert(alignof(MacAddress) == 1 && alignof(Ipv4Address) == 1 && alignof(Ipv6Address) == 1);

}  // namespace ovs
