// See json_form.h.
#include "ovsdb/data/json_form.h"

#include "ovsdb/data/cat.h"
#include "ovsdb/data/member_parser.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

// Whether `json` is [name, <kind>]; its second element if so.
const Json* tagged(const Json& json, std::string_view name, Json::Kind kind) {
  if (!json.is_array() || json.elements().size() != 2) return nullptr;
  if (!json.elements()[0].is_string(name) || json.elements()[1].kind() != kind) return nullptr;
  return &json.elements()[1];
}

DbError expected(const Json& json, std::string_view name, std::string_view kind) {
  return DbError::syntax(json, cat("expected [\"", name, "\", <", kind, ">]"));
}

DbResult<Uuid> reference(const BaseType& type, const Json& json, Symbols* symbols) {
  if (symbols == nullptr || tagged(json, "uuid", Json::Kind::String) != nullptr) {
    return uuid_from_json(json);
  }
  const Json* name = tagged(json, "named-uuid", Json::Kind::String);
  if (name == nullptr) return expected(json, "uuid", "string");
  if (!is_id(name->string())) {
    return DbError::syntax(json, "named-uuid string is not a valid <id>");
  }
  Symbol& symbol = symbols->of(name->string());
  symbol.strong_ref |= type.is_strong();
  symbol.weak_ref |= type.is_weak();
  return symbol.uuid;
}

DbResult<Atom> unchecked_atom(const BaseType& type, const Json& json, Symbols* symbols) {
  switch (type.type) {
    case AtomType::Void: break;
    case AtomType::Integer:
      if (json.is_integer()) return Atom(json.integer());
      break;
    case AtomType::Real:
      if (json.is_number()) return Atom(json.real());
      break;
    case AtomType::Boolean:
      if (json.is_boolean()) return Atom(json.boolean());
      break;
    case AtomType::String:
      if (json.is_string()) return Atom(json.string());
      break;
    case AtomType::Uuid: {
      OVS_TRY(Uuid uuid, reference(type, json, symbols));
      return Atom(uuid);
    }
  }
  return DbError::syntax(json, cat("expected ", atom_type_name(type.type)));
}

DbResult<void> check_count(const ColumnType& type, const Json& json, std::size_t count) {
  if (count >= type.min && count <= type.max) return kOk;
  const std::string_view what = type.is_map() ? "map" : "set";
  if (type.min == 1 && type.max == 1) {
    return DbError::syntax(json,
                           cat(what, " must have exactly one member but ", count, " are present"));
  }
  return DbError::syntax(json, cat(what, " must have ", type.min, " to ", type.max, " members but ",
                                   count, " are present"));
}

DbResult<void> add_element(DatumBuilder& out, const ColumnType& type, const Json& json,
                           Symbols* symbols) {
  if (!type.is_map()) {
    OVS_TRY(Atom key, atom_from_json(type.key, json, symbols));
    out.add(key);
    return kOk;
  }
  if (!json.is_array() || json.elements().size() != 2) {
    return DbError::syntax(json, "expected 2-element array");
  }
  OVS_TRY(Atom key, atom_from_json(type.key, json.elements()[0], symbols));
  OVS_TRY(Atom value, atom_from_json(type.value, json.elements()[1], symbols));
  out.add(key, value);
  return kOk;
}

bool looks_like_set(const Json& json) {
  return json.is_array() && !json.elements().empty() && json.elements()[0].is_string("set");
}

}  // namespace

DbResult<Uuid> uuid_from_json(const Json& json) {
  const Json* text = tagged(json, "uuid", Json::Kind::String);
  if (text == nullptr) return expected(json, "uuid", "string");
  Uuid uuid;
  if (Uuid::parse(text->string(), uuid)) return uuid;
  return DbError::syntax(json, cat('"', text->string(), "\" is not a valid UUID"));
}

DbResult<Atom> atom_from_json(const BaseType& type, const Json& json, Symbols* symbols) {
  OVS_TRY(Atom atom, unchecked_atom(type, json, symbols));
  OVS_TRY(type.check(atom));
  return atom;
}

DbResult<Datum> datum_from_json(const ColumnType& type, const Json& json, Symbols* symbols) {
  const bool is_map = type.is_map();
  if (!is_map && !looks_like_set(json)) {
    OVS_TRY(Atom atom, atom_from_json(type.key, json, symbols));
    return Datum::scalar(atom);
  }
  const std::string_view name = is_map ? "map" : "set";
  const Json* inner = tagged(json, name, Json::Kind::Array);
  if (inner == nullptr) return expected(json, name, "array");
  OVS_TRY(check_count(type, json, inner->elements().size()));
  DatumBuilder out(type.key.type, type.value.type);
  for (const Json& element : inner->elements()) OVS_TRY(add_element(out, type, element, symbols));
  if (out.sort_unique() > 0) {
    return DbError::general(is_map ? "map contains duplicate key" : "set contains duplicate");
  }
  return out.build();
}

Json uuid_to_json(const Uuid& uuid) {
  return Json::array("uuid", uuid.text());
}

Json atom_to_json(const Atom& atom) {
  switch (atom.type()) {
    case AtomType::Void: return Json();
    case AtomType::Integer: return Json(atom.integer());
    case AtomType::Real: return Json(atom.real());
    case AtomType::Boolean: return Json(atom.boolean());
    case AtomType::String: return Json(atom.string());
    case AtomType::Uuid: return uuid_to_json(atom.uuid());
  }
  return Json();
}

Json datum_to_json(const Datum& datum) {
  if (!datum.is_map() && datum.count() == 1) return atom_to_json(datum.key(0));
  JsonArray elements;
  elements.reserve(datum.count());
  for (std::size_t i = 0; i < datum.count(); ++i) {
    Json key = atom_to_json(datum.key(i));
    elements.push_back(datum.is_map() ? Json::array(std::move(key), atom_to_json(datum.value(i)))
                                      : std::move(key));
  }
  return Json::array(datum.is_map() ? "map" : "set", Json(std::move(elements)));
}

void append_atom_json(std::string& out, const Atom& atom) {
  switch (atom.type()) {
    case AtomType::Void: out += "null"; return;
    case AtomType::Integer: wire::append_json_integer(out, atom.integer()); return;
    case AtomType::Real: wire::append_json_real(out, atom.real()); return;
    case AtomType::Boolean: out += atom.boolean() ? "true" : "false"; return;
    case AtomType::String: wire::append_json_string(out, atom.string()); return;
    case AtomType::Uuid: break;
  }
  char text[Uuid::kTextSize];
  atom.uuid().write(text);
  out += "[\"uuid\",\"";
  out.append(text, sizeof text);
  out += "\"]";
}

void append_datum_json(std::string& out, const Datum& datum) {
  if (!datum.is_map() && datum.count() == 1) return append_atom_json(out, datum.key(0));
  out += datum.is_map() ? "[\"map\",[" : "[\"set\",[";
  for (std::size_t i = 0; i < datum.count(); ++i) {
    if (i > 0) out += ',';
    if (!datum.is_map()) {
      append_atom_json(out, datum.key(i));
      continue;
    }
    out += '[';
    append_atom_json(out, datum.key(i));
    out += ',';
    append_atom_json(out, datum.value(i));
    out += ']';
  }
  out += "]]";
}

}  // namespace ovs::ovsdb
