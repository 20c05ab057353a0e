// See type.h.
#include "ovsdb/data/type.h"

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/data/member_parser.h"
#include "ovsdb/data/text_form.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

using P = MemberParser;

std::string real_text(double value) {
  std::string out;
  wire::append_json_real(out, value);
  return out;
}

DbResult<void> check_integer(std::int64_t value, const BaseType& base) {
  const std::int64_t low = base.min_integer, high = base.max_integer;
  if (value >= low && value <= high) return kOk;
  if (low == INT64_MIN) {
    return DbError("constraint violation",
                   cat(value, " is greater than maximum allowed value ", high));
  }
  if (high == INT64_MAX) {
    return DbError("constraint violation", cat(value, " is less than minimum allowed value ", low));
  }
  return DbError("constraint violation",
                 cat(value, " is not in the valid range ", low, " to ", high, " (inclusive)"));
}

DbResult<void> check_real(double value, const BaseType& base) {
  const double low = base.min_real, high = base.max_real;
  if (value >= low && value <= high) return kOk;
  const std::string text = real_text(value);
  if (low == std::numeric_limits<double>::lowest()) {
    return DbError("constraint violation",
                   cat(text, " is greater than maximum allowed value ", real_text(high)));
  }
  if (high == std::numeric_limits<double>::max()) {
    return DbError("constraint violation",
                   cat(text, " is less than minimum allowed value ", real_text(low)));
  }
  return DbError("constraint violation", cat(text, " is not in the valid range ", real_text(low),
                                             " to ", real_text(high), " (inclusive)"));
}

DbResult<void> check_string(std::string_view text, const BaseType& base) {
  std::size_t characters = 0;
  if (!count_utf8(text, characters)) {
    return DbError("constraint violation", "not a valid UTF-8 string: invalid UTF-8 sequence");
  }
  if (characters < base.min_length) {
    return DbError("constraint violation",
                   cat('"', text, "\" length ", characters, " is less than minimum allowed length ",
                       base.min_length));
  }
  if (characters > base.max_length) {
    return DbError("constraint violation",
                   cat('"', text, "\" length ", characters,
                       " is greater than maximum allowed length ", base.max_length));
  }
  return kOk;
}

DbResult<void> parse_length(P& parser, const char* name, std::uint32_t& out) {
  const Json* json = parser.member(name, P::kInteger | P::kOptional);
  if (json == nullptr) return kOk;
  if (json->integer() < 0 || json->integer() > UINT32_MAX) {
    return DbError::syntax(*json, cat(name, " out of valid range 0 to ", UINT32_MAX));
  }
  out = static_cast<std::uint32_t>(json->integer());
  return kOk;
}

DbResult<void> parse_integer_limits(P& parser, const Json& json, BaseType& base) {
  const Json* low = parser.member("minInteger", P::kInteger | P::kOptional);
  const Json* high = parser.member("maxInteger", P::kInteger | P::kOptional);
  if (low != nullptr) base.min_integer = low->integer();
  if (high != nullptr) base.max_integer = high->integer();
  if (base.min_integer > base.max_integer) {
    return DbError::syntax(json, "minInteger exceeds maxInteger");
  }
  return kOk;
}

DbResult<void> parse_real_limits(P& parser, const Json& json, BaseType& base) {
  const Json* low = parser.member("minReal", P::kNumber | P::kOptional);
  const Json* high = parser.member("maxReal", P::kNumber | P::kOptional);
  if (low != nullptr) base.min_real = low->real();
  if (high != nullptr) base.max_real = high->real();
  if (base.min_real > base.max_real) return DbError::syntax(json, "minReal exceeds maxReal");
  return kOk;
}

DbResult<void> parse_string_limits(P& parser, const Json& json, BaseType& base) {
  OVS_TRY(parse_length(parser, "minLength", base.min_length));
  OVS_TRY(parse_length(parser, "maxLength", base.max_length));
  if (base.min_length > base.max_length) {
    return DbError::syntax(json, "minLength exceeds maxLength");
  }
  return kOk;
}

