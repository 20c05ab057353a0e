// See row.h.
#include "ovsdb/engine/row.h"

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

RowIndex::Slot* RowIndex::find(const Uuid& uuid) {
  if (slots_.empty()) return nullptr;
  for (std::size_t at = home(uuid); slots_[at].row; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].row->uuid() == uuid) return &slots_[at];
  }
  return nullptr;
}

void RowIndex::grow() {
  std::vector<Slot> old(slots_.empty() ? 8 : 2 * slots_.size());
  old.swap(slots_);
  for (Slot& slot : old) {
    if (!slot.row) continue;
    std::size_t at = home(slot.row->uuid());
    while (slots_[at].row) at = (at + 1) & (slots_.size() - 1);
    slots_[at] = std::move(slot);
  }
}

RowIndex::Slot& RowIndex::put(RowRef row) {
  if (Slot* present = find(row->uuid())) {
    present->row = std::move(row);
    return *present;
  }
  if (4 * (count_ + 1) > 3 * slots_.size()) grow();
  std::size_t at = home(row->uuid());
  while (slots_[at].row) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = Slot{std::move(row), 0};
  ++count_;
  return slots_[at];
}

// Closes the gap: what probed past the erased slot moves back, so no tombstones are needed.
void RowIndex::erase(const Uuid& uuid) {
  Slot* slot = find(uuid);
  if (slot == nullptr) return;
  const std::size_t mask = slots_.size() - 1;
  std::size_t gap = static_cast<std::size_t>(slot - slots_.data());
  for (std::size_t at = (gap + 1) & mask; slots_[at].row; at = (at + 1) & mask) {
    const std::size_t from_home = (at - home(slots_[at].row->uuid())) & mask;
    if (from_home < ((at - gap) & mask)) continue;
    slots_[gap] = std::move(slots_[at]);
    gap = at;
  }
  slots_[gap] = Slot();
  --count_;
}

}  // namespace ovs::ovsdb
