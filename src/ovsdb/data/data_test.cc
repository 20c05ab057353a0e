// Atoms, datums and types: their forms in JSON and in text, and the algebra of sets and maps.
#include <doctest/doctest.h>

#include "ovsdb/data/datum.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/data/text_form.h"
#include "ovsdb/data/type.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

using namespace ovs::ovsdb;

namespace {

// Types are objects; texts of scalars come in brackets because documents are containers.
ColumnType type_of(std::string_view text) {
  auto json = ovs::wire::parse_json(text);
  auto type = ColumnType::parse(json->is_array() ? json->elements()[0] : *json);
  OVS_ASSERT(type.ok());  // also called before doctest runs
  return std::move(*type);
}

std::string json_again(const ColumnType& type, std::string_view text) {
  auto json = ovs::wire::parse_json(std::string("[") + std::string(text) + "]");
  REQUIRE(json.ok());
  auto datum = datum_from_json(type, json->elements()[0], nullptr);
  if (!datum) return datum.error().to_text();
  std::string written;
  append_datum_json(written, *datum);
  CHECK(written == ovs::wire::json_text(datum_to_json(*datum)));
  return written;
}

Datum read(const ColumnType& type, std::string_view text) {
  auto datum = parse_datum(type, text, nullptr);
  REQUIRE(datum.ok());
  return *datum;
}

std::string text_again(const ColumnType& type, std::string_view text) {
  auto datum = parse_datum(type, text, nullptr);
  return datum ? datum_text(*datum) : datum.error().text;
}

const ColumnType kIntegers = type_of(R"({"key":"integer","min":0,"max":"unlimited"})");
const ColumnType kStrings = type_of(R"({"key":"string","min":0,"max":"unlimited"})");
const ColumnType kMap = type_of(R"({"key":"string","value":"string","min":0,"max":"unlimited"})");

}  // namespace

TEST_CASE("Datum: JSON comes back sorted") {
  CHECK(json_again(kIntegers, R"(["set",[3,1,2]])") == R"(["set",[1,2,3]])");
  CHECK(json_again(kIntegers, "7") == "7");
  CHECK(json_again(kIntegers, R"(["set",[]])") == R"(["set",[]])");
  CHECK(json_again(kMap, R"(["map",[["b","2"],["a","a long string, not in place"]]])") ==
        R"(["map",[["a","a long string, not in place"],["b","2"]]])");
}

TEST_CASE("Datum: duplicates and foreign types are refused") {
  CHECK(json_again(kIntegers, R"(["set",[1,1]])") == "ovsdb error: set contains duplicate");
  CHECK(json_again(kMap, R"(["map",[["a","1"],["a","2"]]])") ==
        "ovsdb error: map contains duplicate key");
  CHECK(json_again(kIntegers, R"("x")") == "syntax \"\"x\"\": syntax error: expected integer");
}

TEST_CASE("Type: constraints are checked and explained") {
  const ColumnType vlan =
      type_of(R"({"key":{"type":"integer","minInteger":0,"maxInteger":4095},"min":0,"max":1})");
  CHECK(json_again(vlan, "4096") ==
        "constraint violation: 4096 is not in the valid range 0 to 4095 (inclusive)");
  const ColumnType mode = type_of(R"({"key":{"type":"string","enum":["set",["up","down"]]}})");
  CHECK(json_again(mode, R"("left")") ==
        "constraint violation: left is not one of the allowed values ([down, up])");
  const ColumnType name = type_of(R"({"key":{"type":"string","maxLength":3}})");
  CHECK(json_again(name, "\"\xc3\xa4\xc3\xb6\xc3\xbc\"") == "\"\xc3\xa4\xc3\xb6\xc3\xbc\"");
  CHECK(json_again(name, R"("abcd")") ==
        "constraint violation: \"abcd\" length 4 is greater than maximum allowed length 3");
}

TEST_CASE("Type: JSON survives a round trip") {
  for (const char* text :
       {R"({"key":{"type":"uuid","refTable":"Port","refType":"weak"},"min":0,"max":"unlimited"})",
        R"({"key":{"type":"real","minReal":1.5},"max":3})",
        R"({"key":"integer","value":{"type":"string","minLength":1},"min":0,"max":"unlimited"})"}) {
    CAPTURE(text);
    CHECK(ovs::wire::json_text(type_of(text).to_json()) == text);
  }
}

TEST_CASE("Text form: sets, maps, ranges and quotes") {
  CHECK(text_again(kIntegers, "3,1 2") == "[1, 2, 3]");
  CHECK(text_again(kIntegers, "[5-8, -2]") == "[-2, 5, 6, 7, 8]");
  CHECK(text_again(kStrings, R"(["a b", c, "true"])") == R"(["a b", c, "true"])");
  CHECK(text_again(kMap, "{k=v, \"a:b\"=\"\"}") == R"({"a:b"="", k=v})");
  CHECK(text_again(kMap, "{}") == "{}");
  CHECK(text_again(kStrings, "[a") == "[a: missing \"]\" at end of data");
  CHECK(text_again(kMap, "a") == "a: syntax error at \"\" expecting \"=\"");
  CHECK(text_again(kIntegers, "5-1") ==
        "\"5-1\" is not a valid range. Range end cannot be before start.");
}

TEST_CASE("Datum: union keeps the first value of a key, subtraction looks at pairs") {
  CHECK(datum_text(datum_union(read(kMap, "{a=1}"), read(kMap, "{a=2, b=3}"))) ==
        "{a=\"1\", b=\"3\"}");
  CHECK(datum_text(datum_subtract(read(kMap, "{a=1, b=2}"), read(kMap, "{a=1, b=3}"))) ==
        "{b=\"2\"}");
  CHECK(datum_text(datum_subtract(read(kIntegers, "1,2,3"), read(kIntegers, "2,9"))) == "[1, 3]");
}

TEST_CASE("Datum: applying a difference to the old value gives the new one") {
  const char* maps[] = {"{}", "{a=1}", "{a=2}", "{a=1, b=2}", "{b=2, c=3}"};
  for (const char* from : maps) {
    for (const char* to : maps) {
      const Datum diff = datum_diff(read(kMap, from), read(kMap, to), DiffOf::Collection);
      CHECK(datum_apply_diff(read(kMap, from), diff, DiffOf::Collection) == read(kMap, to));
    }
  }
  const Datum diff = datum_diff(read(kIntegers, "1,2"), read(kIntegers, "2,3"), DiffOf::Collection);
  CHECK(datum_text(diff) == "[1, 3]");
}

TEST_CASE("Datum: copies share what does not fit in place") {
  Datum copy;
  {
    const Datum original = Datum::scalar("a string longer than eight bytes");
    copy = original;
    CHECK(copy.key(0).string().data() == original.key(0).string().data());
  }
  CHECK(copy.key(0).string() == "a string longer than eight bytes");
}

TEST_CASE("Uuid: text is read and written, and random ones are version 4") {
  Uuid uuid;
  REQUIRE(Uuid::parse("01234567-89ab-cdef-0123-456789ABCDEF", uuid));
  CHECK(uuid.text() == "01234567-89ab-cdef-0123-456789abcdef");
  CHECK_FALSE(Uuid::parse("01234567-89ab-cdef-0123-456789abcdeg", uuid));
  CHECK_FALSE(Uuid::parse("0123456789abcdef0123456789abcdef0123", uuid));
  CHECK(UuidSource(7).next().text()[14] == '4');
}