DbResult<void> parse_reference(P& parser, const Json& json, BaseType& base) {
  const Json* table = parser.member("refTable", P::kId | P::kOptional);
  if (table == nullptr) return kOk;
  base.ref_table = table->string();
  const Json* strength = parser.member("refType", P::kId | P::kOptional);
  if (strength == nullptr || strength->is_string("strong")) return kOk;
  if (!strength->is_string("weak")) {
    return DbError::syntax(
        json, cat("refType must be \"strong\" or \"weak\" (not \"", strength->string(), "\")"));
  }
  base.ref_type = RefType::Weak;
  return kOk;
}

DbResult<void> parse_constraints(P& parser, const Json& json, BaseType& base) {
  if (const Json* allowed = parser.member("enum", P::kAny | P::kOptional)) {
    ColumnType many{BaseType::of(base.type), BaseType(), 1, kUnlimited};
    OVS_TRY(base.allowed, datum_from_json(many, *allowed, nullptr));
    return kOk;
  }
  switch (base.type) {
    case AtomType::Void:
    case AtomType::Boolean: return kOk;
    case AtomType::Integer: return parse_integer_limits(parser, json, base);
    case AtomType::Real: return parse_real_limits(parser, json, base);
    case AtomType::String: return parse_string_limits(parser, json, base);
    case AtomType::Uuid: return parse_reference(parser, json, base);
  }
  return kOk;
}

DbResult<std::uint32_t> parse_count(const Json& json) {
  if (json.is_integer() && json.integer() >= 0 && json.integer() < UINT32_MAX) {
    return static_cast<std::uint32_t>(json.integer());
  }
  return DbError::syntax(json, "bad min or max value");
}

}  // namespace

BaseType BaseType::of(AtomType type) {
  BaseType base;
  base.type = type;
  return base;
}

DbResult<BaseType> BaseType::parse(const Json& json) {
  BaseType base;
  if (json.is_string()) {
    if (parse_atom_type(json.string(), base.type)) return base;
    return DbError::syntax(json, cat('"', json.string(), "\" is not an atomic-type"));
  }
  P parser(json, "ovsdb type");
  const Json* type = parser.member("type", P::kString);
  if (type == nullptr) return parser.finish();
  if (!parse_atom_type(type->string(), base.type)) {
    return DbError::syntax(*type, cat('"', type->string(), "\" is not an atomic-type"));
  }
  OVS_TRY(parse_constraints(parser, json, base));
  if (DbError error = parser.finish()) return error;
  return base;
}

bool BaseType::has_constraints() const {
  if (allowed.count() > 0) return true;
  switch (type) {
    case AtomType::Void:
    case AtomType::Boolean: return false;
    case AtomType::Integer: return min_integer != INT64_MIN || max_integer != INT64_MAX;
    case AtomType::Real:
      return min_real != std::numeric_limits<double>::lowest() ||
             max_real != std::numeric_limits<double>::max();
    case AtomType::String: return min_length != 0 || max_length != UINT32_MAX;
    case AtomType::Uuid: return is_reference();
  }
  return false;
}

Json BaseType::to_json() const {
  if (!has_constraints()) return Json(atom_type_name(type));
  JsonObject object;
  object.append("type", atom_type_name(type));
  if (allowed.count() > 0) object.append("enum", datum_to_json(allowed));
  if (type == AtomType::Integer && min_integer != INT64_MIN) {
    object.append("minInteger", min_integer);
  }
  if (type == AtomType::Integer && max_integer != INT64_MAX) {
    object.append("maxInteger", max_integer);
  }
  if (type == AtomType::Real && min_real != std::numeric_limits<double>::lowest()) {
    object.append("minReal", min_real);
  }
  if (type == AtomType::Real && max_real != std::numeric_limits<double>::max()) {
    object.append("maxReal", max_real);
  }
  if (min_length != 0) object.append("minLength", min_length);
  if (max_length != UINT32_MAX) object.append("maxLength", max_length);
  if (is_reference()) object.append("refTable", ref_table);
  if (is_weak()) object.append("refType", "weak");
  return Json(std::move(object));
}

