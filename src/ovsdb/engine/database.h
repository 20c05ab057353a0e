// The rows of a database with what finds them: by UUID, by unique index, by who refers to them
// weakly. Changes only through Transaction (transaction.h).
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "ovsdb/engine/row.h"
#include "ovsdb/schema/schema.h"

namespace ovs::ovsdb {

// One row as a committed transaction changed it: inserted without `before`, deleted without
// `after`.
struct RowChange {
  std::uint32_t table;
  RowRef before, after;
};
using RowChanges = std::vector<RowChange>;

class Table {
 public:
  explicit Table(const TableSchema& schema) : schema_(&schema), unique_(schema.indexes.size()) {}
  const TableSchema& schema() const { return *schema_; }
  std::size_t count() const { return rows_.count(); }
  const Row* find(const Uuid& uuid) const {
    const RowIndex::Slot* slot = rows_.find(uuid);
    return slot == nullptr ? nullptr : slot->row.pointer();
  }
  RowRef share(const Uuid& uuid) const {
    const RowIndex::Slot* slot = rows_.find(uuid);
    return slot == nullptr ? RowRef() : slot->row;
  }
  std::uint32_t references(const Uuid& uuid) const {
    const RowIndex::Slot* slot = rows_.find(uuid);
    return slot == nullptr ? 0 : slot->references;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    rows_.for_each([&](const RowIndex::Slot& slot) { visit(*slot.row); });
  }
  // The rows that have `like`'s values in the columns of one of the schema's indexes; one at most
  // after a commit.
  template <class Visit>
  void for_each_like(std::size_t index, const Row& like, Visit visit) const {
    const auto range = unique_[index].equal_range(index_hash(index, like));
    for (auto at = range.first; at != range.second; ++at) {
      if (Row::equal(*at->second, like, schema_->indexes[index])) visit(*at->second);
    }
  }
  std::size_t index_hash(std::size_t index, const Row& row) const;
  // Whether for_each_like() finds anything: not in a snapshot.
  bool is_indexed() const { return is_indexed_; }

 private:
  friend class Database;
  void put(const RowRef& row);
  void erase(const Row& row);
  void unindex(const Row& row);

  const TableSchema* schema_;
  RowIndex rows_;
  bool is_indexed_ = true;
  std::vector<std::unordered_multimap<std::size_t, const Row*>> unique_;
};

class Database {
 public:
  explicit Database(std::shared_ptr<const Schema> schema);
  Database(Database&&) = default;
  Database& operator=(Database&&) = default;

  // The rows as they are now, to be read only, by any one thread; costs little whatever their
  // number.
  Database snapshot() const;

  const Schema& schema() const { return *schema_; }
  std::shared_ptr<const Schema> share_schema() const { return schema_; }
  const std::vector<Table>& tables() const { return tables_; }
  const Table& table(std::uint32_t index) const { return tables_[index]; }
  const Table* find(std::string_view name) const {
    const TableSchema* found = schema_->find(name);
    return found == nullptr ? nullptr : &tables_[found->index];
  }

  // Which table a reference points into.
  const TableSchema* target(const BaseType& base) const {
    return base.is_reference() ? schema_->find(base.ref_table) : nullptr;
  }
  // The columns of a table that hold strong, or weak, references.
  struct References {
    ColumnSet strong, weak;
  };
  const References& references(std::uint32_t table) const { return references_[table]; }

  struct Referrer {
    std::uint32_t table;
    Uuid row;
  };
  template <class Visit>
  void for_each_weak_referrer(const Uuid& target, Visit visit) const {
    const auto range = weak_.equal_range(target);
    for (auto at = range.first; at != range.second; ++at) visit(at->second);
  }

  // What Transaction calls once everything is checked. `references` adjusts strong counts of rows
  // that stay.
  struct CountChange {
    std::uint32_t table;
    Uuid row;
    std::int64_t delta;
  };
  void apply(const RowChanges& changes, const std::vector<CountChange>& counts);
  // Rises with every change.
  std::uint64_t generation() const { return generation_; }

 private:
  void index_weak(std::uint32_t table, const Row& row);
  void unindex_weak(std::uint32_t table, const Row& row);

  std::shared_ptr<const Schema> schema_;
  std::vector<Table> tables_;
  std::vector<References> references_;
  std::unordered_multimap<Uuid, Referrer, UuidHash> weak_;  // target -> who refers to it
  std::uint64_t generation_ = 0;
};

// Calls visit(target table, uuid) for each atom of `datum` that is a reference of the given
// strength.
template <class Visit>
void for_each_reference(const Database& db, const ColumnType& type, const Datum& datum,
                        RefType strength, Visit visit) {
  const auto wanted = [&](const BaseType& base) {
    return base.is_reference() && base.ref_type == strength;
  };
  if (wanted(type.key)) {
    const std::uint32_t table = db.target(type.key)->index;
    for (std::size_t i = 0; i < datum.count(); ++i) visit(table, datum.key(i).uuid());
  }
  if (wanted(type.value)) {
    const std::uint32_t table = db.target(type.value)->index;
    for (std::size_t i = 0; i < datum.count(); ++i) visit(table, datum.value(i).uuid());
  }
}

}  // namespace ovs::ovsdb
