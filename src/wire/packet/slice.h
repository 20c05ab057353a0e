// How headers are described and read: a Slice is some bits of one kind of header, a View is bytes
// that have been found to hold such a header. A slice that leaves its header does not compile, nor
// does reading one header with another's slice. The bytes must not change while a view is used:
// whoever shares them with a guest copies them first.
#pragma once
#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/core/result.h"

namespace ovs::wire {

template <class H>
struct Slice {
  std::uint16_t first, bits;

  constexpr Slice(unsigned first_bit, unsigned bit_count)
      : first(std::uint16_t(first_bit)), bits(std::uint16_t(bit_count)) {
    OVS_ASSERT(bit_count > 0 && first_bit + bit_count <= H::kSize * 8);
  }
  constexpr std::size_t first_byte() const { return first / 8u; }
  constexpr std::size_t last_byte() const { return (first + bits - 1u) / 8u; }
  constexpr std::size_t byte_count() const { return last_byte() - first_byte() + 1; }
  constexpr unsigned shift() const { return unsigned(last_byte() * 8 + 8 - first - bits); }
};

template <class H>
concept HasValidate = requires(Bytes bytes) {
  H::validate(bytes);
};

template <class H>
class View {
 public:
  // Truncated: fewer bytes than the fixed header. Malformed: the header contradicts itself or
  // leaves the bytes.
  static Result<View> parse(Bytes bytes) {
    if (bytes.count() < H::kSize) return Error::Truncated;
    if constexpr (HasValidate<H>) {
      OVS_TRY(H::validate(bytes));
    }
    return View(bytes.data());
  }

  // A number of up to 56 bits, or of exactly 64 that begin at a byte, in host order.
  // Inlined always: the slice is a constant at every use, and the loop becomes a load.
  [[gnu::always_inline]] std::uint64_t operator[](Slice<H> slice) const {
    std::uint64_t value = 0;
    for (std::size_t i = slice.first_byte(); i <= slice.last_byte(); ++i)
      value = value << 8 | data_[i];
    value >>= slice.shift();
    return slice.bits >= 64 ? value : value & ((std::uint64_t{1} << slice.bits) - 1);
  }
  // The bytes of a slice that begins and ends at one.
  Bytes bytes(Slice<H> slice) const {
    return Bytes(data_ + slice.first_byte(), slice.byte_count());
  }

 private:
  explicit View(const std::uint8_t* data) : data_(data) {}

  const std::uint8_t* data_;
};

// Fills a header in bytes that have room for it.
template <class H>
class Fill {
 public:
  // All of the header becomes zero.
  explicit Fill(MutableBytes room) : data_(room.first(H::kSize).data()) {
    for (std::size_t i = 0; i < H::kSize; ++i) data_[i] = 0;
  }
  // A header that is already there, to be changed; the bytes hold one.
  static Fill over(MutableBytes header) { return Fill(Over{}, header.first(H::kSize).data()); }

  Fill& set(Slice<H> slice, std::uint64_t value) {
    for (unsigned i = 0; i < slice.bits; ++i) {
      const unsigned bit = slice.first + slice.bits - 1u - i;
      const auto one = std::uint8_t(0x80 >> bit % 8);
      std::uint8_t& byte = data_[bit / 8];
      byte = std::uint8_t((byte & ~one) | ((value >> i & 1) != 0 ? one : 0));
    }
    return *this;
  }
  // `bytes` has the slice's size; the slice begins and ends at a byte.
  Fill& set(Slice<H> slice, Bytes bytes) {
    OVS_ASSERT(bytes.count() == slice.byte_count());
    __builtin_memcpy(data_ + slice.first_byte(), bytes.data(), bytes.count());
    return *this;
  }

 private:
  struct Over {};
  Fill(Over, std::uint8_t* header) : data_(header) {}

  std::uint8_t* data_;
};

template <class V, class S>
concept Reads = requires(V view, S slice) {
  view[slice];
};

}  // namespace ovs::wire
