// What the records of a database file say: first the schema, then transactions as tables of rows of
// columns. Both directions.
#pragma once
#include <string>

#include "ovsdb/engine/transaction.h"

namespace ovs::ovsdb {

enum class RecordForm : bool { WholeColumns, ColumnDiffs };
enum class Unknown : bool { Refuse, Ignore };  // tables and columns that the schema lacks

// The record of a prepared transaction; empty if nothing in it is persistent.
std::string transaction_record(const Database& database, const RowChanges& changes,
                               std::string_view comment, std::uint64_t wall_ms, RecordForm form);
// One transaction that holds all that is in the database.
std::string whole_record(const Database& database, std::string_view comment, std::uint64_t wall_ms);
// Sets the columns that `json` (an object) names, or changes them by the differences in it.
DbResult<void> set_columns(Row& row, const TableSchema& schema, const Json& json, RecordForm form,
                           Unknown unknown);
// Makes a record's changes in `transaction`.
DbResult<void> replay_record(Transaction& transaction, const Json& record, Unknown unknown);

}  // namespace ovs::ovsdb
