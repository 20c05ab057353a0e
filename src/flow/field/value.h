// The value of any field: sixteen bytes in network order, right-aligned, so that one type serves
// every width.
#pragma once
#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/containers/array.h"
#include "base/core/assert.h"

namespace ovs::flow {

struct FieldValue {
  Array<std::uint8_t, 16> bytes = {};

  static constexpr FieldValue of(std::uint64_t number) {
    FieldValue value;
    for (unsigned i = 0; i < 8; ++i) value.bytes.items[15 - i] = std::uint8_t(number >> 8 * i);
    return value;
  }
  // `wire` has at most 16 bytes, the value's last ones.
  static constexpr FieldValue of(Bytes wire) {
    OVS_ASSERT(wire.count() <= 16);
    FieldValue value;
    for (std::size_t i = 0; i < wire.count(); ++i) {
      value.bytes.items[16 - wire.count() + i] = wire.data()[i];
    }
    return value;
  }
  // A number of `bits` ones, 0 to 128.
  static constexpr FieldValue ones(unsigned bits) {
    FieldValue value;
    for (unsigned i = 0; i < 16; ++i) {
      const unsigned have = bits > 8 * i ? bits - 8 * i : 0;
      value.bytes.items[15 - i] = have >= 8 ? 0xff : std::uint8_t((1u << have) - 1);
    }
    return value;
  }

  constexpr std::uint64_t low() const {
    std::uint64_t number = 0;
    for (unsigned i = 8; i < 16; ++i) number = number << 8 | bytes.items[i];
    return number;
  }
  constexpr std::uint64_t high() const {
    std::uint64_t number = 0;
    for (unsigned i = 0; i < 8; ++i) number = number << 8 | bytes.items[i];
    return number;
  }
  // The last `width` bytes, as they lie on the wire.
  constexpr Bytes wire(std::size_t width) const {
    OVS_ASSERT(width <= 16);
    return Bytes(bytes.items + 16 - width, width);
  }
  constexpr bool is_zero() const { return low() == 0 && high() == 0; }
  constexpr bool operator==(const FieldValue&) const = default;

  friend constexpr FieldValue operator&(FieldValue a, const FieldValue& b) {
    for (unsigned i = 0; i < 16; ++i) a.bytes.items[i] &= b.bytes.items[i];
    return a;
  }
  friend constexpr FieldValue operator|(FieldValue a, const FieldValue& b) {
    for (unsigned i = 0; i < 16; ++i) a.bytes.items[i] |= b.bytes.items[i];
    return a;
  }
  friend constexpr FieldValue operator~(FieldValue a) {
    for (unsigned i = 0; i < 16; ++i) a.bytes.items[i] = std::uint8_t(~a.bytes.items[i]);
    return a;
  }
};

}  // namespace ovs::flow
