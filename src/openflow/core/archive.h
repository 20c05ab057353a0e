// Two sides of one description: In reads fields from bytes, Out appends them, and both have the
// same calls, so that `describe(archive, value)` written once as a template decodes and encodes.
// Errors stick: after the first one In reads zeros, and whoever began asks once, at the end.
#pragma once
#include <algorithm>
#include <array>
#include <concepts>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/containers/array.h"
#include "openflow/core/error.h"
#include "openflow/core/port.h"
#include "openflow/core/remarks.h"
#include "openflow/core/version.h"

namespace ovs::openflow {

template <class T>
struct NumberOf {
  using Type = T;
};
template <class T>
requires std::is_enum_v<T>
struct NumberOf<T> {
  using Type = std::underlying_type_t<T>;
};

// What a description's second argument is: changed when reading, not when writing.
template <class A, class T>
using Of = std::conditional_t<A::kReading, T, const T>;

class In {
 public:
  static constexpr bool kReading = true;

  In(Bytes bytes, Version version, OfError too_short)
      : rest_(bytes), size_(bytes.count()), version_(version), too_short_(too_short) {}

  Version version() const { return version_; }
  bool ok() const { return !failed_; }
  OfError error() const { return error_; }
  OfError too_short() const { return too_short_; }
  void fail(OfError error) {
    if (failed_) return;
    failed_ = true;
    error_ = error;
    rest_ = {};
  }
  // Takes over the failure of a reader of a part.
  void absorb(const In& part) {
    if (!part.ok()) fail(part.error());
  }
  template <class T>
  Result<T, OfError> finish(T value) const {
    if (failed_) return error_;
    return value;
  }

  // Where what is to be logged goes; parts inherit it.
  void tell(Remarks* remarks) { remarks_ = remarks; }
  Remarks* remarks() const { return remarks_; }
  // A reader of other bytes that is otherwise the same.
  In over(Bytes bytes, OfError too_short) const {
    In other(bytes, version_, too_short);
    other.tell(remarks_);
    return other;
  }

  std::size_t remaining() const { return rest_.count(); }
  std::size_t offset() const { return size_ - rest_.count(); }
  bool at_end() const { return rest_.empty(); }
  Bytes rest() const { return rest_; }

  Bytes take(std::size_t size) {
    if (size > rest_.count()) {
      fail(too_short_);
      return {};
    }
    const Bytes taken = rest_.first(size);
    rest_ = rest_.from(size);
    return taken;
  }
  Bytes take_rest() { return take(rest_.count()); }
  In part(std::size_t size) { return over(take(size), too_short_); }

  // A number in network order, as wide as its type or as `Wire`.
  template <class Wire, class T>
  void as(T& value) {
    const Bytes bytes = take(sizeof(Wire));
    value = bytes.empty() ? T{} : T(load<Big<Wire>>(bytes.data()).host());
  }
  template <class T>
  void be(T& value) {
    as<typename NumberOf<T>::Type>(value);
  }
  template <class T>
  T read() {
    T value{};
    be(value);
    return value;
  }
  void pad(std::size_t size) { take(size); }
  void pad_to(std::size_t alignment) {
    const std::size_t odd = offset() % alignment;
    if (odd != 0) take(std::min(alignment - odd, rest_.count()));
  }
  // How much is missing until `size` bytes from the start.
  std::size_t remaining_of(std::size_t size) const { return offset() < size ? size - offset() : 0; }
  void zeros(std::size_t size, OfError error) {
    for (const std::uint8_t byte : take(size)) {
      if (byte != 0) fail(error);
    }
  }
  template <std::size_t N>
  void raw(Array<std::uint8_t, N>& value) {
    const Bytes bytes = take(N);
    if (!bytes.empty()) std::memcpy(value.data(), bytes.data(), N);
  }
  void rest_to(std::vector<std::uint8_t>& value) {
    const Bytes bytes = take_rest();
    value.assign(bytes.begin(), bytes.end());
  }
  // Text in a field of fixed size, up to its first zero.
  void text(std::string& value, std::size_t size) {
    const Bytes bytes = take(size);
    value.assign(reinterpret_cast<const char*>(bytes.data()), bytes.count());
    value.resize(std::strlen(value.c_str()));
  }
  // A port number in version 1.0's or in later versions' width.
  void port(OfPort& value) {
    if (version_ == Version::V10) return be(value);
    wide_port(value);
  }
  void wide_port(OfPort& value, OfError unknown = OfError::OFPBAC_BAD_OUT_PORT) {
    const auto wide = read<std::uint32_t>();
    const std::optional<OfPort> port = port_from_wide(wide);
    if (!port) fail(unknown);
    value = port.value_or(kPortNone);
  }

 private:
  Bytes rest_;
  std::size_t size_;
  Version version_;
  OfError too_short_;
  OfError error_ = OfError::OFPBRC_BAD_LEN;
  Remarks* remarks_ = nullptr;
  bool failed_ = false;
};

class Out {
 public:
  static constexpr bool kReading = false;

  Out(std::string& out, Version version) : out_(out), start_(out.size()), version_(version) {}

  Version version() const { return version_; }
  std::size_t offset() const { return out_.size() - start_; }
  std::string& string() { return out_; }

  template <class Wire, class T>
  void as(const T& value) {
    const Big<Wire> number{Wire(value)};
    out_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  template <class T>
  void be(const T& value) {
    as<typename NumberOf<T>::Type>(value);
  }
  void pad(std::size_t size) { out_.append(size, '\0'); }
  void pad_to(std::size_t alignment) {
    const std::size_t odd = offset() % alignment;
    if (odd != 0) pad(alignment - odd);
  }
  std::size_t remaining_of(std::size_t size) const { return offset() < size ? size - offset() : 0; }
  void zeros(std::size_t size, OfError) { pad(size); }
  template <std::size_t N>
  void raw(const Array<std::uint8_t, N>& value) {
    bytes(Bytes(value.data(), N));
  }
  void bytes(Bytes value) {
    out_.append(reinterpret_cast<const char*>(value.data()), value.count());
  }
  void rest_to(const std::vector<std::uint8_t>& value) { bytes(value); }
  void text(const std::string& value, std::size_t size) {
    const std::size_t used = std::min(value.size(), size - 1);
    out_.append(value, 0, used);
    pad(size - used);
  }
  void port(OfPort value) {
    if (version_ == Version::V10) return be(value);
    wide_port(value);
  }
  void wide_port(OfPort value, OfError = OfError::OFPBAC_BAD_OUT_PORT) {
    as<std::uint32_t>(port_to_wide(value));
  }

  // Writes a number of two bytes at an earlier place: lengths, known last.
  void patch(std::size_t offset, std::size_t value) {
    store(out_.data() + start_ + offset, Be16{std::uint16_t(value)});
  }

 private:
  std::string& out_;
  std::size_t start_;
  Version version_;
};

}  // namespace ovs::openflow
