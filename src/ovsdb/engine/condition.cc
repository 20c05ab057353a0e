// See condition.h.
#include "ovsdb/engine/condition.h"

#include <algorithm>

#include "ovsdb/data/cat.h"

namespace ovs::ovsdb {
namespace {

constexpr std::string_view kNames[] = {
    "false", "true", "<", "<=", "==", "!=", ">=", ">", "includes", "excludes"};

bool is_order(Function function) {
  return function == Function::Less || function == Function::LessEqual ||
         function == Function::Greater || function == Function::GreaterEqual;
}

DbResult<Function> parse_function(const Json& json) {
  for (std::size_t i = 2; i < std::size(kNames); ++i) {
    if (json.is_string(kNames[i])) return static_cast<Function>(i);
  }
  return DbError("unknown function", cat("No function named ", json.string(), "."));
}

// The type that the argument must have.
DbResult<ColumnType> argument_type(Function function, const ColumnSchema& column,
                                   const Json& json) {
  ColumnType type = column.type;
  if (is_order(function)) {
    const bool number = type.key.type == AtomType::Integer || type.key.type == AtomType::Real;
    if (!number || !(type.is_scalar() || type.is_optional_scalar())) {
      return DbError::syntax(json, cat("Type mismatch: \"", function_name(function),
                                       "\" operator may not be applied to column ", column.name,
                                       " of type ", type.english(), "."));
    }
    type.min = 1;
    return type;
  }
  if (type.is_scalar()) return type;
  if (function == Function::Includes || function == Function::Excludes) type.min = 0;
  if (function == Function::Excludes) type.max = kUnlimited;
  return type;
}

bool order_holds(Function function, int order) {
  switch (function) {
    case Function::Less: return order < 0;
    case Function::LessEqual: return order <= 0;
    case Function::Greater: return order > 0;
    case Function::GreaterEqual: return order >= 0;
    case Function::False:
    case Function::True:
    case Function::Equal:
    case Function::NotEqual:
    case Function::Includes:
    case Function::Excludes: break;
  }
  return false;
}

bool datum_holds(Function function, const Datum& datum, const Datum& argument) {
  switch (function) {
    case Function::False: return false;
    case Function::True: return true;
    case Function::Equal: return datum == argument;
    case Function::NotEqual: return !(datum == argument);
    case Function::Includes: return argument.is_subset_of(datum);
    case Function::Excludes: return argument.is_disjoint_from(datum);
    case Function::Less:
    case Function::LessEqual:
    case Function::Greater:
    case Function::GreaterEqual:
      return !datum.empty() && order_holds(function, Atom::compare(datum.key(0), argument.key(0)));
  }
  return false;
}

}  // namespace

std::string_view function_name(Function function) {
  return kNames[static_cast<std::size_t>(function)];
}

DbResult<Clause> Clause::parse(const TableSchema& table, const Json& json, Symbols* symbols) {
  Clause clause;
  if (json.is_boolean()) {
    clause.function = json.boolean() ? Function::True : Function::False;
    return clause;
  }
  const bool triple = json.is_array() && json.elements().size() == 3 &&
                      json.elements()[0].is_string() && json.elements()[1].is_string();
  if (!triple) return DbError::syntax(json, "Parse error in condition.");
  const JsonArray& part = json.elements();
  const ColumnSchema* column = table.find(part[0].string());
  if (column == nullptr) {
    return DbError::syntax(json, cat("No column ", part[0].string(), " in table ", table.name, "."),
                           "unknown column");
  }
  clause.column = column->index;
  OVS_TRY(clause.function, parse_function(part[1]));
  OVS_TRY(ColumnType type, argument_type(clause.function, *column, json));
  OVS_TRY(clause.argument, datum_from_json(type, part[2], symbols));
  return clause;
}

Json Clause::to_json(const TableSchema& table) const {
  if (function == Function::True) return Json(true);
  if (function == Function::False) return Json(false);
  return Json::array(table.columns[column].name, function_name(function), datum_to_json(argument));
}

bool Clause::holds(const Row& row) const {
  if (function == Function::True || function == Function::False) return function == Function::True;
  if (column < kFirstColumn) return datum_holds(function, row.value(column), argument);
  return datum_holds(function, row[column], argument);
}

DbResult<Condition> Condition::parse(const TableSchema& table, const Json& json, Symbols* symbols) {
  Condition condition;
  for (const Json& each : json.elements()) {
    OVS_TRY(Clause clause, Clause::parse(table, each, symbols));
    condition.clauses_.push_back(std::move(clause));
  }
  return condition;
}

bool Condition::all_hold(const Row& row) const {
  return std::all_of(clauses_.begin(), clauses_.end(),
                     [&](const Clause& clause) { return clause.holds(row); });
}

bool Condition::any_holds(const Row& row) const {
  return clauses_.empty() || std::any_of(clauses_.begin(), clauses_.end(),
                                         [&](const Clause& clause) { return clause.holds(row); });
}

const Clause* Condition::equal_on(std::uint32_t column) const {
  for (const Clause& clause : clauses_) {
    if (clause.column != column || clause.argument.count() == 0) continue;
    const bool scalar = column == kUuidColumn;
    if (clause.function == Function::Equal || (scalar && clause.function == Function::Includes)) {
      return &clause;
    }
  }
  return nullptr;
}

std::size_t Condition::usable_index(const TableSchema& table, RowRef& like) const {
  for (std::size_t i = 0; i < table.indexes.size() && !clauses_.empty(); ++i) {
    const ColumnSet& columns = table.indexes[i];
    const bool fixed = std::all_of(columns.begin(), columns.end(), [&](std::uint32_t column) {
      return column >= kFirstColumn && equal_on(column) != nullptr;
    });
    if (!fixed) continue;
    like = Row::make_default(table, Uuid());
    for (const std::uint32_t column : columns) (*like)[column] = equal_on(column)->argument;
    return i;
  }
  return SIZE_MAX;
}

}  // namespace ovs::ovsdb
