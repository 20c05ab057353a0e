// Transactions end to end, as the JSON of RFC 7047; files; checksums.
#include <doctest/doctest.h>

#include "ovsdb/engine/execute.h"
#include "ovsdb/engine/sha1.h"
#include "ovsdb/engine/storage.h"
#include "platform/fake/memory_files.h"
#include "platform/fake/virtual_clock.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

using namespace ovs::ovsdb;

namespace {

constexpr const char* kSchema = R"({"name":"d","version":"1.2.3","tables":{
  "parent":{"isRoot":true,"maxRows":3,"indexes":[["name"]],"columns":{
    "name":{"type":"string"},
    "number":{"type":{"key":{"type":"integer","maxInteger":100}}},
    "children":{"type":{"key":{"type":"uuid","refTable":"child"},"min":0,"max":"unlimited"}}}},
  "child":{"columns":{
    "tag":{"type":"string"},
    "friends":{"type":{"key":{"type":"uuid","refTable":"child","refType":"weak"},"min":0,
      "max":"unlimited"}}}}}})";

std::shared_ptr<const Schema> schema() {
  auto parsed = Schema::parse(*ovs::wire::parse_json(kSchema));
  REQUIRE(parsed.ok());
  return std::make_shared<Schema>(std::move(*parsed));
}

struct Fixture {
  Database database{schema()};
  UuidSource uuids{1};

  // Runs operations; what comes back, as text.
  std::string run(const std::string& operations) {
    auto params = ovs::wire::parse_json("[\"d\"," + operations + "]");
    REQUIRE(params.ok());
    return ovs::wire::json_text(Json(execute_and_commit(database, uuids, *params, {})),
                                ovs::wire::JsonStyle::Compact, ovs::wire::JsonOrder::Sorted);
  }
  std::string names() {
    return run(
        R"({"op":"select","table":"parent","where":[],"columns":["name","number"],"sort":["name"]})");
  }
  std::size_t children() { return database.find("child")->count(); }
};

std::string parent(const char* name, const char* more = "") {
  return std::string(R"({"op":"insert","table":"parent","row":{"name":")") + name + "\"" + more +
         "}}";
}

constexpr const char* kChild =
    R"({"op":"insert","table":"child","uuid-name":"c","row":{"tag":"t"}})";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Transaction: what is inserted is selected, and errors undo all") {
  run(parent("b", R"(,"number":2)") + "," + parent("a"));
  CHECK(names() == R"([{"rows":[{"name":"a","number":0},{"name":"b","number":2}]}])");
  run(parent("c") + R"(,{"op":"abort"})");
  CHECK(names() == R"([{"rows":[{"name":"a","number":0},{"name":"b","number":2}]}])");
}

TEST_CASE_FIXTURE(Fixture, "Transaction: a child lives as long as somebody refers to it") {
  run(std::string(kChild) + "," + parent("p", R"(,"children":["set",[["named-uuid","c"]]])"));
  CHECK(children() == 1);
  run(R"({"op":"update","table":"parent","where":[],"row":{"children":["set",[]]}})");
  CHECK(children() == 0);
  run(kChild);
  CHECK(children() == 0);
}

TEST_CASE_FIXTURE(Fixture, "Transaction: strong references must hold") {
  run(std::string(kChild) + "," + parent("p", R"(,"children":["named-uuid","c"])"));
  const std::string deleted = run(R"({"op":"delete","table":"child","where":[]})");
  CHECK(deleted.find("because of 1 remaining reference(s)") != deleted.npos);
  const std::string dangling = run(parent("q", R"(,"children":["named-uuid","nobody"])"));
  CHECK(dangling.find("references nonexistent row") != dangling.npos);
}

TEST_CASE_FIXTURE(Fixture, "Transaction: weak references to deleted rows vanish") {
  run(std::string(kChild) +
      R"(,{"op":"insert","table":"child","uuid-name":"f",
             "row":{"tag":"u","friends":["named-uuid","c"]}},)" +
      parent("p", R"(,"children":["set",[["named-uuid","c"],["named-uuid","f"]]])"));
  run(R"({"op":"delete","table":"child","where":[["tag","==","t"]]},
         {"op":"mutate","table":"parent","where":[],"mutations":[["children","delete",["set",[]]]]})");
  const std::string select =
      R"({"op":"select","table":"child","where":[["tag","==","u"]],"columns":["friends"]})";
  CHECK(run(select).find("uuid") != std::string::npos);  // the delete was refused: p refers to c
  auto parsed = ovs::wire::parse_json(
      run(R"({"op":"select","table":"child","where":[["tag","==","t"]],"columns":["_uuid"]})"));
  const std::string uuid =
      ovs::wire::json_text(*parsed->elements()[0].find("rows")->elements()[0].find("_uuid"));
  run(R"({"op":"mutate","table":"parent","where":[],"mutations":[["children","delete",)" + uuid +
      "]]}");
  CHECK(run(select) == R"([{"rows":[{"friends":["set",[]]}]}])");
}

