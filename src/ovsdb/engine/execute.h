// Runs the operations of one "transact" request against a Transaction. Does not commit: the caller
// prepares, writes the log and commits, or parks the request when a "wait" asks for it.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "ovsdb/data/symbols.h"
#include "ovsdb/engine/transaction.h"

namespace ovs::ovsdb {

struct ExecuteOptions {
  bool read_only = false;
  // How long the request has been waiting; a first run is 0.
  std::uint64_t elapsed_ms = 0;
  // Whether the session holds a lock; empty: it holds none.
  std::function<bool(std::string_view)> owns_lock;
};

struct Executed {
  JsonArray results;  // one element an operation, as RFC 7047 wants them
  bool failed = false;
  bool durable = false;
  // Set when a "wait" is not satisfied yet: run again after the next change, at most this long
  // (UINT64_MAX: for ever).
  std::optional<std::uint64_t> park_ms;
};

// `params` is the whole "params" array: the database's name, then operations.
Executed execute(Transaction& transaction, const Json& params, const ExecuteOptions& options);
// Whether nothing in a request asks for a change.
bool only_reads(const Json& params);
// How many rows a request would look at that only selects; 0 if it does anything else, or makes no
// sense.
std::size_t rows_to_select(const Database& database, const Json& params);
// execute(), and what a commit does except writing a log. For tools and tests.
JsonArray execute_and_commit(Database& database, UuidSource& uuids, const Json& params,
                             const ExecuteOptions& options);
// Sets the columns that `json` (an object) names.
DbResult<ColumnSet> fill_row(Row& row, const TableSchema& table, const Json& json,
                             Symbols* symbols);

}  // namespace ovs::ovsdb
