// JSON by OVSDB's rules: numbers, strings, framing.
#include <doctest/doctest.h>

#include <string>

#include "wire/json/json.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

using namespace ovs::wire;

namespace {

// What comes back from a round trip, or "refused".
std::string again(std::string_view text) {
  auto json = parse_json(text);
  return json ? json_text(*json) : "refused";
}

std::string number(std::string text) {
  const std::string out = again("[" + text + "]");
  return out.size() > 2 && out[0] == '[' ? out.substr(1, out.size() - 2) : out;
}

}  // namespace

TEST_CASE("Json: what denotes a 64-bit integer is an integer, however it is written") {
  CHECK(number("1.0") == "1");
  CHECK(number("1e3") == "1000");
  CHECK(number("-0.0") == "0");
  CHECK(number("9007199254740993.0") == "9007199254740993");
  CHECK(number("12345678901234567890e-1") == "1234567890123456789");
  CHECK(number("9223372036854775807") == "9223372036854775807");
  CHECK(number("-9223372036854775808") == "-9223372036854775808");
  CHECK(number("92233720368547758070000e-4") == "9223372036854775807");
}

TEST_CASE("Json: other numbers are doubles of fifteen digits") {
  CHECK(number("9223372036854775808") == "9.22337203685478e+18");
  CHECK(number("18446744073709551616") == "1.84467440737096e+19");
  CHECK(number("0.30000000000000004") == "0.3");
  CHECK(number("1.5") == "1.5");
  CHECK(number("1e-400") == "0");
  CHECK(number("1e400") == "refused");
  CHECK(number("100000000000000000000000000000001") == "1e+32");
}

TEST_CASE("Json: malformed numbers are refused") {
  for (const char* text : {"01", "1.", ".5", "-", "+1", "1e", "1e+", "0x1", "1-2", "1e99999"}) {
    CAPTURE(text);
    CHECK(number(text) == "refused");
  }
}

TEST_CASE("Json: strings pass bytes through and escape only what they must") {
  CHECK(again(R"(["\u0041\n\/\"\\\u001f"])") == R"(["A\n/\"\\\u001f"])");
  CHECK(again("[\"\x7f\xff\xc3\xa9\"]") == "[\"\x7f\xff\xc3\xa9\"]");
  CHECK(again(R"(["\ud834\udd1e"])") == "[\"\xf0\x9d\x84\x9e\"]");
  CHECK(again(R"(["\u0000"])") == "refused");
  CHECK(again(R"(["\ud834"])") == "refused");
  CHECK(again(R"(["\udd1e"])") == "refused");
  CHECK(again("[\"a\tb\"]") == "refused");
  CHECK(again("[\"a") == "refused");
}

TEST_CASE("Json: of members with one name the last stays") {
  CHECK(again(R"({"a":1,"b":2,"a":3})") == R"({"b":2,"a":3})");
}

TEST_CASE("Json: an object of many members finds each") {
  JsonObject object;
  for (int i = 0; i < 100; ++i) object.set("k" + std::to_string(i * 7 % 100), i);
  CHECK(object.count() == 100);
  for (int i = 0; i < 100; ++i) CHECK(object.find("k" + std::to_string(i)) != nullptr);
  CHECK(object.find("k100") == nullptr);
  CHECK(object.take("k14").integer() == 2);
  CHECK(object.find("k14") == nullptr);
  CHECK(object.count() == 99);
}

TEST_CASE("Json: depth is limited") {
  CHECK(again(std::string(1000, '[') + std::string(1000, ']')) != "refused");
  CHECK(again(std::string(1001, '[') + std::string(1001, ']')) == "refused");
}

TEST_CASE("Json: pretty text is indented by two and sorted when asked") {
  auto json = parse_json(R"({"b":[1,2],"a":{}})");
  CHECK(json_text(*json, JsonStyle::Pretty, JsonOrder::Sorted) ==
        "{\n  \"a\": {\n    },\n  \"b\": [\n    1,\n    2]}");
}

TEST_CASE("Json: equality ignores the order of members") {
  CHECK(*parse_json(R"({"a":1,"b":[null,true]})") == *parse_json(R"({"b":[null,true],"a":1})"));
  CHECK_FALSE(*parse_json(R"({"a":1})") == *parse_json(R"({"a":2})"));
}

TEST_CASE("JsonStream: documents come out as they complete, whatever the pieces") {
  const std::string text = R"({"a":"}\"{"} [1,[2]]  {"b":"\\"} )";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    JsonStream stream;
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece) {
      stream.feed(std::string_view(text).substr(at, piece));
      for (;;) {
        auto next = stream.next();
        REQUIRE(next.ok());
        if (next->is_null()) break;
        out += json_text(*next);
      }
    }
    CHECK(out == R"({"a":"}\"{"}[1,[2]]{"b":"\\"})");
    CHECK_FALSE(stream.has_partial());
  }
}

TEST_CASE("JsonStream: what cannot begin a document is refused at once") {
  JsonStream stream;
  stream.feed("  x");
  CHECK_FALSE(stream.next().ok());
}
