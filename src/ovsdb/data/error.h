// An OVSDB error as RFC 7047 carries it: a tag ("constraint violation"), details for people, and
// the JSON at fault.
#pragma once
#include <string>
#include <string_view>
#include <utility>

#include "base/core/result.h"
#include "wire/json/json.h"

namespace ovs::ovsdb {

using wire::Json;
using wire::JsonArray;
using wire::JsonObject;

class DbError {
 public:
  DbError() = default;  // no error: what a successful Result<void, DbError> holds
  DbError(std::string_view tag, std::string details);
  DbError(DbError&& other) noexcept : body_(std::exchange(other.body_, nullptr)) {}
  DbError& operator=(DbError&& other) noexcept {
    std::swap(body_, other.body_);
    return *this;
  }
  ~DbError() {
    if (body_ != nullptr) release();
  }
  DbError clone() const;

  // A "syntax error", or another tag, about a piece of JSON.
  static DbError syntax(const Json& at, std::string details, std::string_view tag = "syntax error");
  static DbError syntax(std::string details);  // about no piece in particular
  // "ovsdb error" with details.
  static DbError general(std::string details) { return DbError("ovsdb error", std::move(details)); }
  // An operating system's error; 0 is the end of a file.
  static DbError io(int error_number, std::string details);
  // This error, its text put after `context` and a colon.
  DbError wrapped(std::string context) const;

  explicit operator bool() const { return body_ != nullptr; }
  std::string_view tag() const;
  std::string_view details() const;
  Json to_json() const;
  std::string to_text() const;  // syntax "...": tag: details

 private:
  struct Body;
  void release() noexcept;
  Body* body_ = nullptr;  // none: no error
};

template <class T>
using DbResult = Result<T, DbError>;

}  // namespace ovs::ovsdb
