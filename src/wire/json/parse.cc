// Text to Json: a recursive parser of limited depth, and the framing scanner of JsonStream.
#include "wire/json/parse.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "wire/json/number.h"

namespace ovs::wire {
namespace {

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

void append_utf8(std::string& out, unsigned code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
  }
  out += static_cast<char>(0x80 | (code & 0x3f));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  JsonResult<Json> document() {
    blanks();
    if (at_end()) return error("empty input stream");
    if (text_[at_] != '{' && text_[at_] != '[') return error("syntax error at beginning of input");
    OVS_TRY(Json json, value());
    blanks();
    if (!at_end()) return error("trailing garbage at end of input");
    return json;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  void blanks() {
    while (!at_end() && is_blank(text_[at_])) ++at_;
  }
  bool take(char c) {
    if (at_end() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  JsonError error(std::string what) const {
    std::size_t line = 0, column = 0;
    for (std::size_t i = 0; i < at_ && i < text_.size(); ++i) {
      line += text_[i] == '\n';
      column = text_[i] == '\n' ? 0 : column + 1;
    }
    return {"line " + std::to_string(line) + ", column " + std::to_string(column) + ", byte " +
            std::to_string(at_) + ": " + what};
  }

  JsonResult<Json> value() {
    blanks();
    if (at_end()) return error("unexpected end of input");
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return string_value();
    }
    if (c == '{' || c == '[') {
      if (++depth_ > kMaxJsonDepth) {
        return error("input exceeds maximum nesting depth " + std::to_string(kMaxJsonDepth));
      }
      ++at_;
      auto nested = c == '{' ? object() : array();
      --depth_;
      return nested;
    }
    if (c == '-' || (c >= '0' && c <= '9')) return number();
    if (c >= 'a' && c <= 'z') return keyword();
    return error("syntax error expecting value");
  }

  JsonResult<Json> keyword() {
    std::size_t end = at_;
    while (end < text_.size() && ((text_[end] | 0x20) >= 'a' && (text_[end] | 0x20) <= 'z')) ++end;
    const std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    if (word == "true") return Json(true);
    if (word == "false") return Json(false);
    if (word == "null") return Json();
    return error("invalid keyword '" + std::string(word) + "'");
  }

  JsonResult<Json> number() {
    std::size_t end = at_;
    while (end < text_.size() && is_number_byte(text_[end])) ++end;
    const std::string_view token = text_.substr(at_, end - at_);
    at_ = end;
    Json json;
    if (const char* refusal = parse_json_number(token, json)) return error(refusal);
    return json;
  }

  JsonResult<Json> array() {
    JsonArray elements;
    blanks();
    if (take(']')) return Json(std::move(elements));
    for (;;) {
      OVS_TRY(Json element, value());
      elements.push_back(std::move(element));
      blanks();
      if (take(']')) return Json(std::move(elements));
      if (!take(',')) return error("syntax error expecting ']' or ','");
    }
  }

  JsonResult<Json> object() {
    JsonObject members;
    blanks();
    if (take('}')) return Json(std::move(members));
    for (;;) {
      blanks();
      if (!take('"')) return error("syntax error parsing object expecting string");
      std::string name;
      std::string_view plain;
      OVS_TRY(auto whole, string_body(plain, name));
      blanks();
      if (!take(':')) return error("syntax error parsing object expecting ':'");
      OVS_TRY(Json member, value());
      members.append(whole == Body::Plain ? plain : std::string_view(name), std::move(member));
      blanks();
      if (take('}')) break;
      if (!take(',')) return error("syntax error expecting '}' or ','");
    }
    members.drop_duplicates();
    return Json(std::move(members));
  }

  JsonResult<Json> string_value() {
    std::string_view plain;
    std::string decoded;
    OVS_TRY(auto body, string_body(plain, decoded));
    return Json(body == Body::Plain ? plain : std::string_view(decoded));
  }

  enum class Body : bool { Plain, Decoded };
  // After the opening quote. Without escapes the text is used where it lies.
  JsonResult<Body> string_body(std::string_view& plain, std::string& decoded) {
    const std::size_t start = at_;
    std::size_t run = at_;
    Body body = Body::Plain;
    for (;;) {
      if (at_end()) return error("unexpected end of input in quoted string");
      const char c = text_[at_];
      if (c == '"') break;
      if (static_cast<unsigned char>(c) < 0x20) return control_error(c);
      ++at_;
      if (c != '\\') continue;
      body = Body::Decoded;
      decoded.append(text_, run, at_ - 1 - run);
      OVS_TRY(escape(decoded));
      run = at_;
    }
    if (body == Body::Plain) {
      plain = text_.substr(start, at_ - start);
    } else {
      decoded.append(text_, run, at_ - run);
    }
    ++at_;
    return body;
  }

  JsonError control_error(char c) const {
    static constexpr char kHex[] = "0123456789ABCDEF";
    std::string code = "U+00";
    code += kHex[static_cast<unsigned char>(c) >> 4];
    code += kHex[c & 15];
    return error(code + " must be escaped in quoted string");
  }

  Result<void, JsonError> escape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    if (at_end()) return error("unexpected end of input in quoted string");
    const char c = text_[at_++];
    if (c == 'u') return unicode_escape(out);
    const std::size_t which = kLetters.find(c);
    if (which == kLetters.npos) return error(std::string("bad escape \\") + c);
    out += kMeanings[which];
    return kOk;
  }

  JsonResult<unsigned> four_hex() {
    if (text_.size() - at_ < 4) return error("quoted string ends within \\u escape");
    unsigned code = 0;
    const char* first = text_.data() + at_;
    const auto done = std::from_chars(first, first + 4, code, 16);
    if (done.ec != std::errc() || done.ptr != first + 4) return error("malformed \\u escape");
    at_ += 4;
    return code;
  }

  Result<void, JsonError> unicode_escape(std::string& out) {
    OVS_TRY(unsigned code, four_hex());
    if (code == 0) return error("null bytes not supported in quoted strings");
    if (code >= 0xdc00 && code < 0xe000) return error("malformed \\u escape: lone trail surrogate");
    if (code >= 0xd800 && code < 0xdc00) {
      if (text_.substr(at_, 2) != "\\u") return error("malformed escaped surrogate pair");
      at_ += 2;
      OVS_TRY(unsigned low, four_hex());
      if (low < 0xdc00 || low >= 0xe000) {
        return error("second half of escaped surrogate pair is not trailing surrogate");
      }
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(out, code);
    return kOk;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

JsonResult<Json> parse_json(std::string_view text) {
  return Parser(text).document();
}

void JsonStream::feed(std::string_view bytes) {
  compact();
  buffer_.append(bytes);
}

// What was returned is dropped before more is added, so the buffer holds one document and what came
// with it.
void JsonStream::compact() {
  if (end_ == 0) return;
  buffer_.erase(0, end_);
  scanned_ -= end_;
  start_ = start_ >= end_ ? start_ - end_ : 0;
  end_ = 0;
}

bool JsonStream::scan() {
  for (; scanned_ < buffer_.size(); ++scanned_) {
    const char c = buffer_[scanned_];
    if (in_string_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_string_ = false;
      }
      continue;
    }
    if (c == '"') in_string_ = true;
    if (c == '{' || c == '[') ++depth_;
    if (c != '}' && c != ']') continue;
    if (depth_ > 0) --depth_;
    if (depth_ > 0) continue;
    ++scanned_;
    return true;
  }
  return false;
}

JsonResult<Json> JsonStream::next() {
  if (scanned_ == end_) {
    while (end_ < buffer_.size() && is_blank(buffer_[end_])) ++end_;
    start_ = scanned_ = end_;
    if (end_ == buffer_.size()) return Json();
    if (buffer_[end_] != '{' && buffer_[end_] != '[') {
      return JsonError{"line 0, column 0, byte 0: syntax error at beginning of input"};
    }
  }
  if (!scan()) {
    if (buffer_.size() - start_ <= kMaxJsonDocument) return Json();
    return JsonError{"document exceeds the maximum size"};
  }
  auto document = parse_json(std::string_view(buffer_).substr(start_, scanned_ - start_));
  end_ = scanned_;
  return document;
}

}  // namespace ovs::wire
