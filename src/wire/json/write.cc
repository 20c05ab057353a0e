// Json to text.
#include "wire/json/write.h"

#include <charconv>
#include <cstring>

namespace ovs::wire {
namespace {

// For each byte: 0 if it stands for itself, 'u' if \u00xx, else the letter of its short escape.
struct EscapeTable {
  char of[256] = {};
  constexpr EscapeTable() {
    for (int c = 0; c < 0x20; ++c) of[c] = 'u';
    of[static_cast<int>('"')] = '"';
    of[static_cast<int>('\\')] = '\\';
    of[static_cast<int>('\b')] = 'b';
    of[static_cast<int>('\f')] = 'f';
    of[static_cast<int>('\n')] = 'n';
    of[static_cast<int>('\r')] = 'r';
    of[static_cast<int>('\t')] = 't';
  }
};
constexpr EscapeTable kEscape;

class Writer {
 public:
  Writer(std::string& out, JsonStyle style, JsonOrder order)
      : out_(out), pretty_(style == JsonStyle::Pretty), order_(order) {}

  void value(const Json& json) {
    switch (json.kind()) {
      case Json::Kind::Null: out_ += "null"; return;
      case Json::Kind::Boolean: out_ += json.boolean() ? "true" : "false"; return;
      case Json::Kind::Integer: append_json_integer(out_, json.integer()); return;
      case Json::Kind::Real: append_json_real(out_, json.real()); return;
      case Json::Kind::String: append_json_string(out_, json.string()); return;
      case Json::Kind::Array: array(json.elements()); return;
      case Json::Kind::Object: object(json.members()); return;
    }
  }

 private:
  void line() {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(2 * depth_, ' ');
  }

  void array(const JsonArray& elements) {
    out_ += '[';
    ++depth_;
    if (!elements.empty()) line();
    for (std::size_t i = 0; i < elements.size(); ++i) {
      if (i > 0) {
        out_ += ',';
        line();
      }
      value(elements[i]);
    }
    --depth_;
    out_ += ']';
  }

  void member(const JsonObject::Member& each, bool first) {
    if (!first) {
      out_ += ',';
      line();
    }
    append_json_string(out_, each.name);
    out_ += pretty_ ? ": " : ":";
    value(each.value);
  }

  void object(const JsonObject& members) {
    out_ += '{';
    ++depth_;
    line();
    bool first = true;
    if (order_ == JsonOrder::Sorted) {
      for (std::uint32_t index : members.sorted()) {
        member(members.begin()[index], first);
        first = false;
      }
    } else {
      for (const JsonObject::Member& each : members) {
        member(each, first);
        first = false;
      }
    }
    --depth_;
    out_ += '}';
  }

  std::string& out_;
  const bool pretty_;
  const JsonOrder order_;
  std::size_t depth_ = 0;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // start of the run not yet copied
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const char escape = kEscape.of[byte];
    if (escape == 0) continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    out += '\\';
    out += escape;
    if (escape != 'u') continue;
    out += "00";
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  out.append(text, plain);
  out += '"';
}

void append_json_integer(std::string& out, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_json_real(std::string& out, double value) {
  char digits[32];
  const auto end =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 15).ptr;
  out.append(digits, end);
}

void append_json(std::string& out, const Json& value, JsonStyle style, JsonOrder order) {
  Writer(out, style, order).value(value);
}

std::string json_text(const Json& value, JsonStyle style, JsonOrder order) {
  std::string out;
  append_json(out, value, style, order);
  return out;
}

}  // namespace ovs::wire
