// A "where": clauses on columns, all of which must hold (of a monitor: one of which).
#pragma once
#include <vector>

#include "ovsdb/data/json_form.h"
#include "ovsdb/engine/row.h"
#include "ovsdb/engine/transaction.h"

namespace ovs::ovsdb {

enum class Function : std::uint8_t {
  False,
  True,
  Less,
  LessEqual,
  Equal,
  NotEqual,
  GreaterEqual,
  Greater,
  Includes,
  Excludes
};
std::string_view function_name(Function function);

struct Clause {
  Function function = Function::True;
  std::uint32_t column = 0;
  Datum argument;

  static DbResult<Clause> parse(const TableSchema& table, const Json& json, Symbols* symbols);
  Json to_json(const TableSchema& table) const;
  bool holds(const Row& row) const;
  friend bool operator==(const Clause& a, const Clause& b) {
    return a.function == b.function && a.column == b.column && a.argument == b.argument;
  }
};

class Condition {
 public:
  static DbResult<Condition> parse(const TableSchema& table, const Json& json, Symbols* symbols);
  const std::vector<Clause>& clauses() const { return clauses_; }
  bool all_hold(const Row& row) const;
  bool any_holds(const Row& row) const;  // or there are no clauses
  // Whether an index leads to the rows, so that for_each() does not look at all of them.
  bool is_lookup(const TableSchema& table) const {
    RowRef like;
    return equal_on(kUuidColumn) != nullptr || usable_index(table, like) != SIZE_MAX;
  }
  // Calls visit(row) for each row of the table that meets all clauses, by an index if one serves;
  // false stops.
  template <class Visit>
  void for_each(const Transaction& transaction, std::uint32_t table, Visit visit) const;

 private:
  const Clause* equal_on(std::uint32_t column) const;
  // The unique index whose columns are all fixed, with a row that has their values; none: SIZE_MAX.
  std::size_t usable_index(const TableSchema& table, RowRef& like) const;
  std::vector<Clause> clauses_;
};

template <class Visit>
void Condition::for_each(const Transaction& transaction, std::uint32_t table, Visit visit) const {
  if (const Clause* by_uuid = equal_on(kUuidColumn)) {
    const Row* row = transaction.find(table, by_uuid->argument.key(0).uuid());
    if (row != nullptr && all_hold(*row)) visit(*row);
    return;
  }
  RowRef like;
  const Table& rows = transaction.database().table(table);
  const std::size_t index = rows.is_indexed() ? usable_index(rows.schema(), like) : SIZE_MAX;
  if (index != SIZE_MAX) {
    bool more = true;
    transaction.for_each_like(table, index, *like, [&](const Row& row) {
      if (more && all_hold(row)) more = visit(row);
    });
    return;
  }
  transaction.for_each(table, [&](const Row& row) { return !all_hold(row) || visit(row); });
}

}  // namespace ovs::ovsdb
