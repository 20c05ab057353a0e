// What a transaction changes, and the checks at its end. The order of the checks shows in which
// error wins.
#include "ovsdb/engine/transaction.h"

#include <algorithm>

#include "base/core/assert.h"
#include "ovsdb/data/cat.h"
#include "ovsdb/data/text_form.h"

namespace ovs::ovsdb {

Transaction::Transaction(Database& database, UuidSource& uuids)
    : database_(database), uuids_(uuids), index_(database.tables().size()) {}

Transaction::Change* Transaction::touched(std::uint32_t table, const Uuid& uuid) {
  auto at = index_[table].find(uuid);
  return at == index_[table].end() ? nullptr : &all_[at->second];
}

Transaction::Change* Transaction::touch(std::uint32_t table, const Uuid& uuid) {
  if (Change* present = touched(table, uuid)) return present;
  RowRef row = database_.table(table).share(uuid);
  if (!row) return nullptr;
  index_[table].emplace(uuid, static_cast<std::uint32_t>(all_.size()));
  all_.push_back({table, uuid, row, row, 0});
  return &all_.back();
}

const Row* Transaction::find(std::uint32_t table, const Uuid& uuid) const {
  if (const Change* change = touched(table, uuid)) return change->after.pointer();
  return database_.table(table).find(uuid);
}

bool Transaction::may_insert(std::uint32_t table, const Uuid& uuid) const {
  return touched(table, uuid) == nullptr && database_.table(table).find(uuid) == nullptr;
}

Row& Transaction::insert(std::uint32_t table, const Uuid& uuid) {
  OVS_ASSERT(may_insert(table, uuid));
  index_[table].emplace(uuid, static_cast<std::uint32_t>(all_.size()));
  RowRef row = Row::make_default(database_.table(table).schema(), uuid);
  row->set_version(uuids_.next());
  all_.push_back({table, uuid, RowRef(), row, 0});
  return *row;
}

Row& Transaction::modify(std::uint32_t table, const Uuid& uuid) {
  Change* change = touch(table, uuid);
  OVS_ASSERT(change != nullptr && change->after);
  if (change->after.pointer() == change->before.pointer()) {
    change->after = change->before->copy();
    change->after->set_version(uuids_.next());
  }
  return *change->after;
}

void Transaction::erase(std::uint32_t table, const Uuid& uuid) {
  Change* change = touch(table, uuid);
  OVS_ASSERT(change != nullptr && change->after);
  change->after = RowRef();
}

void Transaction::add_comment(std::string_view comment) {
  if (!comment_.empty()) comment_ += '\n';
  comment_ += comment;
}

DbResult<void> Transaction::prepare() {
  drop_unchanged();
  if (all_.empty()) return kOk;
  OVS_TRY(count_references());
  collect_garbage();
  OVS_TRY(check_max_rows());
  OVS_TRY(drop_dangling());
  drop_unchanged();
  OVS_TRY(check_unique());
  for (Change& change : all_) {
    if (change.before.pointer() == change.after.pointer()) continue;
    changes_.push_back({change.table, change.before, change.after});
  }
  return kOk;
}

void Transaction::commit() {
  std::vector<Database::CountChange> counts;
  for (const Change& change : all_) {
    if (change.references != 0) counts.push_back({change.table, change.uuid, change.references});
  }
  if (!changes_.empty()) database_.apply(changes_, counts);
}

// Rows that are as they were stay only if references to them changed.
void Transaction::drop_unchanged() {
  std::vector<Change> kept;
  kept.reserve(all_.size());
  for (Index& index : index_) index.clear();
  for (Change& change : all_) {
    if (!change.before && !change.after) continue;
    if (change.before && change.after && change.before.pointer() != change.after.pointer() &&
        Row::equal(*change.before, *change.after)) {
      change.after = change.before;
    }
    if (change.before.pointer() == change.after.pointer() && change.references == 0) continue;
    index_[change.table].emplace(change.uuid, static_cast<std::uint32_t>(kept.size()));
    kept.push_back(std::move(change));
  }
  all_ = std::move(kept);
}

DbResult<void> Transaction::count_references() {
  const std::size_t count = all_.size();  // those touched below only gain a count
  for (std::size_t i = 0; i < count; ++i) OVS_TRY(count_row(i));
  return check_counts();
}

DbResult<void> Transaction::count_row(std::size_t at) {
  const Change change = all_[at];
  const TableSchema& schema = database_.table(change.table).schema();
  for (const std::uint32_t column : database_.references(change.table).strong) {
    const bool both = change.before && change.after;
    if (both && (*change.before)[column] == (*change.after)[column]) continue;
    if (both && !schema.columns[column].type.is_map()) {
      const Datum& before = (*change.before)[column];
      const Datum& after = (*change.after)[column];
      OVS_TRY(count_datum(*change.before, schema, column, datum_subtract(before, after), -1));
      OVS_TRY(count_datum(*change.after, schema, column, datum_subtract(after, before), 1));
      continue;
    }
    if (change.before) {
      OVS_TRY(count_datum(*change.before, schema, column, (*change.before)[column], -1));
    }
    if (change.after) {
      OVS_TRY(count_datum(*change.after, schema, column, (*change.after)[column], 1));
    }
  }
  return kOk;
}

DbResult<void> Transaction::count_datum(const Row& row, const TableSchema& table,
                                        std::uint32_t column, const Datum& datum, int delta) {
  const ColumnSchema& schema = table.columns[column];
  DbError error;
  for_each_reference(
      database_, schema.type, datum, RefType::Strong, [&](std::uint32_t target, const Uuid& uuid) {
        if (uuid == row.uuid() || error) return;  // a row does not keep itself alive
        if (Change* change = touch(target, uuid)) {
          change->references += delta;
          return;
        }
        error = DbError("referential integrity violation",
                        cat("Table ", table.name, " column ", schema.name, " row ",
                            row.uuid().text(), " references nonexistent row ", uuid.text(),
                            " in table ", database_.table(target).schema().name, "."));
      });
  if (error) return error;
  return kOk;
}

std::int64_t Transaction::references(const Change& change) const {
  return change.references + database_.table(change.table).references(change.uuid);
}

DbResult<void> Transaction::check_counts() const {
  for (const Change& change : all_) {
    const std::int64_t count = references(change);
    if (change.after || count == 0) continue;
    return DbError("referential integrity violation",
                   cat("cannot delete ", database_.table(change.table).schema().name, " row ",
                       change.uuid.text(), " because of ", count, " remaining reference(s)"));
  }
  return kOk;
}

void Transaction::collect_garbage() {
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < all_.size(); ++i) pending.push_back(i);
  while (!pending.empty()) {
    const std::size_t at = pending.back();
    pending.pop_back();
    collect(at, pending);
  }
}

