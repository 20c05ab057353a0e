// Atoms and datums as RFC 7047 writes them in JSON: ["uuid", "..."], ["set", [...]], ["map", [[key,
// value], ...]].
#pragma once
#include <string>

#include "ovsdb/data/datum.h"
#include "ovsdb/data/error.h"
#include "ovsdb/data/symbols.h"
#include "ovsdb/data/type.h"

namespace ovs::ovsdb {

Json atom_to_json(const Atom& atom);
Json datum_to_json(const Datum& datum);
void append_atom_json(std::string& out, const Atom& atom);
void append_datum_json(std::string& out, const Datum& datum);

// The atom views the Json's string. With `symbols`, ["named-uuid", name] is accepted.
DbResult<Atom> atom_from_json(const BaseType& type, const Json& json, Symbols* symbols);
// Refuses what violates the type's constraints, count included.
DbResult<Datum> datum_from_json(const ColumnType& type, const Json& json, Symbols* symbols);

Json uuid_to_json(const Uuid& uuid);
DbResult<Uuid> uuid_from_json(const Json& json);

}  // namespace ovs::ovsdb
