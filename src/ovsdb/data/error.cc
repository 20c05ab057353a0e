// See error.h.
#include "ovsdb/data/error.h"

#include <cstring>

#include "ovsdb/data/cat.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {

struct DbError::Body {
  std::string tag, details, syntax, io;
};

void DbError::release() noexcept {
  delete body_;
}

DbError::DbError(std::string_view tag, std::string details)
    : body_(new Body{std::string(tag), std::move(details), {}, {}}) {}

DbError DbError::clone() const {
  DbError copy;
  if (body_) copy.body_ = new Body(*body_);
  return copy;
}

DbError DbError::syntax(const Json& at, std::string details, std::string_view tag) {
  DbError error(tag, std::move(details));
  error.body_->syntax = wire::json_text(at, wire::JsonStyle::Compact, wire::JsonOrder::Sorted);
  return error;
}

DbError DbError::syntax(std::string details) {
  return DbError("syntax error", std::move(details));
}

DbError DbError::io(int error_number, std::string details) {
  DbError error("I/O error", std::move(details));
  error.body_->io = error_number == 0 ? "End of file" : std::strerror(error_number);
  return error;
}

DbError DbError::wrapped(std::string context) const {
  DbError copy = clone();
  copy.body_->details =
      copy.body_->details.empty() ? std::move(context) : cat(context, ": ", copy.body_->details);
  return copy;
}

std::string_view DbError::tag() const {
  return body_ ? std::string_view(body_->tag) : std::string_view();
}

std::string_view DbError::details() const {
  return body_ ? std::string_view(body_->details) : std::string_view();
}

Json DbError::to_json() const {
  if (!body_) return Json();
  JsonObject object;
  object.append("error", body_->tag);
  if (!body_->details.empty()) object.append("details", body_->details);
  if (!body_->syntax.empty()) object.append("syntax", body_->syntax);
  if (!body_->io.empty()) object.append("io-error", body_->io);
  return Json(std::move(object));
}

std::string DbError::to_text() const {
  if (!body_) return "no error";
  std::string out;
  if (!body_->syntax.empty()) out = cat("syntax \"", body_->syntax, "\": ");
  out += body_->tag;
  if (!body_->details.empty()) out += cat(": ", body_->details);
  if (!body_->io.empty()) out += cat(" (", body_->io, ")");
  return out;
}

}  // namespace ovs::ovsdb
