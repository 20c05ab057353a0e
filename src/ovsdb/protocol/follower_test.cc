// Servers that follow another one: relays, which have no rows of their own, and backups, which do.
#include "ovsdb/protocol/server_test.h"

using namespace ovs::ovsdb;

namespace {

// The second server listens on "ptcp:2".
struct FollowerFixture : ServerFixture {
  FollowerFixture() {
    REQUIRE(second.add_remote("ptcp:2").ok());
    source = client();
  }
  void relay(const std::string& from = "tcp:1") {
    REQUIRE(second.add_relay("d", {Follower::Kind::Relay, from, {}, {}}).ok());
    settle();
    reader = client("tcp:2");
  }
  void add_copy(const char* schema_text = kSchema) {
    auto schema = Schema::parse(*ovs::wire::parse_json(schema_text));
    REQUIRE(schema.ok());
    REQUIRE(Storage::create(files, "/copy", *schema).ok());
    REQUIRE(second.add_database("/copy").ok());
    reader = client("tcp:2");
  }
  void back_up(TableNames excluded = {}) {
    second.set_backup(*second.find("d"),
                      Follower::Options{Follower::Kind::Backup, "tcp:1", {}, std::move(excluded)});
    settle();
  }
  Follower::State state() { return second.find("d")->follower->state(); }
  static std::string rows(const std::string& names) {
    return R"({"error":null,"id":1,"result":[{"rows":[)" + names + "]}]}";
  }

  Server second{{loop, network, log, clock, files, file_worker, query_worker, 99}};
  std::unique_ptr<TestClient> source, reader;
};

constexpr const char* kName = R"({"name":"a"})";

}  // namespace

TEST_CASE_FIXTURE(FollowerFixture,
                  "Relay: it has the rows of its source, and hears of their changes") {
  source->transact(insert("a"));
  relay();
  CHECK(reader->transact(kNames) == rows(kName));
  reader->request("2", "monitor_cond", R"(["d","m",{"t":{"columns":["name","n"]}}])");
  source->transact(R"({"op":"update","table":"t","where":[],"row":{"n":4}})");
  CHECK(reader->take() ==
        R"({"id":null,"method":"update2","params":["m",{"t":{"<0>":{"modify":{"n":4}}}}]})");
  source->transact(R"({"op":"delete","table":"t","where":[]})");
  CHECK(reader->transact(kNames).find("delete") != std::string::npos);
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Relay: who writes is answered by the source, and sees the change before") {
  relay();
  reader->request("2", "monitor", R"(["d","m",{"t":{"columns":["name"]}}])");
  const std::string said = reader->transact(insert("a"));
  CHECK(said ==
        "{\"id\":null,\"method\":\"update\",\"params\":[\"m\",{\"t\":{\"<0>\":{\"new\":{\"name\":"
        "\"a\"}}}}]}\n"
        R"({"error":null,"id":1,"result":[{"uuid":["uuid","<0>"]}]})");
  CHECK(source->transact(kNames) == rows(kName));
  CHECK(reader->transact(insert("a")).find("constraint violation") != std::string::npos);
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Relay: before it has reached its source its database is not available") {
  relay("tcp:nobody");
  CHECK(reader->transact(kNames).find("database not available") != std::string::npos);
  const std::string row =
      reader->request("1", "transact",
                      R"(["_Server",{"op":"select","table":"Database","where":[["name","==","d"]],)"
                      R"("columns":["connected","model","leader","schema"]}])");
  CHECK(row == R"({"error":null,"id":1,"result":[{"rows":[)"
               R"({"connected":false,"leader":false,"model":"relay","schema":["set",[]]}]}]})");
}

