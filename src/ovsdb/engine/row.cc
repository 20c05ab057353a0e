// See row.h.
#include "ovsdb/engine/row.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#include "base/core/assert.h"

namespace ovs::ovsdb {

RowRef Row::allocate(const Uuid& uuid, std::uint32_t count) {
  const std::size_t data = count - kFirstColumn;
  void* memory = std::malloc(sizeof(Row) + data * sizeof(Datum));
  OVS_ASSERT(memory != nullptr);
  Row* row = new (memory) Row(uuid, count);
  for (std::size_t i = 0; i < data; ++i) new (row->data() + i) Datum();
  return RowRef::adopt(row);
}

void Row::destroy() noexcept {
  for (std::size_t i = 0; i < count_ - kFirstColumn; ++i) data()[i].~Datum();
  this->~Row();
  std::free(this);
}

RowRef Row::make_default(const TableSchema& schema, const Uuid& uuid) {
  RowRef row = allocate(uuid, static_cast<std::uint32_t>(schema.columns.size()));
  for (std::uint32_t i = kFirstColumn; i < row->count_; ++i) {
    (*row)[i] = schema.columns[i].type.default_datum();
  }
  return row;
}

RowRef Row::copy() const {
  RowRef row = allocate(uuid_, count_);
  row->version_ = version_;
  for (std::uint32_t i = 0; i < count_ - kFirstColumn; ++i) row->data()[i] = data()[i];
  return row;
}

Datum Row::value(std::uint32_t column) const {
  if (column == kUuidColumn) return Datum::scalar(uuid_);
  if (column == kVersionColumn) return Datum::scalar(version_);
  return (*this)[column];
}

bool Row::equal(const Row& a, const Row& b) {
  for (std::uint32_t i = kFirstColumn; i < a.count_; ++i) {
    if (!(a[i] == b[i])) return false;
  }
  return true;
}

bool Row::equal(const Row& a, const Row& b, const ColumnSet& columns) {
  for (const std::uint32_t column : columns) {
    if (column == kUuidColumn) {
      if (!(a.uuid_ == b.uuid_)) return false;
    } else if (column == kVersionColumn) {
      if (!(a.version_ == b.version_)) return false;
    } else if (!(a[column] == b[column])) {
      return false;
    }
  }
  return true;
}

RowIndex::Chunk& RowIndex::ChunkRef::own() {
  if (chunk_->users.load(std::memory_order_acquire) == 1) return *chunk_;
  ChunkRef copy;
  std::copy(std::begin(chunk_->slots), std::end(chunk_->slots), copy.chunk_->slots);
  std::swap(chunk_, copy.chunk_);
  return *chunk_;
}

std::size_t RowIndex::position(const Uuid& uuid) const {
  if (chunks_.empty()) return kNone;
  for (std::size_t at = home(uuid); slot(at).row; at = next(at)) {
    if (slot(at).row->uuid() == uuid) return at;
  }
  return kNone;
}

std::size_t RowIndex::free_position(const Uuid& uuid) const {
  std::size_t at = home(uuid);
  while (slot(at).row) at = next(at);
  return at;
}

const RowIndex::Slot* RowIndex::find(const Uuid& uuid) const {
  const std::size_t at = position(uuid);
  return at == kNone ? nullptr : &slot(at);
}

RowIndex::Slot* RowIndex::find_to_change(const Uuid& uuid) {
  const std::size_t at = position(uuid);
  return at == kNone ? nullptr : &slot_to_change(at);
}

void RowIndex::grow() {
  const std::vector<ChunkRef> old = std::move(chunks_);
  chunks_.clear();
  chunks_.reserve(std::max<std::size_t>(1, 2 * old.size()));
  while (chunks_.size() < std::max<std::size_t>(1, 2 * old.size())) chunks_.emplace_back();
  for (const ChunkRef& chunk : old) {
    for (const Slot& each : chunk->slots) {
      if (each.row) slot_to_change(free_position(each.row->uuid())) = each;
    }
  }
}

void RowIndex::put(RowRef row) {
  if (Slot* present = find_to_change(row->uuid())) {
    present->row = std::move(row);
    return;
  }
  if (4 * (count_ + 1) > 3 * slot_count()) grow();
  const std::size_t at = free_position(row->uuid());
  slot_to_change(at) = Slot{std::move(row), 0};
  ++count_;
}

// Closes the gap: what probed past the erased slot moves back, so no tombstones are needed.
void RowIndex::erase(const Uuid& uuid) {
  std::size_t gap = position(uuid);
  if (gap == kNone) return;
  const std::size_t mask = slot_count() - 1;
  for (std::size_t at = next(gap); slot(at).row; at = next(at)) {
    const std::size_t from_home = (at - home(slot(at).row->uuid())) & mask;
    if (from_home < ((at - gap) & mask)) continue;
    slot_to_change(gap) = slot(at);
    gap = at;
  }
  slot_to_change(gap) = Slot();
  --count_;
}

}  // namespace ovs::ovsdb
