// See member_parser.h.
#include "ovsdb/data/member_parser.h"

#include <algorithm>

#include "ovsdb/data/cat.h"

namespace ovs::ovsdb {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

unsigned kinds_of(const Json& json) {
  switch (json.kind()) {
    case Json::Kind::Null: return MemberParser::kNull;
    case Json::Kind::Boolean: return MemberParser::kBoolean;
    case Json::Kind::Integer: return MemberParser::kInteger;
    case Json::Kind::Real: return MemberParser::kReal;
    case Json::Kind::String:
      return MemberParser::kString | (is_id(json.string()) ? MemberParser::kId : 0u);
    case Json::Kind::Array: return MemberParser::kArray;
    case Json::Kind::Object: return MemberParser::kObject;
  }
  return 0;
}

}  // namespace

bool is_id(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

MemberParser::MemberParser(const Json& json, std::string what)
    : json_(json), what_(std::move(what)) {
  if (!json.is_object()) fail("Object expected.");
}

const Json* MemberParser::member(std::string_view name, unsigned kinds) {
  if (!json_.is_object()) return nullptr;
  const Json* value = json_.find(name);
  if (value == nullptr) {
    if ((kinds & kOptional) == 0) fail(cat("Required '", name, "' member is missing."));
    return nullptr;
  }
  if ((kinds_of(*value) & kinds) == 0) {
    fail(cat("Type mismatch for member '", name, "'."));
    return nullptr;
  }
  used_.push_back(name);
  return value;
}

void MemberParser::fail(std::string message) {
  if (failed()) return;
  error_ = DbError::syntax(json_, cat("Parsing ", what_, " failed: ", message));
}

DbError MemberParser::finish() {
  if (failed()) return std::move(error_);
  std::size_t others = 0;
  std::string_view first;
  for (const JsonObject::Member& each : json_.members()) {
    if (std::find(used_.begin(), used_.end(), each.name) != used_.end()) continue;
    if (others++ == 0) first = each.name;
  }
  if (others == 1) fail(cat("Member '", first, "' is present but not allowed here."));
  if (others > 1) {
    fail(cat("Member '", first, "' and ", others - 1, " other member", others > 2 ? "s" : "",
             " are present but not allowed here."));
  }
  return std::move(error_);
}

}  // namespace ovs::ovsdb