// Deletes the row if nothing needs it, and looks next at those it referred to.
void Transaction::collect(std::size_t at, std::vector<std::size_t>& pending) {
  if (!all_[at].after || references(all_[at]) > 0) return;
  const std::uint32_t table = all_[at].table;
  const TableSchema& schema = database_.table(table).schema();
  if (schema.is_root) return;
  const RowRef row = std::exchange(all_[at].after, RowRef());
  for (const std::uint32_t column : database_.references(table).strong) {
    for_each_reference(database_, schema.columns[column].type, (*row)[column], RefType::Strong,
                       [&](std::uint32_t target, const Uuid& uuid) {
                         Change* change = uuid == row->uuid() ? nullptr : touch(target, uuid);
                         if (change == nullptr) return;
                         --change->references;
                         pending.push_back(static_cast<std::size_t>(change - all_.data()));
                       });
  }
}

DbResult<void> Transaction::check_max_rows() const {
  for (const Table& table : database_.tables()) {
    const TableSchema& schema = table.schema();
    if (schema.max_rows == UINT32_MAX || index_[schema.index].empty()) continue;
    std::size_t count = table.count();
    for (const Change& change : all_) {
      if (change.table != schema.index) continue;
      count += static_cast<bool>(change.after);
      count -= static_cast<bool>(change.before);
    }
    if (count <= schema.max_rows) continue;
    return DbError(
        "constraint violation",
        cat("transaction causes \"", schema.name, "\" table to contain ", count,
            " rows, greater than the schema-defined limit of ", schema.max_rows, " row(s)"));
  }
  return kOk;
}

DbResult<void> Transaction::drop_dangling() {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (all_[i].after) continue;
    const Uuid gone = all_[i].uuid;
    database_.for_each_weak_referrer(
        gone, [&](const Database::Referrer& referrer) { touch(referrer.table, referrer.row); });
  }
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_[i].after) continue;
    OVS_TRY(drop_dangling(i));
  }
  return kOk;
}