TEST_CASE_FIXTURE(Fixture,
                  "Transaction: unique indexes are checked at the end, so values may be swapped") {
  run(parent("a") + "," + parent("b"));
  CHECK(run(parent("a")).find("constraint violation") != std::string::npos);
  run(R"({"op":"update","table":"parent","where":[["name","==","a"]],"row":{"name":"x"}},
         {"op":"update","table":"parent","where":[["name","==","b"]],"row":{"name":"a"}},
         {"op":"update","table":"parent","where":[["name","==","x"]],"row":{"name":"b"}})");
  CHECK(names() == R"([{"rows":[{"name":"a","number":0},{"name":"b","number":0}]}])");
}

TEST_CASE_FIXTURE(Fixture, "Transaction: maxRows and constraints hold") {
  CHECK(run(parent("a", R"(,"number":101)")).find("constraint violation") != std::string::npos);
  run(parent("a") + "," + parent("b") + "," + parent("c"));
  CHECK(run(parent("d")).find("limit of 3 row(s)") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Transaction: mutations calculate within limits") {
  run(parent("a", R"(,"number":10)"));
  const auto mutate = [&](const char* operation) {
    return run(
        std::string(R"({"op":"mutate","table":"parent","where":[],"mutations":[["number",)") +
        operation + "]]}");
  };
  CHECK(mutate(R"("/=",0)").find("domain error") != std::string::npos);
  CHECK(mutate(R"("+=",91)").find("constraint violation") != std::string::npos);
  CHECK(mutate(R"("*=",9)") == R"([{"count":1}])");
  CHECK(names() == R"([{"rows":[{"name":"a","number":90}]}])");
}

TEST_CASE_FIXTURE(Fixture, "Execute: an unmet wait parks the request until its time is up") {
  auto params = ovs::wire::parse_json(
      R"(["d",{"op":"wait","timeout":50,"table":"parent","where":[],
          "columns":["name"],"until":"==","rows":[{"name":"a"}]}])");
  Transaction transaction(database, uuids);
  const Executed first = execute(transaction, *params, {});
  REQUIRE(first.park_ms.has_value());
  CHECK(*first.park_ms == 50);
  ExecuteOptions late;
  late.elapsed_ms = 50;
  const Executed second = execute(transaction, *params, late);
  CHECK_FALSE(second.park_ms.has_value());
  CHECK(second.results[0].find("error")->is_string("timed out"));
}

TEST_CASE("Storage: a file replays to the same rows, and a torn tail is ignored") {
  ovs::platform::VirtualClock clock;
  ovs::platform::MemoryFiles files(clock);
  UuidSource uuids(1);
  REQUIRE(Storage::create(files, "/db", *schema()).ok());
  std::string warning;
  {
    auto storage = Storage::open(files, uuids, "/db", LogMode::ReadWrite, warning);
    REQUIRE(storage.ok());
    auto params = ovs::wire::parse_json("[\"d\"," + parent("a", R"(,"number":4)") + "]");
    Transaction transaction(storage->database(), uuids);
    REQUIRE_FALSE(execute(transaction, *params, {}).failed);
    REQUIRE(transaction.prepare().ok());
    REQUIRE(storage->commit(transaction, 1, RecordForm::ColumnDiffs).ok());
  }
  {
    auto file = files.open("/db", ovs::platform::OpenMode::ReadWrite);
    REQUIRE((*file)->append(ovs::platform::bytes_of("OVSDB JSON 99 0123")).ok());
  }
  auto again = Storage::open(files, uuids, "/db", LogMode::Read, warning);
  REQUIRE(again.ok());
  CHECK(again->database().find("parent")->count() == 1);
  CHECK(warning.find("parse error at offset") != warning.npos);
}

TEST_CASE("Sha1: the examples of RFC 3174") {
  CHECK(sha1_hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(sha1_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
}
