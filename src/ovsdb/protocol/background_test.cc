// Work that is another thread's: compaction while commits go on, and reads of many rows. Here that
// thread's turn comes when the test says so.
#include "ovsdb/protocol/server_test.h"

using namespace ovs::ovsdb;

namespace {

struct BackgroundFixture : ServerFixture {
  BackgroundFixture() { one = late_client(); }
  // Clients that do not let the workers work.
  std::unique_ptr<TestClient> late_client() {
    return std::make_unique<TestClient>([this] { loop.drain(); }, network);
  }
  // Enough rows to be read by another thread.
  void fill() {
    std::string operations;
    for (std::size_t i = 0; i <= Session::kLongReadRows; ++i) {
      if (!operations.empty()) operations += ',';
      operations += insert(std::to_string(i));
    }
    one->transact(operations);
  }
  void begin_compaction() {
    said = "not done";
    server->compact("d", [this](const std::string& errors) { said = errors; });
    loop.drain();
  }
  std::string names_after_crash() {
    server.reset();
    loop.drain();
    files.crash();
    start();
    one = late_client();
    return one->transact(kNames);
  }
  std::uint64_t records() { return server->find("d")->storage().record_count(); }
  std::string durable(const std::string& name) {
    return one->transact(insert(name) + "," + kDurable);
  }

  std::unique_ptr<TestClient> one;
  std::string said;
};

std::string rows(const char* names) {
  return R"({"error":null,"id":1,"result":[{"rows":[)" + std::string(names) + "]}]}";
}

}  // namespace

TEST_CASE_FIXTURE(BackgroundFixture, "Compaction: commits made meanwhile are in the new file") {
  durable("a");
  begin_compaction();
  durable("b");
  CHECK(said == "not done");
  REQUIRE(file_worker.run_due() == 1);
  durable("c");
  CHECK(said == "");
  CHECK(records() == 3);  // one that holds a, and two that were copied
  CHECK(names_after_crash() == rows(R"({"name":"a"},{"name":"b"},{"name":"c"})"));
  CHECK(records() == 3);
}

TEST_CASE_FIXTURE(BackgroundFixture, "Compaction: it writes what was there when it began, once") {
  durable("a");
  one->transact(R"({"op":"delete","table":"t","where":[]})");
  durable("b");
  begin_compaction();
  settle();
  CHECK(records() == 1);
  CHECK(names_after_crash() == rows(R"({"name":"b"})"));
}

TEST_CASE_FIXTURE(BackgroundFixture,
                  "Compaction: whichever write fails, the old file stays and nothing is lost") {
  durable("a");
  for (int nth = 0; nth < 4; ++nth) {  // schema, rows, what was committed meanwhile
    begin_compaction();
    files.fail_write(nth + 1);
    durable("b");  // write 0
    settle();
    const bool failed = nth < 3;
    CHECK((said != "") == failed);
    CHECK_FALSE(files.info("/d.tmp").ok());
    files.fail_write(-1);
    CHECK(names_after_crash() == rows(R"({"name":"a"},{"name":"b"})"));
    one->transact(R"({"op":"delete","table":"t","where":[["name","==","b"]]},)" +
                  std::string(kDurable));
  }
}

TEST_CASE_FIXTURE(BackgroundFixture,
                  "Compaction: a sync that fails meanwhile ends it, and another one recovers") {
  durable("a");
  begin_compaction();
  files.fail_sync(0);
  CHECK(durable("b").find("I/O error") != std::string::npos);
  settle();
  CHECK(said.find("refused because an earlier fsync failed") != said.npos);
  pass(5000);
  durable("c");
  CHECK(names_after_crash() == rows(R"({"name":"a"},{"name":"b"},{"name":"c"})"));
}

TEST_CASE_FIXTURE(BackgroundFixture, "Compaction: who asks while one runs is told when that ends") {
  durable("a");
  begin_compaction();
  std::string second = "not done";
  server->compact("", [&](const std::string& errors) { second = errors; });
  CHECK(file_worker.run_due() == 1);
  settle();
  CHECK(said == "");
  CHECK(second == "");
}