TEST_CASE_FIXTURE(FollowerFixture, "Relay: a database that is not there yet is asked for again") {
  REQUIRE(server->remove_database("d").ok());
  relay();
  CHECK(reader->transact(kNames).find("database not available") != std::string::npos);
  REQUIRE(server->add_database("/d").ok());
  pass(1000);
  CHECK(client("tcp:2")->transact(kNames) == rows(""));
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Relay: it takes over a schema that its source was converted to") {
  source->transact(insert("a"));
  relay();
  reader->request("1", "set_db_change_aware", "[true]");
  source->request(
      "1", "convert",
      R"(["d",{"name":"d","version":"2.0.0","tables":{"t":{"columns":{"name":{"type":"string"}}}}}])");
  pass(1000);
  CHECK(reader->transact(kNames) == rows(kName));
  CHECK(reader->request("1", "get_schema", R"(["d"])").find("2.0.0") != std::string::npos);
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Relay: when its source goes, its rows can be read, and writers are told") {
  source->transact(insert("a"));
  relay();
  reader->send(R"({"id":7,"method":"transact","params":["d",{"op":"wait","table":"t","where":[],)"
               R"("columns":["n"],"until":"==","rows":[]},)" +
               insert("b") + "]}");
  CHECK(reader->take() == "");
  server.reset();
  settle();
  CHECK(reader->take() == R"({"error":"canceled","id":7,"result":null})");
  CHECK(reader->transact(kNames) == rows(kName));
  CHECK(reader->transact(insert("b")).find("not connected to its source") != std::string::npos);
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Backup: it becomes what its source is, in its file too, and refuses writers") {
  add_copy();
  reader->transact(insert("old"));
  source->transact(insert("a"));
  back_up();
  CHECK(state() == Follower::State::Following);
  CHECK(reader->transact(kNames) == rows(kName));
  CHECK(reader->transact(insert("b")).find("read only mode") != std::string::npos);
  source->transact(R"({"op":"delete","table":"t","where":[]})");
  source->transact(insert("c"));
  CHECK(reader->transact(kNames) == rows(R"({"name":"c"})"));
  REQUIRE(second.remove_database("d").ok());
  REQUIRE(second.add_database("/copy").ok());
  CHECK(client("tcp:2")->transact(kNames) == rows(R"({"name":"c"})"));
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Backup: tables may be excluded, and afterwards it is its own again") {
  add_copy();
  reader->transact(insert("own"));
  source->transact(insert("a"));
  back_up({"t"});
  CHECK(reader->transact(kNames) == rows(R"({"name":"own"})"));
  second.set_backup(*second.find("d"), std::nullopt);
  CHECK(reader->transact(insert("more")).find("error\":\"") == std::string::npos);
}

TEST_CASE_FIXTURE(
    FollowerFixture,
    "Backup: a schema that lacks what the source has ends it; one that has more does") {
  bool gave_up = false;
  second.on_source_failed = [&](HostedDatabase&) { gave_up = true; };
  add_copy(
      R"({"name":"d","version":"1.0.0","tables":{"t":{"columns":{"name":{"type":"string"}}}}})");
  reader->transact(insert("own"));
  back_up();
  CHECK(state() == Follower::State::Failed);
  CHECK(gave_up);
  CHECK(reader->transact(kNames) == rows(R"({"name":"own"})"));
  const std::string said = output.console;
  CHECK(said.find("d cannot be replicated") != said.npos);
}

TEST_CASE_FIXTURE(FollowerFixture, "Backup: nobody is a backup of itself") {
  source->transact(insert("a"));
  server->set_backup(*server->find("d"),
                     Follower::Options{Follower::Kind::Backup, "tcp:1", {}, {}});
  settle();
  CHECK(server->find("d")->follower->state() == Follower::State::Failed);
  CHECK(source->transact(kNames) == rows(kName));
}

TEST_CASE_FIXTURE(FollowerFixture,
                  "Backup: what was missed while the source was away is made up for") {
  add_copy();
  back_up();
  network.reset_streams();
  settle();
  CHECK(state() != Follower::State::Following);
  client()->transact(insert("a"));
  pass(1000);
  pass(1000);
  CHECK(state() == Follower::State::Following);
  CHECK(client("tcp:2")->transact(kNames) == rows(kName));
}

TEST_CASE("Backup: excluded tables are named with their databases") {
  CHECK(*parse_excluded("d:a,e:b d:c", "d") == TableNames{"a", "c"});
  CHECK(parse_excluded("d:", "d").error() == "Can't parse excluded table: d:");
  CHECK(parse_excluded("x", "d").error() == "Can't parse excluded table: x");
}
