// One change to a column in place: +=, -=, *=, /=, %=, insert, delete.
#pragma once
#include <cstdint>

#include "ovsdb/data/json_form.h"
#include "ovsdb/engine/row.h"

namespace ovs::ovsdb {

enum class Mutator : std::uint8_t { Add, Subtract, Multiply, Divide, Modulo, Insert, Delete };

struct Mutation {
  Mutator mutator = Mutator::Add;
  std::uint32_t column = 0;
  Datum argument;

  static DbResult<Mutation> parse(const TableSchema& table, const Json& json, Symbols* symbols);
  DbResult<void> apply(const TableSchema& table, Row& row) const;
};

}  // namespace ovs::ovsdb
