// See atom.h.
#include "ovsdb/data/atom.h"

#include <cstring>
#include <functional>

namespace ovs::ovsdb {
namespace {

constexpr std::string_view kNames[] = {"void", "integer", "real", "boolean", "string", "uuid"};

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

std::string_view atom_type_name(AtomType type) {
  return kNames[static_cast<std::size_t>(type)];
}

bool parse_atom_type(std::string_view name, AtomType& out) {
  for (std::size_t i = 1; i < std::size(kNames); ++i) {
    if (kNames[i] != name) continue;
    out = static_cast<AtomType>(i);
    return true;
  }
  return false;
}

Atom Atom::default_of(AtomType type) {
  switch (type) {
    case AtomType::Void: return Atom();
    case AtomType::Integer: return Atom(std::int64_t{0});
    case AtomType::Real: return Atom(0.0);
    case AtomType::Boolean: return Atom(false);
    case AtomType::String: return Atom(std::string_view(""));
    case AtomType::Uuid: return Atom(ovsdb::Uuid());
  }
  return Atom();
}

int Atom::compare(const Atom& a, const Atom& b) {
  OVS_ASSERT(a.type_ == b.type_);
  switch (a.type_) {
    case AtomType::Void: return 0;
    case AtomType::Integer: return three_way(a.body_.integer, b.body_.integer);
    case AtomType::Real: return three_way(a.body_.real, b.body_.real);
    case AtomType::Boolean: return three_way(a.body_.boolean, b.body_.boolean);
    case AtomType::String: return a.string().compare(b.string());
    case AtomType::Uuid: return three_way(a.body_.uuid, b.body_.uuid);
  }
  return 0;
}

std::size_t Atom::hash() const {
  switch (type_) {
    case AtomType::Void: return 0;
    case AtomType::Integer: return std::hash<std::int64_t>()(body_.integer * 0x9e3779b9);
    case AtomType::Real: return std::hash<double>()(body_.real);
    case AtomType::Boolean: return body_.boolean;
    case AtomType::String: return std::hash<std::string_view>()(string());
    case AtomType::Uuid: return UuidHash()(body_.uuid);
  }
  return 0;
}

}  // namespace ovs::ovsdb
