// See database.h.
#include "ovsdb/engine/database.h"

namespace ovs::ovsdb {

std::size_t Table::index_hash(std::size_t index, const Row& row) const {
  std::size_t hash = 0;
  for (const std::uint32_t column : schema_->indexes[index]) {
    hash = hash * 31 + row.value(column).hash();
  }
  return hash;
}

void Table::put(const RowRef& row) {
  rows_.put(row);
  for (std::size_t i = 0; i < unique_.size(); ++i) {
    unique_[i].emplace(index_hash(i, *row), row.pointer());
  }
}

void Table::unindex(const Row& row) {
  for (std::size_t i = 0; i < unique_.size(); ++i) {
    const auto range = unique_[i].equal_range(index_hash(i, row));
    for (auto at = range.first; at != range.second; ++at) {
      if (at->second != &row) continue;
      unique_[i].erase(at);
      break;
    }
  }
}

void Table::erase(const Row& row) {
  unindex(row);
  rows_.erase(Uuid(row.uuid()));
}

Database::Database(std::shared_ptr<const Schema> schema)
    : schema_(std::move(schema)), references_(schema_->tables.size()) {
  tables_.reserve(schema_->tables.size());
  for (const TableSchema& table : schema_->tables) {
    tables_.emplace_back(table);
    References& references = references_[table.index];
    for (const ColumnSchema& column : table.columns) {
      if (column.type.key.is_strong() || column.type.value.is_strong()) {
        references.strong.push_back(column.index);
      }
      if (column.type.key.is_weak() || column.type.value.is_weak()) {
        references.weak.push_back(column.index);
      }
    }
  }
}

Database Database::snapshot() const {
  Database copy(schema_);
  for (std::size_t i = 0; i < tables_.size(); ++i) {
    copy.tables_[i].rows_ = tables_[i].rows_;
    copy.tables_[i].is_indexed_ = false;
  }
  copy.generation_ = generation_;
  return copy;
}

void Database::index_weak(std::uint32_t table, const Row& row) {
  for (const std::uint32_t column : references_[table].weak) {
    const ColumnType& type = tables_[table].schema().columns[column].type;
    for_each_reference(*this, type, row[column], RefType::Weak,
                       [&](std::uint32_t, const Uuid& target) {
                         weak_.emplace(target, Referrer{table, row.uuid()});
                       });
  }
}

void Database::unindex_weak(std::uint32_t table, const Row& row) {
  for (const std::uint32_t column : references_[table].weak) {
    const ColumnType& type = tables_[table].schema().columns[column].type;
    for_each_reference(*this, type, row[column], RefType::Weak,
                       [&](std::uint32_t, const Uuid& target) {
                         const auto range = weak_.equal_range(target);
                         for (auto at = range.first; at != range.second; ++at) {
                           if (at->second.table != table || at->second.row != row.uuid()) continue;
                           weak_.erase(at);
                           break;
                         }
                       });
  }
}

void Database::apply(const RowChanges& changes, const std::vector<CountChange>& counts) {
  for (const RowChange& change : changes) {
    Table& table = tables_[change.table];
    if (change.before) unindex_weak(change.table, *change.before);
    if (change.before && change.after) table.unindex(*change.before);
    if (change.before && !change.after) table.erase(*change.before);
    if (!change.after) continue;
    table.put(change.after);
    index_weak(change.table, *change.after);
  }
  for (const CountChange& count : counts) {
    if (RowIndex::Slot* slot = tables_[count.table].rows_.find_to_change(count.row)) {
      slot->references = static_cast<std::uint32_t>(slot->references + count.delta);
    }
  }
  ++generation_;
}

}  // namespace ovs::ovsdb
