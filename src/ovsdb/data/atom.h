// One integer, real, boolean, string or UUID, as a view: strings belong to whoever made the atom (a
// Datum, a Json).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/assert.h"
#include "ovsdb/data/uuid.h"

namespace ovs::ovsdb {

enum class AtomType : std::uint8_t { Void, Integer, Real, Boolean, String, Uuid };
std::string_view atom_type_name(AtomType type);
bool parse_atom_type(std::string_view name, AtomType& out);

class Atom {
 public:
  Atom() : type_(AtomType::Void) { body_.integer = 0; }
  explicit Atom(std::int64_t value) : type_(AtomType::Integer) { body_.integer = value; }
  explicit Atom(double value) : type_(AtomType::Real) { body_.real = value; }
  explicit Atom(bool value) : type_(AtomType::Boolean) { body_.boolean = value; }
  explicit Atom(std::string_view value)
      : type_(AtomType::String), size_(static_cast<std::uint32_t>(value.size())) {
    body_.text = value.data();
  }
  explicit Atom(const char* value) : Atom(std::string_view(value)) {}
  explicit Atom(const Uuid& value) : type_(AtomType::Uuid) { body_.uuid = value; }
  // 0, 0.0, false, "" or the zero UUID.
  static Atom default_of(AtomType type);

  AtomType type() const { return type_; }
  std::int64_t integer() const {
    OVS_ASSERT(type_ == AtomType::Integer);
    return body_.integer;
  }
  double real() const {
    OVS_ASSERT(type_ == AtomType::Real);
    return body_.real;
  }
  bool boolean() const {
    OVS_ASSERT(type_ == AtomType::Boolean);
    return body_.boolean;
  }
  std::string_view string() const {
    OVS_ASSERT(type_ == AtomType::String);
    return {body_.text, size_};
  }
  const Uuid& uuid() const {
    OVS_ASSERT(type_ == AtomType::Uuid);
    return body_.uuid;
  }

  // Of atoms of one type: negative, zero or positive. Strings compare as bytes, UUIDs as numbers.
  static int compare(const Atom& a, const Atom& b);
  friend bool operator==(const Atom& a, const Atom& b) { return compare(a, b) == 0; }
  friend bool operator<(const Atom& a, const Atom& b) { return compare(a, b) < 0; }
  std::size_t hash() const;

 private:
  union Body {
    Body() {}
    std::int64_t integer;
    double real;
    bool boolean;
    const char* text;
    Uuid uuid;
  };
  AtomType type_;
  std::uint32_t size_ = 0;
  Body body_;
};

}  // namespace ovs::ovsdb