DbResult<void> BaseType::check(const Atom& atom) const {
  if (allowed.count() > 0 && !allowed.contains(atom)) {
    return DbError(
        "constraint violation",
        cat(atom_text(atom), " is not one of the allowed values (", datum_text(allowed), ")"));
  }
  if (type == AtomType::Integer) return check_integer(atom.integer(), *this);
  if (type == AtomType::Real) return check_real(atom.real(), *this);
  if (type == AtomType::String) return check_string(atom.string(), *this);
  return kOk;
}

bool operator==(const BaseType& a, const BaseType& b) {
  return a.type == b.type && a.allowed.count() == b.allowed.count() && a.allowed == b.allowed &&
         a.min_integer == b.min_integer && a.max_integer == b.max_integer &&
         a.min_real == b.min_real && a.max_real == b.max_real && a.min_length == b.min_length &&
         a.max_length == b.max_length && a.ref_table == b.ref_table && a.ref_type == b.ref_type;
}

DbResult<ColumnType> ColumnType::parse(const Json& json) {
  ColumnType type;
  if (json.is_string()) {
    OVS_TRY(type.key, BaseType::parse(json));
    return type;
  }
  if (!json.is_object()) return DbError::syntax(json, "ovsdb type expected");
  P parser(json, "ovsdb type");
  const Json* key = parser.member("key", P::kString | P::kObject);
  const Json* value = parser.member("value", P::kString | P::kObject | P::kOptional);
  const Json* low = parser.member("min", P::kInteger | P::kOptional);
  const Json* high = parser.member("max", P::kInteger | P::kString | P::kOptional);
  if (DbError error = parser.finish()) return error;
  OVS_TRY(type.key, BaseType::parse(*key));
  if (value != nullptr) {
    OVS_TRY(type.value, BaseType::parse(*value));
  }
  if (low != nullptr) {
    OVS_TRY(type.min, parse_count(*low));
  }
  if (high != nullptr && high->is_string("unlimited")) {
    type.max = kUnlimited;
  } else if (high != nullptr) {
    OVS_TRY(type.max, parse_count(*high));
  }
  if (type.min > 1 || type.max < 1) {
    return DbError::syntax(json, "ovsdb type fails constraint checks");
  }
  return type;
}

Json ColumnType::to_json() const {
  if (is_scalar() && !key.has_constraints()) return key.to_json();
  JsonObject object;
  object.append("key", key.to_json());
  if (is_map()) object.append("value", value.to_json());
  if (min != 1) object.append("min", min);
  if (max == kUnlimited) {
    object.append("max", "unlimited");
  } else if (max != 1) {
    object.append("max", max);
  }
  return Json(std::move(object));
}

std::string ColumnType::english() const {
  const std::string_view name = atom_type_name(key.type);
  if (is_scalar()) return std::string(name);
  std::string out = is_map() ? "map" : "set";
  if (max == kUnlimited) {
    out += min > 0 ? cat(" of ", min, " or more") : " of";
  } else {
    out += min > 0 ? cat(" of ", min, " to ", max) : cat(" of up to ", max);
  }
  out +=
      is_map() ? cat(" (", name, ", ", atom_type_name(value.type), ") pairs") : cat(' ', name, 's');
  return out;
}

Datum ColumnType::default_datum() const {
  if (min == 0) return Datum::empty(key.type, value.type);
  DatumBuilder builder(key.type, value.type);
  builder.add(Atom::default_of(key.type), Atom::default_of(value.type));
  return builder.build();
}

bool ColumnType::is_default(const Datum& datum) const {
  if (datum.count() != min) return false;
  return min == 0 || datum == default_datum();
}

ColumnType ColumnType::unconstrained() const {
  return {BaseType::of(key.type), BaseType::of(value.type), 0, kUnlimited};
}

DbResult<void> ColumnType::check(const Datum& datum) const {
  for (std::size_t i = 0; i < datum.count(); ++i) {
    OVS_TRY(key.check(datum.key(i)));
    if (is_map()) {
      OVS_TRY(value.check(datum.value(i)));
    }
  }
  return kOk;
}

bool operator==(const ColumnType& a, const ColumnType& b) {
  return a.key == b.key && a.value == b.value && a.min == b.min && a.max == b.max;
}

}  // namespace ovs::ovsdb
