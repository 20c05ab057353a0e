// Commands that work on any table of the database.
#include <algorithm>

#include "ovsdb/data/text_form.h"
#include "tools/ovs-vsctl/rows.h"

namespace ovs::vsctl {

using ovsdb::Cell;
using ovsdb::ColumnSchema;
using ovsdb::ColumnType;
using ovsdb::OutputTable;

namespace {

struct Target {
  const TableSchema* table = nullptr;
  Uuid row;  // zero: not there, and need not be
};

// The table and record that a command's first two arguments name.
CommandResult<Target> find_target(Context& context) {
  Target target;
  OVS_TRY(target.table, find_table(context, context.argument(1)));
  const MustExist must = context.has("--if-exists") ? MustExist::No : MustExist::Yes;
  OVS_TRY(target.row, find_record(context, *target.table, context.argument(2), must));
  return target;
}

CommandResult<void> run_comment(Context& context) {
  std::string text;
  for (std::size_t i = 1; i < context.count(); ++i) {
    text += (i > 1 ? " " : "") + context.argument(i);
  }
  context.transaction().comment(text);
  return kOk;
}

CommandResult<void> get_one(Context& context, const Target& target, std::string_view word) {
  OVS_TRY(const Setting setting, parse_setting(*target.table, word, {}));
  const ColumnSchema& column = *setting.column;
  context.transaction().verify(*target.table, target.row, column.index);
  const Datum& value = context.transaction().read(*target.table, target.row, column.index);
  if (!setting.key) {
    context.output += ovsdb::datum_text(value, column.type) + "\n";
    return kOk;
  }
  if (!column.type.is_map()) {
    return fail("cannot specify key to get for non-map column {}", column.name);
  }
  ovsdb::TextStore store;
  auto key = ovsdb::parse_atom(column.type.key, *setting.key, nullptr, store);
  if (!key) return CommandError{key.error().text};
  const std::size_t at = value.find(*key);
  if (at == Datum::kNone) {
    if (context.has("--if-exists")) {
      context.output += "\n";
      return kOk;
    }
    return fail("no key \"{}\" in {} record \"{}\" column {}", *setting.key, target.table->name,
                context.argument(2), column.name);
  }
  context.output += ovsdb::atom_text(value.value(at)) + "\n";
  return kOk;
}

// What --id=@NAME names, which one command alone may give a row.
CommandResult<ovsdb::Symbol*> create_symbol(Context& context, const std::string& id) {
  if (id.empty() || id[0] != '@') return fail("row id \"{}\" does not begin with \"@\"", id);
  ovsdb::Symbol& symbol = context.attempt->symbols.of(id);
  if (symbol.created) {
    return fail("row id \"{}\" may only be specified on one --id option", id);
  }
  symbol.created = true;
  return &symbol;
}

CommandResult<void> run_get(Context& context) {
  OVS_TRY(const Target target, find_target(context));
  const auto id = context.options.find("--id");
  if (id != context.options.end()) {
    OVS_TRY(ovsdb::Symbol* const symbol, create_symbol(context, id->second));
    symbol->uuid = target.row;
    symbol->strong_ref = true;  // an old row needs no new reference
  } else if (context.count() == 3) {
    return fail("'{}' command requires at least one column argument unless --id is specified",
                context.argument(0));
  }
  if (target.row.is_zero()) return kOk;
  for (std::size_t i = 3; i < context.count(); ++i) {
    OVS_TRY(get_one(context, target, context.argument(i)));
  }
  return kOk;
}

// The columns that --columns names, in its order; all of them without it.
CommandResult<std::vector<const ColumnSchema*>> wanted_columns(Context& context,
                                                               const TableSchema& table) {
  std::vector<const ColumnSchema*> columns;
  const auto option = context.options.find("--columns");
  if (option == context.options.end()) {
    for (const ColumnSchema& column : table.columns) {
      if (column.index != ovsdb::kVersionColumn) columns.push_back(&column);
    }
    return columns;
  }
  std::string_view rest = option->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find_first_of(", "), rest.size());
    if (end != 0) {
      OVS_TRY(const ColumnSchema* const column, find_column(table, rest.substr(0, end)));
      columns.push_back(column);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (columns.empty()) return fail("must specify at least one column name");
  return columns;
}

void add_row(Context& context, const TableSchema& table, const Uuid& row,
             const std::vector<const ColumnSchema*>& columns) {
  std::vector<Cell> cells;
  for (const ColumnSchema* column : columns) {
    const Datum& value = column->index == ovsdb::kUuidColumn
                             ? Datum::scalar(row)
                             : context.transaction().read(table, row, column->index);
    cells.emplace_back(value, column->type);
  }
  context.table->rows.push_back(std::move(cells));
}

CommandResult<void> run_list(Context& context) {
  OVS_TRY(const TableSchema* const table, find_table(context, context.argument(1)));
  OVS_TRY(const auto columns, wanted_columns(context, *table));
  context.table.emplace();
  for (const ColumnSchema* column : columns) context.table->headings.push_back(column->name);
  if (context.count() == 2) {
    for (const Uuid& row : context.transaction().rows(*table)) {
      add_row(context, *table, row, columns);
    }
    return kOk;
  }
  const MustExist must = context.has("--if-exists") ? MustExist::No : MustExist::Yes;
  for (std::size_t i = 2; i < context.count(); ++i) {
    OVS_TRY(const Uuid row, find_record(context, *table, context.argument(i), must));
    if (!row.is_zero()) add_row(context, *table, row, columns);
  }
  return kOk;
}

CommandResult<void> run_find(Context& context) {
  OVS_TRY(const TableSchema* const table, find_table(context, context.argument(1)));
  OVS_TRY(const auto columns, wanted_columns(context, *table));
  context.table.emplace();
  for (const ColumnSchema* column : columns) context.table->headings.push_back(column->name);
  for (const Uuid& row : context.transaction().rows(*table)) {
    bool is_met = true;
    for (std::size_t i = 2; i < context.count() && is_met; ++i) {
      OVS_TRY(is_met, is_condition_met(context, *table, row, context.argument(i)));
    }
    if (is_met) add_row(context, *table, row, columns);
  }
  return kOk;
}

CommandResult<void> run_set(Context& context) {
  OVS_TRY(const Target target, find_target(context));
  if (target.row.is_zero()) return kOk;
  for (std::size_t i = 3; i < context.count(); ++i) {
    OVS_TRY(set_column(context, *target.table, target.row, context.argument(i)));
  }
  return kOk;
}

// A column of a row that add or remove changes. `row` is zero if there is none and that is fine.
struct ChangedColumn {
  Target target;
  const ColumnSchema* column = nullptr;
  Datum value;
};

CommandResult<ChangedColumn> find_changed(Context& context) {
  ChangedColumn found;
  OVS_TRY(found.target, find_target(context));
  const Target& target = found.target;
  if (target.row.is_zero()) return found;
  OVS_TRY(found.column, find_column(*target.table, context.argument(3)));
  OVS_TRY(check_mutable(*target.table, target.row, *found.column, context));
  context.transaction().verify(*target.table, target.row, found.column->index);
  found.value = context.transaction().read(*target.table, target.row, found.column->index);
  return found;
}

// As the column's type, but of any number of elements.
ColumnType any_number_of(const ColumnType& type) {
  ColumnType any = type;
  any.min = 0;
  any.max = ovsdb::kUnlimited;
  return any;
}

CommandResult<void> write_changed(Context& context, ChangedColumn changed, const char* command) {
  const auto& [target, column, value] = changed;
  const std::size_t count = value.count();
  if (count > column->type.max || count < column->type.min) {
    const bool is_above = count > column->type.max;
    return fail("\"{}\" operation would put {} {} in column {} of table {} but the {} number is {}",
                command, count, column->type.is_map() ? "pairs" : "values", column->name,
                target.table->name, is_above ? "maximum" : "minimum",
                is_above ? column->type.max : column->type.min);
  }
  context.transaction().write(*target.table, target.row, column->index, std::move(changed.value));
  note_written(context, *target.table, target.row, *column);
  return kOk;
}

CommandResult<void> run_add(Context& context) {
  OVS_TRY(ChangedColumn changed, find_changed(context));
  if (changed.column == nullptr) return kOk;
  const ColumnType any = any_number_of(changed.column->type);
  for (std::size_t i = 4; i < context.count(); ++i) {
    OVS_TRY(const Datum more, parse_value(context, any, context.argument(i)));
    changed.value = ovsdb::datum_union(changed.value, more);
  }
  return write_changed(context, std::move(changed), "add");
}

CommandResult<void> run_remove(Context& context) {
  OVS_TRY(ChangedColumn changed, find_changed(context));
  if (changed.column == nullptr) return kOk;
  const ColumnType any = any_number_of(changed.column->type);
  ColumnType keys = any;
  keys.value = ovsdb::BaseType();
  for (std::size_t i = 4; i < context.count(); ++i) {
    const std::string& word = context.argument(i);
    const bool is_pair = any.is_map() && word.find('=') != std::string::npos;
    OVS_TRY(const Datum less, parse_value(context, is_pair ? any : keys, word));
    changed.value = ovsdb::datum_subtract(changed.value, less);
  }
  return write_changed(context, std::move(changed), "remove");
}

CommandResult<void> run_clear(Context& context) {
  OVS_TRY(const Target target, find_target(context));
  if (target.row.is_zero()) return kOk;
  for (std::size_t i = 3; i < context.count(); ++i) {
    OVS_TRY(const ColumnSchema* const column, find_column(*target.table, context.argument(i)));
    OVS_TRY(check_mutable(*target.table, target.row, *column, context));
    if (column->type.min > 0) {
      return fail(
          "\"clear\" operation cannot be applied to column {} of table {}, which is not "
          "allowed to be empty",
          column->name, target.table->name);
    }
    context.transaction().write(*target.table, target.row, column->index,
                                column->type.default_datum());
    note_written(context, *target.table, target.row, *column);
  }
  return kOk;
}

CommandResult<void> run_create(Context& context) {
  OVS_TRY(const TableSchema* const table, find_table(context, context.argument(1)));
  const auto id = context.options.find("--id");
  ovsdb::Uuid chosen;
  if (id == context.options.end()) {
    if (!table->is_root) {
      context.attempt->warnings.push_back(
          fmt::format("applying \"create\" command to table {} without --id option will have no "
                      "effect",
                      table->name));
    }
    context.created = context.transaction().insert(*table);
  } else if (ovsdb::Uuid::parse(id->second, chosen)) {
    context.created = context.transaction().insert_as(*table, chosen);
  } else {
    OVS_TRY(ovsdb::Symbol* const symbol, create_symbol(context, id->second));
    context.created = context.transaction().insert(*table, symbol->uuid);
    if (table->is_root) symbol->strong_ref = true;
  }
  for (std::size_t i = 2; i < context.count(); ++i) {
    OVS_TRY(set_column(context, *table, *context.created, context.argument(i)));
  }
  return kOk;
}

void tell_created(Context& context) {
  context.output = context.transaction().committed_uuid(*context.created).text() + "\n";
}

CommandResult<void> run_destroy(Context& context) {
  OVS_TRY(const TableSchema* const table, find_table(context, context.argument(1)));
  const bool all = context.has("--all");
  if (all && context.count() > 2) {
    return fail("--all and records argument should not be specified together");
  }
  if (!all && context.count() == 2) {
    context.attempt->warnings.push_back("either --all or records argument should be specified");
    return kOk;
  }
  if (all && context.has("--if-exists")) {
    return fail("--all and --if-exists should not be specified together");
  }
  if (all) {
    for (const Uuid& row : context.transaction().rows(*table)) {
      context.transaction().erase(*table, row);
    }
  }
  const MustExist must = context.has("--if-exists") ? MustExist::No : MustExist::Yes;
  for (std::size_t i = 2; i < context.count(); ++i) {
    OVS_TRY(const Uuid row, find_record(context, *table, context.argument(i), must));
    if (!row.is_zero()) context.transaction().erase(*table, row);
  }
  context.model().forget();
  return kOk;
}

CommandResult<void> run_wait_until(Context& context) {
  OVS_TRY(const TableSchema* const table, find_table(context, context.argument(1)));
  OVS_TRY(const Uuid row, find_record(context, *table, context.argument(2), MustExist::No));
  if (row.is_zero()) {
    context.attempt->must_wait = true;
    return kOk;
  }
  for (std::size_t i = 3; i < context.count(); ++i) {
    OVS_TRY(const bool is_met, is_condition_met(context, *table, row, context.argument(i)));
    if (!is_met) context.attempt->must_wait = true;
  }
  return kOk;
}

constexpr Command kCommands[] = {
    {"comment", 0, kManyArguments, "[ARG]...", "", run_comment},
    {"get", 2, kManyArguments, "TABLE RECORD [COLUMN[:KEY]]...", "--if-exists,--id=", run_get},
    {"list", 1, kManyArguments, "TABLE [RECORD]...", "--if-exists,--columns=", run_list},
    {"find", 1, kManyArguments, "TABLE [COLUMN[:KEY]=VALUE]...", "--columns=", run_find},
    {"set", 3, kManyArguments, "TABLE RECORD COLUMN[:KEY]=VALUE...", "--if-exists", run_set},
    {"add", 4, kManyArguments, "TABLE RECORD COLUMN [KEY=]VALUE...", "--if-exists", run_add},
    {"remove", 4, kManyArguments, "TABLE RECORD COLUMN KEY|VALUE|KEY=VALUE...", "--if-exists",
     run_remove},
    {"clear", 3, kManyArguments, "TABLE RECORD COLUMN...", "--if-exists", run_clear},
    {"create", 2, kManyArguments, "TABLE COLUMN[:KEY]=VALUE...", "--id=", run_create, tell_created},
    {"destroy", 1, kManyArguments, "TABLE [RECORD]...", "--if-exists,--all", run_destroy},
    {"wait-until", 2, kManyArguments, "TABLE RECORD [COLUMN[:KEY]=VALUE]...", "", run_wait_until},
};

}  // namespace

std::span<const Command> database_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl
