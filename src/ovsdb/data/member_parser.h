// Reads an object's members by name and kind, and in the end refuses those nobody asked for. The
// first error stays.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/data/error.h"

namespace ovs::ovsdb {

// A letter or underscore, then letters, digits and underscores.
bool is_id(std::string_view text);

class MemberParser {
 public:
  // Kinds that a member may have; a sum of these.
  enum : unsigned {
    kBoolean = 1,
    kInteger = 2,
    kReal = 4,
    kNumber = kInteger | kReal,
    kString = 8,
    kArray = 16,
    kObject = 32,
    kId = 64,  // a string that is_id()
    kNull = 128,
    kAny = kBoolean | kNumber | kString | kArray | kObject | kNull,
    kOptional = 256,
  };

  // `what` is named in errors: "Parsing <what> failed: ...".
  MemberParser(const Json& json, std::string what);
  // Null if absent (an error unless kOptional) or of another kind.
  const Json* member(std::string_view name, unsigned kinds);
  void fail(std::string message);  // unless there already is an error
  bool failed() const { return static_cast<bool>(error_); }
  const Json& json() const { return json_; }
  DbError error() const { return error_.clone(); }
  DbError finish();  // an empty DbError if all is well

 private:
  const Json& json_;
  std::string what_;
  std::vector<std::string_view> used_;
  DbError error_;
};

}  // namespace ovs::ovsdb
