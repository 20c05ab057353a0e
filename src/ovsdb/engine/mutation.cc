// See mutation.h.
#include "ovsdb/engine/mutation.h"

#include <cmath>

#include "ovsdb/data/cat.h"

namespace ovs::ovsdb {
namespace {

constexpr std::string_view kNames[] = {"+=", "-=", "*=", "/=", "%=", "insert", "delete"};

std::string_view name_of(Mutator mutator) {
  return kNames[static_cast<std::size_t>(mutator)];
}
bool is_arithmetic(Mutator mutator) {
  return mutator <= Mutator::Modulo;
}

DbError out_of_range(Mutator mutator) {
  return DbError("range error",
                 cat("Result of \"", name_of(mutator), "\" operation is out of range."));
}
DbError division_by_zero() {
  return DbError("domain error", "Division by zero.");
}

DbResult<std::int64_t> calculate(Mutator mutator, std::int64_t x, std::int64_t y) {
  std::int64_t result = 0;
  bool overflow = false;
  switch (mutator) {
    case Mutator::Add: overflow = __builtin_add_overflow(x, y, &result); break;
    case Mutator::Subtract: overflow = __builtin_sub_overflow(x, y, &result); break;
    case Mutator::Multiply: overflow = __builtin_mul_overflow(x, y, &result); break;
    case Mutator::Divide:
      if (y == 0) return division_by_zero();
      overflow = x == INT64_MIN && y == -1;
      if (!overflow) result = x / y;
      break;
    case Mutator::Modulo:
      if (y == 0) return division_by_zero();
      result = y == -1 ? 0 : x % y;
      break;
    case Mutator::Insert:
    case Mutator::Delete: break;
  }
  if (overflow) return out_of_range(mutator);
  return result;
}

DbResult<double> calculate(Mutator mutator, double x, double y) {
  double result = 0;
  switch (mutator) {
    case Mutator::Add: result = x + y; break;
    case Mutator::Subtract: result = x - y; break;
    case Mutator::Multiply: result = x * y; break;
    case Mutator::Divide:
      if (y == 0) return division_by_zero();
      result = x / y;
      break;
    case Mutator::Modulo:
    case Mutator::Insert:
    case Mutator::Delete: break;
  }
  if (!std::isfinite(result)) return out_of_range(mutator);
  return result;
}

DbResult<Datum> arithmetic(Mutator mutator, const ColumnType& type, const Datum& from,
                           const Atom& by) {
  DatumBuilder out(type.key.type);
  for (std::size_t i = 0; i < from.count(); ++i) {
    Atom atom;
    if (type.key.type == AtomType::Integer) {
      OVS_TRY(std::int64_t number, calculate(mutator, from.key(i).integer(), by.integer()));
      atom = Atom(number);
    } else {
      OVS_TRY(double number, calculate(mutator, from.key(i).real(), by.real()));
      atom = Atom(number);
    }
    OVS_TRY(type.key.check(atom));
    out.add(atom);
  }
  if (out.sort_unique() > 0) {
    return DbError("constraint violation",
                   cat("Result of \"", name_of(mutator), "\" operation contains duplicates."));
  }
  return out.build();
}

DbError type_mismatch(Mutator mutator, const ColumnSchema& column, const Json& json) {
  return DbError::syntax(
      json, cat("Type mismatch: \"", name_of(mutator), "\" operator may not be applied to column ",
                column.name, " of type ", column.type.english(), "."));
}

DbResult<Datum> parse_argument(Mutator mutator, const ColumnSchema& column, const Json& json,
                               Symbols* symbols) {
  ColumnType type = column.type;
  const Json& argument = json.elements()[2];
  if (is_arithmetic(mutator)) {
    const bool integer = type.key.type == AtomType::Integer;
    const bool number = integer || (type.key.type == AtomType::Real && mutator != Mutator::Modulo);
    if (!number || type.is_map()) return type_mismatch(mutator, column, json);
    return datum_from_json(ColumnType::scalar(type.key.type), argument, symbols);
  }
  if (!type.is_set() && !type.is_map()) return type_mismatch(mutator, column, json);
  type.min = 0;
  if (mutator == Mutator::Insert) return datum_from_json(type, argument, symbols);
  type.max = kUnlimited;
  auto pairs = datum_from_json(type, argument, symbols);
  if (pairs.ok() || !type.is_map()) return pairs;
  type.value = BaseType();  // of a map, keys alone may be deleted too
  return datum_from_json(type, argument, symbols);
}

}  // namespace

DbResult<Mutation> Mutation::parse(const TableSchema& table, const Json& json, Symbols* symbols) {
  const bool triple = json.is_array() && json.elements().size() == 3 &&
                      json.elements()[0].is_string() && json.elements()[1].is_string();
  if (!triple) return DbError::syntax(json, "Parse error in mutation.");
  const std::string_view name = json.elements()[0].string();
  const ColumnSchema* column = table.find(name);
  if (column == nullptr) {
    return DbError::syntax(json, cat("No column ", name, " in table ", table.name, "."),
                           "unknown column");
  }
  if (!column->is_mutable) {
    return DbError::syntax(
        json, cat("Cannot mutate immutable column ", name, " in table ", table.name, "."),
        "constraint violation");
  }
  const std::string_view wanted = json.elements()[1].string();
  Mutation mutation;
  mutation.column = column->index;
  std::size_t which = 0;
  while (which < std::size(kNames) && kNames[which] != wanted) ++which;
  if (which == std::size(kNames)) {
    return DbError("unknown mutator", cat("No mutator named ", wanted, "."));
  }
  mutation.mutator = static_cast<Mutator>(which);
  OVS_TRY(mutation.argument, parse_argument(mutation.mutator, *column, json, symbols));
  return mutation;
}

DbResult<void> Mutation::apply(const TableSchema& table, Row& row) const {
  const ColumnType& type = table.columns[column].type;
  Datum& datum = row[column];
  if (is_arithmetic(mutator)) {
    OVS_TRY(datum, arithmetic(mutator, type, datum, argument.key(0)));
    return kOk;
  }
  datum =
      mutator == Mutator::Insert ? datum_union(datum, argument) : datum_subtract(datum, argument);
  if (datum.count() >= type.min && datum.count() <= type.max) return kOk;
  return DbError("constraint violation",
                 cat("Attempted to store ", datum.count(), " elements in ", type.english(), "."));
}

}  // namespace ovs::ovsdb
