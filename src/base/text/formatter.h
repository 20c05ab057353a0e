// Text into the caller's buffer: what a kernel has instead of printf. Output that does not fit is
// cut, and known to be.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>

#include "base/bytes/address.h"
#include "base/bytes/span.h"
#include "base/text/text.h"

namespace ovs {

class Formatter {
 public:
  explicit Formatter(Span<char> buffer) : buffer_(buffer) {}

  Text text() const { return Text(buffer_.data(), used_); }
  bool is_cut() const { return cut_; }

  Formatter& put(char character);
  Formatter& put(Text text);
  template <std::integral T>
  Formatter& decimal(T value) {
    if constexpr (std::is_signed_v<T>) {
      if (value < 0) return put('-').unsigned_decimal(0 - std::uint64_t(value));
    }
    return unsigned_decimal(std::uint64_t(value));
  }
  // Lower case, without "0x", at least `min_digits` of them.
  Formatter& hex(std::uint64_t value, unsigned min_digits = 1);
  Formatter& address(const MacAddress& mac);  // 00:11:22:aa:bb:cc
  Formatter& address(const Ipv4Address& ip);  // 192.0.2.1
  Formatter& address(const Ipv6Address& ip);  // 2001:db8::1 (RFC 5952)
  Formatter& address(const IpAddress& ip);    // IPv4 as IPv4

 private:
  Formatter& unsigned_decimal(std::uint64_t value);

  Span<char> buffer_;
  std::size_t used_ = 0;
  bool cut_ = false;
};

// A formatter with its own room.
template <std::size_t N>
class TextBuffer {
 public:
  TextBuffer() : formatter_(Span<char>(room_)) {}
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;
  Formatter* operator->() { return &formatter_; }
  Formatter& operator*() { return formatter_; }
  Text text() const { return formatter_.text(); }

 private:
  char room_[N];
  Formatter formatter_;
};

}  // namespace ovs
