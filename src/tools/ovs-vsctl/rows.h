// How ovs-vsctl's words name things of the database: tables and columns by abbreviations, records
// by UUID or by what people call them, columns with a key behind a colon, settings.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "tools/ovs-vsctl/context.h"

namespace ovs::vsctl {

CommandResult<const TableSchema*> find_table(Context& context, std::string_view name);
CommandResult<const ovsdb::ColumnSchema*> find_column(const TableSchema& table,
                                                      std::string_view name);
enum class MustExist : bool { No, Yes };
// The zero UUID if there is no such record and it need not exist.
CommandResult<Uuid> find_record(Context& context, const TableSchema& table, std::string_view record,
                                MustExist must);

// "column", "column:key", and what stands behind an operator.
struct Setting {
  const ovsdb::ColumnSchema* column = nullptr;
  std::optional<std::string> key;
  std::string op;     // "=", "!=", "{<}", ...; empty: nothing follows
  std::string value;  // behind the operator
};
// `operators` are those that may follow, longest first; with none of them `op` stays empty.
CommandResult<Setting> parse_setting(const TableSchema& table, std::string_view word,
                                     std::span<const std::string_view> operators);

CommandResult<Datum> parse_value(Context& context, const ovsdb::ColumnType& type,
                                 std::string_view text);
// A column has been written: the model is read again if it was made of that column. Reading it for
// every command would make long command lines slow.
void note_written(Context& context, const TableSchema& table, const Uuid& row,
                  const ovsdb::ColumnSchema& column);
// "column[:key]=value" applied to a row.
CommandResult<void> set_column(Context& context, const TableSchema& table, const Uuid& row,
                               std::string_view word);
// Whether the row satisfies "column[:key]OPvalue", or "column" alone.
CommandResult<bool> is_condition_met(Context& context, const TableSchema& table, const Uuid& row,
                                     std::string_view word);
// Refuses a column that cannot be changed.
CommandResult<void> check_mutable(const TableSchema& table, const Uuid& row,
                                  const ovsdb::ColumnSchema& column, Context& context);

}  // namespace ovs::vsctl
