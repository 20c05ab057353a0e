// Text to Json: a whole document at once, or documents out of a byte stream as they complete. Any
// bytes give a value or an error. OVSDB's number rules: a number that is exactly a 64-bit integer,
// however written, is an integer.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "wire/json/json.h"

namespace ovs::wire {

struct JsonError {
  std::string text;  // "line 0, column 3, byte 3: invalid escape"
};
template <class T>
using JsonResult = Result<T, JsonError>;

inline constexpr int kMaxJsonDepth = 1000;
// A peer that never closes its bracket must not fill our memory.
inline constexpr std::size_t kMaxJsonDocument = std::size_t{1} << 30;

// One document with nothing but blanks around it.
JsonResult<Json> parse_json(std::string_view text);

// Finds documents (objects or arrays) in a stream that arrives in pieces.
class JsonStream {
 public:
  void feed(std::string_view bytes);
  // The next complete document, Json null when more bytes are needed. After an error the stream is
  // unusable.
  JsonResult<Json> next();
  bool has_partial() const { return end_ < buffer_.size(); }

 private:
  bool scan();  // true when [start_, scanned_) is a whole document
  void compact();

  std::string buffer_;
  std::size_t start_ = 0;    // of the document being read
  std::size_t scanned_ = 0;  // bytes looked at
  std::size_t end_ = 0;      // end of the last document returned
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace ovs::wire
