// Reading and writing bytes in order, never past the end. What the bytes mean is for the caller
// (wire/).
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/core/result.h"

namespace ovs {

// Total: whatever the bytes, each call gives a value or Error::Truncated, and a failed call
// consumes nothing.
class Reader {
 public:
  constexpr explicit Reader(Bytes bytes) : rest_(bytes), size_(bytes.count()) {}

  constexpr bool at_end() const { return rest_.empty(); }
  constexpr Bytes rest() const { return rest_; }
  constexpr std::size_t remaining() const { return rest_.count(); }
  constexpr std::size_t offset() const { return size_ - rest_.count(); }

  constexpr Result<Bytes> take(std::size_t size) {
    if (size > rest_.count()) return Error::Truncated;
    const Bytes taken = rest_.first(size);
    rest_ = rest_.from(size);
    return taken;
  }
  constexpr Result<void> skip(std::size_t size) {
    OVS_TRY(take(size));
    return kOk;
  }
  // The next bytes as they lie in memory: a Big<T>, a host integer, a struct of such.
  template <class T>
  requires std::is_trivially_copyable_v<T> Result<T> read() {
    OVS_TRY(const Bytes bytes, take(sizeof(T)));
    return load<T>(bytes.data());
  }
  // A number in network order.
  template <std::unsigned_integral T>
  Result<T> read_big() {
    OVS_TRY(const Big<T> value, read<Big<T>>());
    return value.host();
  }
  // Up to the next multiple of `alignment` from the start, or to the end if that comes first.
  constexpr void align(std::size_t alignment) {
    const std::size_t odd = offset() % alignment;
    const std::size_t padding = odd == 0 ? 0 : alignment - odd;
    rest_ = rest_.from(padding < rest_.count() ? padding : rest_.count());
  }

 private:
  Bytes rest_;
  std::size_t size_;
};

// A failed call (Error::NoSpace) writes nothing. A writer whose size was computed first cannot
// fail.
class Writer {
 public:
  constexpr explicit Writer(MutableBytes buffer) : buffer_(buffer) {}

  constexpr std::size_t size() const { return used_; }
  constexpr std::size_t remaining() const { return buffer_.count() - used_; }
  constexpr MutableBytes written() const { return buffer_.first(used_); }

  // Room for `size` bytes, for the caller to fill.
  constexpr Result<MutableBytes> reserve(std::size_t size) {
    if (size > remaining()) return Error::NoSpace;
    const MutableBytes room = buffer_.part(used_, size);
    used_ += size;
    return room;
  }
  Result<void> put_bytes(Bytes bytes) {
    OVS_TRY(const MutableBytes room, reserve(bytes.count()));
    if (!bytes.empty()) __builtin_memcpy(room.data(), bytes.data(), bytes.count());
    return kOk;
  }
  Result<void> put_zeros(std::size_t size) {
    OVS_TRY(const MutableBytes room, reserve(size));
    if (size > 0) __builtin_memset(room.data(), 0, size);
    return kOk;
  }
  // As it lies in memory.
  template <class T>
  requires std::is_trivially_copyable_v<T> Result<void> put(const T& value) {
    OVS_TRY(const MutableBytes room, reserve(sizeof(T)));
    store(room.data(), value);
    return kOk;
  }
  template <std::unsigned_integral T>
  Result<void> put_big(T value) {
    return put(Big<T>{value});
  }
  // Zeros up to a multiple of `alignment`.
  Result<void> align(std::size_t alignment) {
    const std::size_t odd = used_ % alignment;
    return put_zeros(odd == 0 ? 0 : alignment - odd);
  }

 private:
  MutableBytes buffer_;
  std::size_t used_ = 0;
};

}  // namespace ovs
