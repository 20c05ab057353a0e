// Messages from one processor to one session, in memory that is taken once: one producer, one
// consumer, no lock. A message is written in place; when there is no room, it is lost, and the
// producer is told so.
#pragma once
#include "base/bytes/span.h"
#include "base/core/atomic.h"
#include "base/core/maybe.h"
#include "platform/api/memory.h"

namespace ovs::datapath {

class MessageRing {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsR");

  // `size` is a power of two; a message may take half of it.
  static Result<Owned<MessageRing>> create(std::size_t size);
  explicit MessageRing(OwnedArray<std::uint8_t> bytes) : bytes_(std::move(bytes)) {}

  // The producer's. Room for a message of at most `size` bytes, or nothing.
  MutableBytes reserve(std::size_t size);
  // The first `size` bytes of what reserve() gave are a message now.
  void commit(std::size_t size);

  // The consumer's. The oldest message; empty: there is none. It stays until drop().
  Bytes first() const;
  void drop();
  // Either side's.
  bool empty() const { return read_.load(Order::Acquire) == written_.load(Order::Acquire); }

 private:
  static constexpr std::uint32_t kWrap =
      0xffffffff;  // in place of a size: the next message is at the beginning
  std::size_t at(std::uint64_t position) const { return position & (bytes_.count() - 1); }
  std::uint64_t skip_wrap(std::uint64_t position) const;

  OwnedArray<std::uint8_t> bytes_;
  Atomic<std::uint64_t> written_;
  Atomic<std::uint64_t> read_;
  std::uint64_t reserved_ = 0;  // where the message being written begins
};

}  // namespace ovs::datapath
