#include "datapath/control/ring.h"

#include "base/bytes/big.h"

namespace ovs::datapath {

namespace {

constexpr std::size_t kHeader = 4;  // a message's size
std::size_t padded(std::size_t size) {
  return (size + 7) & ~std::size_t{7};
}

}  // namespace

Result<Owned<MessageRing>> MessageRing::create(std::size_t size) {
  OVS_ASSERT((size & (size - 1)) == 0 && size >= 64);
  OVS_TRY(auto bytes, try_make_array<std::uint8_t>(size, kTag));
  return try_make<MessageRing>(std::move(bytes));
}

MutableBytes MessageRing::reserve(std::size_t size) {
  const std::uint64_t read = read_.load(Order::Acquire);
  const std::uint64_t written = written_.load(Order::Relaxed);
  const std::size_t need = padded(kHeader + size);
  const std::size_t to_end = bytes_.count() - at(written);
  const std::size_t free = bytes_.count() - std::size_t(written - read);
  if (need <= to_end) {
    if (need > free) return {};
    reserved_ = written;
  } else {
    if (to_end + need > free) return {};
    store(bytes_.data() + at(written), kWrap);
    reserved_ = written + to_end;
  }
  return MutableBytes(bytes_.data() + at(reserved_) + kHeader, size);
}

void MessageRing::commit(std::size_t size) {
  store(bytes_.data() + at(reserved_), std::uint32_t(size));
  written_.store(reserved_ + padded(kHeader + size), Order::Release);
}

std::uint64_t MessageRing::skip_wrap(std::uint64_t position) const {
  if (load<std::uint32_t>(bytes_.data() + at(position)) != kWrap) return position;
  return position + (bytes_.count() - at(position));
}

Bytes MessageRing::first() const {
  if (empty()) return {};
  const std::uint64_t position = skip_wrap(read_.load(Order::Relaxed));
  const std::uint8_t* const message = bytes_.data() + at(position);
  return Bytes(message + kHeader, load<std::uint32_t>(message));
}

void MessageRing::drop() {
  OVS_ASSERT(!empty());
  const std::uint64_t position = skip_wrap(read_.load(Order::Relaxed));
  const std::uint32_t size = load<std::uint32_t>(bytes_.data() + at(position));
  read_.store(position + padded(kHeader + size), Order::Release);
}

}  // namespace ovs::datapath