TEST_CASE_FIXTURE(
    BackgroundFixture,
    "Compaction: a database that goes, is converted, or a server that ends, abandons it") {
  begin_compaction();
  const std::string converted = one->request(
      "1", "convert",
      R"(["d",{"name":"d","version":"2.0.0","tables":{"t":{"columns":{"name":{"type":"string"}}}}}])");
  CHECK(converted == R"({"error":null,"id":1,"result":{}})");
  CHECK(said.find("abandoned") != said.npos);
  begin_compaction();
  CHECK(server->remove_database("d").ok());
  CHECK(said.find("abandoned") != said.npos);
  CHECK_FALSE(files.info("/d.tmp").ok());
  REQUIRE(server->add_database("/d").ok());
  begin_compaction();
  server.reset();
  CHECK(said.find("abandoned") != said.npos);
  CHECK(file_worker.run_due() == 0);
}

TEST_CASE_FIXTURE(BackgroundFixture,
                  "Long read: a select of many rows answers from the moment it was asked") {
  fill();
  const std::string count =
      R"({"op":"select","table":"t","where":[["name","==","new"]],"columns":["n"]})";
  const std::string all = R"({"op":"select","table":"t","where":[],"columns":["n"]})";
  auto two = late_client();
  CHECK(one->transact(all, "1") == "");
  CHECK(two->transact(R"({"op":"update","table":"t","where":[],"row":{"n":7}})") != "");
  CHECK(two->transact(count) == R"({"error":null,"id":1,"result":[{"rows":[]}]})");
  settle();
  CHECK(one->take() == R"({"error":null,"id":1,"result":[{"rows":[{"n":0}]}]})");
}

TEST_CASE_FIXTURE(BackgroundFixture,
                  "Long read: what the same client asks next is answered after it") {
  fill();
  const std::string all = R"({"op":"select","table":"t","where":[],"columns":["n"]})";
  CHECK(one->transact(all, "1") == "");
  CHECK(one->request("2", "echo", "[]") == "");
  CHECK(query_worker.run_due() == 1);
  CHECK(one->take() ==
        "{\"error\":null,\"id\":1,\"result\":[{\"rows\":[{\"n\":0}]}]}\n"
        "{\"error\":null,\"id\":2,\"result\":[]}");
}

TEST_CASE_FIXTURE(BackgroundFixture,
                  "Long read: a request that could change something is not one") {
  fill();
  const std::string all = R"({"op":"select","table":"t","where":[],"columns":["n"]})";
  CHECK(one->transact(all + R"(,{"op":"comment","comment":"x"})") != "");
  CHECK(
      one->transact(R"({"op":"select","table":"t","where":[["name","==","5"]],"columns":["n"]})") ==
      R"({"error":null,"id":1,"result":[{"rows":[{"n":0}]}]})");
  CHECK(query_worker.run_due() == 0);
}

TEST_CASE_FIXTURE(BackgroundFixture,
                  "Long read: changes during a monitor's first rows follow them, folded") {
  fill();
  auto watcher = late_client(), two = late_client();
  CHECK(watcher->request("1", "monitor_cond", R"(["d","m",{"t":{"columns":["name","n"]}}])") == "");
  for (int n = 1; n <= 3; ++n) {
    two->transact(R"({"op":"update","table":"t","where":[["name","==","5"]],"row":{"n":)" +
                  std::to_string(n) + "}}");
  }
  CHECK(watcher->take() == "");
  settle();
  const std::string all = watcher->take();
  CHECK(std::count(all.begin(), all.end(), '\n') == 1);
  CHECK(all.find(R"({"initial":{"name":"5"}})") != all.npos);
  CHECK(all.ends_with(R"("modify":{"n":3}}}}]})"));
  two->transact(insert("late"));
  CHECK(watcher->take().find(R"({"insert":{"name":"late"}})") != std::string::npos);
}

TEST_CASE_FIXTURE(BackgroundFixture, "Long read: its client or its database may go meanwhile") {
  fill();
  auto watcher = late_client(), two = late_client();
  watcher->request("0", "set_db_change_aware", "[true]");
  watcher->request("1", "monitor", R"(["d","m",{"t":{}}])");
  two->request("1", "monitor", R"(["d","m",{"t":{}}])");
  two->vanish();
  CHECK(server->remove_database("d").ok());
  settle();
  CHECK(watcher->take().find("monitor_canceled") != std::string::npos);
  CHECK(watcher->request("2", "echo", "[]") == R"({"error":null,"id":2,"result":[]})");
}
