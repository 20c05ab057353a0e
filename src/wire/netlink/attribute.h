// Netlink attributes: length, type, payload, padding to four bytes, in host order. Reading is total
// and checks a whole chain before it is walked; writing never fails half-way: what does not fit is
// counted, and finish() tells.
#pragma once
#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/core/maybe.h"
#include "base/core/result.h"
#include "base/text/text.h"

namespace ovs::wire {

inline constexpr std::size_t kAttributeHeader = 4;
inline constexpr std::uint16_t kAttributeNested = 0x8000, kAttributeNetworkOrder = 0x4000,
                               kAttributeType = 0x3fff;
constexpr std::size_t attribute_pad(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}
// Bytes that an attribute of this payload takes in a chain.
constexpr std::size_t attribute_size(std::size_t payload) {
  return kAttributeHeader + attribute_pad(payload);
}

struct Attribute {
  std::uint16_t type = 0;  // without the flags
  Bytes payload;

  // A payload of exactly the size of T; Malformed otherwise. Numbers in host order, unless T is a
  // Big<>.
  template <class T>
  Result<T> as() const {
    if (payload.count() != sizeof(T)) return Error::Malformed;
    return load<T>(payload.data());
  }
  Result<std::uint8_t> u8() const { return as<std::uint8_t>(); }
  Result<std::uint16_t> u16() const { return as<std::uint16_t>(); }
  Result<std::uint32_t> u32() const { return as<std::uint32_t>(); }
  Result<std::uint64_t> u64() const { return as<std::uint64_t>(); }
  // Characters up to the terminating zero, which must be there and be the only one.
  Result<Text> string() const;
};

// A chain that has been checked: walking it cannot fail.
class Attributes {
 public:
  class Iterator {
   public:
    explicit Iterator(Bytes rest) : rest_(rest) {}
    Attribute operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return rest_.data() != other.rest_.data(); }

   private:
    Bytes rest_;
  };

  Attributes() = default;
  // Truncated: a length that leaves the bytes. Malformed: a length below that of a header.
  // Fewer than four bytes at the end are tolerated, as Linux does.
  static Result<Attributes> parse(Bytes bytes);

  Iterator begin() const { return Iterator(bytes_); }
  Iterator end() const { return Iterator(bytes_.from(bytes_.count())); }
  bool empty() const { return bytes_.empty(); }
  Bytes bytes() const { return bytes_; }
  // The last one of this type, as it overrides earlier ones.
  template <class E>
  Maybe<Attribute> find(E type) const {
    return find_type(std::uint16_t(type));
  }

 private:
  explicit Attributes(Bytes bytes) : bytes_(bytes) {}
  Maybe<Attribute> find_type(std::uint16_t type) const;

  Bytes bytes_;
};

// A chain by type, for types 0 to Max. Types above it are kept count of, not kept.
template <unsigned Max>
class AttributeTable {
 public:
  static Result<AttributeTable> parse(Bytes bytes) {
    OVS_TRY(const Attributes attributes, Attributes::parse(bytes));
    AttributeTable table;
    for (const Attribute attribute : attributes) {
      if (attribute.type > Max) {
        ++table.unknown_;
        continue;
      }
      if (table.slots_[attribute.type]) ++table.repeated_;
      table.slots_[attribute.type] = attribute;
    }
    return table;
  }
  template <class E>
  const Maybe<Attribute>& operator[](E type) const {
    OVS_ASSERT(unsigned(type) <= Max);
    return slots_[unsigned(type)];
  }
  template <class E>
  bool has(E type) const {
    return bool((*this)[type]);
  }
  unsigned unknown() const { return unknown_; }
  unsigned repeated() const { return repeated_; }

 private:
  Maybe<Attribute> slots_[Max + 1];
  unsigned unknown_ = 0, repeated_ = 0;
};

// Where a Writer gets room beyond what it began with.
class WriterRoom {
 public:
  // At least `size` bytes that begin with what was written so far, or what there was: then the
  // writer counts on.
  virtual MutableBytes grow(MutableBytes now, std::size_t size) = 0;

 protected:
  ~WriterRoom() = default;
};
// Room in a container with data(), size(), resize(): std::vector<std::uint8_t>. Its size is room,
// not content.
template <class Container>
class ContainerRoom final : public WriterRoom {
 public:
  explicit ContainerRoom(Container& container) : container_(container) {}
  MutableBytes grow(MutableBytes, std::size_t size) override {
    container_.resize(size < 2 * container_.size() ? 2 * container_.size() : size);
    return container_;
  }

 private:
  Container& container_;
};

// Appends attributes to a buffer. Given too little room it goes on counting: run the same calls
// over an empty buffer to learn the size. Padding is zero.
class Writer {
 public:
  struct Nest {
    std::size_t at;
  };

  Writer() = default;
  explicit Writer(MutableBytes buffer) : buffer_(buffer) {}
  explicit Writer(WriterRoom& room) : room_(&room) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // What has been written, or would have been.
  std::size_t size() const { return size_; }
  bool overflowed() const { return overflowed_; }
  // The bytes written; NoSpace if they did not fit.
  Result<Bytes> finish() const;

  template <class E>
  void put(E type, Bytes payload) {
    put_bytes(std::uint16_t(type), payload);
  }
  template <class E>
  void put_flag(E type) {
    put_bytes(std::uint16_t(type), Bytes());
  }
  // Any trivially copyable value: host integers, Big<>.
  template <class E, class T>
  void put_value(E type, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::uint8_t bytes[sizeof(T)];
    store(bytes, value);
    put_bytes(std::uint16_t(type), bytes);
  }
  template <class E>
  void put_u8(E type, std::uint8_t value) {
    put_value(type, value);
  }
  template <class E>
  void put_u16(E type, std::uint16_t value) {
    put_value(type, value);
  }
  template <class E>
  void put_u32(E type, std::uint32_t value) {
    put_value(type, value);
  }
  template <class E>
  void put_u64(E type, std::uint64_t value) {
    put_value(type, value);
  }
  // With its terminating zero.
  template <class E>
  void put_string(E type, Text text) {
    put_text(std::uint16_t(type), text);
  }
  // The length of a nest is written when it ends. The nested flag is not set: OVS's families do
  // without.
  template <class E>
  Nest begin_nest(E type) {
    return begin(std::uint16_t(type));
  }
  void end_nest(Nest nest);
  // Takes back all that was written since `begin_nest`.
  void cancel_nest(Nest nest) { truncate(nest.at); }
  // The payload of a nest in progress is empty so far.
  bool is_empty(Nest nest) const { return size_ == nest.at + kAttributeHeader; }

  // Bytes as they are, without a header or padding: message headers, ready chains.
  void append(Bytes bytes);
  // Overwrites what was written at `at`, if it fitted.
  void overwrite(std::size_t at, Bytes bytes);
  void truncate(std::size_t size);

 private:
  void put_bytes(std::uint16_t type, Bytes payload);
  void put_text(std::uint16_t type, Text text);
  Nest begin(std::uint16_t type);
  std::uint8_t* take(std::size_t size);  // null once there is no room

  MutableBytes buffer_;
  WriterRoom* room_ = nullptr;
  std::size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace ovs::wire
