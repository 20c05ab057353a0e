// Schemas, and the Open_vSwitch schema that our table makes.
#include <doctest/doctest.h>

#include "ovsdb/schema/schema.h"
#include "ovsdb/schema/vswitch.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

using namespace ovs::ovsdb;

TEST_CASE("Schema: the Open_vSwitch schema has its tables and columns, and survives a round trip") {
  const Schema schema = vswitch::make_schema();
  CHECK(schema.tables.size() == 19);
  std::size_t columns = 0;
  for (const TableSchema& table : schema.tables) columns += table.columns.size() - kFirstColumn;
  CHECK(columns == 190);
  auto again = Schema::parse(*ovs::wire::parse_json(vswitch::schema_file_text()));
  REQUIRE(again.ok());
  CHECK(*again == schema);
}

TEST_CASE("Schema: malformed ones are refused with a reason") {
  const auto refusal = [](const char* text) {
    auto schema = Schema::parse(*ovs::wire::parse_json(text));
    return schema ? std::string("accepted") : std::string(schema.error().details());
  };
  CHECK(refusal(R"({"name":"d","tables":{"_t":{"columns":{"c":{"type":"string"}}}}})") ==
        "names beginning with \"_\" are reserved");
  CHECK(refusal(R"({"name":"d","version":"1.2","tables":{}})") ==
        "schema version \"1.2\" not in format x.y.z");
  CHECK(refusal(R"({"name":"d","tables":{"t":{"columns":{}}}})") ==
        "table must have at least one column");
  CHECK(refusal(
            R"({"name":"d","tables":{"t":{"columns":
                     {"c":{"type":{"key":{"type":"uuid","refTable":"u"}}}}}}})") ==
        "column c key refers to undefined table u");
}
