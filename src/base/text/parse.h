// Numbers and addresses from text. Total, without locale: the whole text is a value, or
// Error::Malformed, or Error::Range.
#pragma once
#include <concepts>
#include <cstdint>
#include <limits>

#include "base/bytes/address.h"
#include "base/core/result.h"
#include "base/text/text.h"

namespace ovs {

enum class Radix : std::uint8_t {
  Decimal,
  Hex,   // digits only, without "0x"
  Auto,  // "0x" makes it hex, anything else is decimal
};

Result<std::uint64_t> parse_u64(Text text, Radix radix = Radix::Auto);
Result<std::int64_t> parse_i64(Text text, Radix radix = Radix::Auto);

// Error::Range when it does not fit T.
template <std::integral T>
Result<T> parse_integer(Text text, Radix radix = Radix::Auto) {
  if constexpr (std::is_signed_v<T>) {
    OVS_TRY(const std::int64_t value, parse_i64(text, radix));
    if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
      return Error::Range;
    }
    return T(value);
  } else {
    OVS_TRY(const std::uint64_t value, parse_u64(text, radix));
    if (value > std::numeric_limits<T>::max()) return Error::Range;
    return T(value);
  }
}

Result<MacAddress> parse_mac(Text text);    // six groups of one or two hex digits
Result<Ipv4Address> parse_ipv4(Text text);  // four decimal groups, no leading zeros
Result<Ipv6Address> parse_ipv6(Text text);  // RFC 4291 section 2.2, all three forms; no zone
Result<IpAddress> parse_ip(Text text);      // of either family

}  // namespace ovs