DbResult<void> Transaction::drop_dangling(std::size_t at) {
  const std::uint32_t table = all_[at].table;
  const Uuid uuid = all_[at].uuid;
  const TableSchema& schema = database_.table(table).schema();
  for (const std::uint32_t column : database_.references(table).weak) {
    const ColumnType& type = schema.columns[column].type;
    const Datum datum = (*all_[at].after)[column];
    const auto dangles = [&](const BaseType& base, const Atom& atom) {
      return base.is_weak() && !exists(database_.target(base)->index, atom.uuid());
    };
    DatumBuilder kept(type.key.type, type.value.type);
    bool zero = false;
    for (std::size_t i = 0; i < datum.count(); ++i) {
      const Atom value = type.is_map() ? datum.value(i) : Atom();
      if (dangles(type.key, datum.key(i)) || dangles(type.value, value)) {
        zero |= type.key.is_weak() && datum.key(i).uuid().is_zero();
        continue;
      }
      kept.add(datum.key(i), value);
    }
    if (kept.count() == datum.count()) continue;
    const bool inserted = !all_[at].before;
    if (kept.count() < type.min && zero && inserted) {
      return DbError("constraint violation",
                     cat("Weak reference column \"", schema.columns[column].name, "\" in \"",
                         schema.name, "\" row ", uuid.text(),
                         " (inserted within this transaction) contained all-zeros UUID (probably "
                         "as the default value for this column) but deleting this value caused a "
                         "constraint volation because this column is not allowed to be empty."));
    }
    if (kept.count() < type.min) {
      return DbError("constraint violation",
                     cat("Deletion of ", datum.count() - kept.count(),
                         " weak reference(s) to deleted (or never-existing) rows from column \"",
                         schema.columns[column].name, "\" in \"", schema.name, "\" row ",
                         uuid.text(), inserted ? " (inserted within this transaction)" : "",
                         " caused this column to become empty, but constraints on this column "
                         "disallow an empty column."));
    }
    modify(table, uuid)[column] = kept.build();
  }
  return kOk;
}

DbResult<void> Transaction::check_unique() const {
  for (const Table& table : database_.tables()) {
    const TableSchema& schema = table.schema();
    if (index_[schema.index].empty()) continue;
    for (std::size_t i = 0; i < schema.indexes.size(); ++i) {
      OVS_TRY(check_unique(schema.index, i));
    }
  }
  return kOk;
}

DbResult<void> Transaction::check_unique(std::uint32_t table, std::size_t index) const {
  const Table& base = database_.table(table);
  const ColumnSet& columns = base.schema().indexes[index];
  std::unordered_multimap<std::size_t, const Row*> seen;
  for (const Change& change : all_) {
    if (change.table != table || !change.after) continue;
    const Row& row = *change.after;
    const Row* other = nullptr;
    base.for_each_like(index, row, [&](const Row& each) {
      if (touched(table, each.uuid()) == nullptr) other = &each;
    });
    const std::size_t hash = base.index_hash(index, row);
    const auto range = seen.equal_range(hash);
    for (auto at = range.first; at != range.second; ++at) {
      if (Row::equal(*at->second, row, columns)) other = at->second;
    }
    if (other != nullptr) return duplicate(table, index, row, *other);
    seen.emplace(hash, &row);
  }
  return kOk;
}

namespace {

// "a", "b", and "c": what stands before element i of n.
std::string_view delimiter(std::size_t i, std::size_t n) {
  if (i == 0) return "";
  if (i + 1 < n) return ", ";
  return n > 2 ? ", and " : " and ";
}

std::string values_text(const Row& row, const ColumnSet& columns) {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += delimiter(i, columns.size());
    out += datum_text(row.value(columns[i]));
  }
  return out;
}

std::string names_text(const TableSchema& schema, const ColumnSet& columns) {
  std::string out = columns.size() > 1 ? "columns " : "column ";
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += cat(delimiter(i, columns.size()), '"', schema.columns[columns[i]].name, '"');
  }
  return out;
}

int compare(const Row& a, const Row& b) {
  for (std::uint32_t i = kFirstColumn; i < a.column_count(); ++i) {
    if (const int order = Datum::compare(a[i], b[i])) return order;
  }
  return Datum::compare(a.value(kUuidColumn), b.value(kUuidColumn));
}

}  // namespace

// Says what this transaction did to a row, as far as an index is concerned.
std::string Transaction::history(std::uint32_t table, const ColumnSet& index,
                                 const Row& row) const {
  const Change* change = touched(table, row.uuid());
  if (change == nullptr || change->before.pointer() == change->after.pointer()) {
    return "existed in the database before this transaction and was not modified by the "
           "transaction.";
  }
  if (!change->before) return "was inserted by this transaction.";
  if (Row::equal(*change->before, *change->after, index)) {
    return "existed in the database before this transaction, which modified some of the row's "
           "columns but not any columns in this index.";
  }
  return cat("had the following index values before the transaction: ",
             values_text(*change->before, index), ".");
}

DbError Transaction::duplicate(std::uint32_t table, std::size_t index, const Row& a,
                               const Row& b) const {
  const TableSchema& schema = database_.table(table).schema();
  const ColumnSet& columns = schema.indexes[index];
  const bool swapped = compare(a, b) < 0;  // an order that does not depend on chance
  const Row& first = swapped ? b : a;
  const Row& second = swapped ? a : b;
  return DbError(
      "constraint violation",
      cat("Transaction causes multiple rows in \"", schema.name,
          "\" table to have identical values (", values_text(first, columns), ") for index on ",
          names_text(schema, columns), ".  First row, with UUID ", first.uuid().text(), ", ",
          history(table, columns, first), "  Second row, with UUID ", second.uuid().text(), ", ",
          history(table, columns, second)));
}

}  // namespace ovs::ovsdb
