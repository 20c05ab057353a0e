// A row: immutable once it is in a table, shared by count between the table, transactions and
// monitors.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "ovsdb/data/datum.h"
#include "ovsdb/schema/schema.h"

namespace ovs::ovsdb {

class Row;

// Shares a row. A null RowRef is no row.
class RowRef {
 public:
  RowRef() = default;
  RowRef(decltype(nullptr)) {}
  static RowRef adopt(Row* row) { return RowRef(row); }
  RowRef(const RowRef& other) noexcept;
  RowRef(RowRef&& other) noexcept : row_(std::exchange(other.row_, nullptr)) {}
  RowRef& operator=(RowRef other) noexcept {
    std::swap(row_, other.row_);
    return *this;
  }
  ~RowRef();
  explicit operator bool() const { return row_ != nullptr; }
  Row* pointer() const { return row_; }
  Row* operator->() const { return row_; }
  Row& operator*() const { return *row_; }

 private:
  explicit RowRef(Row* row) : row_(row) {}
  Row* row_ = nullptr;
};

class Row {
 public:
  static RowRef make_default(const TableSchema& schema, const Uuid& uuid);
  RowRef copy() const;

  const Uuid& uuid() const { return uuid_; }
  const Uuid& version() const { return version_; }
  void set_version(const Uuid& version) { version_ = version; }
  std::uint32_t column_count() const { return count_; }
  // A column of the schema (kFirstColumn on).
  const Datum& operator[](std::uint32_t column) const { return data()[column - kFirstColumn]; }
  Datum& operator[](std::uint32_t column) { return data()[column - kFirstColumn]; }
  // Any column, _uuid and _version too.
  Datum value(std::uint32_t column) const;
  static bool equal(const Row& a, const Row& b);  // in all columns of the schema
  static bool equal(const Row& a, const Row& b, const ColumnSet& columns);

 private:
  friend class RowRef;
  Row(const Uuid& uuid, std::uint32_t count) : uuid_(uuid), count_(count) {}
  static RowRef allocate(const Uuid& uuid, std::uint32_t count);
  void destroy() noexcept;
  const Datum* data() const { return reinterpret_cast<const Datum*>(this + 1); }
  Datum* data() { return reinterpret_cast<Datum*>(this + 1); }

  Uuid uuid_;
  Uuid version_;
  std::atomic<std::uint32_t> users_{1};
  std::uint32_t count_;  // of columns; their data follow the object
};

inline RowRef::RowRef(const RowRef& other) noexcept : row_(other.row_) {
  if (row_ != nullptr) row_->users_.fetch_add(1, std::memory_order_relaxed);
}
inline RowRef::~RowRef() {
  if (row_ != nullptr && row_->users_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    row_->destroy();
  }
}

// The rows of a table by UUID, each with the count of strong references to it. A copy shares its
// chunks with the original, whichever changes a shared chunk copies it first: a copy is a snapshot
// that another thread may read.
class RowIndex {
 public:
  struct Slot {
    RowRef row;
    std::uint32_t references = 0;
  };

  std::size_t count() const { return count_; }
  const Slot* find(const Uuid& uuid) const;
  Slot* find_to_change(const Uuid& uuid);
  // Adds, or replaces the row of the same UUID.
  void put(RowRef row);
  void erase(const Uuid& uuid);
  template <class Visit>
  void for_each(Visit visit) const {
    for (const ChunkRef& chunk : chunks_) {
      for (const Slot& slot : chunk->slots) {
        if (slot.row) visit(slot);
      }
    }
  }

 private:
  static constexpr std::size_t kChunkSlots = 128;
  static constexpr std::size_t kNone = SIZE_MAX;
  struct Chunk {
    std::atomic<std::uint32_t> users{1};
    Slot slots[kChunkSlots];
  };
  class ChunkRef {
   public:
    ChunkRef() : chunk_(new Chunk) {}
    ChunkRef(const ChunkRef& other) noexcept : chunk_(other.chunk_) {
      chunk_->users.fetch_add(1, std::memory_order_relaxed);
    }
    ChunkRef& operator=(ChunkRef other) noexcept {
      std::swap(chunk_, other.chunk_);
      return *this;
    }
    ~ChunkRef() {
      if (chunk_->users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete chunk_;
    }
    const Chunk* operator->() const { return chunk_; }
    // For changes: a chunk of our own.
    Chunk& own();

   private:
    Chunk* chunk_;
  };

  std::size_t slot_count() const { return chunks_.size() * kChunkSlots; }
  std::size_t home(const Uuid& uuid) const { return UuidHash()(uuid) & (slot_count() - 1); }
  std::size_t next(std::size_t at) const { return (at + 1) & (slot_count() - 1); }
  const Slot& slot(std::size_t at) const {
    return chunks_[at / kChunkSlots]->slots[at % kChunkSlots];
  }
  Slot& slot_to_change(std::size_t at) {
    return chunks_[at / kChunkSlots].own().slots[at % kChunkSlots];
  }
  std::size_t position(const Uuid& uuid) const;
  std::size_t free_position(const Uuid& uuid) const;
  void grow();

  std::vector<ChunkRef> chunks_;  // a power of two; linear probing without tombstones
  std::size_t count_ = 0;
};

}  // namespace ovs::ovsdb
