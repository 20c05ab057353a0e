// Changes to a Database that nobody sees until they are committed. prepare() checks every
// constraint of the schema and collects garbage; commit() makes the result the database. Dropping a
// transaction undoes nothing, for nothing was done.
#pragma once
#include <string>
#include <unordered_map>
#include <vector>

#include "ovsdb/engine/database.h"

namespace ovs::ovsdb {

class Transaction {
 public:
  Transaction(Database& database, UuidSource& uuids);

  const Database& database() const { return database_; }
  UuidSource& uuids() { return uuids_; }

  const Row* find(std::uint32_t table, const Uuid& uuid) const;
  // Whether a row of this UUID may be inserted: not there, and not deleted by this transaction.
  bool may_insert(std::uint32_t table, const Uuid& uuid) const;
  // The rows as this transaction sees them. The visitor returns false to stop, and must not change
  // the table.
  template <class Visit>
  void for_each(std::uint32_t table, Visit visit) const;
  template <class Visit>
  void for_each_like(std::uint32_t table, std::size_t index, const Row& like, Visit visit) const;

  // The new row, to be filled; valid until the next change of this transaction.
  Row& insert(std::uint32_t table, const Uuid& uuid);
  // The row's own copy of this transaction.
  Row& modify(std::uint32_t table, const Uuid& uuid);
  void erase(std::uint32_t table, const Uuid& uuid);

  void add_comment(std::string_view comment);
  const std::string& comment() const { return comment_; }

  // Checks the whole. After an error the transaction can only be dropped.
  DbResult<void> prepare();
  bool is_empty() const { return changes_.empty(); }
  // After prepare(): what changes, rows whose columns changed only.
  const RowChanges& changes() const { return changes_; }
  // After prepare(): makes it so.
  void commit();

 private:
  struct Change {
    std::uint32_t table = 0;
    Uuid uuid;
    RowRef before, after;
    std::int64_t references = 0;  // by how much strong references to the row rise
  };
  using Index = std::unordered_map<Uuid, std::uint32_t, UuidHash>;

  Change* touched(std::uint32_t table, const Uuid& uuid);
  const Change* touched(std::uint32_t table, const Uuid& uuid) const {
    return const_cast<Transaction*>(this)->touched(table, uuid);
  }
  Change* touch(std::uint32_t table, const Uuid& uuid);  // null if there is no such row at all
  bool exists(std::uint32_t table, const Uuid& uuid) const { return find(table, uuid) != nullptr; }

  void drop_unchanged();
  DbResult<void> count_references();
  DbResult<void> count_row(std::size_t at);
  DbResult<void> count_datum(const Row& row, const TableSchema& table, std::uint32_t column,
                             const Datum& datum, int delta);
  DbResult<void> check_counts() const;
  std::int64_t references(const Change& change) const;
  void collect_garbage();
  void collect(std::size_t at, std::vector<std::size_t>& pending);
  DbResult<void> check_max_rows() const;
  DbResult<void> drop_dangling();
  DbResult<void> drop_dangling(std::size_t at);
  DbResult<void> check_unique() const;
  DbResult<void> check_unique(std::uint32_t table, std::size_t index) const;
  DbError duplicate(std::uint32_t table, std::size_t index, const Row& a, const Row& b) const;
  std::string history(std::uint32_t table, const ColumnSet& index, const Row& row) const;

  Database& database_;
  UuidSource& uuids_;
  std::vector<Change> all_;   // in the order they were touched
  std::vector<Index> index_;  // by table: where in all_
  RowChanges changes_;
  std::string comment_;
};

template <class Visit>
void Transaction::for_each(std::uint32_t table, Visit visit) const {
  const Index& index = index_[table];
  bool more = true;
  database_.table(table).for_each([&](const Row& row) {
    if (!more) return;
    if (index.empty() || !index.contains(row.uuid())) more = visit(row);
  });
  if (!more || index.empty()) return;
  for (const Change& change : all_) {
    if (change.table != table || !change.after) continue;
    if (!visit(*change.after)) return;
  }
}

template <class Visit>
void Transaction::for_each_like(std::uint32_t table, std::size_t index, const Row& like,
                                Visit visit) const {
  const Index& touched_rows = index_[table];
  database_.table(table).for_each_like(index, like, [&](const Row& row) {
    if (!touched_rows.contains(row.uuid())) visit(row);
  });
  if (touched_rows.empty()) return;
  const ColumnSet& columns = database_.table(table).schema().indexes[index];
  for (const Change& change : all_) {
    if (change.table != table || !change.after) continue;
    if (Row::equal(*change.after, like, columns)) visit(*change.after);
  }
}

}  // namespace ovs::ovsdb
