// Field values as people write them: numbers, addresses, prefixes, flags. Hosted; the texts of
// matches, datapath keys and actions are made of these.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "flow/field/value.h"

namespace ovs::flow {

// "0x1f", "0x0"; and as C's %#x has it: "0x1f", "0".
std::string hex_text(std::uint64_t value);
std::string hex_text(const FieldValue& value);
std::string sharp_hex_text(std::uint64_t value);
// Hexadecimal with at least `digits` digits behind "0x".
std::string padded_hex_text(std::uint64_t value, unsigned digits);

std::string mac_text(const FieldValue& value);
std::string ipv4_text(const FieldValue& value);
std::string ipv6_text(const FieldValue& value);
// With "/mask" unless the mask is all ones; a prefix length where it is one.
std::string mac_text(const FieldValue& value, const FieldValue& mask);
std::string ipv4_text(const FieldValue& value, const FieldValue& mask);
std::string ipv6_text(const FieldValue& value, const FieldValue& mask);

struct MaskedValue {
  FieldValue value, mask;
};

// All of the text must be the thing; nothing otherwise. Numbers: decimal, 0x hexadecimal, octal
// with a leading zero; up to 128 bits in hexadecimal, 64 otherwise.
std::optional<FieldValue> parse_number(std::string_view text);
std::optional<FieldValue> parse_mac(std::string_view text);
std::optional<FieldValue> parse_ipv4(std::string_view text);
std::optional<FieldValue> parse_ipv6(std::string_view text);
// "address", "address/prefix length", "address/mask".
std::optional<MaskedValue> parse_masked_mac(std::string_view text);
std::optional<MaskedValue> parse_masked_ipv4(std::string_view text);
std::optional<MaskedValue> parse_masked_ipv6(std::string_view text);

struct FlagName {
  std::uint32_t bit;
  std::string_view name;
};
struct FlagNames {
  const FlagName* rows;
  std::size_t count;
  std::uint32_t all;  // every bit that there may be

  const FlagName* begin() const { return rows; }
  const FlagName* end() const { return rows + count; }
};
extern const FlagNames kTcpFlagNames;
extern const FlagNames kTunnelFlagNames;

// "syn|ack", "0" for none.
std::string flags_text(const FlagNames& names, std::uint32_t flags, char between);
// "+syn-ack" where the mask is not all of them.
std::string masked_flags_text(const FlagNames& names, std::uint32_t flags, std::uint32_t mask);
struct MaskedFlags {
  std::uint32_t flags, mask;
};
// "+syn-ack", "syn|ack", "0x12", "0x12/0x13".
std::optional<MaskedFlags> parse_flags(const FlagNames& names, std::string_view text);

// The text before and behind the first `mark`; nothing if it is not there.
struct Halves {
  std::string_view first, second;
};
std::optional<Halves> split_at(std::string_view text, char mark);

}  // namespace ovs::flow
