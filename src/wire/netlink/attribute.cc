#include "wire/netlink/attribute.h"

namespace ovs::wire {
namespace {

struct Header {
  std::uint16_t length, type;
};

// How far the next attribute is: its padded length, or all that is left.
std::size_t step(Bytes rest) {
  const std::size_t padded = attribute_pad(load<Header>(rest.data()).length);
  return padded < rest.count() ? padded : rest.count();
}

}  // namespace

Result<Text> Attribute::string() const {
  if (payload.empty()) return Error::Malformed;
  for (std::size_t i = 0; i + 1 < payload.count(); ++i) {
    if (payload[i] == 0) return Error::Malformed;
  }
  if (payload[payload.count() - 1] != 0) return Error::Malformed;
  return Text(reinterpret_cast<const char*>(payload.data()), payload.count() - 1);
}

Attribute Attributes::Iterator::operator*() const {
  const Header header = load<Header>(rest_.data());
  return {std::uint16_t(header.type & kAttributeType),
          rest_.part(kAttributeHeader, header.length - kAttributeHeader)};
}

Attributes::Iterator& Attributes::Iterator::operator++() {
  rest_ = rest_.from(step(rest_));
  return *this;
}

Result<Attributes> Attributes::parse(Bytes bytes) {
  Bytes rest = bytes;
  while (rest.count() >= kAttributeHeader) {
    const std::size_t length = load<Header>(rest.data()).length;
    if (length < kAttributeHeader) return Error::Malformed;
    if (length > rest.count()) return Error::Truncated;
    rest = rest.from(step(rest));
  }
  return Attributes(bytes.first(bytes.count() - rest.count()));
}

Maybe<Attribute> Attributes::find_type(std::uint16_t type) const {
  Maybe<Attribute> found;
  for (const Attribute attribute : *this) {
    if (attribute.type == type) found = attribute;
  }
  return found;
}

Result<Bytes> Writer::finish() const {
  if (overflowed_) return Error::NoSpace;
  return Bytes(buffer_.data(), size_);
}

std::uint8_t* Writer::take(std::size_t size) {
  const std::size_t at = size_;
  size_ += size;
  if (overflowed_) return nullptr;
  if (size_ > buffer_.count() && room_ != nullptr) buffer_ = room_->grow(buffer_, size_);
  if (size_ > buffer_.count()) {
    overflowed_ = true;
    return nullptr;
  }
  return buffer_.data() + at;
}

void Writer::append(Bytes bytes) {
  std::uint8_t* to = take(bytes.count());
  if (to != nullptr && !bytes.empty()) __builtin_memcpy(to, bytes.data(), bytes.count());
}

void Writer::overwrite(std::size_t at, Bytes bytes) {
  if (overflowed_) return;
  OVS_ASSERT(at + bytes.count() <= size_);
  __builtin_memcpy(buffer_.data() + at, bytes.data(), bytes.count());
}

void Writer::truncate(std::size_t size) {
  OVS_ASSERT(size <= size_);
  size_ = size;
}

void Writer::put_bytes(std::uint16_t type, Bytes payload) {
  std::uint8_t* to = take(attribute_size(payload.count()));
  if (to == nullptr) return;
  store(to, Header{std::uint16_t(kAttributeHeader + payload.count()), type});
  if (!payload.empty()) __builtin_memcpy(to + kAttributeHeader, payload.data(), payload.count());
  const std::size_t end = kAttributeHeader + payload.count();
  for (std::size_t i = end; i < attribute_pad(end); ++i) to[i] = 0;
}

void Writer::put_text(std::uint16_t type, Text text) {
  std::uint8_t* to = take(attribute_size(text.size() + 1));
  if (to == nullptr) return;
  const std::size_t end = kAttributeHeader + text.size() + 1;
  store(to, Header{std::uint16_t(end), type});
  __builtin_memcpy(to + kAttributeHeader, text.data(), text.size());
  for (std::size_t i = end - 1; i < attribute_pad(end); ++i) to[i] = 0;
}

Writer::Nest Writer::begin(std::uint16_t type) {
  const Nest nest{size_};
  std::uint8_t* to = take(kAttributeHeader);
  if (to != nullptr) store(to, Header{kAttributeHeader, type});
  return nest;
}

void Writer::end_nest(Nest nest) {
  if (overflowed_) return;
  const std::size_t length = size_ - nest.at;
  OVS_ASSERT(length >= kAttributeHeader && length <= 0xffff);
  store(buffer_.data() + nest.at, std::uint16_t(length));
}

}  // namespace ovs::wire
