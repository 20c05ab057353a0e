// What monitors show, in each of their three forms, and when.
#include "ovsdb/protocol/server_test.h"

using namespace ovs::ovsdb;

namespace {

struct MonitorFixture : ServerFixture {
  std::unique_ptr<TestClient> watcher = client(), writer = client();

  std::string watch(const std::string& method, const std::string& requests,
                    const std::string& more = "") {
    return watcher->request("1", method, R"(["d","m",)" + requests + more + "]");
  }
  std::string after(const std::string& operations) {
    writer->transact(operations);
    return watcher->take();
  }
};

constexpr const char* kNoId = R"(,"00000000-0000-0000-0000-000000000000")";
const std::string kDeleteAll = R"({"op":"delete","table":"t","where":[]})";

std::string set_n(const std::string& name, int n) {
  return R"({"op":"update","table":"t","where":[["name","==",")" + name + R"("]],"row":{"n":)" +
         std::to_string(n) + "}}";
}

}  // namespace

TEST_CASE_FIXTURE(MonitorFixture, "Monitor: the first form shows old and new columns") {
  writer->transact(insert("a", R"(,"n":1)"));
  CHECK(watch("monitor", R"({"t":{"columns":["name","n"]}})") ==
        R"({"error":null,"id":1,"result":{"t":{"<0>":{"new":{"n":1,"name":"a"}}}}})");
  CHECK(after(set_n("a", 2)) == R"({"id":null,"method":"update","params":["m",)"
                                R"({"t":{"<0>":{"new":{"n":2,"name":"a"},"old":{"n":1}}}}]})");
  CHECK(after(kDeleteAll) == R"({"id":null,"method":"update","params":["m",)"
                             R"({"t":{"<0>":{"old":{"n":2,"name":"a"}}}}]})");
}

TEST_CASE_FIXTURE(MonitorFixture,
                  "Monitor: the second form shows what is not default, and differences") {
  writer->transact(insert("a", R"(,"tags":["set",["x","y"]])"));
  CHECK(watch("monitor_cond", R"({"t":[{"columns":["name","n","tags"]}]})") ==
        R"({"error":null,"id":1,"result":{"t":{"<0>":{"initial":)"
        R"({"name":"a","tags":["set",["x","y"]]}}}}})");
  CHECK(after(R"({"op":"update","table":"t","where":[],"row":{"tags":["set",["y","z"]]}})") ==
        R"({"id":null,"method":"update2","params":["m",)"
        R"({"t":{"<0>":{"modify":{"tags":["set",["x","z"]]}}}}]})");
  CHECK(after(insert("b", R"(,"n":3)")) == R"({"id":null,"method":"update2","params":["m",)"
                                           R"({"t":{"<1>":{"insert":{"n":3,"name":"b"}}}}]})");
  CHECK(after(R"({"op":"delete","table":"t","where":[["name","==","a"]]})") ==
        R"({"id":null,"method":"update2","params":["m",{"t":{"<0>":{"delete":null}}}]})");
}

TEST_CASE_FIXTURE(MonitorFixture,
                  "Monitor: the third form names transactions, of which none is remembered") {
  writer->transact(insert("a"));
  CHECK(watch("monitor_cond_since", R"({"t":{"columns":["name"]}})", kNoId) ==
        R"({"error":null,"id":1,"result":[false,"<0>",{"t":{"<1>":{"initial":{"name":"a"}}}}]})");
  CHECK(after(insert("b")) == R"({"id":null,"method":"update3","params":["m","<0>",)"
                              R"({"t":{"<2>":{"insert":{"name":"b"}}}}]})");
}

TEST_CASE_FIXTURE(MonitorFixture,
                  "Monitor: only the kinds of change that were selected are shown") {
  writer->transact(insert("a"));
  CHECK(watch("monitor", R"({"t":{"columns":["n"],"select":{"initial":false,"insert":false}}})") ==
        R"({"error":null,"id":1,"result":{}})");
  CHECK(after(insert("b")) == "");
  CHECK(after(set_n("b", 4)) == R"({"id":null,"method":"update","params":["m",)"
                                R"({"t":{"<0>":{"new":{"n":4},"old":{"n":0}}}}]})");
}

