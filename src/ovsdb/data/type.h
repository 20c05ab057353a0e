// What a column may hold: the type of its atoms with their constraints, and how many.
#pragma once
#include <cstdint>
#include <limits>
#include <string>

#include "ovsdb/data/datum.h"
#include "ovsdb/data/error.h"

namespace ovs::ovsdb {

enum class RefType : std::uint8_t { Strong, Weak };
inline constexpr std::uint32_t kUnlimited = UINT32_MAX;

struct BaseType {
  AtomType type = AtomType::Void;
  Datum allowed;  // the enum; count() is 0 without one
  std::int64_t min_integer = INT64_MIN, max_integer = INT64_MAX;
  double min_real = std::numeric_limits<double>::lowest();
  double max_real = std::numeric_limits<double>::max();
  std::uint32_t min_length = 0, max_length = UINT32_MAX;  // in characters
  std::string ref_table;                                  // empty: no reference
  RefType ref_type = RefType::Strong;

  static BaseType of(AtomType type);
  static DbResult<BaseType> parse(const Json& json);
  Json to_json() const;
  bool has_constraints() const;
  // Whether `atom` obeys; references are checked at commit only.
  DbResult<void> check(const Atom& atom) const;
  bool is_reference() const { return !ref_table.empty(); }
  bool is_strong() const { return is_reference() && ref_type == RefType::Strong; }
  bool is_weak() const { return is_reference() && ref_type == RefType::Weak; }
  friend bool operator==(const BaseType& a, const BaseType& b);
};

struct ColumnType {
  BaseType key, value;  // value of type Void: a set
  std::uint32_t min = 1, max = 1;

  static ColumnType scalar(AtomType type) { return {BaseType::of(type), BaseType(), 1, 1}; }
  static DbResult<ColumnType> parse(const Json& json);
  Json to_json() const;
  std::string english() const;  // "set of up to 3 integers"

  bool is_map() const { return value.type != AtomType::Void; }
  bool is_scalar() const { return !is_map() && min == 1 && max == 1; }
  bool is_optional_scalar() const { return !is_map() && min == 0 && max == 1; }
  bool is_set() const { return !is_map() && (min != 1 || max != 1); }
  DiffOf diff_of() const { return is_map() || max > 1 ? DiffOf::Collection : DiffOf::Scalar; }
  // What a column of this type holds when an insert does not name it.
  Datum default_datum() const;
  bool is_default(const Datum& datum) const;
  // The same atoms without constraints, in any number.
  ColumnType unconstrained() const;
  DbResult<void> check(const Datum& datum) const;  // each atom; not the count
  friend bool operator==(const ColumnType& a, const ColumnType& b);
};

}  // namespace ovs::ovsdb