TEST_CASE_FIXTURE(MonitorFixture, "Monitor: changes of columns that are not watched are not told") {
  writer->transact(insert("a"));
  watch("monitor", R"({"t":{"columns":["name"]}})");
  CHECK(after(set_n("a", 4)) == "");
}

TEST_CASE_FIXTURE(MonitorFixture,
                  "Monitor: under a condition rows appear and vanish as they change") {
  writer->transact(insert("a", R"(,"n":1)") + "," + insert("b", R"(,"n":5)"));
  CHECK(watch("monitor_cond", R"({"t":{"columns":["name","n"],"where":[["n","<",3]]}})") ==
        R"({"error":null,"id":1,"result":{"t":{"<0>":{"initial":{"n":1,"name":"a"}}}}})");
  CHECK(after(set_n("a", 9)) ==
        R"({"id":null,"method":"update2","params":["m",{"t":{"<0>":{"delete":null}}}]})");
  CHECK(after(set_n("b", 2)) == R"({"id":null,"method":"update2","params":["m",)"
                                R"({"t":{"<1>":{"insert":{"n":2,"name":"b"}}}}]})");
}

TEST_CASE_FIXTURE(
    MonitorFixture,
    "Monitor: a changed condition is answered after what it changes, under the new id") {
  writer->transact(insert("a", R"(,"n":1)") + "," + insert("b", R"(,"n":5)"));
  watch("monitor_cond", R"({"t":{"columns":["name"],"where":[["n","<",3]]}})");
  CHECK(watcher->request("2", "monitor_cond_change",
                         R"(["m","k",{"t":[{"where":[["n",">",3]]}]}])") ==
        R"({"id":null,"method":"update2","params":["k",)"
        R"({"t":{"<0>":{"delete":null},"<1>":{"insert":{"name":"b"}}}}]})"
        "\n"
        R"({"error":null,"id":2,"result":{}})");
  CHECK(watcher->request("3", "monitor_cancel", R"(["m"])").find("unknown monitor") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(MonitorFixture, "Monitor: one that was cancelled is silent") {
  watch("monitor", R"({"t":{}})");
  CHECK(watcher->request("2", "monitor_cancel", R"(["m"])") ==
        R"({"error":null,"id":2,"result":{}})");
  CHECK(after(insert("a")) == "");
}

TEST_CASE_FIXTURE(MonitorFixture, "Monitor: a writer hears of its own change before the reply") {
  const std::string both =
      (watch("monitor", R"({"t":{"columns":["name"]}})"), watcher->transact(insert("a")));
  CHECK(both.find("update") < both.find("result"));
}

TEST_CASE_FIXTURE(MonitorFixture, "Monitor: changes are folded while the client does not read") {
  watch("monitor_cond", R"({"t":{"columns":["name","n"]}})");
  writer->transact(insert("a"));
  watcher->take();
  watcher->set_reading(ovs::daemon::Stream::Reading::Paused);
  writer->transact(insert(std::string(100'000, 'x')));  // more than a client may have unread
  for (int n = 1; n <= 1000; ++n) writer->transact(set_n("a", n));
  writer->transact(insert("gone"));
  writer->transact(R"({"op":"delete","table":"t","where":[["name","==","gone"]]})");
  watcher->set_reading(ovs::daemon::Stream::Reading::Active);
  const std::string updates = watcher->take();
  CHECK(std::count(updates.begin(), updates.end(), '\n') == 1);
  CHECK(updates.ends_with(
      R"({"id":null,"method":"update2","params":["m",{"t":{"<0>":{"modify":{"n":1000}}}}]})"));
}

TEST_CASE_FIXTURE(MonitorFixture,
                  "Monitor: the server's own database tells which databases there are") {
  const std::string first = watcher->request(
      "1", "monitor_cond",
      R"(["_Server","m",{"Database":{"columns":["name"],"where":[["name","==","d"]]}}])");
  CHECK(first.find(R"({"initial":{"name":"d"}})") != first.npos);
  watcher->request("2", "set_db_change_aware", "[true]");
  CHECK(server->remove_database("d").ok());
  CHECK(watcher->take().find("delete") != std::string::npos);
}
